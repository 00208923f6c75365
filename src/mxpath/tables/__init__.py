"""Columns of numbers, memory-mapped, and what is looked up in them."""
