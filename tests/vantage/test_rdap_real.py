"""Real documents that stay beside the project: all are read, and nobody's name is kept of them."""

import json
import lzma
import re
from collections.abc import Iterator
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mxpath.errors import ParseError
from mxpath.model import codec
from mxpath.model.http import HttpAnswer, HttpQuestion
from mxpath.model.registry import RegistryAnswer, RegistryFate, RegistryQuestion, Resource
from mxpath.vantage.clock import ManualClock
from mxpath.vantage.rdap import read_registration
from mxpath.vantage.registry import RdapRegistry
from mxpath.vantage.registry_cache import DiskCache

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
OPEN, DEVELOPMENT = DATA / "open" / "rdap", DATA / "dev-only" / "rdap" / "peeringdb-autnum"
MISSING = "they can name persons and are not passed on"


class Real(NamedTuple):
    name: str
    document: dict[str, Any]
    about: Resource
    """What was asked about, or something that it speaks of."""
    expected: dict[str, Any]
    """By those who collected it."""


@cache
def open_documents() -> list[Real]:
    if not OPEN.is_dir():
        pytest.skip(f"no real documents at {OPEN}: {MISSING}")
    return [*_ipwhois(), *_whoisit()]


def _ipwhois() -> Iterator[Real]:
    """One network of each registry, with what their look-ups told of its route and country."""
    packed = (OPEN / "ipwhois-ip-responses.json.xz").read_bytes()
    for address, case in json.loads(lzma.decompress(packed)).items():
        yield Real(address, case["response"], ip_address(address), case["asn_data"])


def _whoisit() -> Iterator[Real]:
    for path in [*OPEN.glob("whoisit/*response*.json"), *OPEN.glob("icann-*.json")]:
        document = json.loads(path.read_bytes())
        yield Real(path.name, document, _inside(document), {})
    for path in OPEN.glob("whoisit-cassettes/*.yaml.xz"):
        for body in _bodies(path):
            document = json.loads(body)
            if "services" not in document:
                yield Real(path.name, document, _inside(document), {})


def _bodies(path: Path) -> Iterator[str]:
    """Bodies of recorded HTTP answers: quoted YAML scalars, folded over lines."""
    text = lzma.decompress(path.read_bytes()).decode()
    for scalar in re.findall(r'    body: "((?:[^"\\]|\\.)*)"\n', text, flags=re.DOTALL):
        unfolded = re.sub(r"\n\s*", " ", re.sub(r"\\\n\s*(?:\\(?= ))?", "", scalar))
        yield json.loads(f'"{unfolded}"', strict=False)
    for scalar in re.findall(r"    body: '((?:[^']|'')*)'\n", text):
        yield re.sub(r"\n\s*", " ", scalar.replace("''", "'"))


def _inside(document: dict[str, Any]) -> Resource:
    if "startAutnum" in document:
        return int(document["endAutnum"])
    return ip_address(document.get("startAddress", "192.0.2.1").split("/")[0])


@cache
def development_documents() -> list[Real]:
    if not DEVELOPMENT.is_dir():
        pytest.skip(f"no real documents at {DEVELOPMENT}: {MISSING}")
    cases = [(path.stem, json.loads(path.read_bytes())) for path in DEVELOPMENT.glob("*.json")]
    return [Real(f"AS{asn}", case["rdap"], int(asn), case["expected"]) for asn, case in cases]


