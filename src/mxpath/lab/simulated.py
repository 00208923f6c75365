"""The memory player: a world as a vantage, with a clock whose hands are moved.

Nothing here touches a socket or needs a privilege. Probes still leave and come
back as bytes, so the wire format is walked through both ways, and the same seed
plays the same world to the same bytes.
"""

import heapq
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time

from mxpath.errors import PrivilegeError
from mxpath.lab.forwarding import FiveTuple
from mxpath.lab.looking_glass import LookingGlassServer, heard_in_memory
from mxpath.lab.rdap import RdapServer
from mxpath.lab.simulated_course import Course
from mxpath.lab.simulated_dns import PlayedResolver, PlayedServer
from mxpath.lab.simulated_extensions import ETHERNET_MTU
from mxpath.lab.simulated_faults import Faults, Uplink
from mxpath.lab.simulated_http import PlayedFetcher
from mxpath.lab.simulated_network import PlayedNetwork
from mxpath.lab.simulated_probes import Arrival
from mxpath.lab.simulated_smtp import PlayedDialer
from mxpath.lab.simulated_truth import memory_truth
from mxpath.lab.simulated_wire import UDP
from mxpath.lab.simulated_zones import PlayedZones
from mxpath.lab.topology import World
from mxpath.lab.truth import Truth
from mxpath.lab.wanted_flow import Rows
from mxpath.lab.zone import is_recursive, resolvers_of, server_of
from mxpath.model.address import IPAddress
from mxpath.model.origin import Origin
from mxpath.model.probe import ProbeSpec, Reply
from mxpath.vantage.clock import ManualClock, moment
from mxpath.vantage.packets import decode, encode
from mxpath.vantage.ports import WORKERS, EngineTraits, ProbeSocket, Sent, Vantage
from mxpath.vantage.registry import RdapRegistry
from mxpath.vantage.registry_cache import MemoryCache
from mxpath.vantage.routing import RouteCollectors

__all__ = ["Faults", "SimulatedVantage", "simulate", "simulated_truth"]

_SEED = 1
_DNS_CLIENT_PORT = 53_535


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedVantage(Vantage):
    """A vantage that can say afterwards what really arrived in its network."""

    network: PlayedNetwork
    """Holds the SYN counters and the commands of every SMTP connection."""
    rdap: RdapServer | None = None
    """The world's registry, whose behaviour can be changed."""
    looking_glass: LookingGlassServer | None = None
    """What tells the collectors' routes; its behaviour too."""


class PlayedProbeSocket:
    """Probes into the played network; satisfies :class:`mxpath.vantage.ports.ProbeSocket`."""

    def __init__(self, network: PlayedNetwork, clock: ManualClock, uplink: Uplink) -> None:
        self._network = network
        self._clock = clock
        self._uplink = uplink
        self._coming: list[Arrival] = []
        self.traits = EngineTraits(name="simulated")

    def source_for(self, target: IPAddress) -> IPAddress | None:
        """The sender's address of the target's family; ``None`` without a route."""
        if target.version in self._uplink.faults.no_route:
            return None
        return self._network.world.address_of(self._network.world.sender, target.version)

    def send(self, probes: Sequence[ProbeSpec]) -> Sequence[Sent]:
        """Put probes on the wire; sending takes no time."""
        return tuple(self._send(probe) for probe in probes)

    def _send(self, probe: ProbeSpec) -> Sent:
        self._uplink.feel_interrupt()
        now_ns = self._clock.now_ns()
        error = self._uplink.send(probe.target.version)
        packet = encode(probe)
        if error is None and len(packet) > ETHERNET_MTU:
            error = f"cannot send to {probe.target}: Message too long"
        if error is None:
            arrival = self._network.carry(packet, now_ns)
            if arrival is not None:
                heapq.heappush(self._coming, arrival)
        return Sent(sent_ns=now_ns, error=error)

    def receive(self, until_s: float) -> Sequence[Reply]:
        """Move the clock to the next arrival, or to ``until_s`` when none comes before."""
        self._uplink.feel_interrupt()
        # What is there already is taken even when the time is over.
        until_ns = max(self._clock.instant_ns(until_s), self._clock.now_ns())
        while self._coming and self._coming[0].at_ns <= until_ns and not self._uplink.is_down:
            self._clock.advance_to(self._coming[0].at_ns)
            replies = [decode(arrival.packet, arrival.at_ns) for arrival in self._arrived()]
            if any(replies):
                return tuple(reply for reply in replies if reply is not None)
        self._clock.advance_to(until_ns)
        return ()

    def _arrived(self) -> Iterable[Arrival]:
        while self._coming and self._coming[0].at_ns <= self._clock.now_ns():
            yield heapq.heappop(self._coming)


