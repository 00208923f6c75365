"""No person, mailbox or telephone number survives in what the repository holds of others.

What came in went through a script that is kept (``data/make_*.py``, ``tests/samples/rdap``); each of
them changes nothing in what it has made, finds what is planted, and makes the very bytes that are
here out of the originals, where these lie beside the project.
"""

import bz2
import gzip
import importlib.util
import json
import lzma
import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
HELD = ("data", "docs", "notebooks", "tests/samples")
NUMBERS_ONLY = "snapshots/origins/"  # a test of its own says so, over 16 MB

_NOBODYS = rb"(?:[\w-]+\.)*(?:example|test|invalid|localhost|example\.(?:com|net|org))\b"
SIGNS = {
    "mail address": re.compile(
        rb"@(?<=[\w.+%-]@)(?!" + _NOBODYS + rb")[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\b"
    ),
    "mail address in words": re.compile(rb"[\[(](?:at|AT)[\])] ?\w"),
    "telephone number": re.compile(
        rb"\+(?<![\w+.]\+)[1-9]\d{0,2}[ .()/-]{0,2}\d(?:[ .()/-]?\d){6,}\b"
    ),
    "telephone in a link": re.compile(rb"tel:\+?\d"),
    "vCard of a person": re.compile(rb'"kind",\s*\{\},\s*"text",\s*"individual"'),
    "vCard field": re.compile(rb'\[\s*"(?:tel|adr|n|bday|photo|note)",\s*\{'),
    "vCard file": re.compile(rb"BEGIN:VCARD"),
    "person of a registry's text": re.compile(
        rb"^(?:person|phone|fax-no|e-mail|nic-hdl|address):\s", re.MULTILINE
    ),
    "sole trader": re.compile(rb"\b(?:trading as|Sole Trader|Privatperson|Private person)\b"),
}


def survivors(content: bytes) -> list[str]:
    """Name the signs of persons in a document."""
    # A person of whom nothing is left but the kind is nobody.
    content = re.sub(
        rb'"A Person"\s*\],\s*\[\s*"kind",\s*\{\},\s*"text",\s*"individual"', b"", content
    )
    return [name for name, sign in SIGNS.items() if sign.search(content)]


def unpacked(path: Path) -> bytes:
    content = path.read_bytes()
    match path.suffix:
        case ".xz":
            return lzma.decompress(content)
        case ".gz":
            return gzip.decompress(content)
        case ".bz2":
            return bz2.BZ2Decompressor().decompress(content)
    return content


def held() -> Iterator[Path]:
    for top in HELD:
        for path in sorted((ROOT / top).rglob("*")):
            if path.is_file() and not {"__pycache__", ".ipynb_checkpoints"} & set(path.parts):
                yield path
    yield from sorted(ROOT.glob("*.[mt][do]*"))


def test_nothing_in_the_repository_names_a_person() -> None:
    found = {
        str(path.relative_to(ROOT)): signs
        for path in held()
        if NUMBERS_ONLY not in str(path) and (signs := survivors(unpacked(path)))
    }
    assert found.pop("data/make_asnames.py") == ["sole trader"]  # it lists the words
    assert found == {}


@pytest.mark.parametrize(
    ("planted", "sign"),
    [
        (b"peering contact jane.doe@carrier.net", "mail address"),
        (b'"email": "j.doe+noc@mail.carrier.co.uk"', "mail address"),
        (b"jane [at] carrier dot net", "mail address in words"),
        (b"call +41 44 123 45 67 at night", "telephone number"),
        (b"+1-202-555-0100", "telephone number"),
        (b'"tel:+41441234567"', "telephone in a link"),
        (
            b'["fn", {}, "text", "Jane Doe"], ["kind", {}, "text", "individual"]',
            "vCard of a person",
        ),
        (b'["adr", {"label": "1 Street"}, "text", []]', "vCard field"),
        (b"BEGIN:VCARD\nFN:Jane", "vCard file"),
        (b"role: x\nperson:  Jane Doe\n", "person of a registry's text"),
        (b"JDOE Jane Doe trading as Doe Net, GB", "sole trader"),
    ],
)
def test_what_is_planted_is_found(planted: bytes, sign: str) -> None:
    assert sign in survivors(b'{"name": "Nordmail"}\n' + planted + b"\n")


@pytest.mark.parametrize(
    "innocent",
    [
        b"user@mail.example, abuse@registered.example., x@example.org",
        b"<jane@nordmail.test>",
        b"AS00306-00371 2026-06-17T08:10:00+00:00 4200000000 64512 64512",
        b'["fn", {}, "text", "A Person"], ["kind", {}, "text", "individual"]',
        b"git@ 192.0.2.1 +17 % of it, 62 +-17",
    ],
)
def test_what_is_nobodys_is_not(innocent: bytes) -> None:
    assert survivors(innocent) == []


