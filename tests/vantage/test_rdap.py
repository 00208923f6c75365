"""RDAP documents: what is read, what is refused, who is left out."""

import json
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import registries
from mxpath.errors import ParseError
from mxpath.lab.rdap import autnum_document, network_document
from mxpath.model.registry import Organisation, Registration, Resource
from mxpath.vantage.rdap import MAX_DEPTH, MAX_OCTETS, is_registrys_own, read_registration

WORLD = registries.world()
ASN = 64503
BIG = ip_address("198.18.33.25")


def network(**changes: Any) -> dict[str, Any]:
    return network_document(WORLD, WORLD.networks[ASN].prefixes[0], ASN) | changes


def read(document: Any, resource: Resource = BIG, **more: Any) -> Registration:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return read_registration(body, resource, registry="rdap.example", **more)


def entity(kind: str, name: str, *roles: str, mail: str | None = None) -> dict[str, Any]:
    vcard = [["version", {}, "text", "4.0"], ["fn", {}, "text", name], ["kind", {}, "text", kind]]
    vcard += [["email", {}, "text", mail]] if mail else []
    return {"handle": f"H-{name}", "roles": list(roles), "vcardArray": ["vcard", vcard]}


def test_a_network_is_read_whole() -> None:
    assert read(network()) == Registration(
        registry="rdap.example",
        first=ip_address("198.18.32.0"),
        last=ip_address("198.18.47.255"),
        handle="NET-198.18.32.0-20",
        name="BIGMAIL-V4",
        organisation=Organisation(name="BigMail", handle="ORG-BIGMAIL"),
        country="XX",
        abuse="abuse@as64503.example",
    )


def test_an_as_number_is_read_whole() -> None:
    found = read(autnum_document(WORLD, ASN), ASN)
    assert (found.first_asn, found.last_asn, found.name) == (ASN, ASN, "BIGMAIL")
    assert found.organisation == Organisation(name="BigMail", handle="ORG-BIGMAIL")
    assert found.abuse == "abuse@as64503.example"


def test_persons_are_left_out() -> None:
    document = network(
        name="Jane Doe",
        entities=[
            entity("individual", "Jane Doe", "registrant", "abuse", mail="jane@example.org"),
            entity("individual", "John Roe", "abuse", mail="john@example.org"),
        ],
    )
    found = read(document)
    assert (found.name, found.organisation, found.abuse) == (None, None, None)
    assert "Doe" not in repr(found)


def test_an_organisation_without_a_role_is_the_holder_where_no_registrant_is() -> None:
    document = network(entities=[entity("group", "Maintainer"), entity("org", "Holder Ltd")])
    assert read(document).organisation == Organisation(name="Holder Ltd", handle="H-Holder Ltd")


def test_foreign_text_is_harmless() -> None:
    document = network(name="a\x1b[2Jb", entities=[entity("org", "x\u202e" * 300, "registrant")])
    found = read(document)
    assert found.name == "a␛[2Jb"
    assert found.organisation is not None
    assert "\u202e" not in found.organisation.name
    assert len(found.organisation.name) <= 200


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"<html>", "no JSON"),
        (b"", "no JSON"),
        (b"[]", "no JSON object"),
        (b"\xff\xfe", "no JSON"),
        (b'{"a": ' * 5000, f"nested deeper than {MAX_DEPTH}"),
        (b" " * (MAX_OCTETS + 1), "larger than"),
        ({}, "no readable ip network"),
        (network(objectClassName="domain"), "speaks of 'domain', not of an ip network"),
        (network(startAddress="198.18.0.0", endAddress="198.18.0.255"), "does not hold"),
        (network(startAddress="x"), "no readable ip network"),
        (network(endAddress="198.18.0.1"), "is no range"),
        (network(startAddress="2001:db8::", endAddress="2001:db8::1", ipVersion="v6"), "not hold"),
        (network(startAddress=3, endAddress=None), "no readable ip network"),
        (network(ipVersion=["v4"]), "no readable ip network"),
    ],
)
def test_what_is_no_answer_is_refused_with_the_reason(document: Any, words: str) -> None:
    with pytest.raises(ParseError, match=words):
        read(document)


def test_a_page_is_refused_by_its_type() -> None:
    with pytest.raises(ParseError, match="answered with text/html"):
        read(network(), content_type="text/html; charset=utf-8")
    assert read(network(), content_type="application/rdap+json; charset=utf-8").first


def test_an_as_number_told_by_its_handle_alone_is_read() -> None:
    document = autnum_document(WORLD, ASN)
    del document["startAutnum"], document["endAutnum"]
    assert read(document, ASN).range_words == "AS64503"
    with pytest.raises(ParseError, match="does not hold AS64504"):
        read(document, ASN + 1)
    for handle in ("AS", "ASN64503", "AS99999999999", "AS\u0663", None):
        with pytest.raises(ParseError, match="no readable autnum"):
            read(document | {"handle": handle}, ASN)


@pytest.mark.parametrize(("last", "own"), [(ASN, False), (ASN + 1022, False), (ASN + 1023, True)])
def test_a_block_of_as_numbers_is_the_registrys_own(last: int, own: bool) -> None:  # noqa: FBT001
    found = read(autnum_document(WORLD, ASN) | {"endAutnum": last}, ASN)
    assert is_registrys_own(found) == own


def test_of_several_mailboxes_the_one_that_says_abuse_is_kept() -> None:
    people = entity("individual", "Jane Doe", "abuse", mail="jane@example.org")
    noc = entity("group", "NOC", "noc", "abuse", mail="noc@example.org")
    desk = entity("group", "Desk", "abuse", mail="abuse@example.org")
    tech = entity("group", "Tech", "technical", mail="abuse@elsewhere.example")
    holder = entity("org", "Holder", "registrant") | {"entities": [desk]}
    assert read(network(entities=[people, noc, tech, holder])).abuse == "abuse@example.org"
    assert read(network(entities=[people, noc, tech])).abuse == "noc@example.org"
    assert read(network(entities=[people, tech])).abuse is None


@pytest.mark.parametrize("first", [-1, 2**32, "64503", True, None, 64504, 1.5])
def test_bad_as_numbers_are_refused(first: Any) -> None:
    document = autnum_document(WORLD, ASN) | {"startAutnum": first}
    with pytest.raises(ParseError):
        read(document, ASN)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("vcard"),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["handle", "roles", "vcardArray", "entities", "fn", "kind"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(
    key=st.sampled_from(
        ["entities", "handle", "name", "country", "startAddress", "endAddress", "ipVersion"]
    ),
    junk=JUNK,
)
def test_junk_in_any_field_is_read_or_refused(key: str, junk: Any) -> None:
    try:
        found = read(network(**{key: junk}))
    except ParseError:
        return
    assert found.covers(BIG)


@given(st.binary(max_size=80))
def test_bad_bytes_are_parse_errors(body: bytes) -> None:
    with pytest.raises(ParseError):
        read(body)
