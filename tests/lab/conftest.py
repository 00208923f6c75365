import pytest

from mxpath.lab.simulated import SimulatedVantage, simulate
from mxpath.lab.topology import World, read_world, shipped_worlds


@pytest.fixture(scope="session")
def world() -> World:
    return read_world(shipped_worlds()["first_walk"])


@pytest.fixture
def vantage(world: World) -> SimulatedVantage:
    return simulate(world)
