"""Which probe does a reply answer?"""

from collections.abc import Iterable
from dataclasses import dataclass

from mxpath.model.probe import Reply
from mxpath.tracing.flows import FlowIdentity


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The probe that a reply answers."""

    flow: FlowIdentity
    ttl: int
    attempt: int


class Matcher:
    """Knows the flows of a call and finds the one that a reply belongs to."""

    def __init__(self, flows: Iterable[FlowIdentity]) -> None:
        self._flows = {flow.key: flow for flow in flows}

    def match(self, reply: Reply) -> Match | None:
        """Find the probe; ``None`` for strangers: another flow, or a cookie that is not ours.

        Whether that probe was ever sent, or has been answered before, is for the plan to say.
        """
        key = reply.target, reply.source_port, reply.destination_port, reply.protocol
        flow = self._flows.get(key)
        place = None if flow is None or reply.sequence is None else flow.place(reply.sequence)
        if flow is None or place is None:
            return None
        return Match(flow=flow, ttl=place[0], attempt=place[1])
