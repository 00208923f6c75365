"""One probe at a known distance: does the target still answer, and from there?"""

from collections.abc import Sequence

from mxpath.model.probe import Probe, Reply, ReplyKind
from mxpath.model.trace import EndReason, Hop
from mxpath.tracing.course import Place, Shot, Strand
from mxpath.tracing.plan import is_over

_ATTEMPTS = 2
_WAIT_S = 1.0


class Check:
    """The course of one check; satisfies :class:`mxpath.tracing.course.Course`.

    Parameters
    ----------
    ttl
        Distance of the target. An answer of a router says that the path has become longer, or
        turns elsewhere.
    """

    def __init__(self, ttl: int) -> None:
        self._ttl = ttl
        self._probes: list[Probe] = []
        self._sent_s = 0.0
        self._stopped: EndReason | None = None
        self.notes: list[str] = []
        self.packets_sent = 0

    def due(self, now_s: float) -> Sequence[Shot]:
        """Return the probe, and once more when nothing has come in time."""
        silent = all(probe.reply is None for probe in self._probes)
        waited = not self._probes or is_over(self._sent_s + _WAIT_S, now_s)
        if self._stopped or not silent or not waited or len(self._probes) >= _ATTEMPTS:
            return ()
        return (Shot(self._ttl, len(self._probes)),)

    def wake_s(self, now_s: float) -> float | None:
        """Return the end of the wait for the last probe; ``None`` when it is over or answered."""
        over = is_over(self._sent_s + _WAIT_S, now_s)
        answered = any(probe.reply is not None for probe in self._probes)
        return None if over or answered or self._stopped else self._sent_s + _WAIT_S

    def sent(self, shot: Shot, *, sequence: int, at_s: float, at_ns: int) -> None:
        """Record that the probe has left."""
        probe = Probe(ttl=shot.ttl, attempt=shot.attempt, sequence=sequence, sent_ns=at_ns)
        self._probes.append(probe)
        self._sent_s = at_s
        self.packets_sent += 1

    def failed(self, error: str) -> None:
        """Record that it could not leave, or may not."""
        self._stopped = EndReason.LOCAL_FAULT
        self.note(error)

    def hold(self, shot: Shot, *, until_s: float) -> None:
        """Nothing here is spare."""

    def answered(self, place: Place, reply: Reply) -> None:
        """Record an answer; a bare ACK says no more than that something has arrived."""
        self.packets_sent += reply.kind in (ReplyKind.SYN_ACK, ReplyKind.ACK)  # the kernel's RST
        if self.is_open(place):
            old = self._probes[place.attempt]
            self._probes[place.attempt] = Probe(
                ttl=old.ttl,
                attempt=old.attempt,
                sequence=old.sequence,
                sent_ns=old.sent_ns,
                reply=reply,
            )

    def is_open(self, place: Place) -> bool:
        """Whether that probe was sent and nothing has answered it."""
        known = place.ttl == self._ttl and place.attempt < len(self._probes)
        return known and self._probes[place.attempt].reply is None

    def interrupt(self) -> None:
        """Record that the user has stopped it."""
        self._stopped = EndReason.INTERRUPTED

    def note(self, text: str) -> None:
        """Keep a remark for the reader, once."""
        if text not in self.notes:
            self.notes.append(text)

    @property
    def distance(self) -> int | None:
        """The TTL, where the target itself has answered."""
        replies = [probe.reply for probe in self._probes if probe.reply is not None]
        heard = any(reply.is_from_target or reply.kind is ReplyKind.ACK for reply in replies)
        return self._ttl if heard else None

    @property
    def end(self) -> EndReason:
        """What came of it."""
        if self.distance is not None:
            return EndReason.REACHED
        refused = any(probe.reply is not None and probe.reply.is_refusal for probe in self._probes)
        if refused:
            return EndReason.UNREACHABLE
        return self._stopped or EndReason.GAVE_UP

    def strand(self, flow: int) -> Strand:
        """One hop with probes, and empty ones before it."""
        if flow:
            return Strand(())
        before = tuple(Hop(ttl=ttl, probes=()) for ttl in range(1, self._ttl))
        return Strand((*before, Hop(ttl=self._ttl, probes=tuple(self._probes))))
