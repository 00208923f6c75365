"""The truth of a world played in memory, read from its forwarding tables. Sends nothing."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from mxpath.lab.forwarding import FiveTuple
from mxpath.lab.routing import NextHop
from mxpath.lab.simulated_network import SMTP_PORT, PlayedNetwork, inbound_address
from mxpath.lab.simulated_wire import TCP
from mxpath.lab.simulated_zones import PlayedZones
from mxpath.lab.topology import World
from mxpath.lab.truth import HopTruth, MxRow, PathTruth, SynCount, Truth, smtp_truth, unknowable
from mxpath.model.address import IPAddress, parse_address


def memory_truth(network: PlayedNetwork, flows: Iterable[tuple[IPAddress, int]]) -> Truth:
    """Return the truth for the given (target, source port) flows of one played network."""
    return Truth(
        player="memory",
        wire=None,
        paths=tuple(_path(network, target, port) for target, port in flows),
        mx=_mx(network.world),
        smtp=smtp_truth(network.world, network.mail.truths()),
        unknowable=unknowable(network.world),
        syns=tuple(
            SynCount(target=target, source_port=port, count=count)
            for (target, port), count in sorted(
                network.syns.items(), key=lambda item: (item[0][0].version, item[0])
            )
        ),
    )


def _path(network: PlayedNetwork, target: IPAddress, source_port: int) -> PathTruth:
    """The steps of one flow; empty of hops when the world has no way to the target."""
    world = network.world
    source = world.address_of(world.sender, target.version)
    if source is None:  # the sender does not speak this family
        return PathTruth(
            target=target,
            source_port=source_port,
            hops=(),
            as_path=(world.asn_of[world.sender],),
            crossings=(),
        )
    flow = FiveTuple(
        source=source,
        target=target,
        protocol=TCP,
        source_port=source_port,
        target_port=SMTP_PORT,
    )
    steps = tuple(network.plane.walk(world.sender, flow))
    nodes = (world.sender, *(step.node for step in steps))
    asns = [world.asn_of[node] for node in nodes]
    return PathTruth(
        target=target,
        source_port=source_port,
        hops=tuple(_hops(network, flow, steps)),
        as_path=(asns[0], *(far for near, far in pairwise(asns) if near != far)),
        crossings=tuple(
            (world.exchanges[step.exchange].id, world.asn_of[node], world.asn_of[step.node])
            for node, step in zip(nodes, steps, strict=False)
            if step.exchange is not None
        ),
    )


def _hops(
    network: PlayedNetwork, flow: FiveTuple, steps: tuple[NextHop, ...]
) -> Iterator[HopTruth]:
    there_ms = 0.0
    for ttl, step in enumerate(steps, start=1):
        there_ms += step.delay_ms
        back = network.plane.delays_ms(step.node, flow.source)
        if back is None:
            continue  # its answers never arrive: a silent hop
        last = network.plane.arrives(step.node, flow.target)
        yield HopTruth(
            ttl=ttl,
            node=step.node,
            asn=network.world.asn_of[step.node],
            address=flow.target if last else inbound_address(step, flow.target.version),
            rtt_min_ms=round(there_ms + back[0], 6),
            rtt_max_ms=round(there_ms + back[1], 6),
        )


def _mx(world: World) -> dict[str, tuple[MxRow, ...]]:
    zone, plans = PlayedZones(world), {}
    for name, domain in world.domains.items():
        rows = [text.split() for text in domain.mx]
        plans[name] = tuple(
            MxRow(
                preference=int(preference),
                host=host.rstrip(".").lower(),
                addresses=_addresses(zone, host),
            )
            for preference, host in sorted(rows, key=lambda row: (int(row[0]), row[1]))
            if host != "."
        )
    return plans


def _addresses(zone: PlayedZones, host: str) -> tuple[IPAddress, ...]:
    return tuple(
        parse_address(text)
        for rdtype in ("A", "AAAA")
        for text in zone.answer(host, rdtype).records
    )
