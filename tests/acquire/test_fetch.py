"""Fetching against a loopback server that speaks the publishers' interfaces, whole and at fault."""

import bz2
import gzip
import json
import lzma
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from ipaddress import ip_address
from pathlib import Path
from types import SimpleNamespace

import pytest

from loopback_publishers import Fault, Publisher, cut, endless, portal, publishing, says
from mxpath.acquire import changes, snapshots
from mxpath.acquire.fetch import Desk, Outcome, fetch
from mxpath.acquire.fetch_plan import plan
from mxpath.acquire.publishers import PUBLISHERS, Chosen, choose
from mxpath.config import PUBLISHED
from mxpath.errors import InputError
from mxpath.gazetteer.filling import FILLED_BY
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.gazetteer.manifest import FILE_NAME, read_manifest
from mxpath.vantage.clock import ManualClock
from mxpath.vantage.download import HttpDownloader
from mxpath.vantage.download_pace import PoliteDownloader
from mxpath.vantage.http_exchange import Asker
from mxpath.vantage.locked_file import locked
from mxpath.vantage.resting import RestBook
from published_world import KEY, bases, lay_out, listing

HOUR_S = 3600.0
TABLE = Path(__file__).parent.parent / "samples" / "mrt"


@pytest.fixture(scope="module")
def server() -> Iterator[Publisher]:
    with publishing() as serving:
        yield serving


@pytest.fixture
def publisher(server: Publisher) -> Publisher:
    server.pages.clear()
    server.faults.clear()
    server.asked.clear()
    server.date = "Wed, 17 Jun 2026 12:00:00 GMT"
    lay_out(server)
    return server


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    clock = ManualClock()
    inner = HttpDownloader(clock, Asker(agent="test"))
    polite = PoliteDownloader(inner, clock, RestBook(None))
    return Desk(downloader=polite, clock=clock, store=tmp_path / "downloads")


def chosen(publisher: Publisher, name: str) -> Chosen:
    return choose(name, bases=bases(publisher.url), today=lambda: date(2026, 6, 17))


def test_the_configuration_knows_every_publisher() -> None:
    assert tuple(PUBLISHERS) == PUBLISHED


def test_what_fills_an_empty_section_can_be_fetched(publisher: Publisher) -> None:
    words = [one.command.split() for one in FILLED_BY.values()]
    names = [name for one in words if one[:3] == ["mxpath", "data", "fetch"] for name in one[3:]]
    assert {chosen(publisher, name).slug for name in names} == set(names)
    assert len(set(names)) > 6


@pytest.mark.parametrize(
    ("name", "day", "held"),
    [
        ("peeringdb", "2026-06-17", (5, 7)),
        ("asrel", "2026-06-01", (1, 2)),
        ("as2org", "2026-04-01", (1, None)),
        ("vrps", "2026-06-17", (1, 2)),
        ("pfx2as", "2026-06-16", (2, 3)),
        ("iptoasn", "2026-06-01", (1, 2)),
        ("delegated", "2026-06-16", (5, 5)),
        ("iana-special", "2026-05-02", (4, 4)),
        ("rdap-bootstrap", "2026-06-02", (3, 3)),
    ],
)
def test_each_publisher_is_fetched_into_a_gazetteer_of_its_own(
    publisher: Publisher, desk: Desk, name: str, day: str, held: tuple[int, int | None]
) -> None:
    got = fetch(chosen(publisher, name), desk)
    assert (got.outcome, str(got.as_of), got.detail) == (Outcome.FETCHED, day, "")
    assert held[1] in (None, got.rows)
    assert got.directory == desk.store / name / day
    (entry,) = read_manifest(got.directory).snapshot
    assert (entry.name, len(entry.files)) == (name, held[0])
    assert entry.licence
    assert entry.attribution
    assert entry.url.startswith(publisher.url)
    assert Gazetteer.open(got.directory).describe()[0].rows  # digests hold, everything is read
    assert not list((desk.store / name).glob(".un*"))
    asked = len(publisher.asked)
    assert fetch(chosen(publisher, name), desk).outcome is Outcome.HERE
    assert len(publisher.asked) == asked, "what is fresh is not asked for again"


