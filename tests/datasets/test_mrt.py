"""MRT files of real collectors and of lab routers, against what bgpdump prints for them."""

import bz2
import gzip
import hashlib
import io
import lzma
import tomllib
from dataclasses import fields, is_dataclass
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets import mrt_samples
from datasets.bgpdump_lines import lines
from datasets.mrt_samples import ALL, EXPECTED, HERE, Sample
from mxpath.datasets import mrt, mrt_unpacking
from mxpath.datasets.mrt_batches import Batch
from mxpath.datasets.snapshot import Tally, unpack
from mxpath.errors import ParseError


def read(content: bytes, *, lenient: bool = False) -> tuple[list[Batch], Tally, ParseError | None]:
    """All batches, and the error that ended them."""
    batches: list[Batch] = []
    tally = Tally()
    ended: ParseError | None = None
    try:
        for batch in mrt.parse(content, source="x.mrt", tally=tally, lenient=lenient):
            assert whole(batch)
            batches.append(batch)
    except ParseError as error:
        ended = error
    assert ended is None or str(ended).startswith("x.mrt: byte ")
    return batches, tally, ended


def whole(batch: Batch) -> bool:
    """Whether every number that a row holds names a row that is there."""
    routes = batch.routes
    for numbers, table in (
        (routes.records, batch.records),
        (routes.peers, batch.peers),
        (routes.prefixes, batch.prefixes),
        (routes.attributes, batch.attributes),
        (batch.states.peers, batch.peers),
        (batch.states.records, batch.records),
    ):
        assert not len(numbers) or -1 <= numbers.min() <= numbers.max() < len(table)
    assert len(batch.origins) == len(batch.next_hops.versions) == len(routes)
    paths = batch.attributes.paths
    assert int(paths.segment_sizes.astype(int).sum()) == len(paths.asns) == paths.offsets[-1]
    return True


def printed(content: bytes) -> list[str]:
    batches, _, error = read(content)
    assert error is None, error
    return [line for batch in batches for line in lines(batch)]


@cache
def plain(name: str) -> bytes:
    return unpack((HERE / name).read_bytes(), source=name)


def test_every_sample_says_whence_it_is_and_under_which_terms() -> None:
    rows = tomllib.loads((HERE / "manifest.toml").read_text(encoding="utf-8"))["sample"]
    files = {path.name: path.read_bytes() for path in HERE.iterdir()}
    del files["manifest.toml"]
    assert {row["name"]: row["sha256"] for row in rows} == {
        name: hashlib.sha256(content).hexdigest() for name, content in files.items()
    }
    assert all(row["licence"] and row["source"] and row["attribution"] for row in rows)


def test_it_says_what_it_is() -> None:
    spec = mrt.SPEC
    assert spec.name == "mrt"
    assert all((spec.publisher, spec.licence, spec.cadence, spec.gives, spec.attribution))


@pytest.mark.parametrize("sample", EXPECTED, ids=str)
def test_it_reads_what_bgpdump_reads(sample: Sample) -> None:
    assert printed(sample.content) == sample.expected


LARGE = mrt_samples.large()


@pytest.mark.slow
@pytest.mark.skipif(not LARGE, reason="the collection of large MRT files is not beside this")
@pytest.mark.parametrize("sample", LARGE, ids=str)
def test_it_reads_large_files_as_bgpdump_does(sample: Sample) -> None:
    assert printed(sample.content) == sample.expected


BESIDE = mrt_samples.beside()
TORN = [
    ("pyasn/rib.20140523.0600_firstMB.bz2", 270_005, "byte 15274550 of what is unpacked: packed"),
    ("bgpkit/rrc00_2000.03_updates.20000325.0345.gz", 0, "byte 14756: there is no record type"),
]


