"""What a collector's peers tell, held against the table of the sender's own router."""

from dataclasses import replace
from pathlib import Path

import pytest

from mxpath.demo import flows_of
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.lab.accuracy import Tally, compare
from mxpath.lab.published import publish
from mxpath.lab.simulated import simulate, simulated_truth
from mxpath.lab.topology import read_world, shipped_worlds
from mxpath.model.bgp import PathGrade
from mxpath.pipeline import Options, analyze


@pytest.mark.parametrize(
    ("peers", "grade"),
    [
        (("nord1", "alpha1"), PathGrade.OUR_NETWORK),
        pytest.param(("alpha1", "beta1"), PathGrade.UPSTREAM, marks=pytest.mark.slow),
    ],
)
def test_what_peers_tell_is_our_routers_path(
    peers: tuple[str, ...], grade: PathGrade, tmp_path: Path
) -> None:
    world = read_world(shipped_worlds()["demo"])
    collectors = {"rrc": replace(world.collectors["rrc"], peers=peers)}
    world = replace(world, collectors=collectors)
    publish(world, tmp_path)
    vantage = simulate(world)
    options = Options(conversing=False, naming=False)
    study = analyze("fine.example", vantage, Gazetteer.open(tmp_path), options=options)
    accuracy = compare([study], simulated_truth(world, flows_of([study]), vantage))
    assert accuracy.bgp[grade] == Tally(compared=4, wrong=0)
