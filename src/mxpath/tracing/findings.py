"""What the answers of one flow have told; no word of what to ask next (``plan.py``)."""

from mxpath.model.address import IPAddress
from mxpath.model.probe import Probe, Reply, ReplyKind
from mxpath.model.trace import Hop
from mxpath.tracing.course import Place, Strand
from mxpath.tracing.known import NOTHING, Belief
from mxpath.tracing.rungs import Rung, limited
from mxpath.tracing.turning import turned_at


class Findings:
    """Hops of one flow and where the path ends, kept up to date answer by answer."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.packets_sent = 0
        self.belief = Belief(NOTHING)
        """What is still believed of what was known before."""
        self.turned: int | None = None
        """TTL at which the path has shown that it goes round."""
        self._rungs: list[Rung] = []
        self._frontier = 0
        """Greatest TTL that has answered, 0 for none."""
        self._told: int | None = None
        self._refused: int | None = None
        self._first_arrived: int | None = None
        """TTL of the SYN that was the first to arrive: SYN/ACK and bare ACK acknowledge it."""

    def note(self, text: str) -> None:
        """Keep a remark for the reader, once."""
        if text not in self.notes:
            self.notes.append(text)

    def answered(self, place: Place, reply: Reply) -> None:
        """Record a reply. Duplicates and answers to what was never sent change nothing."""
        _, ttl, attempt = place
        if reply.kind in (ReplyKind.SYN_ACK, ReplyKind.ACK):
            self.packets_sent += 1  # the kernel's RST, which closes what is half open
        if not 1 <= ttl <= len(self._rungs) or attempt >= len(self._rungs[ttl - 1].probes):
            return
        old = self._rungs[ttl - 1].probes[attempt].reply
        better = old is None or (old.kind is ReplyKind.ACK and reply.kind is not ReplyKind.ACK)
        if better:
            self._rungs[ttl - 1].answer(attempt, reply)
            self._learn(self._rungs[ttl - 1])

    def _learn(self, rung: Rung) -> None:
        """Keep what the answers tell of the whole path."""
        ttl = rung.ttl
        if rung.acknowledged:
            self._first_arrived = _least(self._first_arrived, ttl)
        if not rung.kinds:
            return
        self._frontier = max(self._frontier, ttl)
        if rung.refused:
            self._refused = _least(self._refused, ttl)
        if rung.from_target:
            self._told = _least(self._told, ttl)
        elif not rung.refused and rung.responder is not None:
            self._check(ttl, rung.responder)
        if self.distance is not None:
            self._say(self.belief.reached(self.distance))

    def _check(self, ttl: int, responder: IPAddress) -> None:
        """A router has answered: as it was known (``known.py``), and at one TTL only (``turning.py``)?"""
        self._say(self.belief.heard(ttl, responder))
        path = [rung.responder for rung in self._rungs]
        if path.count(responder) > 2:
            self.turned = turned_at(path)

    def _say(self, text: str) -> None:
        if text:
            self.note(text)

    # What is known.

    @property
    def distance(self) -> int | None:
        """Smallest TTL that the target itself answers (law 3 of ``plan.py``)."""
        told, first = self._told, self._first_arrived
        return told if told is None or first is None else min(told, first)

    @property
    def last_ttl(self) -> int | None:
        """TTL at which the path ends: at the target, or where a router says so, or in a circle."""
        if self._told is not None:
            return self.distance
        return self.turned if self._refused is None else _least(self.turned, self._refused)

    @property
    def hops(self) -> tuple[Hop, ...]:
        """Hops up to where the path ends, or all that were tried."""
        limiters = limited(self._rungs[: self.last_ttl])
        return tuple(
            Hop(ttl=rung.ttl, probes=tuple(rung.probes), limited=rung.ttl in limiters)
            for rung in self._rungs[: self.last_ttl]
        )

    @property
    def beyond(self) -> tuple[Probe, ...]:
        """Probes past the end of the path."""
        if self.last_ttl is None:
            return ()
        return tuple(p for rung in self._rungs[self.last_ttl :] for p in rung.probes)

    def strand(self, flow: int) -> Strand:  # noqa: ARG002 - there is but one
        """What this flow has shown."""
        return Strand(self.hops, self.beyond)

    def is_open(self, place: Place) -> bool:
        """Whether that probe was sent and nothing has answered it."""
        _, ttl, attempt = place
        rung = self._rungs[ttl - 1] if 1 <= ttl <= len(self._rungs) else None
        return rung is not None and attempt < len(rung.probes) and not rung.probes[attempt].reply


def _least(one: int | None, other: int | None) -> int | None:
    """Return the lesser of two TTLs, as far as they are known."""
    return min((ttl for ttl in (one, other) if ttl is not None), default=None)
