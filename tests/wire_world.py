"""What a world of wires says: its path, its target, its events, and what a trace must find.

One TOML file, one world. What is not named has a plain default, and a name that nobody knows is an
error. Hops are numbered by the TTL that reaches them on the plain path; times are milliseconds.
"""

import tomllib
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, model_validator

Address = IPv4Address | IPv6Address
SOURCE: dict[int, Address] = {4: IPv4Address("192.0.2.1"), 6: IPv6Address("2001:db8:1::1")}
TARGET: dict[int, Address] = {4: IPv4Address("203.0.113.25"), 6: IPv6Address("2001:db8:25::25")}
_ROUTERS: dict[int, Address] = {4: IPv4Address("198.51.100.0"), 6: IPv6Address("2001:db8:51::")}


class Strict(BaseModel):
    """A table whose every name is known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Rewriting(Strict):
    """What a middlebox does to the probes that pass it."""

    source: Address | None = None
    source_port: int | None = None
    sequence_add: int = 0
    identification: int | None = None
    tos: int | None = None
    restored: bool = False
    """Whether it undoes all that in the quotes of errors that come back through it."""
    leaves_checksum: bool = False
    """Whether it forgets the transport checksum of a quote that it puts right."""


class HopSpec(Strict):
    """A router. Lists number the packets that it answers, or lets pass, from 0."""

    address: Address | None = None
    rtt_ms: float | None = None
    silent: bool = False
    answers: int | None = None
    """Answers at most so many probes, and never again."""
    per_s: float | None = None
    """Answers so many a second, after ``answers`` at once."""
    lost: frozenset[int] = frozenset()
    """Its answers that vanish."""
    drops: frozenset[int] = frozenset()
    """Packets that vanish on the link to it."""
    late_ms: dict[int, float] = {}
    """How much longer some answers take."""
    duplicates: int = 0
    """Further copies of each answer."""
    refuses: tuple[int, int] | None = None
    """ICMP type and code that it answers to what it should forward."""
    refuses_first: bool = False
    """Refuses before it looks at the TTL."""
    filters: bool = False
    """Forwards nothing, and says nothing of that."""
    mtu: int = 0
    """What an answer of Packet Too Big says."""
    quote_octets: int | None = None
    """Of the transport packet, in its answers; without it all of them."""
    quote_router_alert: bool = False
    quote_extensions: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    """IPv6 extension headers of the answer itself."""
    quoted_ttl: int | None = None
    """In place of the true one."""
    mpls: tuple[tuple[int, int, int], ...] = ()
    forwards_zero: bool = False
    """Forwards a packet whose TTL it has counted down to 0."""
    start_ttl: int = 255
    rewrites: Rewriting | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_address(cls, given: Any) -> Any:
        return {"address": given} if isinstance(given, str) else given


class TargetSpec(Strict):
    """The machine at the end. Lists number the probes of a flow that arrive there, from 0."""

    address: Address | None = None
    rtt_ms: float | None = None
    tcp: Literal["linux", "cookies", "closed", "drops"] = "linux"
    udp: Literal["closed", "echoes", "speaks", "drops"] = "closed"
    """``speaks`` answers with words of its own, in which no probe can be recognised."""
    echo: bool = True
    says: tuple[Literal["syn-ack", "ack", "rst", ""], ...] = ()
    """What it says to each SYN in place of all that; nothing to any more."""
    lost: frozenset[int] = frozenset()
    """Answers that vanish."""
    late_ms: dict[int, float] = {}
    """How much longer some answers take."""
    slow_ms: dict[int, float] = {}
    """How much longer some probes take to arrive."""
    drops: frozenset[int] = frozenset()
    """Probes that vanish just before they arrive, numbered by their sending."""
    answers_from: Address | None = None
    extensions: tuple[str, ...] = ()
    start_ttl: int = 64


class Branch(Strict):
    """Ways between two places of the path, one of which a packet takes."""

    by: Literal["flow", "packet", "label", "time"]
    first: int
    """Hops from here …"""
    last: int
    """… to here are replaced."""
    ways: tuple[tuple[HopSpec, ...], ...]
    at_ms: float = 0.0
    """When the first way is left for the second one (``time``)."""


class Stray(Strict):
    """A packet that answers no probe of this trace, though it looks like it.

    It arrives after a probe of ``ttl`` has left, and is made from that probe.
    """

    ttl: int
    after_ms: float
    kind: Literal["time exceeded", "unreachable", "syn-ack", "ack", "rst"]
    responder: Address
    sequence_xor: int = 0
    source_port: int | None = None
    target: Address | None = None


class Event(Strict):
    """Something that happens to this host."""

    at_ms: float
    clock_step_ms: float = 0.0
    """The wall clock is set forward, or backward."""
    interface_down: bool | None = None


class Known(Strict):
    """What earlier traces have found."""

    distance: int | None = None
    """Of the target."""
    of_neighbour: bool = False
    """Of another address of its /24 or /48, rather."""
    first: tuple[Address | Literal["*"], ...] = ()
    """Hops with which paths to two other networks began."""


class Watching(Strict):
    """The target is looked at round after round; what is expected is said of the last one."""

    rounds: int
    every_s: float = 1.0


class Expected(Strict):
    """What a trace must find. Tables are by TTL."""

    end: str
    distance: int | None = None
    hops: tuple[str, ...]
    """Addresses, each of a hop's; ``*`` for silence."""
    rtts_ms: dict[int, tuple[float, float]] = {}
    """Smallest and greatest smallest round-trip time of a hop."""
    kinds: dict[int, str] = {}
    """Kind of a hop's first reply."""
    icmp: dict[int, tuple[int, int]] = {}
    """Type and code of a hop's first reply."""
    told: dict[int, dict[str, Any]] = {}
    """Other facts of a hop's first reply, by the names of ``Reply``."""
    losses: dict[int, tuple[int, int]] = {}
    """Probes of a hop, lost and sent."""
    nodes: dict[int, tuple[str, ...]] | None = None
    """Addresses at each TTL of a trace of all paths."""
    limited: tuple[int, ...] = ()
    anomalies: dict[str, tuple[int, ...]] = {}
    """Hops of each thing out of the ordinary, by its kind; none else may be found."""
    notes: tuple[str, ...] = ()
    """A part of each note, in their order."""
    most_at_target: int = 6
    """Probes of a flow that may arrive at the target."""
    packets: int | None = None
    beyond: int | None = None
    lasts_ms: tuple[float, float] | None = None
    delivered: int | None = None
    """Packets that came in time, duplicates and strays included."""
    strays: int | None = None
    """Strays that came in time and were understood; they may change nothing."""


class World(Strict):
    """A path, its target, and what a trace must find there."""

    title: str
    family: Literal[4, 6] = 4
    distance: int
    """TTL that reaches the target on the plain path."""
    step_ms: float = 8.0
    """Round-trip time that each hop adds."""
    options: dict[str, Any] = {}
    serial: bool = False
    """The engine keeps one TCP probe of a flow under way: the next one ends the wait for it."""
    hop: dict[int, HopSpec] = {}
    loop: tuple[int, int] | None = None
    """After the second of these hops comes the first again."""
    branch: tuple[Branch, ...] = ()
    target: TargetSpec = TargetSpec()
    stray: tuple[Stray, ...] = ()
    event: tuple[Event, ...] = ()
    known: Known | None = None
    watch: Watching | None = None
    expected: Expected

    @property
    def target_address(self) -> Address:
        return self.target.address or TARGET[self.family]

    def router(self, ttl: int) -> Address:
        """Address of a hop that is not told one."""
        return _ROUTERS[self.family] + ttl


def read_world(path: Path) -> World:
    """Read a world; what it must not say is an error."""
    return World.model_validate(tomllib.loads(path.read_text()))
