"""What answers of the memory player carry, read by the decoder: labels, interfaces, quotes, MTUs."""

from dataclasses import replace

import pytest

from lab.odd_world import odd_world
from mxpath.errors import InputError
from mxpath.lab.coherence import problems
from mxpath.lab.elements import Router
from mxpath.lab.playable import check_playable
from mxpath.lab.simulated import simulate
from mxpath.lab.topology import World
from mxpath.model.probe import InterfaceRole, ProbeSpec, Protocol, Reply, ReplyKind
from mxpath.vantage.packets import identification, transport_checksum

WORLD = replace(odd_world(), faults={})
FAMILIES = pytest.mark.parametrize("family", [4, 6])
PROTOCOLS = pytest.mark.parametrize("protocol", list(Protocol))


def having(name: str, **keys: object) -> World:
    world = replace(WORLD, answering={name: Router(**keys)})  # type: ignore[arg-type]
    assert list(problems(world)) == []
    return world


def probe(
    family: int, ttl: int, protocol: Protocol, host: str = "mx1", size: int | None = None
) -> ProbeSpec:
    source, target = WORLD.address_of("mailhost", family), WORLD.address_of(host, family)
    assert source is not None
    assert target is not None
    return ProbeSpec(
        target=target,
        source=source,
        source_port=61_000,
        destination_port=0 if protocol is Protocol.ICMP else 25,
        ttl=ttl,
        sequence=ttl << (26 if protocol is Protocol.TCP else 10),
        protocol=protocol,
        size=size,
    )


def answers(world: World, spec: ProbeSpec) -> tuple[Reply, ...]:
    vantage = simulate(world)
    with vantage.probes() as socket:
        (sent,) = socket.send([spec])
        assert sent.error is None
        return tuple(socket.receive(vantage.clock.monotonic_s() + 1))


def answer(world: World, spec: ProbeSpec) -> Reply:
    (reply,) = answers(world, spec)
    assert (reply.sequence, reply.protocol) == (spec.sequence, spec.protocol)
    return reply


@FAMILIES
@PROTOCOLS
@pytest.mark.parametrize("unsaid", [True, False])
def test_a_router_tells_its_labels_and_its_interface(
    family: int, protocol: Protocol, *, unsaid: bool
) -> None:
    world = having("alpha1", mpls=(16_004, 24), names_interfaces=True, unsaid_length=unsaid)
    reply = answer(world, probe(family, 2, protocol))
    assert [(e.label, e.bottom, e.ttl) for e in reply.mpls] == [(16_004, False, 1), (24, True, 1)]
    (interface,) = reply.interfaces
    assert interface.role is InterfaceRole.INCOMING
    assert interface.address == reply.responder
    assert interface.name in {port.name for port in world.interfaces["alpha1"]}
    assert (interface.mtu, interface.index is not None) == (1500, True)
    assert answer(world, probe(family, 1, protocol)).mpls == ()


@PROTOCOLS
def test_eight_octets_are_enough(protocol: Protocol) -> None:
    reply = answer(having("alpha1", quote_octets=8), probe(4, 2, protocol))
    assert reply.kind is ReplyKind.TIME_EXCEEDED
    assert (reply.quoted_checksum is None) == (protocol is Protocol.TCP)


def test_eight_octets_of_a_datagram_over_ipv6_name_no_probe() -> None:
    assert answers(having("alpha1", quote_octets=8), probe(6, 2, Protocol.UDP)) == ()
    assert answer(having("alpha1", quote_octets=12), probe(6, 2, Protocol.UDP))


@FAMILIES
@PROTOCOLS
def test_a_mark_shows_in_quotes_from_behind(family: int, protocol: Protocol) -> None:
    world = having("alpha1", marks_tos=40)
    marks = [answer(world, probe(family, ttl, protocol)).quoted_tos for ttl in (1, 2, 3, 4)]
    assert marks == [0, 0, 40, 40]


