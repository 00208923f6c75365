"""The truth of a world played in memory, read from its forwarding tables. Sends nothing."""

from collections.abc import Iterable, Iterator
from itertools import pairwise, takewhile

from mxpath.lab.conditions import ICMP_ERROR, Carried, loss_over, stops
from mxpath.lab.forwarding import FiveTuple
from mxpath.lab.own_table import played_paths
from mxpath.lab.owner_truth import owner_truths
from mxpath.lab.simulated_network import PlayedNetwork
from mxpath.lab.simulated_routers import answering_address, inbound_address
from mxpath.lab.simulated_wire import UDP
from mxpath.lab.simulated_zones import PlayedZones
from mxpath.lab.steps import NextHop
from mxpath.lab.topology import World
from mxpath.lab.truth import (
    HopTruth,
    MxRow,
    PathTruth,
    SynCount,
    Truth,
    has_no_answer,
    mx_rows,
    smtp_truth,
    unknowable,
)
from mxpath.lab.wanted_flow import Rows, WantedFlow, wanted
from mxpath.model.address import IPAddress, parse_address


def memory_truth(network: PlayedNetwork, flows: Rows) -> Truth:
    """Return the truth for the given flows of one played network."""
    return Truth(
        player="memory",
        wire=None,
        paths=tuple(_path(network, flow) for flow in wanted(flows)),
        mx=_mx(network.world),
        smtp=smtp_truth(network.world, network.mail.truths()),
        owners=owner_truths(network.world),
        unknowable=unknowable(network.world),
        bgp=played_paths(network.world, {flow.target for flow in wanted(flows)}),
        syns=tuple(
            SynCount(target=target, source_port=port, count=count)
            for (target, port), count in sorted(
                network.syns.items(), key=lambda item: (item[0][0].version, item[0])
            )
        ),
    )


def _path(network: PlayedNetwork, wanted_flow: WantedFlow) -> PathTruth:
    """The steps of one flow; empty of hops when the world has no way to the target."""
    world, target, source_port = network.world, wanted_flow.target, wanted_flow.source_port
    source = world.address_of(world.sender, target.version)
    if source is None:  # the sender does not speak this family
        return PathTruth(
            target=target,
            source_port=source_port,
            hops=(),
            as_path=(world.asn_of[world.sender],),
            crossings=(),
            arrives=False,
            protocol=wanted_flow.protocol,
        )
    flow = FiveTuple(
        source=source,
        target=target,
        protocol=wanted_flow.number,
        source_port=wanted_flow.ports[0],
        target_port=wanted_flow.ports[1],
    )
    steps = tuple(_carried(network.plane.walk(world.sender, flow), wanted_flow.probe))
    nodes = (world.sender, *(step.node for step in steps))
    asns = [world.asn_of[node] for node in nodes]
    arrives = network.plane.arrives(nodes[-1], target)
    back = tuple(network.plane.walk(nodes[-1], flow.reverse)) if arrives else ()
    mtu, hidden = network.narrowest(back, target)
    return PathTruth(
        target=target,
        source_port=source_port,
        protocol=wanted_flow.protocol,
        hops=tuple(_hops(network, flow, steps, wanted_flow.answer)),
        as_path=(asns[0], *(far for near, far in pairwise(asns) if near != far)),
        crossings=tuple(
            (world.exchanges[step.exchange].id, world.asn_of[node], world.asn_of[step.node])
            for node, step in zip(nodes, steps, strict=False)
            if step.exchange is not None
        ),
        arrives=arrives,
        mtu_back=mtu,
        mtu_hidden=hidden,
        loss=loss_over(wire for step in (*steps, *back) for wire in step.wires),
    )


def _carried(steps: Iterable[NextHop], packet: Carried) -> Iterator[NextHop]:
    """The steps up to the one that lets no such packet through."""
    return takewhile(lambda step: not stops(step.wires, packet), steps)


def _hops(
    network: PlayedNetwork, flow: FiveTuple, steps: tuple[NextHop, ...], own_answer: Carried
) -> Iterator[HopTruth]:
    there_ms = there_max_ms = 0.0
    lossy = False
    version, world = flow.target.version, network.world
    for ttl, step in enumerate(steps, start=1):
        there_ms += step.delay_ms
        there_max_ms += step.delay_ms + step.jitter_ms
        lossy |= any(wire.link.loss for wire in step.wires)
        last = network.plane.arrives(step.node, flow.target)
        answer = own_answer if last else ICMP_ERROR[version]
        back = network.plane.delays_ms(step.node, flow.source, answer)
        refuses = last and flow.protocol == UDP  # an error, as routers send them
        answering = world.answering.get(step.node) if refuses or not last else None
        address = flow.target if last else answering_address(world, step, version)
        yield HopTruth(
            ttl=ttl,
            node=step.node,
            asn=world.asn_of[step.node],
            address=address,
            rtt_min_ms=round(there_ms + (back[0] if back else 0.0), 6),
            rtt_max_ms=round(there_max_ms + (back[1] if back else 0.0), 6),
            there_ms=round(there_ms, 6),
            silent=back is None or (answering is not None and answering.silent),
            limited=(refuses and step.node in world.hosts)
            or (answering is not None and answering.icmp_per_s is not None),
            lossy=lossy,
            third_party=not last and address != inbound_address(step, version),
        )


def _mx(world: World) -> dict[str, tuple[MxRow, ...] | None]:
    zone = PlayedZones(world)
    plans: dict[str, tuple[MxRow, ...] | None] = {}
    for name, domain in world.domains.items():
        if has_no_answer(world, name):
            plans[name] = None
            continue
        plans[name] = mx_rows(world, name, domain.mx, lambda host: _addresses(zone, host))
    return plans


def _addresses(zone: PlayedZones, host: str) -> tuple[IPAddress, ...]:
    return tuple(
        parse_address(text)
        for rdtype in ("A", "AAAA")
        for text in zone.answer(host, rdtype).records
    )
