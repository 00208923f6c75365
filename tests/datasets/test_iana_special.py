from collections.abc import Sequence
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets.registry_samples import sample
from mxpath.datasets.iana_special import Block, Row, Special, Status, parse
from mxpath.datasets.snapshot import Tally
from mxpath.errors import ParseError
from mxpath.model import address as model
from mxpath.model.address import IPAddress, special_range

SPECIAL = ("iana-ipv4-special-registry.xml", "iana-ipv6-special-registry.xml")
MULTICAST = (ip_network("224.0.0.0/4"), ip_network("ff00::/8"))
LATER = {  # registered since the samples were made
    ip_network("5f00::/16"),  # RFC 9602, segment routing
    ip_network("3fff::/20"),  # RFC 9637, documentation
    ip_network("100:0:0:1::/64"),  # RFC 9780, dummy prefix
}


def specials() -> list[Special]:
    rows = [row for name in SPECIAL for row in parse(sample(name), source=name)]
    return [row for row in rows if isinstance(row, Special)]


def blocks(name: str) -> list[Block]:
    return [row for row in parse(sample(name), source=name) if isinstance(row, Block)]


def edges(rows: Sequence[Special]) -> set[IPAddress]:
    """The first and last address of each range, and its neighbours outside."""
    found: set[IPAddress] = set()
    for row in rows:
        first, last = int(row.prefix[0]), int(row.prefix[-1])
        kind = IPv4Address if row.prefix.version == 4 else IPv6Address
        numbers = {max(first - 1, 0), first, last, min(last + 1, 2**row.prefix.max_prefixlen - 1)}
        found |= {kind(number) for number in numbers}
    return found


def is_special(address: IPAddress, rows: Sequence[Special]) -> bool:
    """What the registry says: the most specific row decides, multicast has registries of its own."""
    covering = [row for row in rows if address in row.prefix]
    longest = max(covering, key=lambda row: row.prefix.prefixlen, default=None)
    if longest is None:
        return any(address in prefix for prefix in MULTICAST)
    return longest.globally_reachable is not True


def test_our_own_table_agrees_with_the_registry_at_every_edge() -> None:
    rows = specials()
    asked = edges(rows)
    assert len(asked) > 120
    later = {address for address in asked if any(address in prefix for prefix in LATER)}
    assert later == {ip_address("100:0:0:1::")}  # the neighbour of the discard-only block
    asked -= later
    wrong = [a for a in asked if (special_range(a) is not None) != is_special(a, rows)]
    assert not wrong


def test_our_own_table_holds_nothing_that_no_registry_has() -> None:
    registered = {row.prefix for row in specials()} | LATER | set(MULTICAST)
    assert {ip_network(text) for text in model._NOT_GLOBAL} <= registered
    assert {ip_network(text) for text in model._GLOBAL_INSIDE} <= registered


@pytest.mark.parametrize(
    ("text", "special"),
    [
        ("192.0.0.1", True),  # IETF Protocol Assignments: by virtue of a more specific one only
        ("192.0.0.8", True),  # dummy address
        ("192.0.0.9", False),  # Port Control Protocol Anycast
        ("192.0.0.10", False),  # TURN Anycast
        ("192.0.0.170", True),  # NAT64/DNS64 Discovery
        ("192.31.196.1", False),  # AS112-v4
        ("192.88.99.1", True),  # 6to4 relay anycast: deprecated, its cells are empty
        ("2001::1", True),  # TEREDO: not applicable
        ("2001:1::1", False),
        ("2001:2::1", True),  # Benchmarking
        ("2001:4:112::1", False),  # AS112-v6
        ("2001:10::1", True),  # ORCHID: terminated
        ("2001:20::1", False),  # ORCHIDv2
        ("2002::1", True),  # 6to4: not applicable
        ("64:ff9b::1", False),  # the well-known prefix of translation
        ("64:ff9b:1::1", True),  # the local one
        ("2620:4f:8000::1", False),
    ],
)
def test_exceptions_of_the_registry(text: str, *, special: bool) -> None:
    address = ip_address(text)
    assert is_special(address, specials()) is special
    assert (special_range(address) is not None) is special


def test_a_row_with_its_footnotes() -> None:
    rows = {str(row.prefix): row for row in specials()}
    assert rows["192.0.0.0/24"] == Special(
        prefix=ip_network("192.0.0.0/24"),
        name="IETF Protocol Assignments",
        documents=("rfc6890",),
        allocated="2010-01",
        terminated=None,
        source=False,
        destination=False,
        forwardable=False,
        globally_reachable=False,
        reserved_by_protocol=False,
        notes=("Not useable unless by virtue of a more specific reservation.",),
    )
    assert rows["2001::/32"].globally_reachable is None
    assert rows["2001::/32"].notes == ("See Section 5 of rfc4380 for details.",)
    assert rows["2001:10::/28"].terminated == "2014-03"
    assert rows["0.0.0.0/8"].name == "This network"


