"""Which probe does a reply answer?

1. Target, ports and protocol name the flow, the sequence number names TTL and attempt, and its
   cookie must be the flow's.
2. A middlebox may rewrite TCP sequence numbers on the way; what is quoted behind it is not what
   was sent. The IPv4 identification repeats the upper half of the sequence number: TTL, attempt
   and four bits of the cookie. It is a second opinion, taken for TCP only, where the flow is ours
   and the sequence number names nothing; and only for a probe that was sent and that nobody has
   answered (the loop asks its course). The match says that it was made so. Where the quoted
   number and the identification agree nothing was rewritten: that is a probe of a former trace.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from mxpath.model.probe import Protocol, Reply
from mxpath.tracing.flows import FlowIdentity, Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The probe that a reply answers."""

    flow: FlowIdentity
    ttl: int
    attempt: int
    rewritten: bool = False
    """The quoted sequence number is not the one that was sent: the IP identification told."""


class Matcher:
    """Knows the flows of a call and finds the one that a reply belongs to."""

    def __init__(self, flows: Iterable[FlowIdentity] = ()) -> None:
        self._flows: dict[Key, FlowIdentity] = {flow.key: flow for flow in flows}

    def add(self, flow: FlowIdentity) -> None:
        """Know one flow more."""
        self._flows[flow.key] = flow

    def match(self, reply: Reply) -> Match | None:
        """Find the probe; ``None`` for strangers: another flow, or a cookie that is not ours.

        Whether that probe was ever sent, or has been answered before, is for the course to say.
        """
        key = reply.target, reply.source_port, reply.destination_port, reply.protocol
        flow = self._flows.get(key)
        if flow is None:
            return None
        place = None if reply.sequence is None else flow.place(reply.sequence)
        if place is not None:
            return Match(flow=flow, ttl=place[0], attempt=place[1])
        place = _second_opinion(flow, reply)
        return place and Match(flow=flow, ttl=place[0], attempt=place[1], rewritten=True)


def _second_opinion(flow: FlowIdentity, reply: Reply) -> tuple[int, int] | None:
    """Rule 2."""
    number = reply.quoted_id
    if flow.protocol is not Protocol.TCP or flow.target.version != 4 or number is None:
        return None
    if reply.sequence is not None and reply.sequence >> 16 == number:
        return None
    return flow.place_by_id(number)
