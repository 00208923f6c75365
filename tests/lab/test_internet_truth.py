"""Files of a made Internet -> Gazetteer -> attribution: equal to what the Internet was made of."""

import gzip
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from lab.internet_truth import Truth, wrong_claims, wrong_lines, wrong_ports
from mxpath.attribution import attribute as attribute_module
from mxpath.attribution.attribute import attribute
from mxpath.attribution.route_states import RouteStates
from mxpath.cli import main
from mxpath.datasets import mrt_origins
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.lab.internet import make_internet
from mxpath.lab.internet_files import MORE, RIB, publish
from mxpath.lab.internet_peeringdb import ports
from mxpath.model.address import parse_address
from mxpath.model.rpki import RpkiState
from mxpath.tables.column_maps import AddressMap

NETWORKS = 300


@cache
def truth_of(networks: int) -> Truth:
    return Truth(internet=make_internet(networks, seed=11))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("made") / "world"
    publish(truth_of(NETWORKS).internet, directory)
    return directory


@pytest.fixture(scope="module")
def gazetteer(world: Path) -> Gazetteer:
    return Gazetteer.open(world)


def test_every_prefix_and_lan_is_whose_it_is(gazetteer: Gazetteer) -> None:
    assert not wrong_lines(truth_of(NETWORKS), gazetteer, every=4)


def test_every_file_is_read_whole_but_for_its_traps(gazetteer: Gazetteer) -> None:
    left_out = {held.name: dict(held.skipped).keys() for held in gazetteer.describe()}
    assert {name: reasons for name, reasons in left_out.items() if reasons} == {
        "peeringdb": {
            "LAN in special-purpose space",
            "port that is not in operation",
            "status is not ok",
        },
        "ixf": {"port that is not active"},
    }
    assert {held.publisher for held in gazetteer.describe()} == {"made Internet, seed 11"}


def test_every_port_is_its_members(gazetteer: Gazetteer) -> None:
    truth = truth_of(NETWORKS)
    assert len(truth.ports) > 300
    assert not wrong_ports(truth, gazetteer)


def test_states_have_their_reasons_and_networks_their_organisations(gazetteer: Gazetteer) -> None:
    assert not wrong_claims(truth_of(NETWORKS), gazetteer, every=15)


def test_what_does_not_count_does_not(gazetteer: Gazetteer) -> None:
    """A LAN in private space, ports out of operation."""
    private = parse_address("192.168.10.7")
    assert attribute([private], gazetteer)[private].special is not None
    truth = truth_of(NETWORKS)
    idle = [port for port in _all_ports(truth) if port not in truth.ports]
    owners = attribute(idle, gazetteer)
    assert idle
    assert all(owner.ixp_port is None and owner.ixp_lan for owner in owners.values())


def _all_ports(truth: Truth) -> list[Any]:
    return [a for ipv4, ipv6, _ in ports(truth.internet) for a in (ipv4, ipv6) if a is not None]


def test_the_collectors_table_tells_the_same_origins(world: Path) -> None:
    """A path that ends in a set tells none."""
    truth = truth_of(NETWORKS)
    content = (world / MORE / RIB).read_bytes()
    rows = mrt_origins.parse(gzip.decompress(content), source=RIB)
    found = {
        (row.version, row.start >> (64 if row.version == 6 else 0), row.length): set(row.origins)
        for row in rows
    }
    assert found == {
        key: set(truth.origins(key[0], row))
        for key, row in truth.rows.items()
        if not truth.internet.announced[key[0]].sets[row]
    }


@pytest.mark.slow
def test_built_tables_answer_as_the_files_do(world: Path, tmp_path: Path) -> None:
    truth = truth_of(NETWORKS)
    assert main(["data", "build", *map(str, sorted(world.iterdir())), "--out", str(tmp_path)]) == 0
    gazetteer = Gazetteer.open(tmp_path)
    made = [ref for ref in gazetteer.snapshots if ref.publisher == truth.internet.publisher]
    assert {ref.name for ref in made} >= {"mrt", "pfx2as", "peeringdb", "ixf", "vrps", "delegated"}
    assert gazetteer.snapshots[0].name == "mrt"
    assert not wrong_lines(truth, gazetteer, every=20)
    assert not wrong_ports(truth, gazetteer, every=20)
    assert not wrong_claims(truth, gazetteer, every=31)


@pytest.mark.slow
def test_a_larger_internet_is_whose_it_is(tmp_path: Path) -> None:
    truth = truth_of(1_500)
    publish(truth.internet, tmp_path / "world")
    gazetteer = Gazetteer.open(tmp_path / "world")
    assert not wrong_lines(truth, gazetteer)
    assert not wrong_ports(truth, gazetteer)
    assert not wrong_claims(truth, gazetteer, every=101)


BROKEN: dict[str, tuple[Any, Any, Callable[..., list[str]]]] = {
    "state": (RouteStates, lambda *_: RpkiState.VALID, wrong_lines),
    "exchange_tables": (Gazetteer, property(lambda _: ()), wrong_lines),
    "get": (AddressMap, lambda *_: None, wrong_ports),
    "rpki_claim": (attribute_module, lambda *_: None, wrong_claims),
    "organisation": (Gazetteer, lambda *_: None, wrong_claims),
    "siblings": (Gazetteer, lambda *_: (), wrong_claims),
    "delegation": (Gazetteer, lambda *_: None, wrong_claims),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_rule_is_seen(
    name: str, gazetteer: Gazetteer, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, broken, check = BROKEN[name]
    monkeypatch.setattr(place, name, broken)
    assert check(truth_of(NETWORKS), gazetteer, every=60)
