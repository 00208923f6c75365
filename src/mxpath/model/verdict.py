"""A Verdict: one sentence about what is wrong, no stronger than its evidence."""

from dataclasses import dataclass
from enum import StrEnum

from mxpath.model.evidence import Evidence, Grade


class Owner(StrEnum):
    """Whose it is to mend."""

    ME = "mine"
    PATH = "the path's"
    THEM = "theirs"
    DNS = "DNS"
    NOBODY = "nobody's"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is wrong (or that nothing is), whose it is, and the next step."""

    name: str
    """Key in the closed list ``VERDICTS``."""
    grade: Grade
    owner: Owner
    sentence: str
    """One sentence for a postmaster at three in the morning."""
    next_step: str
    evidence: tuple[Evidence, ...]
    counter_evidence: tuple[Evidence, ...] = ()
    cost_ms: float | None = None
    """Milliseconds this costs a delivery, where that can be said."""
    deliverable: bool | None = True
    """Whether mail could have been delivered at all; ``None`` when that is not known."""
    remark: bool = False
    """Hurts no ordinary delivery today; it comes after what does."""