@pytest.mark.parametrize("name", ["asrel", "vrps", "delegated", "pfx2as"])
def test_what_is_unchanged_is_not_sent_again(publisher: Publisher, desk: Desk, name: str) -> None:
    first = fetch(chosen(publisher, name), desk)
    desk.clock.sleep(30 * HOUR_S)
    octets, asked = _sizes(desk.store), len(publisher.asked)
    again = fetch(chosen(publisher, name), desk)
    assert (again.outcome, again.directory) == (Outcome.HERE, first.directory)
    sought = {"asrel": [""], "pfx2as": ["pfx2as-creation.log"] * 2}
    assert publisher.names()[asked:] == sought.get(name, publisher.names()[asked:])
    assert len(publisher.asked) > asked
    assert {path: size for path, size in _sizes(desk.store).items() if "fetched" not in path} == {
        path: size for path, size in octets.items() if "fetched" not in path
    }
    later = len(publisher.asked)
    assert fetch(chosen(publisher, name), desk).outcome is Outcome.HERE
    assert len(publisher.asked) == later


def _sizes(place: Path) -> dict[str, int]:
    return {str(path): path.stat().st_size for path in place.rglob("*") if path.is_file()}


def test_a_newer_edition_stands_beside_the_older_one(publisher: Publisher, desk: Desk) -> None:
    old = fetch(chosen(publisher, "vrps"), desk, day=None)
    body = publisher.pages["/rpki/vrps.json"].body.replace(b"2026-06-17", b"2026-06-18")
    publisher.put("/rpki/vrps.json", body)
    desk.clock.sleep(30 * HOUR_S)
    new = fetch(chosen(publisher, "vrps"), desk)
    assert [str(day) for day in snapshots.days_of(desk.store / "vrps")] == [
        "2026-06-17",
        "2026-06-18",
    ]
    assert new.directory != old.directory
    assert snapshots.held(desk.store)[0] == 2
    assert snapshots.prune(desk.store / "vrps", 1) == (date(2026, 6, 17),)
    assert snapshots.newest(desk.store / "vrps") == new.directory


def test_an_edition_of_a_day(publisher: Publisher, desk: Desk) -> None:
    day = date(2026, 6, 15)
    got = fetch(chosen(publisher, "pfx2as"), desk, day=day)
    assert (got.outcome, got.as_of) == (Outcome.FETCHED, day)
    asked = len(publisher.asked)
    assert fetch(chosen(publisher, "pfx2as"), desk, day=day).outcome is Outcome.HERE
    assert len(publisher.asked) == asked
    # Of what is published once a month the last edition of then is meant.
    monthly = fetch(chosen(publisher, "asrel"), desk, day=day)
    assert (monthly.outcome, monthly.as_of) == (Outcome.FETCHED, date(2026, 6, 1))
    assert fetch(chosen(publisher, "asrel"), desk, day=day).outcome is not Outcome.FETCHED
    none = fetch(chosen(publisher, "asrel"), desk, day=date(2026, 4, 1))
    assert none.outcome is Outcome.FAILED
    assert "has nothing of 2026-04-01 or before; it has 2026-05-01, 2026-06-01" in none.detail
    with pytest.raises(InputError, match="newest edition alone"):
        fetch(chosen(publisher, "vrps"), desk, day=day)


@pytest.mark.parametrize("collector", ["rrc00", "route-views2", "route-views.linx"])
def test_tables_of_collectors(publisher: Publisher, desk: Desk, collector: str) -> None:
    table = (TABLE / "openbgpd_rib_table-v2").read_bytes()
    if collector == "rrc00":
        publisher.put("/ris/rrc00/latest-bview.gz", gzip.compress(table))
    else:
        place = "" if collector == "route-views2" else f"{collector}/"
        month = f"/routeviews/{place}bgpdata/2026.06/RIBS/"
        names = [f"rib.202606{day}.0000.bz2" for day in (15, 16)]
        publisher.put(month, listing(*names), kind="text/html")
        publisher.put(f"{month}{names[1]}", bz2.compress(table))
    got = fetch(chosen(publisher, collector), desk)
    assert got.detail == ""
    assert got.directory is not None
    assert got.directory.parent.name == f"mrt-{collector}"
    assert str(got.as_of) == ("2015-10-14" if collector == "rrc00" else "2026-06-16")


# -- faults ---------------------------------------------------------------------------------


