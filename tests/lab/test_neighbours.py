import pytest

from lab.tables import BACK, NORD, Routes, step, tables
from mxpath.lab.fib import Step
from mxpath.lab.neighbours import Neighbours
from mxpath.lab.topology import World


def ways(world: World, changes: Routes) -> tuple[float, float] | None:
    fibs = tables(world, BACK | changes)
    return Neighbours(world, fibs).delays_ms("mxfar", world.addresses_of("mailhost")[0])


def test_a_diamond_makes_an_interval(world: World) -> None:
    found = ways(world, {})
    assert found is not None
    assert [round(way_ms, 6) for way_ms in found] == [26.3, 28.3]


def test_without_the_second_branch_both_ends_are_one(world: World) -> None:
    found = ways(world, {"boreal3": {NORD: ("boreal2a",)}})
    assert found is not None
    assert found[0] == found[1] == pytest.approx(26.3)


@pytest.mark.parametrize(
    "changes",
    [
        {"far1": {}},
        {"boreal2b": {}},  # one branch of two
        {"boreal1": {NORD: ("boreal2a",)}},  # a circle
        {"boreal2b": {NORD: ("boreal3",)}},  # a circle on one branch
    ],
)
def test_a_way_that_ends_early_or_in_a_circle_is_none(world: World, changes: Routes) -> None:
    assert ways(world, changes) is None


def test_a_lan_is_crossed_over_both_wires_and_known_by_its_exchange(world: World) -> None:
    near = Neighbours(world, tables(world, {}))
    alpha, big = world.members("FRA-LIX")
    gateway = big.numbers[0].ip
    crossing = near.crossing(alpha.node, Step(alpha.name, gateway), gateway)
    assert crossing is not None
    assert (crossing.node, crossing.device) == (big.node, big.name)
    assert (crossing.delay_ms, crossing.exchange) == (1.0, "FRA-LIX")


def test_a_gateway_that_is_not_on_that_wire_is_nobody(world: World) -> None:
    near = Neighbours(world, tables(world, {}))
    elsewhere = step(world, "boreal1", "boreal2a")
    assert elsewhere.gateway is not None
    assert near.crossing("nord1", Step("eth0", elsewhere.gateway), elsewhere.gateway) is None
