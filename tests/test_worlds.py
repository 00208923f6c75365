"""Every world of the family is played in memory, and an analysis finds what the world expects.

The worlds are ``tests/topologies/*.toml`` and the shipped ones; what each expects
stands in its own ``[expected]``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.graph.verdicts import VERDICTS, judge
from mxpath.lab.faults import apply, named
from mxpath.lab.published import publish
from mxpath.lab.simulated import simulate
from mxpath.lab.topology import World, read_world, shipped_worlds
from mxpath.model.address import IPAddress
from mxpath.model.route import Route
from mxpath.model.study import Study
from mxpath.model.verdict import Verdict
from mxpath.pipeline import analyze

FAMILY = {
    path.stem: path for path in sorted((Path(__file__).parent / "topologies").glob("*.toml"))
} | shipped_worlds()


@dataclass(frozen=True, kw_only=True)
class Played:
    """A world and what an analysis of each of its domains found."""

    world: World
    studies: dict[str, Study]

    def routes_to(self, host: str) -> dict[IPAddress, Route]:
        """The routes that were found to a host, by its addresses."""
        world = self.world
        wanted = [a for a in world.addresses_of(host) if a.version in world.hosts[host].families]
        routes = {r.target: r for study in self.studies.values() for r in study.routes}
        assert set(wanted) <= set(routes), f"no domain's MX plan leads to {host}"
        return {address: routes[address] for address in wanted}


@cache
def played(name: str) -> Played:
    world = read_world(FAMILY[name])
    domains = dict.fromkeys((*world.domains, *world.expected.verdicts, *world.expected.also))
    return Played(world=world, studies=studies_of(world, domains))


def studies_of(world: World, domains: Iterable[str]) -> dict[str, Study]:
    """What an analysis finds of each domain, with what the world has published by then."""
    with TemporaryDirectory(prefix="mxpath-world-") as directory:
        publish(world, Path(directory))
        gazetteer = Gazetteer.open(Path(directory))
        return {d: analyze(d, simulate(world), gazetteer) for d in domains}


def under(here: Played, fault: str, domains: Iterable[str]) -> dict[str, tuple[Verdict, ...]]:
    """What is said of domains while a fault lasts, by one who has seen them before."""
    world = apply(here.world, named(here.world, [fault]))
    found = studies_of(world, domains)
    return {d: judge(study, before=here.studies[d]) for d, study in found.items()}


LARGE = {"demo"}
"""Worlds with so many domains that only the slow run plays them."""


@pytest.fixture(
    scope="module",
    params=[pytest.param(n, marks=[pytest.mark.slow] if n in LARGE else []) for n in FAMILY],
)
def here(request: pytest.FixtureRequest) -> Played:
    """Every world in turn: what is asked of one is asked in a row, so that it is played once."""
    return played(request.param)


def test_the_first_verdict_is_the_right_one(here: Played) -> None:
    found = {d: here.studies[d].verdicts[0].name for d in here.world.expected.verdicts}
    assert found == here.world.expected.verdicts
    assert set(here.world.expected.verdicts.values()) <= VERDICTS.keys()


def test_what_else_is_wrong_is_said_too(here: Played) -> None:
    for domain, wanted in here.world.expected.also.items():
        assert {v.name for v in here.studies[domain].verdicts[1:]} >= set(wanted)


def test_under_each_fault_the_first_verdict_is_the_right_one(here: Played) -> None:
    for fault, wanted in here.world.expected.under.items():
        found = under(here, fault, wanted)
        assert {d: verdicts[0].name for d, verdicts in found.items()} == wanted, fault


def test_a_prefix_that_was_taken_is_told_beside_the_dead_host() -> None:
    domain = "plain.example"
    verdicts = {v.name: v for v in under(played("two_ways"), "taken", [domain])[domain]}
    told = verdicts["origin_or_rpki_changed"]
    assert "AS64504 Taker instead of AS64503 Shop" in told.sentence
    assert "RPKI invalid (wrong origin) instead of valid" in told.sentence
    assert "consistent with a hijack" in told.sentence


def test_each_as_path_is_found_in_both_families(here: Played) -> None:
    for host, path in here.world.expected.as_paths.items():
        for address, route in here.routes_to(host).items():
            assert tuple(n.asn for n in route.as_path) == path, f"{host} {address}"


def test_crossings_are_neither_missed_nor_made_up(here: Played) -> None:
    for host, expected in here.world.expected.crossings.items():
        unknowable = here.world.expected.unknowable.get(host, ())
        for address, route in here.routes_to(host).items():
            found = {
                (c.ix_id, c.near.asn if c.near else None, c.far.asn)
                for c in route.certain_crossings()
            }
            assert found <= set(expected), f"{host} {address}: made up"
            missed = set(expected) - found
            assert {(ix_id, address.version) for ix_id, _, _ in missed} <= set(unknowable), (
                f"{host} {address}: missed"
            )
