"""What a world's file may say of its HTTP servers; see ``elements``."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from pydantic import ConfigDict

_STRICT = ConfigDict(extra="forbid")


class HttpBehaviour(StrEnum):
    """How an HTTP server of the world treats a client."""

    FINE = "fine"
    SLOW = "slow"
    """Waits ``delay_s`` before each answer."""
    LIMITING = "limiting"
    """Answers ``limit_per_minute`` questions, and the next ones with 429 and Retry-After."""
    DOWN = "down"
    """Nothing listens."""
    LYING = "lying"
    """Answers with a document about something else."""
    MALFORMED = "malformed"
    """Answers 200 with an HTML page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpService:
    """A server on port 80 of a host."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    host: str
    behaviour: HttpBehaviour = HttpBehaviour.FINE
    delay_s: float = 3.0
    limit_per_minute: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Rdap(HttpService):
    """A registry that answers for all networks of the world (RFC 9082, RFC 9083)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookingGlass(HttpService):
    """A service that tells, in the form of RIPEstat, what the world's collectors hear."""
