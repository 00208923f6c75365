"""What an analysis says of worlds with odd routes and single families, against their truth."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lab.policies import POLICIES
from lab.test_anycast import ANYCAST, from_far
from lab.test_families import MIXED, six_only
from lab.test_hot_potato import POTATO
from mxpath.demo import flows_of
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.lab.accuracy import compare
from mxpath.lab.published import publish
from mxpath.lab.simulated import simulate, simulated_truth
from mxpath.lab.topology import World, parse_world
from mxpath.pipeline import analyze

WORLDS: dict[str, Callable[[], World]] = {
    "mixed families": lambda: parse_world(MIXED),
    "no IPv4": six_only,
    "anycast, equally near": lambda: from_far(parse_world(ANYCAST)),
    "siblings and parts": lambda: parse_world(POLICIES),
    "hot potato": lambda: parse_world(POTATO),
}


@pytest.mark.parametrize("make", WORLDS.values(), ids=WORLDS.keys())
def test_no_fact_is_wrong(make: Callable[[], World], tmp_path: Path) -> None:
    world = make()
    publish(world, tmp_path)
    vantage = simulate(world)
    (study,) = (analyze(domain, vantage, Gazetteer.open(tmp_path)) for domain in world.domains)
    flows = flows_of([study])
    accuracy = compare([study], simulated_truth(world, flows, vantage))
    assert accuracy.mistakes == ()
    assert accuracy.is_perfect