def _bomb(handler: object) -> bool:
    body = gzip.compress(b"\0" * 3_000_000)
    handler.status(200, body=body)  # type: ignore[attr-defined]
    return True


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (cut(20), "the same command again"),
        (says(500), "HTTP status 500"),
        (says(404), "publishers.iptoasn"),
        (says(429, ("Retry-After", "3000")), "wants no question for 50 min"),
        (portal, "Please log in"),
        (says(200, body=b"\x1b]0;owned\x07no table"), "it begins with"),
        (says(200, body=b"\x1f\x8b garbage"), "was removed"),
        (says(200), "no row"),
        (says(302, ("Location", "https://elsewhere.example/")), "(publishers.iptoasn)"),
        (endless, "longer than"),
        (_bomb, "unpacks to more than"),
    ],
)
def test_no_fault_touches_what_was_there(
    publisher: Publisher,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    *,
    fault: Fault,
    words: str,
) -> None:
    monkeypatch.setattr("mxpath.datasets.snapshot.MAX_DOCUMENT_BYTES", 1_000_000)
    one = chosen(publisher, "iptoasn")
    one = replace(one, publisher=replace(one.publisher, max_octets=1_000_000))
    before = fetch(one, desk)
    there = _sizes(desk.store)
    desk.clock.sleep(30 * HOUR_S)
    publisher.put(
        "/iptoasn/ip2asn-combined.tsv.gz", gzip.compress(b"1.0.0.0\t1.0.0.255\t1\tAU\tA\n")
    )
    publisher.next("ip2asn-combined.tsv.gz", *[fault] * 4)
    got = fetch(one, desk)
    assert got.outcome is Outcome.FAILED
    assert words in got.detail
    assert "\x1b" not in got.detail
    assert before.directory is not None
    assert there.items() <= _sizes(desk.store).items()
    assert Gazetteer.open(before.directory).describe()[0].rows == 2
    publisher.faults.clear()
    desk.clock.sleep(HOUR_S)
    after = fetch(one, desk)
    assert (after.outcome, after.detail, after.rows) == (Outcome.FETCHED, "", 1)


def test_faults_that_pass_are_not_noticed(publisher: Publisher, desk: Desk) -> None:
    name = "20260601.as-rel2.txt.bz2"
    publisher.next(name, cut(30), says(503), says(503, ("Retry-After", "5")))
    assert fetch(chosen(publisher, "asrel"), desk).outcome is Outcome.FETCHED
    assert [one.headers.get("range") for one in publisher.asked if one.name == name] == [
        None,
        *["bytes=30-"] * 3,
    ]


@pytest.mark.parametrize("times", [1, 2])
def test_a_wrong_checksum(publisher: Publisher, desk: Desk, times: int) -> None:
    name = "delegated-apnic-extended-latest.md5"
    wrong = says(200, body=b"0" * 32)
    publisher.next(name, *[wrong] * times)
    got = fetch(chosen(publisher, "delegated"), desk)
    if times > 1:  # no file was replaced meanwhile
        assert "the published one 000000" in got.detail
        assert not snapshots.days_of(desk.store / "delegated")
    else:
        assert got.outcome is Outcome.FETCHED
    assert fetch(chosen(publisher, "delegated"), desk).outcome is not Outcome.FAILED


def test_checksums_that_are_not_published_are_not_missed(publisher: Publisher, desk: Desk) -> None:
    del publisher.pages["/stats/arin/delegated-arin-extended-latest.md5"]
    assert fetch(chosen(publisher, "delegated"), desk).outcome is Outcome.FETCHED


def test_who_comes_second_finds_what_the_first_brought(publisher: Publisher, desk: Desk) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda _: fetch(chosen(publisher, "asrel"), desk).outcome, range(4))
        assert sorted(found) == [Outcome.FETCHED, *[Outcome.HERE] * 3]
    assert len(publisher.asked) == 2


def test_who_waits_is_told_what_for(publisher: Publisher, desk: Desk) -> None:
    others, told = ExitStack(), []
    others.enter_context(locked(desk.store / "delegated" / ".fetch"))

    def waiting(slug: str) -> None:
        told.append(slug)
        others.close()

    watched = replace(desk, waiting=waiting, checking=told.append)
    assert fetch(chosen(publisher, "delegated"), watched).outcome is Outcome.FETCHED
    assert told[0] == "delegated"
    assert told[1] == "delegated-afrinic-extended-latest.txt"
    assert len(told) == 6, "each file once, and the small one that holds its checksum is no file"
    assert fetch(chosen(publisher, "delegated"), watched).outcome is Outcome.HERE
    assert len(told) == 6, "nobody is in the way, and nothing came"


