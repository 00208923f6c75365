"""A flow whose path is asked for, and what it and its answer are to links on the way."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from mxpath.lab.conditions import Carried
from mxpath.model.address import IPAddress, parse_address
from mxpath.model.probe import USUAL_PORT, Protocol

_NUMBERS = {Protocol.TCP: 6, Protocol.UDP: 17}
_ICMP = {4: 1, 6: 58}
_ECHO, _ECHO_REPLY, _UNREACHABLE = {4: 8, 6: 128}, {4: 0, 6: 129}, {4: 3, 6: 1}


class WantedFlow(NamedTuple):
    """A flow from the sender; its first two fields alone mean TCP to port 25."""

    target: IPAddress
    source_port: int
    """Of ICMP: the identifier, which nobody hashes."""
    protocol: Protocol = Protocol.TCP
    target_port: int | None = None
    """``None`` for the protocol's usual one."""

    @property
    def number(self) -> int:
        """Protocol number."""
        return _NUMBERS.get(self.protocol, _ICMP[self.target.version])

    @property
    def ports(self) -> tuple[int, int]:
        """Source and target port; 0 and 0 for ICMP, which has none."""
        if self.protocol is Protocol.ICMP:
            return 0, 0
        return self.source_port, self.target_port or USUAL_PORT[self.protocol] or 0

    @property
    def probe(self) -> Carried:
        """What it sends."""
        version, (near, far) = self.target.version, self.ports
        return Carried(
            version=version,
            protocol=self.number,
            source_port=near,
            target_port=far,
            icmp_type=_ECHO[version] if self.protocol is Protocol.ICMP else 0,
        )

    @property
    def answer(self) -> Carried:
        """What its target answers: with port unreachable to UDP."""
        version, (near, far) = self.target.version, self.ports
        if self.protocol is Protocol.TCP:
            return Carried(version=version, protocol=self.number, source_port=far, target_port=near)
        kinds = _ECHO_REPLY if self.protocol is Protocol.ICMP else _UNREACHABLE
        return Carried(version=version, protocol=_ICMP[version], icmp_type=kinds[version])


Rows = Iterable[tuple[IPAddress, int] | WantedFlow]


def wanted(rows: Rows) -> tuple[WantedFlow, ...]:
    """Return flows; a row of two is a target and a source port."""
    return tuple(row if isinstance(row, WantedFlow) else WantedFlow(*row) for row in rows)


def flow_of(row: tuple[Any, ...]) -> WantedFlow:
    """Read a flow as it is asked for over the lab's control socket.

    Raises
    ------
    InputError
        When its target is no address.
    ValueError
        When there is no such protocol.
    """
    target, port, *rest = row
    protocol = Protocol(rest[0]) if rest else Protocol.TCP
    return WantedFlow(parse_address(target), port, protocol, *rest[1:])
