"""Blocks of ``mxpath attribute``: what stands beside what, and that nothing known is said."""

from ipaddress import ip_network
from typing import Any

import pytest

from mxpath.cli import main
from mxpath.cli.owner_block import network_block, prefix_block
from mxpath.model.attribution import (
    AsAttribution,
    Delegation,
    OriginRange,
    PrefixAttribution,
)
from mxpath.model.evidence import Claim, Evidence
from mxpath.model.network import Network

WHY = (Evidence(source="pfx2as", rule="covering-prefixes"),)
HOUSE = Network(asn=64500, name="HOUSE - House, DE")
OTHER = Network(asn=64501, name="OTHER - Other, US")


def announced(prefix: str, *networks: Network, told: bool = True) -> OriginRange:
    block = ip_network(prefix)
    return OriginRange(
        first=block[0], last=block[-1], prefix=block if told else None, networks=networks
    )


def claim(value: Any) -> Claim[Any]:
    return Claim(value=value, evidence=WHY)


@pytest.mark.parametrize(("told", "word"), [(True, "announced"), (False, "originated")])
def test_a_prefix_itself_is_not_around_itself(*, told: bool, word: str) -> None:
    rows = (
        announced("198.18.0.0/20", HOUSE, OTHER, told=told),
        announced("198.18.0.0/16", HOUSE),
        announced("198.18.0.0/15", HOUSE),
    )
    found = PrefixAttribution(prefix=ip_network("198.18.0.0/20"), covering=claim(rows))
    first, *others = prefix_block(found).splitlines()[1:]
    assert first.split()[0] == word
    # Names have commas in them.
    assert first.endswith("by AS64500 HOUSE - House, DE; AS64501 OTHER - Other, US")
    assert [line[:18].strip() for line in others] == ["around it", ""]


def test_blocks_that_are_not_shown_are_told() -> None:
    block = ip_network("198.18.0.0/20")
    given = Delegation(registry="ripencc", status="allocated", first=block[0], last=block[-1])
    whole = PrefixAttribution(prefix=block, delegations=(claim(given),))
    assert "lies behind" not in prefix_block(whole)
    part = PrefixAttribution(prefix=ip_network("198.18.0.0/15"), delegations=(claim(given),))
    assert "of what lies behind 198.18.15.255 nothing is told here" in prefix_block(part)


def test_nothing_known_is_said() -> None:
    nobody = AsAttribution(network=Network(asn=64500))
    assert network_block(nobody) == "AS64500   unknown network"
    assert network_block(AsAttribution(network=HOUSE)) == str(HOUSE)
    assert "nothing is known" in prefix_block(PrefixAttribution(prefix=ip_network("::/0")))


def test_an_address_with_a_length_is_told_what_to_give(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["attribute", "198.18.1.1/20"]) == 2
    assert "give 198.18.0.0/20" in capsys.readouterr().err
