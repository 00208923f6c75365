"""How much may be asked of others where nobody says otherwise (docs/ethics.md)."""

from enum import StrEnum


class Budget(StrEnum):
    """What is counted for each target."""

    SYN = "syn"
    SESSION = "session"


PER_HOUR = {Budget.SYN: 30, Budget.SESSION: 2}
"""Units for each target and hour."""
DEFAULT_RATE_PPS = 50.0
"""Packets a second, all targets together."""