def test_a_cell_of_two_prefixes_is_two_rows() -> None:
    names = {str(row.prefix): row.name for row in specials()}
    assert names["192.0.0.170/32"] == names["192.0.0.171/32"] == "NAT64/DNS64 Discovery"
    assert len(specials()) == 25 + 21


def test_ipv4_space_is_told_in_256_blocks() -> None:
    rows = blocks("ipv4-address-space.xml.xz")
    assert [row.prefix for row in rows] == list(ip_network("0.0.0.0/0").subnets(new_prefix=8))
    assert rows[3] == Block(
        prefix=ip_network("3.0.0.0/8"),
        designation="Administered by ARIN",
        status=Status.LEGACY,
        since="1994-05",
        whois="whois.arin.net",
        servers=("https://rdap.arin.net/registry", "http://rdap.arin.net/registry"),
        notes=(),
    )
    assert rows[10].notes[0].startswith("Reserved for Private-Use Networks rfc1918.")
    assert {row.status for row in rows} == set(Status) - {Status.UNALLOCATED}


def test_ipv6_space_is_told_without_gap_or_overlap() -> None:
    rows = blocks("ipv6-address-space.xml")
    assert sum(row.prefix.num_addresses for row in rows) == 2**128
    assert [str(r.prefix) for r in rows if r.designation == "Global Unicast"] == ["2000::/3"]
    assert all(row.status is None for row in rows)


def document(body: str, *, identity: str = "ipv4-address-space", head: str = "") -> bytes:
    return f"<?xml version='1.0'?>{head}<registry id='{identity}'>{body}</registry>".encode()


def block(prefix: str, status: str) -> str:
    return f"<record><prefix>{prefix}</prefix><designation>x</designation><status>{status}</status></record>"


def test_a_state_that_is_new_is_counted() -> None:
    tally = Tally()
    content = document(block("001/8", "RETURNED") + block("002/8", "LEGACY"))
    assert len(list(parse(content, source="x", tally=tally))) == 1
    assert (tally.rows, tally.skipped) == (1, {"status that is not known": 1})


LAUGHS = "<!DOCTYPE r [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>]>"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (document("&b;", head=LAUGHS), "DOCTYPE"),
        (document("", head="<!DOCTYPE r SYSTEM 'file:///etc/hostname'>"), "DOCTYPE"),
        (document("<a>" * 30 + "</a>" * 30), "deeper than 20"),
        (document("<a>" * 100_000), "deeper than 20"),
        (document("&undeclared;"), "undefined entity"),
        (document("", identity="media-types"), "no registry of IANA's"),
        (document(block("256/8", "LEGACY")), "record 1: "),
        (document(block("1.0.0.1/8", "LEGACY")), "record 1: .* host bits"),
        (document("<record><prefix>001/8</prefix></record>"), "record 1: no designation"),
        (document("<record/>", identity="iana-ipv4-special-registry"), "record 1: "),
        (b"<html><body>Not found</body></html>", "no registry of IANA's"),
        (b"<?xml version='1.0' encoding='utf-7'?><registry/>", "x: "),
        (b"<?xml version='1.0' encoding='none such'?><registry/>", "x:1: "),
        (b"<registry>\n</registre>", "x:2: mismatched tag"),
        (b"", "no element found"),
        (b" " * (4 * 2**20 + 1), "larger than"),
    ],
)
def test_what_is_no_such_document_is_an_error(content: bytes, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        list(parse(content, source="x"))


@settings(max_examples=30)
@given(
    share=st.floats(0, 1),
    removed=st.integers(0, 60),
    noise=st.one_of(
        st.binary(max_size=8), st.sampled_from([b"<record>", b"</record>", b"/8<", b"True"])
    ),
)
def test_a_damaged_document_raises_parse_errors_alone(
    share: float, removed: int, noise: bytes
) -> None:
    content = sample(SPECIAL[0])
    at = int(share * len(content))
    tally = Tally()
    rows: list[Row] = []
    with suppress(ParseError):
        for row in parse(content[:at] + noise + content[at + removed :], source="x", tally=tally):
            rows.append(row)  # noqa: PERF402 - what came before the error counts
    assert tally.rows == len(rows)
