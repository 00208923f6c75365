"""Holders and places of a played world against the truth; a broken rule turns its figure red."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from ipaddress import ip_network
from pathlib import Path

import pytest

from mxpath.attribution import attribute, organisation
from mxpath.demo import play
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.inference import places
from mxpath.lab.accuracy import Accuracy, compare
from mxpath.lab.coherence import problems
from mxpath.lab.owner_truth import owner_truths
from mxpath.lab.published import publish
from mxpath.lab.topology import World
from owned_world import CITIES, with_owners
from world import first_walk


@cache
def told() -> World:
    """The world with owners, with one domain."""
    world = with_owners(first_walk())
    return replace(world, domains={"fine.example": world.domains["fine.example"]})


def played(directory: Path) -> Accuracy:
    return compare(*play(told(), directory, player="memory", say=lambda _step: None))


def test_holders_and_places_are_right_and_light_refutes_what_is_not(tmp_path: Path) -> None:
    accuracy = played(tmp_path)
    assert accuracy.mistakes == ()
    assert accuracy.is_perfect
    assert accuracy.organisations.compared >= 8
    assert accuracy.countries.compared == accuracy.organisations.compared
    assert accuracy.places.right >= 4
    assert accuracy.places.refuted_rightly == 2
    assert (accuracy.places.wrong, accuracy.places.refuted_wrongly) == (0, 0)


def siblings_are_strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The organisation of the network with the next number is taken."""
    true = Gazetteer.organisation
    monkeypatch.setattr(Gazetteer, "organisation", lambda self, asn: true(self, asn + 1))


def the_block_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attribute, "country_claim", lambda *_: None)


def light_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "FIBRE_KM_PER_MS", 10.0)


@pytest.mark.parametrize(
    ("break_it", "wrong"),
    [
        (siblings_are_strangers, lambda a: a.organisations.wrong),
        (the_block_is_forgotten, lambda a: a.countries.wrong),
        (light_stands_still, lambda a: a.places.refuted_wrongly),
    ],
)
def test_a_broken_rule_turns_its_figure_red(
    break_it: Callable[[pytest.MonkeyPatch], None],
    wrong: Callable[[Accuracy], int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    break_it(monkeypatch)
    accuracy = played(tmp_path)
    assert wrong(accuracy) > 0
    assert accuracy.mistakes
    assert not accuracy.is_perfect


def test_what_is_not_held_against_light_stays_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mxpath.pipeline.refute", lambda owners, _rtts, _here: owners)
    found = played(tmp_path).places
    assert found.wrong == 2
    assert found.refuted_rightly == 0


def test_two_networks_of_one_organisation_are_siblings(tmp_path: Path) -> None:
    publish(told(), tmp_path)
    gazetteer = Gazetteer.open(tmp_path)
    found = organisation.are_siblings(64503, 64504, gazetteer)
    assert found is not None
    assert found.value
    assert gazetteer.siblings(64503) == (64504,)
    apart = organisation.are_siblings(64496, 64504, gazetteer)
    assert apart is not None
    assert not apart.value


def test_a_world_that_says_nothing_of_owners_publishes_nothing_of_them(tmp_path: Path) -> None:
    publish(first_walk(), tmp_path)
    names = {snapshot.name for snapshot in Gazetteer.open(tmp_path).snapshots}
    assert not names & {"delegated", "as2org", "geofeed", "cities"}
    assert all(truth.organisation is None for truth in owner_truths(first_walk()).values())


def test_places_that_do_not_fit_together_are_told() -> None:
    twice = CITIES | {"Bergen": replace(CITIES["Oslo"], routers=("nord1", "nowhere"))}
    world = replace(told(), cities=twice, feed={ip_network("198.18.0.0/20"): "Rome"})
    assert list(problems(world)) == [
        "cities: 'nowhere' is no router",
        "cities: 'nord1' stands in two",
        "feed: 'Rome' is none of the cities",
    ]