@FAMILIES
@PROTOCOLS
def test_an_address_translator_leaves_its_checksum_in_quotes(
    family: int, protocol: Protocol
) -> None:
    world = having("home1", translates=True)
    specs = [probe(family, ttl, protocol) for ttl in (1, 2, 3)]
    changed = [answer(world, s).quoted_checksum != transport_checksum(s) for s in specs]
    shows = (family, protocol) != (4, Protocol.ICMP)
    assert changed == [False, shows, shows]


def test_a_grown_sequence_number_shows_in_quotes_alone() -> None:
    world = having("home1", adds_to_sequence=1 << 16)
    spec = probe(4, 2, Protocol.TCP)
    (reply,) = answers(world, spec)
    assert reply.sequence == spec.sequence + (1 << 16)
    assert reply.quoted_id == identification(spec)
    assert reply.quoted_checksum == (transport_checksum(spec) - 1) % 0xFFFF
    assert answer(world, probe(4, 9, Protocol.TCP)).kind is ReplyKind.SYN_ACK


@FAMILIES
@pytest.mark.parametrize("protocol", [Protocol.UDP, Protocol.ICMP])
def test_a_narrow_link_tells_its_mtu_and_a_black_hole_does_not(
    family: int, protocol: Protocol
) -> None:
    reply = answer(WORLD, probe(family, 9, protocol, "mxbig", 1401))
    assert (reply.kind, reply.mtu) == (ReplyKind.PACKET_TOO_BIG, 1400)
    assert answer(WORLD, probe(family, 9, protocol, "mxbig", 1400)).is_from_target
    assert answers(WORLD, probe(family, 9, protocol, "mxhid", 1401)) == ()
    assert answer(WORLD, probe(family, 2, protocol, "mxhid", 1401)).kind is (
        ReplyKind.TIME_EXCEEDED
    )


def test_what_the_own_link_does_not_take_does_not_leave() -> None:
    with simulate(WORLD).probes() as socket:
        (sent,) = socket.send([probe(4, 9, Protocol.UDP, size=1501)])
    assert sent.error == "cannot send to 198.18.49.25: Message too long"


@pytest.mark.parametrize("family", [4, 6])
def test_a_host_says_port_unreachable_six_times_then_once_a_second(family: int) -> None:
    vantage, found = simulate(WORLD), []
    with vantage.probes() as socket:
        for _ in range(4):
            socket.send([probe(family, 9, Protocol.UDP)] * 8)
            until_s, heard = vantage.clock.monotonic_s() + 1, 0
            while vantage.clock.monotonic_s() < until_s:
                heard += len(socket.receive(until_s))
            found.append(heard)
    assert found == [6, 1, 1, 1]


def test_what_stands_behind_a_blocked_protocol_hears_nothing() -> None:
    link = replace(WORLD.links[0], blocks=("udp/25",))
    world = replace(WORLD, links=(link, *WORLD.links[1:]))
    assert answers(world, probe(4, 3, Protocol.UDP)) == ()
    assert answer(world, probe(4, 3, Protocol.ICMP))
    world = replace(WORLD, links=(replace(link, blocks=("icmp",)), *WORLD.links[1:]))
    for protocol in (Protocol.UDP, Protocol.ICMP, Protocol.TCP):
        assert answers(world, probe(4, 3, protocol)) == ()
    assert answer(world, probe(4, 9, Protocol.TCP)).kind is ReplyKind.SYN_ACK


def test_the_kernel_player_says_what_it_cannot_play() -> None:
    with pytest.raises(InputError, match=r"answering.alpha1 \(mpls, marks_tos\)"):
        check_playable(having("alpha1", mpls=(16,), marks_tos=40))
    check_playable(WORLD)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"mpls": (1 << 20,)}, "20 bits"),
        ({"quote_octets": 7}, "from 8 to 548"),
        ({"quote_octets": 8, "mpls": (16,)}, "128 octets where extensions"),
        ({"marks_tos": 256}, "one octet"),
        ({"adds_to_sequence": -1}, "sequence numbers"),
        ({"silent": True, "mpls": (16,)}, "is silent"),
    ],
)
def test_what_cannot_be_is_said(keys: dict[str, object], words: str) -> None:
    world = replace(WORLD, answering={"alpha1": Router(**keys)})  # type: ignore[arg-type]
    assert any(words in problem for problem in problems(world))