def test_a_full_disk_is_said_to_be_one(
    publisher: Publisher, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    got = fetch(chosen(publisher, "delegated"), desk)
    assert "needs about 45 MB, and 1 MB are free" in got.detail


def test_a_directory_of_another_form_is_said_to_be_one(publisher: Publisher, desk: Desk) -> None:
    publisher.put(
        "/caida/serial-2/", b"<html><title>We have moved</title></html>", kind="text/html"
    )
    assert "lists no file of the kind" in fetch(chosen(publisher, "asrel"), desk).detail


# -- PeeringDB ------------------------------------------------------------------------------


def test_peeringdb_is_asked_once_a_kind_at_its_pace_with_the_key(
    publisher: Publisher, desk: Desk
) -> None:
    keyed = replace(desk, keys={"peeringdb": KEY})
    since_s = desk.clock.monotonic_s()
    assert fetch(chosen(publisher, "peeringdb"), keyed).outcome is Outcome.FETCHED
    assert publisher.names() == ["ix", "ixlan", "ixpfx", "netixlan", "net"]
    assert {one.headers["authorization"] for one in publisher.asked} == {KEY}
    assert desk.clock.monotonic_s() - since_s == pytest.approx(12.0)
    everything = "".join(path.read_text() for path in desk.store.rglob("*.json"))
    assert KEY.split()[1] not in everything
    stranger = fetch(chosen(publisher, "vrps"), keyed)
    assert stranger.outcome is Outcome.FETCHED
    assert "authorization" not in publisher.asked[-1].headers


def test_changes_are_laid_over_the_copy_that_is_here(publisher: Publisher, desk: Desk) -> None:
    api = lay_out(publisher)
    first = fetch(chosen(publisher, "peeringdb"), desk)
    moved = {"updated": "2026-06-18T09:00:00Z"}
    api.rows["net"][0] |= {"name": "Made anew", **moved}
    gone = api.rows["netixlan"].pop(0)
    api.rows["netixlan"].append({**gone, "status": "deleted", **moved})
    api.rows["netixlan"].append({**gone, "id": 9, "ipaddr4": "185.1.0.12", **moved})
    desk.clock.sleep(30 * HOUR_S)
    publisher.date = "Thu, 18 Jun 2026 12:00:00 GMT"
    (planned,) = plan([chosen(publisher, "peeringdb")], desk.store, now=desk.now)
    assert (planned.is_fresh, planned.megabytes) == (False, 2.0)
    asked = len(publisher.asked)
    new = fetch(chosen(publisher, "peeringdb"), desk)
    assert (new.outcome, str(new.as_of), new.rows) == (Outcome.FETCHED, "2026-06-18", 7)
    assert all("&since=1780315200" in one.path for one in publisher.asked[asked:])
    assert len(publisher.asked) - asked == 5
    assert new.directory is not None
    assert first.directory is not None
    after, before = Gazetteer.open(new.directory), Gazetteer.open(first.directory)
    for port, now, then in (("185.1.0.10", False, True), ("185.1.0.12", True, False)):
        assert (after.ixp_port(ip_address(port)) is not None) is now
        assert (before.ixp_port(ip_address(port)) is not None) is then
    assert b"deleted" not in (new.directory / "netixlan.json").read_bytes()
    assert (after.name(64500), before.name(64500)) == ("Made anew", "Made 64500")


def test_who_wants_all_of_peeringdb_gets_it_and_keeps_it(publisher: Publisher, desk: Desk) -> None:
    few, whole = chosen(publisher, "peeringdb"), chosen(publisher, "peeringdb:all")
    assert whole.slug == few.slug
    assert fetch(few, desk).outcome is Outcome.FETCHED
    (planned,) = plan([whole], desk.store, now=desk.now)
    assert (planned.is_fresh, planned.megabytes) == (False, 52.0), "what is here has not all"
    asked = len(publisher.asked)
    got = fetch(whole, desk)
    assert publisher.names()[asked:] == [
        *("ix", "ixlan", "ixpfx", "netixlan", "net"),
        *("org", "fac", "netfac", "ixfac"),
    ]
    assert ["since" in one.path for one in publisher.asked[asked:]] == [True] * 5 + [False] * 4
    assert got.directory is not None
    holder = Gazetteer.open(got.directory).organisation(64500)
    assert holder is not None
    assert holder[0].name == "Made Org 1"
    assert fetch(whole, desk).outcome is Outcome.HERE
    desk.clock.sleep(30 * HOUR_S)
    publisher.date = "Thu, 18 Jun 2026 12:00:00 GMT"
    again, asked = fetch(few, desk), len(publisher.asked)
    assert again.directory is not None
    assert (str(again.as_of), len(read_manifest(again.directory).snapshot[0].files)) == (
        "2026-06-18",
        9,
    )
    assert fetch(whole, desk).outcome is Outcome.HERE
    assert len(publisher.asked) == asked


def test_real_objects_tell_their_moments(dev_only: Path) -> None:
    for path in (dev_only / "peeringdb-api-2026").glob("ix*-page-1.json.xz"):
        page = lzma.decompress(path.read_bytes())
        assert changes.last_update(page) is not None
        whole = changes.merged(page, page)
        assert json.loads(whole)["data"] == json.loads(page)["data"]


@pytest.mark.parametrize("spoilt", ["rows", "answer"])
def test_what_cannot_be_brought_up_to_date_is_fetched_anew(
    publisher: Publisher, desk: Desk, spoilt: str
) -> None:
    api = lay_out(publisher)
    if spoilt == "rows":
        del api.rows["net"][0]["updated"]
    fetch(chosen(publisher, "peeringdb"), desk)
    desk.clock.sleep(30 * HOUR_S)
    if spoilt == "answer":
        publisher.next("net", says(200, body=b'{"data": [{"no": "id"}]}'))
    asked = len(publisher.asked)
    got = fetch(chosen(publisher, "peeringdb"), desk)
    assert (got.outcome, got.detail) == (Outcome.FETCHED, "")
    assert publisher.asked[-1].path.endswith("net?depth=0")
    assert len(publisher.asked) - asked == (5 if spoilt == "rows" else 6)


def test_a_wrong_key_is_said_so(publisher: Publisher, desk: Desk) -> None:
    got = fetch(chosen(publisher, "peeringdb"), replace(desk, keys={"peeringdb": "Api-Key no"}))
    assert "the key is not accepted" in got.detail
    assert "Api-Key" not in got.detail


def test_what_a_limit_interrupted_goes_on_with_what_is_missing(
    publisher: Publisher, desk: Desk
) -> None:
    publisher.next("netixlan", says(429, ("Retry-After", "3000")))
    got = fetch(chosen(publisher, "peeringdb"), desk)
    assert "wants no question for 50 min; run the same command then" in got.detail
    asked = len(publisher.asked)
    assert fetch(chosen(publisher, "peeringdb"), desk).outcome is Outcome.FAILED
    assert len(publisher.asked) == asked, "a resting host is left alone"
    desk.clock.sleep(3000)
    assert fetch(chosen(publisher, "peeringdb"), desk).outcome is Outcome.FETCHED
    assert publisher.names()[asked:] == ["netixlan", "net"]


def test_what_lies_unfinished_for_long_is_asked_for_again(publisher: Publisher, desk: Desk) -> None:
    publisher.next("net", says(404))
    fetch(chosen(publisher, "peeringdb"), desk)
    desk.clock.sleep(30 * HOUR_S)
    asked = len(publisher.asked)
    publisher.date = "Thu, 18 Jun 2026 12:00:00 GMT"
    fetch(chosen(publisher, "peeringdb"), desk)
    assert publisher.names()[asked:] == ["ix", "ixlan", "ixpfx", "netixlan", "net"]


def test_a_replacement_that_was_killed_between_two_steps_is_mended(
    publisher: Publisher, desk: Desk
) -> None:
    got = fetch(chosen(publisher, "vrps"), desk)
    assert got.directory is not None
    got.directory.rename(got.directory.with_name(".aside-2026-06-17"))
    assert snapshots.newest(desk.store / "vrps") is None
    desk.clock.sleep(30 * HOUR_S)
    assert fetch(chosen(publisher, "vrps"), desk).outcome is Outcome.HERE
    assert (got.directory / FILE_NAME).is_file()
