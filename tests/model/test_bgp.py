"""AS paths and routes as lines of text: what is written is what is read."""

from contextlib import suppress
from dataclasses import fields
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxpath.errors import ParseError
from mxpath.model import codec
from mxpath.model.bgp import AsPath, RibEntry, RoutingAnswer, RoutingFate

asns = st.integers(0, 2**32 - 1)
as_paths = st.builds(
    AsPath,
    asns=st.lists(asns, max_size=6).map(tuple),
    final_set=st.sets(asns, max_size=3).map(lambda members: tuple(sorted(members))),
)
entries = st.builds(
    RibEntry,
    prefix=st.sampled_from([ip_network("192.0.2.0/24"), ip_network("2001:db8::/32")]),
    path=as_paths,
    collector=st.text(max_size=12),
    peer_asn=st.none() | asns,
    peer_address=st.none() | st.ip_addresses(),
    heard_at=st.none() | st.datetimes(timezones=st.just(UTC)),
    best=st.none() | st.booleans(),
    local_pref=st.none() | asns,
)


@settings(max_examples=30)
@given(as_paths)
def test_a_path_reads_as_it_is_written(path: AsPath) -> None:
    assert AsPath.parse(str(path)) == path


@settings(max_examples=30)
@given(entries)
def test_a_route_reads_as_it_is_written_and_is_one_line_of_a_document(entry: RibEntry) -> None:
    assert RibEntry.parse(entry.line) == entry
    answer = RoutingAnswer(
        address=ip_address("192.0.2.1"), fate=RoutingFate.FOUND, entries=(entry,)
    )
    assert codec.to_data(answer)["entries"] == [entry.line]
    assert codec.load(RoutingAnswer, codec.dump(answer)) == answer


def test_a_line_has_every_field_of_a_route() -> None:
    """One that is added later, and not written, would be lost in every study."""
    full = RibEntry(
        prefix=ip_network("192.0.2.0/24"),
        path=AsPath(asns=(64496,), final_set=(64499,)),
        collector="rrc00|odd",
        peer_asn=64496,
        peer_address=ip_address("198.51.100.1"),
        heard_at=datetime(2026, 6, 17, tzinfo=UTC),
        best=False,
        local_pref=100,
    )
    assert all(getattr(full, field.name) is not None for field in fields(RibEntry))
    assert RibEntry.parse(full.line) == full


@pytest.mark.parametrize(
    "line",
    [
        "",
        "192.0.2.0/24|||||64496|rrc00",
        "192.0.2.1/24||||||64496|rrc00",
        "192.0.2.0/24||||yes||64496|rrc00",
        "192.0.2.0/24|x|||||64496|rrc00",
        "192.0.2.0/24||fe80::1%\x1b[2J||||64496|rrc00",
        "192.0.2.0/24|||tomorrow|||64496|rrc00",
        "192.0.2.0/24||||||64496 {1} 2|rrc00",
    ],
)
def test_what_is_no_route_is_refused(line: str) -> None:
    with pytest.raises(ParseError, match="no route"):
        RibEntry.parse(line)
    with pytest.raises(ParseError, match="no route"):
        codec.from_data(RibEntry, line)


@settings(max_examples=30)
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for parse in (AsPath.parse, RibEntry.parse):
        with suppress(ParseError):
            parse(text)
