"""Downloads against a loopback server, whole and under every fault."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loopback_publishers import Fault, Publisher, cut, endless, portal, publishing, says
from mxpath.model.download import Download, DownloadFate, DownloadQuestion, Validators
from mxpath.vantage.clock import SystemClock
from mxpath.vantage.download import HttpDownloader
from mxpath.vantage.http_exchange import Asker
from play import issue, root

BODY = bytes(range(256)) * 400


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with publishing() as serving:
        serving.put("/file.gz", BODY)
        yield serving


def get(publisher: Publisher, into: Path, **more: Any) -> Download:
    asker = Asker(agent="test", trust_file=more.pop("trust_file", None))
    progress = more.pop("progress", None)
    asked = {"url": f"{publisher.url}file.gz", "stall_s": 0.3, "timeout_s": 5.0, **more}
    return HttpDownloader(SystemClock(), asker).download(
        DownloadQuestion(**asked), into / "file", progress
    )


def test_a_file_comes_whole_with_its_version(publisher: Publisher, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    done = get(publisher, tmp_path, progress=lambda here, all_: told.append((here, all_)))
    assert (done.fate, done.octets, done.resumed_at) == (DownloadFate.DONE, len(BODY), 0)
    assert (tmp_path / "file").read_bytes() == BODY
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert told[-1] == (len(BODY), len(BODY))
    assert done.validators is not None
    assert done.modified_at is not None
    again = get(publisher, tmp_path, known=done.validators)
    assert again.fate is DownloadFate.UNCHANGED
    other = Validators(etag='"another"')
    assert get(publisher, tmp_path, known=other).fate is DownloadFate.DONE


@pytest.mark.parametrize("version", ["etag", "date", "none"])
def test_what_broke_off_is_gone_on_with_where_the_version_can_be_told(
    publisher: Publisher, tmp_path: Path, version: str
) -> None:
    page = publisher.pages["/file.gz"]
    page.etag = page.etag if version == "etag" else None
    page.modified = page.modified if version != "none" else None
    publisher.next("file.gz", cut(50_000))
    broken = get(publisher, tmp_path)
    assert broken.fate is DownloadFate.BROKEN
    assert "50,000 of 102,400 octets" in broken.detail
    assert not (tmp_path / "file").exists()
    done = get(publisher, tmp_path)
    assert (done.fate, done.resumed_at) == (DownloadFate.DONE, 0 if version == "none" else 50_000)
    assert (tmp_path / "file").read_bytes() == BODY
    said = publisher.asked[1].headers
    wanted = {"etag": page.etag, "date": page.modified, "none": None}[version]
    assert said.get("if-range") == wanted


def test_what_broke_off_elsewhere_is_not_gone_on_with(publisher: Publisher, tmp_path: Path) -> None:
    publisher.put("/other.gz", b"o" * len(BODY), etag=publisher.pages["/file.gz"].etag)
    publisher.next("file.gz", cut(50_000))
    get(publisher, tmp_path)
    done = get(publisher, tmp_path, url=f"{publisher.url}other.gz")
    assert (done.fate, done.resumed_at) == (DownloadFate.DONE, 0)
    assert (tmp_path / "file").read_bytes() == b"o" * len(BODY)


@pytest.mark.parametrize("left", ["changed", "shorter", "liar"])
def test_another_version_starts_anew(publisher: Publisher, tmp_path: Path, left: str) -> None:
    publisher.next("file.gz", cut(50_000))
    get(publisher, tmp_path)
    new = b"new" * 40_000 if left == "changed" else b"short" * 10
    publisher.put("/file.gz", new)
    if left == "shorter":  # a server that takes no notice of If-Range
        publisher.next("file.gz", says(416, ("Content-Range", f"bytes */{len(new)}")))
    if left == "liar":
        publisher.next("file.gz", says(206, ("Content-Range", "bytes 0-4/5"), body=b"wrong"))
    done = get(publisher, tmp_path)
    assert (done.fate, done.resumed_at) == (DownloadFate.DONE, 0)
    assert (tmp_path / "file").read_bytes() == new


def test_what_was_whole_but_for_its_name_is_not_asked_for(
    publisher: Publisher, tmp_path: Path
) -> None:
    publisher.next("file.gz", cut(50_000))
    get(publisher, tmp_path)
    (tmp_path / "file.part").write_bytes(BODY)
    assert get(publisher, tmp_path).fate is DownloadFate.DONE
    assert len(publisher.asked) == 1


def _packed(handler: Any) -> bool:
    handler.status(200, ("Content-Encoding", "br"), body=BODY)
    return True


@pytest.mark.parametrize(
    ("fault", "fate", "words"),
    [
        (cut(1000, pause_s=0.6), DownloadFate.BROKEN, "nothing more came after 1,000"),
        (says(500), DownloadFate.BROKEN, "HTTP status 500"),
        (says(404), DownloadFate.MISSING, "404"),
        (says(401), DownloadFate.REFUSED, "key is not accepted"),
        (says(403), DownloadFate.REFUSED, "403"),
        (says(206), DownloadFate.REFUSED, "does not fit"),
        (portal, DownloadFate.REFUSED, "Please log in"),
        (endless, DownloadFate.REFUSED, "longer than 200,000"),
        (_packed, DownloadFate.REFUSED, "packed (br)"),
        (
            says(302, ("Location", "https://elsewhere.example/")),
            DownloadFate.REFUSED,
            "elsewhere.example",
        ),
        (says(302, ("Location", "/other")), DownloadFate.REFUSED, "redirected to http:"),
    ],
)
def test_faults_are_values(
    publisher: Publisher, tmp_path: Path, fault: Fault, fate: DownloadFate, words: str
) -> None:
    (tmp_path / "file").write_bytes(b"what was there")
    publisher.next("file.gz", fault, fault)
    got = get(publisher, tmp_path, max_octets=200_000)
    assert got.fate is fate
    assert words in got.detail
    assert "\x1b" not in got.detail
    assert (tmp_path / "file").read_bytes() == b"what was there"


def test_a_length_beyond_the_limit_is_refused_unread(publisher: Publisher, tmp_path: Path) -> None:
    got = get(publisher, tmp_path, max_octets=1000)
    assert got.fate is DownloadFate.REFUSED
    assert "102,400 octets, more than 1,000" in got.detail
    assert not list(tmp_path.iterdir())


def test_the_time_is_for_the_whole(publisher: Publisher, tmp_path: Path) -> None:
    publisher.next("file.gz", endless)
    got = get(publisher, tmp_path, max_octets=2**40, timeout_s=0.2)
    assert got.fate is DownloadFate.BROKEN
    assert "not finished in 0.2 s" in got.detail


@pytest.mark.parametrize(
    ("status", "told", "rest_s"),
    [
        (429, "42", 42.0),
        (429, "soon", 60.0),
        (503, "7", 7.0),
        (403, "9", 9.0),
    ],
)
def test_later_is_a_time(
    publisher: Publisher, tmp_path: Path, status: int, told: str, rest_s: float
) -> None:
    publisher.next("file.gz", says(status, ("Retry-After", told)))
    got = get(publisher, tmp_path)
    assert (got.fate, got.rest_s) == (DownloadFate.LATER, rest_s)


def test_a_packed_file_is_kept_as_it_lies_there(publisher: Publisher, tmp_path: Path) -> None:
    lies = gzip.compress(b"rows")
    publisher.put("/file.gz", lies, headers={"Content-Encoding": "x-gzip"})
    assert get(publisher, tmp_path).fate is DownloadFate.DONE
    assert (tmp_path / "file").read_bytes() == lies


def test_a_secret_stays_with_the_host_it_is_for(tmp_path: Path) -> None:
    roots = tmp_path / "roots.pem"
    roots.write_bytes(root().pem)
    context = issue("127.0.0.1", by=root(), names=("127.0.0.1",)).server(tmp_path)
    with publishing(context) as there, publishing() as here:
        there.put("/file.gz", BODY)
        here.next("file.gz", says(302, ("Location", f"{there.url}file.gz")))
        got = get(here, tmp_path, hosts=("127.0.0.1",), secret="Api-Key x", trust_file=roots)
        assert got.fate is DownloadFate.DONE
        assert here.asked[0].headers["authorization"] == "Api-Key x"
        assert "authorization" not in there.asked[0].headers
