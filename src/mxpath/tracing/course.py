"""What the loop drives: the course of one target, over one flow or many.

The loop (``loop.py``) knows sockets, clocks and turns; a course knows what to ask next. A course
is a state machine without a socket, a clock or a sleep: it says what is due, is told what became
of it, and says when to look again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from mxpath.model.probe import Probe, Reply
from mxpath.model.trace import EndReason, Hop


class Place(NamedTuple):
    """What names a probe of a target."""

    flow: int
    """Number of the flow, from 0."""
    ttl: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Shot:
    """One probe that is to leave."""

    ttl: int
    attempt: int
    """Probes of this flow and TTL that left before: at most 63."""
    spare: bool = False
    """A further query: who sends may hold it back (``ProbeSpec.spare``)."""
    flow: int = 0
    """Number of the flow within this target. Each has a source port and a cookie of its own,
    drawn when its number is first named."""
    size: int | None = None
    """Bytes of the whole IP packet; ``None`` for the smallest."""

    @property
    def place(self) -> Place:
        """What names the probe."""
        return Place(self.flow, self.ttl, self.attempt)


@dataclass(frozen=True, slots=True)
class Strand:
    """What one flow has shown."""

    hops: tuple[Hop, ...]
    beyond: tuple[Probe, ...] = ()
    """Probes past the end of the path."""


class Course(Protocol):
    """The course of one target. Times are seconds on the loop's monotonic clock."""

    def due(self, now_s: float) -> Sequence[Shot]:
        """Probes that shall leave now, ascending by TTL within a flow.

        Asked again whenever there is a place: nothing counts as sent before ``sent`` says so.
        """

    def wake_s(self, now_s: float) -> float | None:
        """Next moment to look again, if no reply comes before.

        ``None`` when nothing is left to wait for: with nothing due either, the course is over.
        """

    def sent(self, shot: Shot, *, sequence: int, at_s: float, at_ns: int) -> None:
        """Record that a probe has left."""

    def failed(self, error: str) -> None:
        """Record that this host could not, or may not, send."""

    def hold(self, shot: Shot, *, until_s: float) -> None:
        """Record that a spare probe was held back, and until when it is no use to try again."""

    def answered(self, place: Place, reply: Reply) -> None:
        """Record a reply. Duplicates and answers to what was never sent change nothing."""

    def is_open(self, place: Place) -> bool:
        """Whether that probe was sent and nothing has answered it."""

    def interrupt(self) -> None:
        """Record that the user has stopped the measurement."""

    def note(self, text: str) -> None:
        """Keep a remark for the reader, once."""

    # What came of it.

    @property
    def notes(self) -> Sequence[str]:
        """Remarks for the reader."""

    @property
    def packets_sent(self) -> int:
        """Packets that left, the kernel's own included."""

    @property
    def distance(self) -> int | None:
        """Smallest TTL that the target itself answers."""

    @property
    def end(self) -> EndReason:
        """Why the course ended, or would end if it did now."""

    def strand(self, flow: int) -> Strand:
        """What the flow of that number has shown."""
