"""Why we believe it: every inferred fact is a Claim that carries its Evidence."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class Grade(StrEnum):
    """How far the evidence carries."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


class Basis(StrEnum):
    """Where a figure comes from; the three are never mixed."""

    OBSERVED = "observed"
    MODELLED = "modelled"
    PREDICTED = "predicted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One reason for a claim."""

    source: str
    """Data set or measurement it rests on, such as ``peeringdb`` or ``trace``."""
    rule: str
    """Name of the rule that was applied."""
    as_of: date | None = None
    """Date of the data set; ``None`` for what was measured in this study."""
    detail: str = ""
    """The datum itself, for a reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim(Generic[T]):
    """A value together with the reasons for it."""

    value: T
    evidence: tuple[Evidence, ...]
    grade: Grade | None = None
