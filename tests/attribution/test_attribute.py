import json
from datetime import date
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from mxpath.attribution.attribute import attribute
from mxpath.datasets.gazetteer import Gazetteer
from mxpath.datasets.manifest import FILE_NAME, Entry, manifest_text
from mxpath.datasets.snapshot import digest
from mxpath.model.address import IPAddress
from mxpath.model.attribution import Attribution
from mxpath.model.evidence import Claim

AS_OF = date(2026, 6, 17)


def ok(number: int, **values: Any) -> dict[str, Any]:
    return {"id": number, "status": "ok", **values}


PEERINGDB = {
    "ix": [ok(31, name="FRA-LIX"), ok(32, name="MOZIX")],
    "ixlan": [ok(7, ix_id=31), ok(8, ix_id=32)],
    "ixpfx": [
        ok(1, ixlan_id=7, prefix="80.249.208.0/21"),
        ok(2, ixlan_id=8, prefix="192.168.10.0/24"),
    ],
    "netixlan": [
        ok(1, ixlan_id=7, asn=3, ipaddr4="80.249.208.12"),
        ok(2, ixlan_id=8, asn=3, ipaddr4="192.168.10.12"),
    ],
}
PFX2AS = (
    "8.8.8.0\t24\t1\n"
    "9.9.9.0\t24\t1_2\n"
    "80.249.208.0\t21\t4800\n"  # the LAN, announced by a stranger
    "10.0.0.0\t8\t5\n"
)


@pytest.fixture(scope="module")
def gazetteer(tmp_path_factory: pytest.TempPathFactory) -> Gazetteer:
    directory = tmp_path_factory.mktemp("gazetteer")
    files = {
        "pfx2as": {"pfx2as.txt": PFX2AS.encode()},
        "peeringdb": {
            f"{kind}.json": json.dumps({"data": rows}).encode() for kind, rows in PEERINGDB.items()
        },
    }
    entries = []
    for name, contents in files.items():
        for path, content in contents.items():
            (directory / path).write_bytes(content)
        entries.append(
            Entry(
                name=name,
                files=tuple(contents),
                publisher="tests",
                as_of=AS_OF,
                sha256=digest(contents.values()),
                licence="none",
            )
        )
    (directory / FILE_NAME).write_text(manifest_text(entries, as_of=AS_OF))
    return Gazetteer.open(directory)


def asked(gazetteer: Gazetteer, text: str) -> Attribution:
    address = ip_address(text)
    return attribute([address], gazetteer)[address]


def rules(claim: Claim[Any] | None) -> list[str]:
    assert claim is not None
    return [evidence.rule for evidence in claim.evidence]


def test_an_ordinary_address_has_an_origin(gazetteer: Gazetteer) -> None:
    found = asked(gazetteer, "8.8.8.8")
    assert found.network is not None
    assert found.network.asn == 1
    assert found.origin is not None
    (evidence,) = found.origin.evidence
    assert (evidence.source, evidence.as_of, evidence.rule) == ("pfx2as", AS_OF, "longest-prefix")
    assert evidence.detail == "8.8.8.0/24 is originated by AS1"


def test_several_origins_stand_for_no_single_network(gazetteer: Gazetteer) -> None:
    found = asked(gazetteer, "9.9.9.9")
    assert found.network is None
    assert found.origin is not None
    assert [network.asn for network in found.origin.value.networks] == [1, 2]
    assert rules(found.origin) == ["longest-prefix-several-origins"]


def test_the_port_comes_before_the_stranger_who_announces_the_lan(gazetteer: Gazetteer) -> None:
    found = asked(gazetteer, "80.249.208.12")
    assert found.network is not None
    assert found.network.asn == 3
    assert found.origin is None
    assert rules(found.ixp_port) == ["ixp-member-port"]
    assert rules(found.ixp_lan) == ["ixp-lan"]


def test_an_unknown_port_belongs_to_nobody(gazetteer: Gazetteer) -> None:
    found = asked(gazetteer, "80.249.208.99")
    assert found.network is None
    assert found.origin is None
    assert found.ixp_lan is not None
    assert found.ixp_lan.value.prefix == ip_network("80.249.208.0/21")


@pytest.mark.parametrize("text", ["192.168.10.12", "10.1.2.3", "198.18.0.1", "2001:db8::1"])
def test_special_purpose_space_asks_no_table_although_one_lists_it(
    gazetteer: Gazetteer, text: str
) -> None:
    found = asked(gazetteer, text)
    assert found.special is not None
    assert found.special.evidence[0].source.startswith("iana-ipv")
    assert found.special.evidence[0].as_of is not None
    assert (found.ixp_port, found.ixp_lan, found.origin, found.network) == (None,) * 4


def test_what_nobody_knows_stays_unknown(gazetteer: Gazetteer) -> None:
    assert asked(gazetteer, "1.1.1.1") == Attribution(address=ip_address("1.1.1.1"))


def test_each_address_once_in_the_order_of_mention(gazetteer: Gazetteer) -> None:
    texts = ["9.9.9.9", "8.8.8.8", "9.9.9.9"]
    addresses: list[IPAddress] = [ip_address(text) for text in texts]
    assert [str(address) for address in attribute(addresses, gazetteer)] == texts[:2]
    assert attribute([], gazetteer) == {}
