"""A network that buys transit from nobody: the backbone, as far as somebody has said so."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitFree:
    """A statement that a network reaches everybody through peers and customers alone.

    Contracts are secret, so it is a statement and no measurement; ``note`` says who doubts it.
    """

    asn: int
    name: str | None
    families: tuple[int, ...]
    """IP versions that the statement holds for, ascending."""
    stated_on: date
    source: str
    """Where it is said: a URL, or the name of a data set."""
    also: tuple[str, ...] = ()
    """Where others say the same."""
    note: str = ""
    """What speaks against it or narrows it."""
