"""Real documents of all five registries: they are read, and nobody's name survives in them."""

import json
import re
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from mxpath.model.registry import Registration, Resource
from mxpath.vantage.rdap import read_registration

REPOSITORY = Path(__file__).resolve().parents[2]
SAMPLES = sorted((REPOSITORY / "tests" / "samples" / "rdap").glob("*.json"))
SHARED = REPOSITORY.parent / "shared" / "data" / "open" / "rdap"
MAILBOX = "abuse@registered.example"


def inside(document: dict[str, Any]) -> Resource:
    """Something that the document is about."""
    if "startAutnum" in document:
        return int(document["endAutnum"])
    return ip_address(document["startAddress"].split("/")[0])


def read(document: dict[str, Any]) -> Registration:
    body = json.dumps(document).encode()
    return read_registration(body, inside(document), registry="rdap.example")


EXPECTED = {
    # sample: name of the range, organisation, country, whether an abuse mailbox is told
    "1.1.1.0": ("APNIC-LABS", None, "AU", True),
    "13.64.0.0": ("MSFT", "Microsoft Corporation (MSFT)", None, True),
    "130.59.0.0": ("SWITCH-LAN", None, "CH", True),
    "196.11.239.0": ("ORG-VSA1-AFRINIC", "ORG-VSA1-AFRINIC", "ZA", False),
    "2001_240__": ("IIJ-JPNIC-JP-20000308", None, "JP", False),
    "2001_4860__": ("GOOGLE-IPV6", "Google Inc. (GOGL)", None, True),
    "2801_10_c000__": (
        "Universidad Catolica de Oriente",
        "Universidad Catolica de Oriente (CO-UCOR-LACNIC)",
        "CO",
        False,
    ),
    "62.239.237.0": ("BT-CORPORATE", None, "GB", True),
    "as13335": ("CLOUDFLARENET", "Cloudflare, Inc. (CLOUD14)", None, True),
}


def test_every_sample_has_its_expectation() -> None:
    assert [path.stem for path in SAMPLES] == sorted(EXPECTED)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples_are_read(path: Path) -> None:
    found = read(json.loads(path.read_bytes()))
    name, organisation, country, abuse = EXPECTED[path.stem]
    assert found.name == name
    assert (str(found.organisation) if found.organisation else None) == organisation
    assert found.country == country
    assert found.abuse == (MAILBOX if abuse else None)


# -- survivors ---------------------------------------------------------------------------------

NAMES = {
    "A Person", "ADMIN2521-ARIN", "APNIC RESEARCH", "Abuse", "Abuse-C Role", "Admin",
    "BT Corporate Registry", "Cloudflare, Inc.", "Google Inc", "Google Inc.",
    "IRT-APNICRANDNET-AU", "Japan Network Information Center", "MTN Business IP Maintainer",
    "Microsoft Abuse Contact", "Microsoft Corporation", "Microsoft Routing, Peering, and DNS",
    "NOC", "ORG-VSA1-AFRINIC", "Universidad Catolica de Oriente",
}  # fmt: skip
"""Whoever may be named in the samples: organisations and roles, looked through one by one."""


def entities(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for entity in document.get("entities", ()):
        yield entity
        yield from entities(entity)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_no_person_survives_in_a_sample(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert set(re.findall(r"[^\s\"]*@[^\s\"]*", text)) <= {MAILBOX}
    assert not re.findall(r"\+\d[\d \-.()]{6,}|tel:|\"adr\"|\"tel\"|remarks", text)
    for entity in entities(json.loads(text)):
        card = entity.get("vcardArray", ["vcard", []])[1]
        assert {row[0] for row in card} <= {"version", "fn", "kind", "org", "email"}
        assert {row[3] for row in card if row[0] in ("fn", "org")} <= NAMES
        kind = next((row[3] for row in card if row[0] == "kind"), "individual")
        if kind == "individual":
            handle = entity["handle"]
            assert handle.startswith(("HANDLE-", "ORG-")) or handle.endswith("-MNT")
