"""The same flows again and again, each round with another cookie."""

from dataclasses import replace

from mxpath.model.address import IPAddress
from mxpath.model.probe import Protocol
from mxpath.tracing.flows import FlowDraw, FlowIdentity


class KeptFlows(FlowDraw):
    """Draws each target's flows once; in later rounds they differ in their cookies alone.

    So a load balancer keeps them on one branch, and a late answer to an earlier round is a
    stranger's. Parameters are those of :class:`mxpath.tracing.flows.FlowDraw`.
    """

    def __init__(
        self, port: int | None, *, seed: int | str | None, protocol: Protocol = Protocol.TCP
    ) -> None:
        super().__init__(port, seed=seed, protocol=protocol)
        self._kept: dict[IPAddress, list[FlowIdentity]] = {}
        self._given: dict[IPAddress, int] = {}
        self._round = 0

    def begin_round(self) -> None:
        """Hand out the same flows again."""
        self._round += 1
        self._given.clear()

    def draw(self, target: IPAddress, source: IPAddress) -> FlowIdentity:
        """Return the next flow of this round; see :meth:`FlowDraw.draw`."""
        number = self._given.get(target, 0)
        self._given[target] = number + 1
        kept = self._kept.setdefault(target, [])
        if number == len(kept):
            kept.append(super().draw(target, source))
        return replace(kept[number].again(self._round), source=source)
