"""Studies as one plain networkx graph, and what can be read off it."""
