import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.odd_world import odd_world
from mxpath.errors import InputError
from mxpath.lab.conditions import Carried, Conditions, with_conditions

CONDITIONS = st.builds(
    Conditions,
    delay_ms=st.integers(0, 10**7).map(lambda us: us / 1e3),
    jitter_ms=st.integers(0, 10**6).map(lambda us: us / 1e3),
    loss=st.integers(0, 10**6).map(lambda ppm: ppm / 1e6),
    mtu=st.none() | st.integers(1280, 9000),
    down=st.booleans(),
    blocks=st.lists(st.sampled_from(["ipv4", "ipv6", "icmp", "tcp/25", "udp/53"]), unique=True).map(
        tuple
    ),
)
TCP, UDP, ICMP, ICMP_V6 = 6, 17, 1, 58


@given(CONDITIONS)
def test_what_a_wire_is_told_is_what_it_tells(conditions: Conditions) -> None:
    assert Conditions.parse(conditions.text) == conditions


@pytest.mark.parametrize(
    "text", ["", "1", "1,2,3,4,5", "1,2,3,4,5,x", "1,2,x,4,5,-", "-1,0,0,0,0,-"]
)
def test_what_is_no_conditions_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        Conditions.parse(text)


@pytest.mark.parametrize(
    ("word", "stopped", "passed"),
    [
        ("ipv4", Carried(version=4), Carried(version=6)),
        ("ipv6", Carried(version=6, protocol=TCP), Carried(version=4, protocol=TCP)),
        ("icmp", Carried(version=4, protocol=ICMP, icmp_type=8), Carried(version=4, protocol=UDP)),
        (
            "icmp",
            Carried(version=6, protocol=ICMP_V6, icmp_type=2),
            Carried(version=6, protocol=ICMP_V6, icmp_type=135),  # neighbour discovery
        ),
        (
            "tcp/25",
            Carried(version=6, protocol=TCP, target_port=25),
            Carried(version=6, protocol=TCP, source_port=25),
        ),
        (
            "udp/53",
            Carried(version=4, protocol=UDP, target_port=53),
            Carried(version=4, protocol=TCP, target_port=53),
        ),
    ],
)
def test_what_is_blocked(word: str, stopped: Carried, passed: Carried) -> None:
    link = Conditions(delay_ms=1.0, blocks=(word,))
    assert link.stops(stopped)
    assert not link.stops(passed)


def test_bgp_passes_whatever_is_blocked_but_not_a_link_that_is_down() -> None:
    bgp = Carried(version=4, protocol=TCP, size=1500, source_port=179, target_port=40_000)
    assert not Conditions(delay_ms=1.0, mtu=1400, blocks=("ipv4",)).stops(bgp)
    assert Conditions(delay_ms=1.0, down=True).stops(bgp)


@pytest.mark.parametrize(("size", "stopped"), [(1400, False), (1401, True)])
def test_the_largest_packet(size: int, stopped: bool) -> None:  # noqa: FBT001 - a table's column
    packet = Carried(version=4, protocol=TCP, size=size)
    assert Conditions(delay_ms=1.0, mtu=1400).stops(packet) is stopped


@given(st.data())
def test_a_world_takes_the_conditions_of_its_wires(data: st.DataObject) -> None:
    world = odd_world()
    drawn = {wire.number: data.draw(CONDITIONS) for wire in world.wires}
    found = with_conditions(world, drawn)
    assert found.interfaces == world.interfaces
    for wire in found.wires[: len(world.links)]:
        assert Conditions.of(wire.link) == drawn[wire.number]
    for wire in found.wires[len(world.links) :]:  # a host's link has no more than these
        assert wire.link.delay_ms == drawn[wire.number].delay_ms
        assert wire.link.blocks == drawn[wire.number].blocks
