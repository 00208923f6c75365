"""Origins out of tables of collectors: equal to the plain way, route by route."""

from io import BytesIO
from ipaddress import ip_network
from random import Random

import pytest

from datasets.made_mrt import as_path, attribute, entry, message, peer_index, prefix, rib
from datasets.mrt_samples import HERE
from datasets.random_mrt import Made
from mxpath.datasets import mrt, mrt_origins, origin_pairs
from mxpath.datasets.mrt_batches import RouteKind
from mxpath.datasets.mrt_rows import Route, rows
from mxpath.datasets.snapshot import Tally
from mxpath.errors import ParseError
from mxpath.model.address import Prefix, is_default, special_range
from mxpath.tables.prefixes import OriginRow, row_of

ORIGIN = attribute(1, b"\0")
EVERYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))
PEERS = peer_index(("192.0.2.1", 64500), ("192.0.2.2", 3320))
NO_NETWORK = {0, 23456, 65535, 4294967295}


def told(*segments: tuple[int, list[int]]) -> bytes:
    return ORIGIN + as_path(segments)


def read(*parts: bytes, public: tuple[Prefix, ...] = EVERYWHERE) -> tuple[list[OriginRow], Tally]:
    tally = Tally()
    files = [(f"file {n}", BytesIO(part)) for n, part in enumerate(parts)]
    found = mrt_origins.stream(files, tally=tally, public=public)
    return [row for ranges in found.values() for row in origin_pairs.rows(ranges)], tally


def plainly(stream: bytes) -> list[OriginRow]:
    """The same by one value a route: the longest way, and the one that is easy to see through."""
    found: dict[Prefix, set[int]] = {}
    for batch in mrt.parse(stream, source="plain", lenient=True):
        for route in rows(batch):
            origin = _origin(route)
            if origin is not None and not is_default(route.prefix):
                found.setdefault(route.prefix, set()).add(origin)
    ordered = sorted(found, key=lambda p: (p.version, int(p.network_address), p.prefixlen))
    return [row_of(one, tuple(sorted(found[one]))) for one in ordered]


def _origin(route: Route) -> int | None:
    if route.kind is not RouteKind.ENTRY or route.multicast or route.told is None:
        return None
    path = route.told.path
    if path is None:
        return None
    if not route.told.asns:
        return None if route.peer_asn in NO_NETWORK else route.peer_asn
    ends_well = path[-1].kind == 2 and path[-1].asns
    return path[-1].asns[-1] if ends_well and path[-1].asns[-1] not in NO_NETWORK else None


@pytest.mark.parametrize("seed", range(4))
def test_random_tables_give_what_the_plain_way_gives(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(origin_pairs, "_WORTH_UNITING", 20)
    made = Made(seed)
    repeated = Random(seed).choices([made.rib() for _ in range(40)], k=120)
    stream = peer_index(*(("192.0.2.1", 64500), ("2001:db8::1", 4200000000), ("192.0.2.3", 3)))
    stream += b"".join(repeated)
    found, tally = read(stream)
    assert found == plainly(stream)
    assert tally.rows == len(found) > 5


def test_a_real_table_gives_what_the_plain_way_gives() -> None:
    content = (HERE / "rib.20140523.0600_first60.bz2").read_bytes()
    found, tally = read(content)
    assert found == plainly(content)
    assert tally.rows == len(found) > 50


def test_every_origin_is_kept_once_whichever_file_tells_it() -> None:
    first = PEERS + rib(
        2,
        "198.51.100.0/24",
        entry(0, told((2, [64500, 1299, 7018]))),
        entry(1, told((2, [3320, 7018]))),
    )
    second = PEERS + rib(2, "198.51.100.0/24", entry(0, told((2, [64500, 2914]))))
    found, tally = read(first, second)
    assert found == [row_of(ip_network("198.51.100.0/24"), (2914, 7018))]
    assert tally.rows == 1


def test_what_has_no_origin_is_counted() -> None:
    stream = PEERS + rib(
        4,
        "2600::/32",
        entry(0, told((2, [64500]), (1, [1, 2]))),
        entry(0, told((2, [64500, 1]), (3, [65001]))),
        entry(1, ORIGIN),
        entry(1, told()),
        entry(0, told((2, [64500, 23456]))),
    )
    stream += rib(4, "2601::/32", entry(0, told((2, [64500, 0]))))
    found, tally = read(stream)
    assert found == [row_of(ip_network("2600::/32"), (3320,))]  # inside the peer's own network
    assert tally.skipped == {
        "routes whose path ends with a set or a confederation": 2,
        "routes without a path": 1,
        "origins that are AS 0, which is no network (RFC 7607)": 1,
        "origins that are AS_TRANS, which hides the network (RFC 6793)": 1,
    }


def test_multicast_tables_tell_no_origin() -> None:
    one, other = (entry(0, told((2, [64500, asn]))) for asn in (7018, 2914))
    stream = PEERS + rib(2, "8.0.0.0/16", one) + rib(3, "8.0.0.0/16", other)
    assert read(stream)[0] == [row_of(ip_network("8.0.0.0/16"), (7018,))]


def test_what_is_not_of_the_world_is_left_out_unless_a_world_says_so() -> None:
    texts = [
        "0.0.0.0/0",
        "10.1.0.0/16",
        "192.0.0.0/16",
        "192.0.0.9/32",
        "198.18.0.0/16",
        "8.0.0.0/8",
    ]
    stream = PEERS + b"".join(rib(2, text, entry(0, told((2, [64500, 64511])))) for text in texts)
    found, tally = read(stream, public=())
    assert [row.start >> 24 for row in found] == [8, 192, 192]
    assert tally.skipped == {"default routes": 1, "prefixes of special purpose": 2}
    assert tally.noted == {
        "prefixes longer than /24": 1,
        "origins for documentation (RFC 5398)": 3,
    }
    lab, _ = read(stream, public=(ip_network("198.18.0.0/15"),))
    assert [row.start >> 24 for row in lab] == [8, 192, 192, 198]
    for row in found:
        around = special_range(ip_network((row.start, row.length or 0)).network_address)
        assert around is None or around.prefix.prefixlen > (row.length or 0)


def test_updates_are_no_table() -> None:
    stream = message(told((2, [64500, 1])), prefix("8.0.0.0/8"))
    with pytest.raises(ParseError, match=r"file 0: holds no table, only 1 routes of updates"):
        read(stream)


def test_a_torn_file_says_how_far_it_came() -> None:
    whole = PEERS + rib(2, "8.0.0.0/8", entry(0, told((2, [64500, 3356]))))
    with pytest.raises(
        ParseError, match=rf"file 0: byte {len(whole + PEERS)}: .*\(1 routes of its table"
    ):
        read(whole + whole[:-1])
    tally = Tally()
    found = mrt_origins.stream([("x", BytesIO(whole + whole[:-1]))], tally=tally, lenient=True)
    assert len(found[4].sets) == 1
    assert tally.skipped == {"the rest of a file that ends early or is damaged": 1}
