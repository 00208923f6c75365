"""What a link does to the packets that it carries; the wires and the memory player share it.

The law, for a packet that enters a link at one end:

1. A link that is down carries nothing.
2. A packet larger than the link's MTU vanishes, and so does one of a blocked kind. BGP between
   routers (TCP port 179) is spared both: these are faults of the data plane, and a world must
   come up under them.
3. Each packet is lost by chance, whatever became of those before it.
4. What is left comes out after the delay and a jitter drawn anew for each packet, but never
   before a packet that went in earlier.

A router whose link is too narrow says so before the link sees the packet; that is not done here.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import inf, prod
from typing import TYPE_CHECKING, Self

from mxpath.errors import InputError
from mxpath.lab.elements import Link

if TYPE_CHECKING:  # numbering, which topology asks, stands on this module
    from mxpath.lab.topology import Wire, World

BGP_PORT = 179
_TCP, _UDP = 6, 17
_PROTOCOLS = {"tcp": _TCP, "udp": _UDP}
_ICMP, _ICMP_V6 = 1, 58
_ICMP_V6_ERRORS_AND_ECHOES = range(130)
"""Types below multicast listener and neighbour discovery (RFC 4443, RFC 4861)."""
_SMALLEST_MTU = 1280
"""RFC 8200 section 5."""
_NOTHING = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What the law asks of a packet. A fragment without its header, or what is no IP, has zeros."""

    version: int
    """4 or 6; 0 for what is no IP."""
    protocol: int = 0
    size: int = 0
    """Bytes of the IP packet."""
    source_port: int = 0
    target_port: int = 0
    icmp_type: int = 0


ICMP_ERROR = {
    4: Carried(version=4, protocol=_ICMP, icmp_type=11),
    6: Carried(version=6, protocol=_ICMP_V6, icmp_type=3),
}
"""What a router answers."""


def block_problem(word: str) -> str | None:
    """Say what is wrong with a word of ``Link.blocks``; ``None`` when nothing is."""
    protocol, slash, port = word.partition("/")
    if word in {"ipv4", "ipv6", "icmp"}:
        return None
    if slash and protocol in _PROTOCOLS and port.isdecimal() and 0 < int(port) < 65_536:
        return None
    return f"cannot block {word!r}: use ipv4, ipv6, icmp, tcp/PORT or udp/PORT"


def link_problems(link: Link) -> Iterator[str]:
    """Yield what no link can be, in words."""
    if link.delay_ms < 0:
        yield "negative delay"
    if link.jitter_ms < 0:
        yield "negative jitter"
    if not 0 <= link.loss <= 1:
        yield f"loss is a share between 0 and 1, not {link.loss:g}"
    if link.mtu is not None and link.mtu < _SMALLEST_MTU:
        yield f"an MTU of {link.mtu} carries no IPv6: {_SMALLEST_MTU} or more is needed"
    if link.mtu_hidden and link.mtu is None:
        yield "mtu_hidden says nothing without an mtu"
    yield from filter(None, map(block_problem, link.blocks))


def blocks(words: tuple[str, ...], packet: Carried) -> bool:
    """Whether a packet is of a blocked kind, or of one of them (rule 2)."""
    return any(_blocks(word, packet) for word in words)


