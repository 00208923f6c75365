"""Routes that end early prove no absence: nothing is said to be missing on what was not seen."""

from pathlib import Path

from mxpath.figures.roadmap import _title
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.graph.redundancy import shared_fate
from mxpath.lab.published import publish
from mxpath.lab.simulated import simulate
from mxpath.lab.topology import read_world
from mxpath.model.study import Study
from mxpath.pipeline import analyze
from mxpath.report.words import fate_words

TOPOLOGIES = Path(__file__).parents[1] / "topologies"


def study_of(name: str, domain: str, directory: Path) -> Study:
    world = read_world(TOPOLOGIES / f"{name}.toml")
    publish(world, directory)
    return analyze(domain, simulate(world), Gazetteer.open(directory))


def test_where_no_route_arrived_nothing_is_said_of_what_they_share(tmp_path: Path) -> None:
    study = study_of("filtered_25", "two.example", tmp_path)
    assert not any(route.complete for route in study.routes)
    assert not shared_fate(study).apart
    assert "no transit network" not in fate_words(study)
    assert _title(study, study.routes) == "two.example: no route arrived"


def test_routes_that_arrived_and_share_nothing_are_said_to(tmp_path: Path) -> None:
    study = study_of("two_ways", "round.example", tmp_path)
    fate = shared_fate(study)
    assert any(route.complete for route in study.routes)
    assert fate.apart is not bool(fate.networks)
    assert ("no transit network" in fate_words(study)) is fate.apart
