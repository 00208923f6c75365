from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.datasets.rdap_bootstrap import Services, parse
from mxpath.errors import ParseError
from mxpath.model.registry import Resource

DOCUMENT = b"""{"version": "1.0", "services": [
  [["192.0.2.0/24", "2001:db8::/32"], ["http://b.example/", "https://a.example/rdap"]],
  [["192.0.2.128/25"], ["https://c.example/"]],
  [["64496-64511", "65536"], ["http://[2001:db8::1]/"]]
]}"""


@pytest.mark.parametrize(
    ("resource", "servers"),
    [
        (ip_address("192.0.2.1"), ("https://a.example/rdap/",)),
        (ip_address("192.0.2.200"), ("https://c.example/",)),
        (ip_address("2001:db8::1"), ("https://a.example/rdap/",)),
        (ip_address("198.51.100.1"), ()),
        (64500, ("http://[2001:db8::1]/",)),
        (65536, ("http://[2001:db8::1]/",)),
        (65537, ()),
    ],
)
def test_the_longest_match_answers_and_https_is_preferred(
    resource: Resource, servers: tuple[str, ...]
) -> None:
    assert Services(parse(DOCUMENT, source="x")).servers(resource) == servers


def test_hosts_are_those_of_all_servers_that_would_be_asked() -> None:
    hosts = Services(parse(DOCUMENT, source="x")).hosts
    assert hosts == ("2001:db8::1", "a.example", "c.example")


@pytest.mark.parametrize(
    "document",
    [
        b"<html>",
        b"[]",
        b'{"services": 3}',
        b'{"services": [[["x"], ["https://a.example/"]]]}',
        b'{"services": [[["192.0.2.0/24"], []]]}',
        b'{"services": [[["192.0.2.0/24"], ["ftp://a.example/"]]]}',
        b'{"services": [[["192.0.2.0/24"], [3]]]}',
        b"[" * 100_000,
        b" " * (4 * 2**20 + 1),
    ],
)
def test_bad_documents_are_parse_errors(document: bytes) -> None:
    with pytest.raises(ParseError):
        list(parse(document, source="x"))


@given(st.binary(max_size=60))
def test_bad_bytes_raise_nothing_else(document: bytes) -> None:
    with pytest.raises(ParseError):
        list(parse(document, source="x"))
