"""One BGP session in BIRD's words, and what every configuration begins with."""

from dataclasses import dataclass
from ipaddress import IPv4Address

from mxpath.lab.topology import Interface, World

_TIMERS = (
    "connect delay time 1; connect retry time 1; error wait time 1, 2; error forget time 5; "
    "startup hold time 30; hold time 90;"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One BGP session as its two ends see it."""

    name: str
    local: Interface
    local_asn: int
    remote: Interface
    remote_asn: int
    channel: str
    """What comes in and what goes out."""
    extra: str = ""


def head(world: World, speaker: str) -> tuple[str, ...]:
    """Return what every configuration begins with."""
    return (
        "log stderr all;",
        f"router id {router_id(world, speaker)};",
        "protocol device { scan time 60; }",
    )


def router_id(world: World, speaker: str) -> IPv4Address:
    """Return the BGP identifier of a router, an exchange point's route server or a collector.

    It is a mere number (RFC 6286), the speaker's place in the file, so that a world
    without IPv4 has one too and the last tie goes to who comes first.
    """
    return IPv4Address(
        (10 << 24) + 1 + [*world.routers, *world.exchanges, *world.collectors].index(speaker)
    )


def session_block(family: int, session: Session) -> str:
    """Return a session in BIRD's words."""
    # One side waits and the other calls: connections never collide.
    passive = "passive on; " if int(session.local.ip) > int(session.remote.ip) else ""
    return (
        f"protocol bgp {session.name} {{ local {session.local.ip} as {session.local_asn}; "
        f"neighbor {session.remote.ip} as {session.remote_asn}; "
        f"{session.extra}{passive}med metric on; {_TIMERS} ipv{family} {{ {session.channel} }}; }}"
    )
