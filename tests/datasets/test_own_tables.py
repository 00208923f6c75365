"""Tables of our own, as BIRD 2.0 and FRR 8.4 printed them, and what else may come in their place."""

import gzip
import json
import os
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from mxpath.datasets import birdc_routes, frr_routes
from mxpath.datasets.own_tables import KINDS, open_table
from mxpath.datasets.snapshot import Tally
from mxpath.errors import InputError, ParseError
from mxpath.model.bgp import AsPath, RibEntry

HERE = Path(__file__).parent.parent / "samples" / "tables"
MRT = HERE.parent / "mrt"


def path(*asns: int, final: tuple[int, ...] = ()) -> AsPath:
    return AsPath(asns=asns, final_set=final)


def told(entries: tuple[RibEntry, ...]) -> list[tuple[str, AsPath, bool | None]]:
    return [(str(e.prefix), e.path, e.best) for e in entries if e.prefix.prefixlen]


def read(name: str, *addresses: str, tally: Tally | None = None) -> tuple[RibEntry, ...]:
    return open_table(HERE / name).entries([ip_address(a) for a in addresses], tally=tally)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (HERE / "bird-2.0.txt", "birdc"),
        (HERE / "bird-2.0-confederation.txt", "birdc"),
        (HERE / "frr-8.4-ipv4.json", "frr"),
        (HERE / "frr-8.4-prefix.json", "frr"),
        (MRT / "bird-mrtdump_rib", "mrt"),
        (MRT / "quagga_rib", "mrt"),
        (MRT / "rib.20140523.0600_first60.bz2", "mrt"),
    ],
)
def test_the_kind_is_told_by_what_is_in_it(path: Path, kind: str) -> None:
    assert open_table(path).kind == kind


def test_a_table_in_mrt_says_of_when_it_is_and_others_go_by_their_file(tmp_path: Path) -> None:
    """Its name has the time too, so the record's can be told from the file's."""
    table = open_table(MRT / "rib.20140523.0600_first60.bz2")
    assert table.written_at == datetime(2014, 5, 23, 6, 0, tzinfo=UTC)
    copy = tmp_path / "bird.txt"
    copy.write_bytes((HERE / "bird-2.0.txt").read_bytes())
    os.utime(copy, (1_700_000_000, 1_700_000_000))
    assert open_table(copy).written_at.timestamp() == 1_700_000_000


def test_a_table_of_bird() -> None:
    assert told(read("bird-2.0.txt", "198.18.16.1", "198.18.63.255", "2001:db8:1000::1")) == [
        ("198.18.48.0/20", path(64501, final=(64510, 64511)), True),
        ("198.18.48.0/20", path(64496, 64501, final=(64510, 64511)), False),
        ("198.18.16.0/20", path(64499, 64499, 64500), True),
        ("198.18.16.0/20", path(64496, 64498, 64500), False),
        ("2001:db8:1000::/40", path(64496), True),
    ]


def test_what_a_route_of_bird_says_besides() -> None:
    tally = Tally()
    found = read("bird-2.0.txt", "198.18.80.1", "198.18.64.1", tally=tally)
    own, first, second = found
    assert (own.prefix, own.path, own.peer_asn) == (ip_network("0.0.0.0/0"), path(), None)
    assert (first.peer_asn, first.peer_address) == (64501, ip_address("192.0.2.5"))
    assert (second.peer_asn, second.local_pref, second.collector) == (64496, 100, "bird-2.0.txt")
    assert tally.skipped == {"an AS_SET inside a path": 2}


def test_a_confederation_is_one_network() -> None:
    assert told(read("bird-2.0-confederation.txt", "198.18.48.1", "198.18.64.1")) == [
        ("198.18.48.0/20", path(64500, final=(64510, 64511)), True),
        ("198.18.64.0/20", path(64500, 64499), True),
    ]


def test_older_and_newer_spellings_of_bird() -> None:
    one = (
        "bird> show route all\n"
        "192.0.2.0/24 via 198.18.0.1 on eth0 [up1 2026-01-02 from 198.18.0.9] ! (100) [AS64500?]\n"
        "\tType: BGP unicast univ\n\tBGP.as_path: 64497 64500\n\tBGP.local_pref: 7\n"
        "198.51.100.0/24      unicast [up1 10:00:00.000] * (100/0) [AS64501e]\n"
        "\tsource: BGP\n\tbgp_path: 64498 64501\n\tbgp_local_pref: 120\n"
    )
    asked = [ip_address("192.0.2.1"), ip_address("198.51.100.1")]
    old, new = birdc_routes.rib_entries(one.replace("\n", "\r\n").encode(), asked, source="x")
    assert (old.path, old.best, old.local_pref) == (path(64497, 64500), True, 7)
    assert (new.path, new.best, new.local_pref) == (path(64498, 64501), True, 120)


FRR = ("198.18.16.1", "198.18.32.1", "198.18.48.1", "198.18.0.1")


def test_a_table_of_frr() -> None:
    assert told(read("frr-8.4-ipv4.json", *FRR)) == [
        ("198.18.0.0/20", path(), True),
        ("198.18.16.0/20", path(64498, 64500), True),
        ("198.18.16.0/20", path(64497, 64499, 64499, 64500), False),
        ("198.18.32.0/20", path(64498, 64510), True),  # in use beside the best
        ("198.18.32.0/20", path(64497, 64510), True),
        ("198.18.48.0/20", path(64497, 64501, final=(64510, 64511)), False),
        ("198.18.48.0/20", path(64501, final=(64510, 64511)), True),
    ]
    assert told(read("frr-8.4-ipv6.json", "2001:db8:2000::1")) == [
        ("2001:db8:2000::/40", path(64497, 64500), True)
    ]


