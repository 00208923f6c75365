"""A flow's identity: one constant 5-tuple, and sequence numbers that name its probes.

Load balancers hash the 5-tuple, so it stays the same for all probes of a flow. The sequence
number is ``(ttl << 6 | attempt) << 20 | cookie``: six bits of TTL, six of attempt, and twenty
random ones that tell our probes from whatever else may come back. Any two SYNs of a flow lie at
least 2**20 apart, far more than a TCP window without scaling (65,535): inside the window a server
would take the second for a part of the connection that the first one opened, and reset it.

UDP and ICMP have 16 bits for it (the IP identification and the payload; the ICMP sequence number),
so that the cookie has four.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from random import Random

from mxpath.errors import InputError
from mxpath.model.address import IPAddress
from mxpath.model.probe import ProbeSpec, Protocol

SOURCE_PORTS = range(61000, 65536)
"""Above the ports that Linux draws for its own connections (32768 to 60999)."""
_COOKIE_BITS = {Protocol.TCP: 20, Protocol.UDP: 4, Protocol.ICMP: 4}
_ATTEMPT_BITS = 6
_STRIDE = 0x9E377
"""From one cookie of a flow to the next: odd, so that all come before one comes back."""
_ID_SHIFT = 16
"""The IPv4 identification is the sequence number without these lower bits."""

Key = tuple[IPAddress, int | None, int | None, Protocol | None]
"""What a reply is matched by: target, source port, destination port, protocol."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowIdentity:
    """The constant part of a flow's probes."""

    target: IPAddress
    source: IPAddress
    source_port: int
    destination_port: int
    cookie: int
    protocol: Protocol = Protocol.TCP

    @property
    def key(self) -> Key:
        """What a reply is matched by."""
        return self.target, self.source_port, self.destination_port, self.protocol

    def sequence(self, ttl: int, attempt: int) -> int:
        """Sequence number of a probe."""
        return (ttl << _ATTEMPT_BITS | attempt) << _COOKIE_BITS[self.protocol] | self.cookie

    def probe(
        self, ttl: int, attempt: int, *, spare: bool = False, size: int | None = None
    ) -> ProbeSpec:
        """Build the probe of that TTL and attempt; ``size`` as in ``ProbeSpec``."""
        return ProbeSpec(
            target=self.target,
            source=self.source,
            source_port=self.source_port,
            destination_port=self.destination_port,
            ttl=ttl,
            sequence=self.sequence(ttl, attempt),
            spare=spare,
            protocol=self.protocol,
            size=size,
        )

    def place(self, sequence: int) -> tuple[int, int] | None:
        """TTL and attempt that a sequence number names; ``None`` when the cookie is not ours."""
        bits = _COOKIE_BITS[self.protocol]
        if sequence & (1 << bits) - 1 != self.cookie:
            return None
        return divmod(sequence >> bits, 1 << _ATTEMPT_BITS)

    def again(self, number: int) -> "FlowIdentity":
        """Return the same flow with another cookie, so that answers to its earlier use are strangers'.

        UDP and ICMP have 16 cookies: they come back after as many uses.
        """
        bits = _COOKIE_BITS[self.protocol]
        return replace(self, cookie=(self.cookie + number * _STRIDE) % (1 << bits))

    def place_by_id(self, identification: int) -> tuple[int, int] | None:
        """TTL and attempt that an IPv4 identification names: the upper half of a TCP sequence.

        ``None`` when its four bits of the cookie are not ours.
        """
        bits = _COOKIE_BITS[Protocol.TCP] - _ID_SHIFT
        if identification & (1 << bits) - 1 != self.cookie >> _ID_SHIFT:
            return None
        return divmod(identification >> bits, 1 << _ATTEMPT_BITS)


class FlowDraw:
    """Draws flows, all of a call with source ports of their own as long as there are any.

    The identifier of ICMP flows is drawn like a port, and their ``port`` is ``None``. Two flows
    to one target never share a source port: after the ports are used up, each target starts anew.

    Parameters
    ----------
    port
        Destination port of all.
    seed
        ``None`` draws afresh each time.
    """

    def __init__(
        self,
        port: int | None,
        *,
        seed: int | str | None,
        protocol: Protocol = Protocol.TCP,
    ) -> None:
        self._port, self._protocol = port, protocol
        self._random = Random(seed)  # noqa: S311 - spreads flows over equal paths; guards nothing
        self._used: set[int] = set()
        self._used_to: dict[IPAddress, set[int]] = {}

    def draw(self, target: IPAddress, source: IPAddress) -> FlowIdentity:
        """Draw one more flow.

        Raises
        ------
        InputError
            When this target has as many flows as there are source ports.
        """
        mine = self._used_to.setdefault(target, set())
        taken = self._used if len(self._used) < len(SOURCE_PORTS) else mine
        port = self._free(taken)
        self._used.add(port)
        mine.add(port)
        return FlowIdentity(
            target=target,
            source=source,
            source_port=port,
            destination_port=self._port or 0,
            cookie=self._random.getrandbits(_COOKIE_BITS[self._protocol]),
            protocol=self._protocol,
        )

    def _free(self, taken: set[int]) -> int:
        """Draw a port that is not taken: by trying while most are free, else among the free."""
        while 2 * len(taken) < len(SOURCE_PORTS):
            port = self._random.choice(SOURCE_PORTS)
            if port not in taken:
                return port
        free = [port for port in SOURCE_PORTS if port not in taken]
        if not free:
            raise InputError(f"no more than {len(SOURCE_PORTS)} flows to one target")
        return self._random.choice(free)


def draw_flows(
    ends: Iterable[tuple[IPAddress, IPAddress]],
    port: int | None,
    *,
    seed: int | str | None,
    protocol: Protocol = Protocol.TCP,
) -> Iterator[FlowIdentity]:
    """Draw a flow for each (target, source); see :class:`FlowDraw`."""
    draw = FlowDraw(port, seed=seed, protocol=protocol)
    return (draw.draw(target, source) for target, source in ends)
