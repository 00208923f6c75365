"""Files of a made Internet -> Gazetteer -> attribution: equal to what the Internet was made of."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from lab.internet_truth import Truth, address_of, wrong_claims, wrong_lines, wrong_ports
from mxpath.attribution import attribute as attribute_module
from mxpath.attribution.attribute import attribute
from mxpath.attribution.route_states import RouteStates
from mxpath.datasets import mrt_origins
from mxpath.datasets.gazetteer import Gazetteer
from mxpath.lab.internet import FAMILIES, make_internet
from mxpath.lab.internet_files import RIB, publish
from mxpath.model.address import parse_address
from mxpath.model.rpki import RpkiState


@cache
def truth_of(networks: int) -> Truth:
    return Truth(internet=make_internet(networks, seed=11))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("made") / "world"
    publish(truth_of(300).internet, directory)
    return directory


@pytest.fixture
def gazetteer(world: Path) -> Iterator[Gazetteer]:
    return Gazetteer.open(world)


def test_every_prefix_and_lan_is_whose_it_is(gazetteer: Gazetteer) -> None:
    assert not wrong_lines(truth_of(300), gazetteer)


def test_every_port_is_its_members(gazetteer: Gazetteer) -> None:
    truth = truth_of(300)
    assert len(truth.ports) > 300
    assert not wrong_ports(truth, gazetteer)


def test_states_have_their_reasons_and_networks_their_organisations(gazetteer: Gazetteer) -> None:
    assert not wrong_claims(truth_of(300), gazetteer, every=7)


def test_what_does_not_count_does_not(gazetteer: Gazetteer) -> None:
    """A LAN in private space, ports out of operation."""
    private = parse_address("192.168.10.7")
    assert attribute([private], gazetteer)[private].special is not None
    truth = truth_of(300)
    idle = [port for port in _all_ports(truth) if port not in truth.ports]
    owners = attribute(idle, gazetteer)
    assert idle
    assert all(owner.ixp_port is None and owner.ixp_lan for owner in owners.values())


def _all_ports(truth: Truth) -> list[Any]:
    from mxpath.lab.internet_peeringdb import ports

    return [a for ipv4, ipv6, _ in ports(truth.internet) for a in (ipv4, ipv6) if a is not None]


def test_the_collectors_table_tells_the_same_origins(world: Path) -> None:
    truth = truth_of(300)
    with (world / RIB).open("rb") as file:
        found = mrt_origins.stream([(RIB, file)])
    for version in FAMILIES:
        ranges = found[version]
        announced = truth.internet.announced[version]
        told: dict[int, set[int]] = {}
        ...


@pytest.mark.parametrize(
    ("place", "name", "broken"),
    [
        (RouteStates, "state", lambda *_: RpkiState.VALID),
        (Gazetteer, "ixp_lan", lambda *_: None),
        (Gazetteer, "ixp_port", lambda *_: None),
        (attribute_module, "rpki_claim", lambda *_: None),
        (Gazetteer, "organisation", lambda *_: None),
    ],
)
def test_a_broken_rule_is_seen(
    place: Any,
    name: str,
    broken: Callable[..., Any],
    gazetteer: Gazetteer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(place, name, broken)
    truth = truth_of(300)
    checks = (wrong_lines, wrong_ports, wrong_claims)
    assert any(check(truth, gazetteer, every=20) for check in checks)
