"""A short, timed and polite conversation with port 25 that never comes to a message."""