def _blocks(word: str, packet: Carried) -> bool:
    match word:
        case "ipv4" | "ipv6":
            return packet.version == int(word[-1])
        case "icmp":
            return packet.protocol == _ICMP or (
                packet.protocol == _ICMP_V6 and packet.icmp_type in _ICMP_V6_ERRORS_AND_ECHOES
            )
        case _:
            protocol, _, port = word.partition("/")
            return (packet.protocol, packet.target_port) == (_PROTOCOLS[protocol], int(port))


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """The state of one link, both ways."""

    delay_ms: float
    jitter_ms: float = 0.0
    loss: float = 0.0
    mtu: int | None = None
    down: bool = False
    blocks: tuple[str, ...] = ()

    @classmethod
    def of(cls, link: Link) -> Self:
        """Return what a world's link does."""
        return cls(
            delay_ms=link.delay_ms,
            jitter_ms=link.jitter_ms,
            loss=link.loss,
            mtu=link.mtu,
            down=link.down,
            blocks=link.blocks,
        )

    def stops(self, packet: Carried) -> bool:
        """Whether a packet vanishes for a reason, not by chance (rules 1 and 2)."""
        if self.down:
            return True
        stopped = packet.size > self.mtu if self.mtu is not None else False
        stopped = stopped or blocks(self.blocks, packet)
        ports = (packet.source_port, packet.target_port)
        return stopped and not (packet.protocol == _TCP and BGP_PORT in ports)

    @property
    def text(self) -> str:
        """As a wire process reads it: microseconds, parts per million, bytes, 1 for down, blocks."""
        numbers = (
            round(self.delay_ms * 1e3),
            round(self.jitter_ms * 1e3),
            round(self.loss * 1e6),
            self.mtu or 0,
            int(self.down),
        )
        return f"{','.join(map(str, numbers))},{'+'.join(self.blocks) or _NOTHING}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what :attr:`text` wrote.

        Raises
        ------
        InputError
            When it did not.
        """
        try:
            *numbers, words = text.split(",")
            delay_us, jitter_us, loss_ppm, mtu, down = map(int, numbers)
        except ValueError as error:
            raise InputError(f"these are no conditions of a link: {text!r}") from error
        blocked = () if words == _NOTHING else tuple(words.split("+"))
        for problem in filter(None, map(block_problem, blocked)):
            raise InputError(problem)
        if min(delay_us, jitter_us, loss_ppm, mtu) < 0:
            raise InputError(f"a link cannot have less than nothing: {text!r}")
        return cls(
            delay_ms=delay_us / 1e3,
            jitter_ms=jitter_us / 1e3,
            loss=loss_ppm / 1e6,
            mtu=mtu or None,
            down=bool(down),
            blocks=blocked,
        )


def stops(wires: Iterable["Wire"], packet: Carried) -> bool:
    """Whether such a packet never comes over wires that it crosses one after another."""
    return any(Conditions.of(wire.link).stops(packet) for wire in wires)


def narrowest(way: Iterable[tuple[tuple["Wire", ...], bool]]) -> tuple[int | None, bool]:
    """Return the smallest MTU of a way, and whether who sends never learns of it.

    A router speaks for the link that it would send out to; what is too large on the
    way out of an exchange point's LAN vanishes there.

    Parameters
    ----------
    way
        Of each step the wires it crosses, and whether its router's Packet Too Big
        would come back to who sends.
    """
    said, silent = inf, inf
    for wires, told in way:
        for place, wire in enumerate(wires):
            mtu = inf if wire.link.mtu is None else wire.link.mtu
            if place or wire.link.mtu_hidden or not told:
                silent = min(silent, mtu)
            else:
                said = min(said, mtu)
    least = min(said, silent)
    return (None if least == inf else int(least)), silent < said


def loss_over(wires: Iterable["Wire"]) -> float:
    """Return the share of packets that vanish by chance on wires one after another."""
    return 1 - prod(1 - wire.link.loss for wire in wires)


def with_conditions(world: "World", found: Mapping[int, Conditions]) -> "World":
    """Return the world as its running wires are, by wire number.

    Wires are numbered in the order of links and then hosts (``numbering``).
    """
    links = tuple(
        replace(
            link,
            delay_ms=found[number].delay_ms,
            jitter_ms=found[number].jitter_ms,
            loss=found[number].loss,
            mtu=found[number].mtu,
            down=found[number].down,
            blocks=found[number].blocks,
        )
        for number, link in enumerate(world.links)
    )
    hosts = {
        name: replace(host, delay_ms=found[number].delay_ms, blocks=found[number].blocks)
        for number, (name, host) in enumerate(world.hosts.items(), start=len(links))
    }
    return replace(world, links=links, hosts=hosts)
