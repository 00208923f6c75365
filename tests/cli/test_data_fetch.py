"""``mxpath data fetch``, against a loopback server that speaks the publishers' interfaces."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from loopback_publishers import Handler, Publisher, cut, publishing, says
from mxpath.cli import main
from mxpath.cli.fetching import Fetching
from mxpath.vantage.locked_file import locked
from play import issue, root
from published_world import PORTS, configuration, lay_out


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with publishing() as serving:
        lay_out(serving)
        yield serving


@pytest.fixture
def store(tmp_path: Path, publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own directories, and a configuration that names the loopback server alone."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("MXPATH_PEERINGDB_KEY", "PEERINGDB_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    settings = tmp_path / "config" / "mxpath" / "config.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(configuration(publisher.url))
    return tmp_path / "data" / "mxpath" / "downloads"


def test_terms_and_size_come_first_and_nobody_is_asked(
    publisher: Publisher, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "fetch", "--dry-run"]) == 0
    told = capsys.readouterr().out
    for words in (
        "peeringdb",
        "asrel",
        "as2org",
        "vrps",
        "~169 MB",
        "about 2 min",
        "aup",
        "credit",
    ):
        assert words in told
    assert max(len(line) for line in told.splitlines() if str(store) not in line) <= 100
    assert main(["data", "fetch", "--dry-run", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["datasets"]) == 4
    assert main(["data", "fetch", "--yes", "--offline"]) == 1
    assert main(["data", "fetch"]) == 2
    assert "give --yes" in capsys.readouterr().err
    assert not publisher.asked
    assert not store.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["hugo\x1b[2J"], "what can be fetched: peeringdb"),
        (["asnames"], "get it by hand"),
        (["ixf"], "--from URL"),
        (["ixf", "--from", "ftp://a.example/"], "give a URL"),
        (["peeringdb", "--from", "https://a.example/"], "needs the kind"),
        (["--from", "https://a.example/"], "one NAME"),
        (["ris"], "name a collector"),
        (["vrps:x"], "nothing is called vrps:x"),
        (["vrps:all"], "nothing is called vrps:all"),
        (["peeringdb:org"], "nothing is called peeringdb:org"),
        (["vrps", "--yes", "--as-of", "2026-06-17"], "of vrps there is the newest edition alone"),
        (["asrel", "--yes", "--as-of", "2999-01-01"], "yet to come"),
    ],
)
@pytest.mark.usefixtures("store")
def test_what_cannot_be_fetched_is_said_with_what_to_do(
    publisher: Publisher, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert main(["data", "fetch", *words]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "\x1b" not in told
    assert not publisher.asked


def test_a_feed_from_a_place_of_ones_own(
    publisher: Publisher, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publisher.put("/feeds/geofeed.csv", b"185.2.0.0/16,DE,,Madeville,\n", kind="text/csv")
    url = f"{publisher.url}feeds/geofeed.csv"
    assert main(["data", "fetch", "geofeed", "--from", url, "--yes", "--json", "--no-build"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["datasets"]
    assert (row["outcome"], row["rows"], row["as_of"]) == ("fetched", 1, "2026-06-01")
    assert (store / row["name"] / "2026-06-01" / "geofeed.csv").is_file()


def test_what_fails_does_not_keep_the_others_back(
    publisher: Publisher, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publisher.next("vrps.json", says(200, body=b"\x1b[31mnot today"))
    names = ["vrps", "asrel"]
    assert main(["data", "fetch", *names, "--yes", "--no-build", "--keep", "1"]) == 4
    told = capsys.readouterr()
    assert "vrps: what came is no vrps" in told.err
    assert "asrel           fetched  of 2026-06-01" in told.out
    assert "1 snapshot takes" in told.out
    assert "\x1b" not in told.out + told.err
    assert sorted(path.name for path in store.iterdir()) == ["asrel", "vrps"]


@pytest.mark.usefixtures("store")
def test_of_a_past_day_the_bundle_is_what_has_editions(
    publisher: Publisher, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "fetch", "--as-of", "2026-06-01", "--dry-run", "--json"]) == 0
    told = capsys.readouterr()
    assert [row["name"] for row in json.loads(told.out)["datasets"]] == ["asrel", "as2org"]
    assert "peeringdb and vrps left out" in told.err
    assert not publisher.asked


@pytest.mark.slow
def test_what_was_not_built_is_built_by_the_next_fetch(
    publisher: Publisher, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gazetteers = store.parent / "gazetteers"
    assert main(["data", "fetch", "asrel", "--yes", "--no-build"]) == 0
    assert not gazetteers.exists()
    asked = len(publisher.asked)
    assert main(["data", "fetch", "asrel", "--yes"]) == 0
    assert "built           gazetteer of 2026-06-01" in capsys.readouterr().out
    assert main(["data", "fetch", "asrel", "--yes"]) == 0
    assert "gazetteer of" not in capsys.readouterr().out
    assert len(publisher.asked) == asked
    assert main(["data", "fetch", "asrel", "--yes", "--as-of", "2026-05-01"]) == 0
    assert "gazetteer of 2026-05-01" in capsys.readouterr().out
    assert sorted(path.name for path in gazetteers.glob("2*")) == ["2026-05-01", "2026-06-01"]


def test_a_mirror_may_have_a_certificate_of_its_own(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    roots, settings = tmp_path / "roots.pem", tmp_path / "config" / "mxpath" / "config.toml"
    roots.write_bytes(root().pem)
    context = issue("127.0.0.1", by=root(), names=("127.0.0.1",)).server(tmp_path)
    fetch = ["data", "fetch", "asrel", "--yes", "--no-build"]
    with publishing(context) as mirror:
        lay_out(mirror)
        settings.write_text(configuration(mirror.url))
        assert main(fetch) == 4
        assert "certificate" in capsys.readouterr().err
        assert not mirror.asked
        assert main([*fetch, "--ca-file", str(roots)]) == 0
    assert (store / "asrel" / "2026-06-01").is_dir()


@pytest.mark.usefixtures("store")
def test_a_key_comes_from_a_file_and_is_never_shown(
    publisher: Publisher, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key, settings = tmp_path / "peeringdb.key", tmp_path / "config" / "mxpath" / "config.toml"
    settings.write_text(f'{settings.read_text()}\n[key_files]\npeeringdb = "{key}"\n')
    fetch = ["data", "fetch", "peeringdb", "--yes", "--no-build"]
    assert main(fetch) == 2
    assert "cannot be read" in capsys.readouterr().err
    key.write_text("two words\n")
    assert main(fetch) == 2
    assert not publisher.asked
    key.write_text("wrong-key\n")
    key.chmod(0o644)
    assert main(fetch) == 4
    told = capsys.readouterr()
    assert "others may read this key" in told.err
    assert "the key is not accepted" in " ".join(told.err.split())
    assert "wrong-key" not in told.err + told.out
    assert publisher.asked[0].headers["authorization"] == "Api-Key wrong-key"
    clear = settings.read_text().replace(publisher.url, "http://mirror.example/")
    settings.write_text(clear)
    assert main(fetch) == 2
    assert "not said without https" in capsys.readouterr().err


# -- by the real command, in a process of its own -------------------------------------------

_WATCHED = """
import sys
seen = open({log!r}, "a", buffering=1)
def hook(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.gethostbyname"):
        print(event, arguments[1] if event == "socket.connect" else arguments[:2], file=seen)
sys.addaudithook(hook)
from mxpath.cli import main
sys.exit(main(sys.argv[1:]))
"""


def start(tmp_path: Path, *words: str, **more: Any) -> "subprocess.Popen[str]":
    """Run the command; every address that it turns to is written down."""
    code = _WATCHED.format(log=str(tmp_path / "turned-to"))
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    return subprocess.Popen(
        [sys.executable, "-c", code, "data", *words],
        env=environment,
        text=True,
        **{"stdin": subprocess.DEVNULL, "stdout": -1, "stderr": -1, **more},
    )


def turned_to(tmp_path: Path) -> set[str]:
    return set((tmp_path / "turned-to").read_text().splitlines())


@pytest.mark.slow
def test_the_starter_bundle_asks_the_configured_hosts_alone(
    publisher: Publisher, store: Path, tmp_path: Path
) -> None:
    process = start(tmp_path, "fetch", "--yes")
    told, complaints = process.communicate(timeout=60)
    assert (process.returncode, complaints) == (0, ""), told
    assert sorted(path.name for path in store.iterdir()) == ["as2org", "asrel", "peeringdb", "vrps"]
    assert "gazetteer of 2026-06-17" in told
    _the_gazetteer_is_used(tmp_path)
    port = publisher.url.rstrip("/").rpartition(":")[2]
    allowed = (f"('127.0.0.1', {port})", f"('127.0.0.1', '{port}')")
    assert turned_to(tmp_path)
    assert all(line.endswith(allowed) for line in turned_to(tmp_path)), turned_to(tmp_path)
    asked = len(publisher.asked)
    again = start(tmp_path, "fetch", "--yes", "--json")
    document = json.loads(again.communicate(timeout=60)[0])
    assert {row["outcome"] for row in document["datasets"]} == {"here"}
    assert len(publisher.asked) == asked
    (tmp_path / "turned-to").unlink()
    for quiet in ("--dry-run", "--offline"):
        start(tmp_path, "fetch", "--yes", quiet, "rrc00").communicate(timeout=60)
    assert turned_to(tmp_path) == set()


def _the_gazetteer_is_used(tmp_path: Path) -> None:
    """Further commands lean on what was fetched, without a word on where it lies."""
    shown = start(tmp_path, "show").communicate(timeout=60)[0]
    for row in ("peeringdb", "2026-06-17", "asrel", "2026-06-01", "PeeringDB (peeringdb.com)"):
        assert row in shown
    asking = [sys.executable, "-m", "mxpath", "attribute", PORTS[64500], "--json"]
    done = subprocess.run(asking, capture_output=True, text=True, check=True)
    (found,) = json.loads(done.stdout)["attributions"]
    assert found["ixp_port"]["value"]["ix_name"] == "MADE-IX"
    assert found["ixp_port"]["value"]["member"] == {"asn": 64500, "name": "Made 64500"}
    assert found["ixp_port"]["evidence"][0]["as_of"] == "2026-06-17"


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_fetch_that_was_ended_goes_on(
    publisher: Publisher, store: Path, tmp_path: Path, how: signal.Signals
) -> None:
    name = "20260601.as-rel2.txt.bz2"
    page = publisher.pages[f"/caida/serial-2/{name}"]
    publisher.next(name, cut(40, pause_s=3.0))
    process = start(tmp_path, "fetch", "as2org", "asrel", "--yes", "--no-build")
    part = store / "asrel" / ".unfinished" / f"{name}.part"
    _until(lambda: part.is_file() and (part.with_name(f"{name}.part.json")).is_file())
    _until(lambda: name in publisher.names())
    time.sleep(0.3)
    process.send_signal(how)
    _, complaints = process.communicate(timeout=20)
    if how is signal.SIGINT:
        assert process.returncode == 1
        assert "the same command goes on from there" in complaints
    assert not list((store / "asrel").glob("2*"))
    asked = len(publisher.asked)
    again = start(tmp_path, "fetch", "as2org", "asrel", "--yes", "--no-build")
    told, complaints = again.communicate(timeout=60)
    assert (again.returncode, complaints) == (0, "")
    assert "as2org          here" in told
    assert "asrel           fetched" in told
    assert publisher.names()[asked:] == ["", name]
    assert publisher.asked[-1].headers.get("if-range") in (None, page.etag)
    assert (store / "asrel" / "2026-06-01" / name).read_bytes() == page.body


@pytest.mark.parametrize("quiet", [False, True])
def test_another_fetch_of_the_same_is_waited_for_and_said(
    store: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    *,
    quiet: bool,
) -> None:
    others, say = ExitStack(), Fetching._waiting
    others.enter_context(locked(store / "vrps" / ".fetch"))

    def waiting(fetching: Fetching, slug: str) -> None:
        say(fetching, slug)
        others.close()

    monkeypatch.setattr(Fetching, "_waiting", waiting)
    timer = Timer(5.0, others.close)  # should nothing be said, the test fails and does not hang
    timer.start()
    words = ["data", "fetch", "vrps", "--yes", "--no-build", *["--quiet"] * quiet]
    assert main(words) == 0
    timer.cancel()
    line = "mxpath: vrps: another process is fetching it; waiting until that one is done\n"
    assert capsys.readouterr().err == ("" if quiet else line)


def _until(true: Any) -> None:
    until = time.monotonic() + 10
    while not true():
        assert time.monotonic() < until
        time.sleep(0.02)


def _slowly(handler: Handler) -> bool:
    page = handler.publisher.pages["/rpki/vrps.json"]
    handler.send_response(200)
    handler.head(page, len(page.body))
    for n in range(0, len(page.body), 60):
        handler.wfile.write(page.body[n : n + 60])
        handler.wfile.flush()
        time.sleep(0.05)
    return True


@pytest.mark.slow
def test_a_terminal_is_asked_and_shown_how_far_it_is(
    publisher: Publisher, store: Path, tmp_path: Path
) -> None:
    import pty  # noqa: PLC0415 - not everywhere

    publisher.next("vrps.json", _slowly)
    for answer, done in ((b"n\n", False), (b"y\n", True)):
        ours, theirs = pty.openpty()
        process = start(
            tmp_path, "fetch", "vrps", "--no-build", stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        os.write(ours, answer)
        shown = b""
        try:
            while piece := os.read(ours, 4096):
                shown += piece
        except OSError:  # how Linux ends a terminal
            pass
        os.close(ours)
        assert process.wait(20) == 0
        assert b"Fetch it? [y/N]" in shown
        assert (b"nothing was fetched" in shown) is not done
        assert (b" %  " in shown) is done
        assert (b"\rchecking vrps.json \xe2\x80\xa6" in shown) is done
        assert (store / "vrps" / "2026-06-17").exists() is done