# -- the scripts ---------------------------------------------------------------------------------


@cache
def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(Path(name).stem, ROOT / name)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SAMPLES = sorted((ROOT / "tests" / "samples" / "rdap").glob("*.json"))
PERSON: dict[str, Any] = {
    "objectClassName": "entity",
    "handle": "JD1-RIPE",
    "roles": ["technical"],
    "remarks": [{"description": ["call Jane"]}],
    "vcardArray": [
        "vcard",
        [
            ["version", {}, "text", "4.0"],
            ["fn", {}, "text", "Jane Doe"],
            ["kind", {}, "text", "individual"],
            ["tel", {"type": "voice"}, "uri", "tel:+41441234567"],
            ["adr", {"label": "1 Street"}, "text", [""] * 7],
            ["email", {}, "text", "jane@carrier.net"],
        ],
    ],
}


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_scrubbed_documents_stay_as_they_are_and_lose_whom_they_get(path: Path) -> None:
    scrubbed = script("tests/samples/rdap/make_samples.py").scrubbed
    document = json.loads(path.read_bytes())
    assert scrubbed(deepcopy(document)) == document
    planted = deepcopy(document) | {"name": "Jane Doe"}
    inside = {"handle": "ORG-X", "roles": ["registrant"], "entities": [deepcopy(PERSON)]}
    planted.setdefault("entities", []).extend([deepcopy(PERSON), inside])
    left = json.dumps(scrubbed(planted))
    assert "jane" not in left.lower()
    assert left.count("A Person") > json.dumps(document).count("A Person")
    assert not {"telephone in a link", "vCard field", "mail address"} & set(
        survivors(left.encode())
    )
    assert "JD1-RIPE" not in json.dumps(scrubbed({"entities": [PERSON]}))


def shipped(name: str) -> str:
    (path,) = (ROOT / "data" / "snapshots").rglob(name)
    return unpacked(path).decode()


def test_the_table_of_names_stays_as_it_is() -> None:
    lines = shipped("asnames.tsv.xz").splitlines(keepends=True)[::40]
    names = dict(line.rstrip().split("\t") for line in lines)
    assert script("data/make_asnames.py").tabulated(names) == ("".join(lines), len(lines))


def test_the_table_of_names_loses_whom_it_gets() -> None:
    planted = {
        "4200000001": "DOE - Jane Doe, GB",
        "4200000002": "DOE - Jane Doe trading as Doe Telecom, GB",
        "4200000003": "DOE - Doe Telecom jane@carrier.net, GB",
        "4200000004": "DOE - Doe Networks +44 20 7946 0000, GB",
        "4200000005": "DOE",
    }
    assert script("data/make_asnames.py").tabulated(planted) == ("", 0)


def test_the_table_of_providers_stays_as_it_is_and_loses_whom_it_gets() -> None:
    tabulated = script("data/make_providers.py").tabulated
    text = shipped("providers.json")
    assert tabulated(json.loads(text)) == (text, 106)
    private = {"private-doe": {"mx": ["mx.doe.example"], "title": "Jane Doe"}}
    noted = {"nordmail": {"mx": ["mx.nordmail.example"], "note": "ask Jane", "title": "Nordmail"}}
    assert "Jane" not in tabulated(private | noted)[0]
    with pytest.raises(ValueError, match="mail address"):
        tabulated({"nordmail": {"mx": [], "title": "jane@carrier.net"}})


@pytest.mark.slow
def test_the_scripts_make_what_is_here_out_of_the_originals(dev_only: Path) -> None:
    beside = dev_only.parent / "open"
    scrubbed = script("tests/samples/rdap/make_samples.py")
    collection = json.loads(unpacked(beside / "rdap" / "ipwhois-ip-responses.json.xz"))
    originals = [case["response"] for case in collection.values()]
    originals += [json.loads(p.read_bytes()) for p in (beside / "rdap").glob("whoisit/*response*")]
    made: dict[str, Any] = {}
    for document in originals:
        if "startAutnum" in document or "startAddress" in document:
            made.setdefault(scrubbed.name_of(document), document)
    for path in SAMPLES:
        text = json.dumps(scrubbed.scrubbed(made[path.name]), indent=1, ensure_ascii=False)
        assert text + "\n" == path.read_text(encoding="utf-8"), path.name
    names = json.loads(unpacked(beside / "asnames" / "pyasn-asnames.json.gz"))
    assert script("data/make_asnames.py").tabulated(names)[0] == shipped("asnames.tsv.xz")
    providers = json.loads((beside / "mx" / "mxsniff-providers.json").read_bytes())
    assert script("data/make_providers.py").tabulated(providers)[0] == shipped("providers.json")