class Playing:
    """A fetcher that has one document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.body = json.dumps(document).encode()

    def fetch(self, question: HttpQuestion) -> HttpAnswer:
        told = (("content-type", "application/rdap+json"),)
        return HttpAnswer(url=question.url, status=200, headers=told, body=self.body)


def asked(real: Real, directory: Path) -> RegistryAnswer:
    """Answer out of that document, kept in ``directory``."""
    client = RdapRegistry(Playing(real.document), ManualClock(), DiskCache(directory))
    servers = ("https://rdap.example/",)
    return client.holder(RegistryQuestion(resource=real.about, servers=servers, with_abuse=True))


def _is_number_object(document: dict[str, Any]) -> bool:
    return document.get("objectClassName", "autnum") in ("ip network", "autnum")


def test_networks_and_numbers_are_read_and_others_are_refused_for_what_they_are(
    tmp_path: Path,
) -> None:
    fates = []
    for real in open_documents():
        answer = asked(real, tmp_path)
        fates.append(answer.fate)
        if not _is_number_object(real.document):
            assert "not of an ip network" in answer.detail
            continue
        assert answer.registration is not None, (real.name, answer.detail)
        held = answer.registration.value
        assert held.covers(real.about), real.name
        assert held.organisation or held.name, real.name
    found = fates.count(RegistryFate.FOUND)
    assert (found, fates.count(RegistryFate.REFUSED)) == (18, 10)


def test_the_five_registries_agree_with_what_is_known_of_the_routes(tmp_path: Path) -> None:
    registries = set()
    for real in open_documents():
        if not real.expected:
            continue
        registries.add(real.expected["asn_registry"])
        claim = asked(real, tmp_path).registration
        assert claim is not None
        assert claim.value.country in (real.expected["asn_country_code"], None)
    assert registries == {"afrinic", "apnic", "arin", "lacnic", "ripencc"}


def test_as_numbers_are_read_as_their_collectors_read_them(tmp_path: Path) -> None:
    for real in development_documents():
        claim = asked(real, tmp_path).registration
        assert claim is not None, real.name
        held, expected = claim.value, real.expected
        assert held.covers(real.about)
        assert held.name == expected["name"]
        # Theirs may come from further documents; ours is from this one.
        if held.organisation is not None and expected["org_name"]:
            assert held.organisation.name == expected["org_name"]
        assert held.abuse is None or held.abuse in expected["emails"]
        told = [mail for mail in expected["emails"] if mail.startswith("abuse@")]
        assert held.abuse is not None or not told


def test_an_answer_of_another_service_is_no_document() -> None:
    open_documents()
    for case in json.loads((OPEN / "ipwhois-asn.json").read_bytes()).values():
        with pytest.raises(ParseError, match="no JSON"):
            read_registration(case["response"].encode(), 64496, registry="x")


# -- survivors ---------------------------------------------------------------------------------


def entities(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for entity in document.get("entities", ()):
        yield entity
        yield from entities(entity)


ROLES = re.compile(r"[\w-]*(abuse|contact|helpdesk|hostmaster|neteng|noc)[\w-]*@", re.IGNORECASE)
"""Roles in these documents, looked through one by one: not the rule that is under test."""


def personal(document: dict[str, Any]) -> set[str]:
    """Names and handles of persons, and all mail addresses that are not a role's."""
    found = set(re.findall(r"[\w.+-]+@[\w.-]+\w", json.dumps(document, ensure_ascii=False)))
    for entity in entities(document):
        card = {row[0]: row[3] for row in entity.get("vcardArray", ["vcard", []])[1]}
        if card.get("kind") == "individual":
            found |= {card.get("fn"), entity.get("handle"), card.get("email")} - {None}
    return {text for text in found if not ROLES.match(text)}


def printed_and_kept(real: Real, directory: Path) -> str:
    """All that becomes of a document: the answer, the cache, and the words of a refusal."""
    told = [codec.dump(asked(real, directory)).decode()]
    told += [path.read_text() for path in directory.rglob("*.json")]
    broken = json.dumps(real.document).encode()
    for body in (broken[:-20], broken.replace(b'"startA', b'"endA'), broken.replace(b"ip", b"as")):
        try:
            told.append(repr(read_registration(body, real.about, registry="x")))
        except ParseError as error:
            told.append(str(error))
    return "\n".join(told)


@pytest.mark.parametrize("documents", [open_documents, development_documents])
def test_no_person_survives_in_what_is_kept_or_printed(documents: Any, tmp_path: Path) -> None:
    persons = mailboxes = 0
    for number, real in enumerate(documents()):
        text = printed_and_kept(real, tmp_path / str(number))
        owned = personal(real.document)
        survivors = {each for each in owned if each.lower() in text.lower()}
        assert not survivors, real.name
        found = re.findall(r"[^\s\"'=]+@[^\s\"',)]+", text)
        assert all(ROLES.match(mail) for mail in found), real.name
        persons += len(owned)
        mailboxes += bool(found)
    assert persons > 5
    assert mailboxes > 1
