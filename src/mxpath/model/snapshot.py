"""A published data set of one date, as answers and studies name it."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotRef:
    """One published data set that a study leant on."""

    name: str
    publisher: str
    as_of: date
    sha256: str
    licence: str
    url: str = ""
    attribution: str = ""
