"""All SYNs of one TTL and what answered them, and which hops limit their answers."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from mxpath.model.address import IPAddress
from mxpath.model.probe import Probe, Reply, ReplyKind
from mxpath.model.trace import Hop, Loss

_WITNESSES = 3
"""Answers from behind a hop that it takes to call its silence a limit."""


@dataclass(slots=True)
class Rung:
    """All SYNs of one TTL."""

    ttl: int
    probes: list[Probe] = field(default_factory=list)
    sent_s: list[float] = field(default_factory=list)
    kinds: set[ReplyKind] = field(default_factory=set)
    """What has answered; a bare ACK says nothing about this TTL and is left out."""
    from_target: bool = False
    """Has the target itself answered?"""
    refused: bool = False
    """Has somebody said that the target cannot be reached, or not by packets of this size?"""
    acknowledged: bool = False
    """Did the target acknowledge a SYN of this TTL as the first that arrived?"""
    responder: IPAddress | None = None
    """Whose answer came in first; a bare ACK tells of none."""
    rtt_s: float | None = None
    """Smallest round-trip time of those."""
    answered_s: float = 0.0
    """When the last of those came."""
    held_until_s: float = 0.0
    """No further query leaves before."""

    @property
    def pending(self) -> bool:
        """Is the latest SYN unanswered?"""
        reply = self.probes[-1].reply
        return reply is None or reply.kind is ReplyKind.ACK

    def answer(self, attempt: int, reply: Reply) -> None:
        """Record what answered an attempt."""
        old = self.probes[attempt]
        self.probes[attempt] = replace(old, reply=reply)
        self.acknowledged |= reply.kind in (ReplyKind.SYN_ACK, ReplyKind.ACK)
        if reply.kind is not ReplyKind.ACK:
            assert reply.kind is not None
            assert reply.received_ns is not None
            assert old.sent_ns is not None
            self.kinds.add(reply.kind)
            self.from_target |= reply.is_from_target
            self.refused |= reply.is_refusal or reply.kind is ReplyKind.PACKET_TOO_BIG
            self.responder = self.responder or reply.responder
            rtt_s = (reply.received_ns - old.sent_ns) / 1e9
            self.rtt_s = rtt_s if self.rtt_s is None else min(self.rtt_s, rtt_s)
            self.answered_s = max(self.answered_s, self.sent_s[attempt] + rtt_s)

    @property
    def loss(self) -> Loss:
        """SYNs of this TTL, and those without an answer."""
        return Hop(ttl=self.ttl, probes=tuple(self.probes)).loss


def limited(rungs: Sequence[Rung]) -> set[int]:
    """TTLs of the hops that limit their answers (law 7 of ``plan.py``).

    Told from the far end: who limits its answers is no witness for those before it.
    """
    found: set[int] = set()
    behind = Loss(sent=0, lost=0)
    for rung in reversed(rungs):
        if rung.kinds and rung.pending and _is_limit(rung.loss, behind):
            found.add(rung.ttl)
        elif ReplyKind.TIME_EXCEEDED in rung.kinds:
            behind += rung.loss
        elif rung.kinds:
            behind += Loss(sent=1, lost=0)  # the target: of its other SYNs silence tells nothing
    return found


def _is_limit(loss: Loss, behind: Loss) -> bool:
    """Whether the hops behind lost nothing, or far less."""
    if behind.sent - behind.lost < _WITNESSES:
        return False
    return not behind.lost or loss.interval[0] > behind.interval[1]
