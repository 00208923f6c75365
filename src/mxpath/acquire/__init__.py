"""Fetching what the world publishes, and building gazetteers of it."""
