from collections.abc import Iterator

import pytest

from lab.policies import POLICIES
from mxpath.lab.netns import Lab, kernel_lab_missing
from mxpath.lab.simulated import SimulatedVantage, simulate
from mxpath.lab.topology import World, parse_world, read_world, shipped_worlds


@pytest.fixture(scope="session")
def world() -> World:
    return read_world(shipped_worlds()["first_walk"])


@pytest.fixture
def vantage(world: World) -> SimulatedVantage:
    return simulate(world)


@pytest.fixture(scope="session")
def kernel(world: World) -> Iterator[Lab]:
    """The first walk, played by the kernel; skipped where this machine cannot."""
    missing = kernel_lab_missing()
    if missing is not None:
        pytest.skip(missing)
    with Lab.up(world) as lab:
        yield lab


@pytest.fixture(scope="session")
def policies() -> Iterator[Lab]:
    """Siblings, preferred neighbours and a collector, played by the kernel."""
    missing = kernel_lab_missing()
    if missing is not None:
        pytest.skip(missing)
    with Lab.up(parse_world(POLICIES)) as lab:
        yield lab