def simulate(
    world: World,
    *,
    seed: int = _SEED,
    faults: Faults | None = None,
    active: tuple[str, ...] = (),
) -> SimulatedVantage:
    """Play a world in memory.

    Parameters
    ----------
    world
        The world; see :func:`mxpath.lab.topology.read_world`.
    seed
        Salts the routers' equal-cost choices and the analyzer's own random ones.
    faults
        What is broken at the sender's end; nothing when left out.
    active
        Names of the world's own faults that last from the beginning. Others come and go at
        their times.

    Raises
    ------
    InputError
        When the world has no such fault.
    ParseError
        When the world's DNS records are not in master-file form.
    """
    faults = faults or Faults()
    unspoken = {4, 6} - {address.version for address in world.addresses_of(world.sender)}
    faults = replace(faults, no_route=(*faults.no_route, *sorted(unspoken)))
    midnight = datetime.combine(world.as_of, time(), tzinfo=UTC)
    clock = ManualClock(round(midnight.timestamp()) * 1_000_000_000)
    uplink = Uplink(faults)
    network = PlayedNetwork(
        world,
        seed=seed,
        port_25_filtered_at_hop=faults.port_25_filtered_at_hop,
        course=Course(world, seed=seed, active=active, began_ns=clock.now_ns()),
    )
    resolver = _resolver(network, clock, uplink)
    rdap = RdapServer(world) if world.rdap is not None else None
    glass = _looking_glass(network, clock) if world.looking_glass is not None else None
    servers = [server for server in (rdap, glass) if server is not None]
    fetcher = PlayedFetcher(network, clock, uplink, servers)

    def open_probes() -> AbstractContextManager[ProbeSocket]:
        if faults.no_privilege:
            raise PrivilegeError(
                "this user may not open raw sockets: run as root, or give the interpreter "
                "the capability CAP_NET_RAW"
            )
        return nullcontext(PlayedProbeSocket(network, clock, uplink))

    return SimulatedVantage(
        clock=clock,
        resolver=resolver,
        dialer=PlayedDialer(network, clock, uplink),
        probes=open_probes,
        fetcher=fetcher,
        registry=RdapRegistry(fetcher, clock, MemoryCache()),
        routing=RouteCollectors(fetcher, clock, None),
        origin=Origin(
            address_v4=None if 4 in faults.no_route else world.address_of(world.sender, 4),
            address_v6=None if 6 in faults.no_route else world.address_of(world.sender, 6),
            stranded=tuple(
                address
                for address in world.addresses_of(world.sender)
                if address.version in faults.no_route
            ),
            how="world",
        ),
        name=f"sim:{world.name}",
        player="simulated",
        engine="simulated",
        resolver_address=resolver.server,
        workers=WORKERS,
        seed=seed,
        network=network,
        rdap=rdap,
        looking_glass=glass,
    )


def _looking_glass(network: PlayedNetwork, clock: ManualClock) -> LookingGlassServer:
    return LookingGlassServer(
        network.world,
        lambda address: heard_in_memory(network.world, address),
        lambda: moment(clock.now_ns()),
    )


def _resolver(network: PlayedNetwork, clock: ManualClock, uplink: Uplink) -> PlayedResolver:
    world = network.world
    fetch_ms = 0.0
    if is_recursive(world):
        shared = (
            world.address_of(server_of(world), a.version)
            for a in world.addresses_of(world.resolver)
        )
        ways = (_round_trip_ms(network, world.resolver, a) for a in shared if a is not None)
        fetch_ms = next((way for way in ways if way is not None), 0.0)
    return PlayedResolver(
        PlayedZones(world),
        clock,
        uplink,
        servers=[_server(network, clock, address) for address in resolvers_of(world)],
        fetch_ms=fetch_ms,
    )


def _server(network: PlayedNetwork, clock: ManualClock, address: IPAddress) -> PlayedServer:
    return PlayedServer(
        address=str(address), round_trip_ms=lambda: _question_ms(network, clock.now_ns(), address)
    )


def _round_trip_ms(network: PlayedNetwork, host: str, target: IPAddress) -> float | None:
    """What a small question of a host and its answer take at least; ``None`` without a way."""
    here = network.world.address_of(host, target.version)
    out = network.plane.delays_ms(host, target)
    if here is None or out is None:
        return None
    there = next(h for h in network.world.hosts if target in network.world.addresses_of(h))
    back = network.plane.delays_ms(there, here)
    return None if back is None else round(out[0] + back[0], 6)


def _question_ms(network: PlayedNetwork, asked_ns: int, there: IPAddress) -> float | None:
    """What a question to an address of the resolver and its answer take now."""
    world = network.world
    here = world.address_of(world.sender, there.version)
    if here is None:
        return None
    flow = FiveTuple(
        source=here, target=there, protocol=UDP, source_port=_DNS_CLIENT_PORT, target_port=53
    )
    asked = network.transmit(world.sender, flow, asked_ns)
    if asked is None or not network.plane.arrives(asked[0], there):
        return None
    heard = network.transmit(asked[0], flow.reverse, asked[1])
    arrived = heard is not None and heard[0] == world.sender
    return (heard[1] - asked_ns) / 1e6 if heard is not None and arrived else None


def simulated_truth(world: World, flows: Rows, vantage: Vantage | None = None) -> Truth:
    """Return what is true in a world played in memory.

    Parameters
    ----------
    world
        The world.
    flows
        Flows whose paths are wanted; (target, source port) alone is TCP to port 25.
    vantage
        The vantage that played it, as :func:`simulate` made it: its seed decides the
        equal-cost choices and its counters fill ``syns``. Without it the default seed
        is taken, and no SYN is counted.
    """
    network = vantage.network if isinstance(vantage, SimulatedVantage) else PlayedNetwork(world)
    return memory_truth(network, flows)
