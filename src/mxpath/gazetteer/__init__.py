"""What the world has published, as of one date: snapshots made ready, and the questions they answer."""
