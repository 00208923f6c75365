"""A trace told in networks: borders, exchange points, and where the time goes."""
