"""The world, live: the only room with sockets and clocks."""