def test_one_prefix_of_frr() -> None:
    best, other = read("frr-8.4-prefix.json", "198.18.16.1")
    assert (best.path, best.best, best.peer_asn) == (path(64498, 64500), True, 64498)
    assert best.peer_address == ip_address("192.0.2.3")
    assert (other.path, other.best) == (path(64497, 64499, 64499, 64500), False)
    assert read("frr-8.4-prefix.json", "198.18.32.1") == ()


def test_both_forms_of_frr_say_the_same() -> None:
    one = told(read("frr-8.4-prefix.json", "198.18.16.1"))
    assert one == told(read("frr-8.4-ipv4.json", "198.18.16.1"))
    document = json.loads((HERE / "frr-8.4-prefix.json").read_text())
    inside = json.dumps({"routes": {document["prefix"]: document}}, indent=1).encode()
    asked = [ip_address("198.18.16.1")]
    assert told(frr_routes.rib_entries(inside, asked, source="x")) == one


def test_a_path_that_leads_nowhere_is_counted() -> None:
    text = (
        (HERE / "frr-8.4-ipv4.json").read_bytes().replace(b'"valid":true,"bestpath"', b'"bestpath"')
    )
    tally = Tally()
    found = frr_routes.rib_entries(text, [ip_address("198.18.16.1")], source="x", tally=tally)
    assert told(found) == [("198.18.16.0/20", path(64497, 64499, 64499, 64500), False)]
    assert tally.skipped == {"a path whose next hop cannot be reached": 2}


@pytest.mark.parametrize("name", ["bird-2.0.txt", "frr-8.4-ipv4.json"])
def test_wherever_blocks_end_the_same_is_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content, kind = (HERE / name).read_bytes(), KINDS[open_table(HERE / name).kind]
    asked = [ip_address("198.18.16.1"), ip_address("198.18.48.1")]
    whole = kind.rib_entries(content, asked, source="x")
    for size in (1, 7, 100, 1001):
        parts = [content[at : at + size] for at in range(0, len(content), size)]
        for module in (birdc_routes, frr_routes):
            monkeypatch.setattr(module, "blocks", lambda *_a, parts=parts, **_k: iter(parts))
        assert kind.rib_entries(b"", asked, source="x") == whole


def test_a_packed_table(tmp_path: Path) -> None:
    packed = tmp_path / "table"
    packed.write_bytes(gzip.compress((HERE / "bird-2.0.txt").read_bytes()))
    table = open_table(packed)
    assert len(table.entries([ip_address("198.18.80.1")])) == 3
    assert len(table.sha256) == 64


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "no routing table"),
        (b"Network Next Hop Metric\n*> 198.18.0.0/20 0.0.0.0\n", "no routing table"),
        (b'{"ok": true}', "no routing table"),
        (
            b"198.18.0.0/20 unicast [a 1:00] * (100) [AS64500i]\n\tvia 192.0.2.1\n",
            "x:1: a route without",
        ),
        (b"198.18.0.0/20 unicast [a 1:00] * (100)\n\tBGP.as_path: 6-7\n", "x:2: '-' in an AS path"),
        (b"198.18.0.0/20 [a 1:00]\n198.18.0.0/16 new words\n", "x:2: not a route as"),
        (b"198.18.0.0/20 [a 1:00]\n\t\xff\n", "x:2: is not plain ASCII"),
        (b"198.18.0.0/20 [a 1:00]\n\t" + b"x" * 70_000, "x:2: line is too long"),
        (b'{"routes": {"198.18.0.0/16": [{"valid": true}]}}', "x:1: 198.18.0.0/16: not FRR's"),
        (b'{"routes": {"198.18.0.0/16": [{"valid": true, "path": "x"}]}}', "'x' in an AS path"),
        (b'{"routes": {"198.18.0.0/16": [7]}}', "no list of documents"),
        (b'{"routes":\n {"198.18.0.0/16": [{]}}', "x:2: not JSON"),
        (b'{"routes": {"198.18.0.0/16": []', "x:1: the document ends early"),
        (b'{"prefix": "198.18.0.0/16", "paths": [', "x:1: the document ends early"),
        (b'{"routes": {"198.18.0.0/16": ' + b"[" * 200_000 + b"}", "nested too deeply"),
        (bytes([0, 0, 0, 0, 0, 13, 0, 1, 0, 0, 0, 9, 0]), "byte 0: the data end inside a record"),
    ],
)
def test_bad_tables_are_refused_in_words(text: bytes, why: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(text)
    with pytest.raises(ParseError, match=why):
        open_table(tmp_path / "x").entries([ip_address("198.18.0.1")])


def test_a_text_without_a_route_is_no_table_of_bird() -> None:
    with pytest.raises(ParseError, match="no line of it is a route"):
        birdc_routes.rib_entries(b"BIRD 2.0.12 ready.\n", [], source="x")


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(InputError, match="cannot read /nowhere: No such file"):
        open_table(Path("/nowhere"))
