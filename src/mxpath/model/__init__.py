"""The nouns: frozen values with invariants and derived properties, nothing else."""
