"""Whose address is this: every answer a Claim, from the gazetteer alone."""
