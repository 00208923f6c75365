"""Forty routers that are odd about routes: both players choose alike at every one, and bring-up stays short."""

from collections.abc import Iterator

import pytest

from lab.big_world import odd_big_world
from lab.bird_tables import paths_in_kernel, paths_in_memory
from mxpath.lab.netns import Lab, kernel_lab_missing
from mxpath.lab.simulated import simulated_truth

UP_LIMIT_S = 16.0
"""Twice what it takes on two cores that have nothing else to do."""


@pytest.fixture(scope="module")
def big() -> Iterator[Lab]:
    missing = kernel_lab_missing()
    if missing is not None:
        pytest.skip(missing)
    with Lab.up(odd_big_world()) as lab:
        yield lab


@pytest.mark.lab
def test_forty_routers_are_up_in_time(big: Lab) -> None:
    assert len(big.world.routers) == 40
    assert sum(s for phase, s in big.state.bring_up_s.items() if phase != "waited") < UP_LIMIT_S


@pytest.mark.lab
def test_forty_routers_choose_as_in_memory(big: Lab) -> None:
    assert paths_in_kernel(big) == paths_in_memory(big.world)


@pytest.mark.lab
def test_paths_hops_and_round_trips_are_those_of_memory(big: Lab) -> None:
    world = big.world
    asked = [(address, 61000) for host in world.hosts for address in world.addresses_of(host)]
    assert list(big.truth(asked).paths) == list(simulated_truth(world, asked).paths)
