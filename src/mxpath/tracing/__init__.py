"""The path that a connection to port 25 takes: one flow a trace, few SYNs, honest silence."""
