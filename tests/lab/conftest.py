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
def kernels() -> None:
    """Skipped where this machine's kernel cannot play. Asking it takes a while, so not sooner."""
    missing = kernel_lab_missing()
    if missing is not None:
        pytest.skip(missing)


@pytest.fixture(scope="session")
def kernel(world: World, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """The first walk, played by the kernel."""
    request.getfixturevalue("kernels")
    with Lab.up(world) as lab:
        yield lab


@pytest.fixture(scope="session")
def policies(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """Siblings, preferred neighbours and a collector, played by the kernel."""
    request.getfixturevalue("kernels")
    with Lab.up(parse_world(POLICIES)) as lab:
        yield lab