@pytest.mark.slow
@pytest.mark.skipif(BESIDE is None, reason="the collection of large MRT files is not beside this")
@pytest.mark.parametrize(("name", "routes", "says"), TORN)
def test_torn_files_of_the_collection_give_what_is_whole(name: str, routes: int, says: str) -> None:
    assert BESIDE is not None
    batches, _, error = read((BESIDE / name).read_bytes())
    assert sum(map(len, batches)) == routes
    assert says in str(error)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_packed_file_is_known_by_its_first_octets(pack: type) -> None:
    content = plain("quagga_rib")
    halves = pack(content[:500]) + pack(content[500:])
    assert printed(pack(content)) == printed(halves) == printed(content)
    assert [len(batch) for batch in mrt.parse(io.BytesIO(pack(content)), source="x")] == [9]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_packing_that_breaks_off_gives_what_is_whole(pack: type) -> None:
    content = plain("rrc15_2010.02_updates.20100227.1610.gz")
    packed = pack(content)
    batches, _, error = read(packed[: len(packed) * 3 // 4])
    assert error is not None
    assert "packed data ends early" in str(error)
    if pack is not bz2.compress:  # which gives nothing of a block that is not whole
        assert 1000 < sum(map(len, batches)) < 7469
    with pytest.raises(ParseError, match=r"packing is broken|something else follows"):
        list(mrt.parse(packed + b"BZ more", source="x.mrt"))


def test_zeros_behind_packed_data_say_nothing() -> None:
    content = plain("quagga_rib")
    assert printed(gzip.compress(content) + bytes(512)) == printed(content)


def test_what_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mrt_unpacking, "MAX_UNPACKED_BYTES", 1000)
    with pytest.raises(ParseError, match="unpacks to more than 1000 bytes"):
        list(mrt.parse(gzip.compress(plain("quagga_rib")), source="x.mrt"))


def test_blocks_may_end_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    content = gzip.compress(plain("openbgpd_rib_table-v2"))
    expected = printed(content)
    for size in (7, 100, 1000):
        monkeypatch.setattr(mrt_unpacking, "BLOCK_BYTES", size)
        assert printed(content) == expected


@pytest.mark.parametrize("name", ["quagga_rib", "bird6-mrtdump_rib"])
def test_cut_anywhere_it_gives_the_records_before(name: str) -> None:
    content = plain(name)
    everything = printed(content)
    ends = {0: 0}
    at = 0
    while at < len(content):
        at += 12 + int.from_bytes(content[at + 8 : at + 12])
        ends[at] = len(printed(content[:at]))
    last = 0
    for size in sorted({end + more for end in ends for more in (0, 1, 11, 12, 13, 40)}):
        if size > len(content):
            break
        last = size if size in ends else last
        batches, _, error = read(content[:size])
        found = [line for batch in batches for line in lines(batch)]
        assert found == everything[: ends[last]]
        assert (error is None) == (size == last)
        assert error is None or f"byte {last}: the data end inside a record" in str(error)


def test_lost_framing_is_said_where_it_is_lost() -> None:
    content = plain("quagga_rib")
    at = len(content)
    batches, _, error = read(content + b"no record begins with such words")
    assert sum(map(len, batches)) == 9
    assert str(error) == f"x.mrt: byte {at}: there is no record type 25955"
    long = bytes.fromhex("00000000 000d 0002 7fffffff") + bytes(100)
    _, _, error = read(content + long)
    assert str(error) == f"x.mrt: byte {at}: a record of 2147483647 bytes"


def test_a_damaged_record_ends_the_reading_or_is_left_out() -> None:
    content = bytearray(plain("quagga_rib"))
    at = 0
    for _ in range(3):
        at += 12 + int.from_bytes(content[at + 8 : at + 12])
    content[at + 12 + 4] = 99  # the length of an IPv4 prefix
    batches, _, error = read(bytes(content))
    assert sum(map(len, batches)) == 2
    assert str(error) == f"x.mrt: byte {at}: entries that do not fill their record"
    batches, tally, error = read(bytes(content), lenient=True)
    assert (sum(map(len, batches)), error) == (8, None)
    assert tally.skipped == {"entries that do not fill their record": 1}


def test_path_identifiers_in_records_that_do_not_announce_them_are_not_guessed() -> None:
    _, _, error = read(plain("bird_bgp"))
    assert str(error) == "x.mrt: byte 390: prefixes that do not fill their list"


def test_what_is_left_out_is_counted() -> None:
    _, tally, _ = read(plain("openbgpd_bgp"))
    assert tally.rows == 93
    assert tally.skipped == {
        "BGP OPEN": 4,
        "BGP KEEPALIVE": 13,
        "BGP ROUTE-REFRESH": 4,
        "BGP NOTIFICATION": 2,
        "family 1/128": 2,
    }


def test_an_aggregator_of_eight_octets_is_read_so_whatever_the_path_has() -> None:
    """bgpdump reads AS0 and a shifted address here."""
    (batch,) = mrt.parse(plain("openbgpd_rib_table"), source="x")
    found = batch.attributes.aggregator_asn > 0
    assert batch.attributes.aggregator_asn[found].tolist() == [65000]
    assert batch.attributes.aggregator_address[found].tolist() == [0xC0A8000F]


def test_a_stretch_holds_no_more_than_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mrt_unpacking, "BLOCK_BYTES", 2**16)
    content = gzip.compress(plain("rrc15_2010.02_updates.20100227.1610.gz") * 3)
    sizes = [len(batch) for batch in mrt.parse(io.BytesIO(content), source="x")]
    assert sum(sizes) == 3 * 7469
    assert max(sizes) < 7469


def columns(value: object) -> list[np.ndarray]:
    """Every array of a batch."""
    if isinstance(value, np.ndarray):
        return [value]
    assert is_dataclass(value)
    return [array for field in fields(value) for array in columns(getattr(value, field.name))]


@settings(max_examples=25)
@given(data=st.data())
def test_damage_anywhere_raises_nothing_but_parse_error(data: st.DataObject) -> None:
    sample = data.draw(st.sampled_from(ALL))
    content = bytearray(plain(sample.path.name)[:1500])
    spots = st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255))
    for at, octet in data.draw(st.lists(spots, min_size=1, max_size=6)):
        content[at] = octet
    batches, tally, _ = read(bytes(content), lenient=data.draw(st.booleans()))
    assert sum(map(len, batches)) == tally.rows
    for batch in batches:
        list(lines(batch))
        assert len(columns(batch)) > 30
