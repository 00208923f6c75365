"""Gazetteers built of files: what is in them, in which order, and that nothing tears them."""

import subprocess
import sys
from datetime import date
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from acquire.files import DAY, SAMPLES, peeringdb, table, write
from mxpath.acquire import store
from mxpath.acquire.build import Built, Plan, build, build_downloads, gather_downloads
from mxpath.acquire.inputs import Said, gather
from mxpath.acquire.keeping import chosen
from mxpath.acquire.place import LOCK_NAME, claimed
from mxpath.datasets.snapshot import digest
from mxpath.errors import InputError, MxpathError, ParseError
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.gazetteer.manifest import FILE_NAME, Entry, manifest_text

GOOGLE = ip_address("8.8.8.8")


def built(*paths: Path, out: Path, otherwise: date | None = DAY, **plan: object) -> Built:
    given = Plan(out=out, with_shipped=False)
    for name, value in plan.items():
        object.__setattr__(given, name, value)
    return build(gather(paths, Said(otherwise=otherwise)), given)


def asns(directory: Path, address: str = "8.8.8.8") -> list[int]:
    found = Gazetteer.open(directory).origin(ip_address(address))
    return [] if found is None else [network.asn for network in found[0].networks]


def test_files_of_many_kinds_become_one_gazetteer(tmp_path: Path) -> None:
    rib = write(tmp_path, "rib", table(("8.8.8.0/24", (3320, 15169)), ("2600::/32", (3320, 1))))
    others = [
        write(tmp_path / kind, SAMPLES[kind][0], SAMPLES[kind][1])
        for kind in ("vrps", "asrel", "asnames", "geofeed", "delegated")
    ]
    made = built(rib, peeringdb(tmp_path / "pdb"), *others, out=tmp_path / "out")
    assert made.manifest.as_of == date(2026, 5, 4)  # of the newest
    gazetteer = Gazetteer.open(made.directory, as_of=date(2026, 5, 4))
    assert asns(made.directory) == [15169]
    assert asns(made.directory, "2600::1") == [1]
    port = gazetteer.ixp_port(ip_address("80.249.208.7"))
    assert port is not None
    assert (port[0].ix_name, port[0].member.asn, port[1].as_of) == ("AMS-IX", 3320, DAY)
    covering = gazetteer.vrps_covering(ip_network("8.8.8.0/24"))
    assert covering is not None
    assert covering[0][0].asn == 15169
    assert gazetteer.name(15169) == "GOOGLE - Google"
    place = gazetteer.place(GOOGLE)
    assert place is not None
    assert place[0].city == "Mountain View"
    for one in (rib, *others):
        one.unlink()  # nothing of what was brought is needed any more
    assert asns(made.directory) == [15169]
    assert {row.name: row.rows for row in gazetteer.describe()}["mrt"] == 2


def test_announced_prefixes_are_asked_before_ranges_and_the_newest_first(tmp_path: Path) -> None:
    files = [
        write(tmp_path, "2020-01-01.csv", "8.8.8.0,8.8.8.255,1\n"),
        write(tmp_path, "2019-01-01.txt", "8.8.8.0\t24\t2\n"),
        write(tmp_path, "2018-01-01.txt", "8.8.8.0\t24\t3\n"),
    ]
    made = built(*files, out=tmp_path / "out")
    names = [(entry.name, entry.as_of.year) for entry in made.manifest.snapshot]
    assert names == [("pfx2as", 2019), ("pfx2as", 2018), ("iplocation", 2020)]
    assert asns(made.directory) == [2]


def test_tables_of_several_collectors_are_one_and_keep_all_origins(tmp_path: Path) -> None:
    one = write(tmp_path, "rrc00", table(("8.8.8.0/24", (3320, 15169))))
    two = write(tmp_path / "more", "rrc01", table(("8.8.8.0/24", (3320, 36040))))
    entry = Entry(
        name="mrt",
        files=("rrc01",),
        publisher="another",
        as_of=DAY,
        sha256=digest([two.read_bytes()]),
        licence="its own",
    )
    write(two.parent, FILE_NAME, manifest_text([entry]))
    made = built(one, two.parent, out=tmp_path / "out")
    assert asns(made.directory) == [15169, 36040]
    (snapshot,) = made.manifest.snapshot
    assert "another; RIPE NCC" in snapshot.publisher
    two.write_bytes(two.read_bytes() + b"x")
    with pytest.raises(MxpathError, match="has changed"):
        built(one, two.parent, out=tmp_path / "out")


def test_what_is_shipped_fills_the_rest_unless_it_is_newer(tmp_path: Path) -> None:
    names = write(tmp_path, "2026-06-20.tsv", "15169\tOurs\n")
    origins = write(tmp_path, "2026-06-20.txt", "8.8.8.0\t24\t1\n")
    made = built(names, origins, out=tmp_path / "new", with_shipped=True)
    gazetteer = Gazetteer.open(made.directory)
    assert gazetteer.name(15169) == "Ours"
    assert gazetteer.provider("aspmx.l.google.com") is not None
    assert not {"iplocation"} & {entry.name for entry in made.manifest.snapshot}
    assert [entry.name for entry in made.manifest.snapshot].count("asnames") == 1
    old = built(names, out=tmp_path / "old", otherwise=None)
    assert [entry.name for entry in old.manifest.snapshot] == ["asnames"]
    rib = write(tmp_path, "rib", table(("8.8.8.0/24", (3320, 15169))))
    early = built(rib, out=tmp_path / "early", with_shipped=True)
    # Cities lie where they lay: what places are called is of no date.
    assert {entry.name for entry in early.manifest.snapshot} == {
        "mrt",
        "cities",
        "airports",
        "carriers",
        "hostnames",
    }
    assert any(words.startswith("asnames of 2024-09-19, as shipped") for words in early.left_out)


def test_no_snapshot_is_newer_than_what_is_asked_for(tmp_path: Path) -> None:
    rib = write(tmp_path, "rib", table(("8.8.8.0/24", (3320, 15169))))
    with pytest.raises(InputError, match="mrt of 2001-09-09 is later than --as-of 2001-01-01"):
        built(rib, out=tmp_path / "out", as_of=date(2001, 1, 1))
    assert built(rib, out=tmp_path / "out", as_of=date(2002, 1, 1)).manifest.as_of == date(
        2002, 1, 1
    )


def test_pages_of_peeringdb_are_joined_over_midnight_but_not_over_years(tmp_path: Path) -> None:
    directory = peeringdb(tmp_path / "pdb")
    later = SAMPLES["peeringdb"][1]
    assert isinstance(later, str)
    write(directory, "net.json", later.replace("1000000000.5", "1000090000.5"))
    (snapshot,) = built(directory, out=tmp_path / "out").manifest.snapshot
    assert snapshot.as_of == date(2001, 9, 10)
    write(directory, "net.json", later.replace("1000000000.5", "1300000000.5"))
    with pytest.raises(InputError, match=r"net.json of 2011-03-13: files of peeringdb are joined"):
        built(directory, out=tmp_path / "out")


def test_a_page_without_a_telling_name_and_strangers_in_a_directory(tmp_path: Path) -> None:
    directory = peeringdb(tmp_path / "pdb")
    write(directory, "README", "hello\n")
    made = built(directory, out=tmp_path / "out")
    assert len(made.left_out) == 1
    assert "README" in made.left_out[0]
    with pytest.raises(InputError, match="no file in there is a data set"):
        built(write(tmp_path / "empty", "README", "x").parent, out=tmp_path / "out")


def test_a_file_without_a_date_is_not_of_today(tmp_path: Path) -> None:
    feed = write(tmp_path / "x", "feed.csv", "8.8.8.0/24,US,,,\n")
    with pytest.raises(InputError, match=r"of which date this geofeed is .*feed.csv=YYYY-MM-DD"):
        built(feed, out=tmp_path / "out", otherwise=None)
    said = Said(dates={feed: date(2020, 2, 2)}, kinds={feed: "geofeed"})
    assert gather([feed], said).sources[0].entry.as_of == date(2020, 2, 2)


def test_a_damaged_file_leaves_the_gazetteer_from_before(tmp_path: Path) -> None:
    whole = table(("8.8.8.0/24", (3320, 15169)))
    rib, out = write(tmp_path, "rib", whole), tmp_path / "out"
    built(rib, out=out)
    rib.write_bytes(table(("8.8.8.0/24", (3320, 1))) + whole[:-3])
    with pytest.raises(ParseError, match=r"rib: byte \d+: .*\(1 routes of its table were read"):
        built(rib, out=out)
    assert asns(out) == [15169]
    assert asns(built(rib, out=out, lenient=True).directory) == [1]


def test_what_was_not_built_is_not_touched(tmp_path: Path) -> None:
    rib = write(tmp_path, "rib", table(("8.8.8.0/24", (3320, 15169))))
    write(tmp_path / "home", "letter.txt", "dear")
    with pytest.raises(InputError, match="home is no gazetteer, and not empty"):
        built(rib, out=tmp_path / "home")
    hand = tmp_path / "hand"
    content = b"8.8.8.0\t24\t1\n"
    entry = Entry(
        name="pfx2as",
        files=("x.txt",),
        publisher="me",
        as_of=DAY,
        sha256=digest([content]),
        licence="none",
    )
    write(hand, "x.txt", content)
    write(hand, FILE_NAME, manifest_text([entry]))
    with pytest.raises(InputError, match="put together by hand"):
        built(rib, out=hand)
    assert asns(hand) == [1]
    assert asns(built(hand, out=tmp_path / "made").directory) == [1]


def test_what_lies_beside_a_gazetteer_is_not_tidied_away(tmp_path: Path) -> None:
    rib = write(tmp_path, "rib", table(("8.8.8.0/24", (3320, 15169))))
    out = built(rib, out=tmp_path / "out").directory
    kept = [write(out / name, "x", "mine") for name in ("notes", "photos-0123456789ab")]
    gone = write(out / "providers-0123456789ab", "x", "of a build that was ended")
    built(rib, out=out)
    assert all(path.exists() for path in kept)
    assert not gone.exists()
    assert not gone.parent.exists()


def test_one_build_at_a_time_works_in_a_directory(tmp_path: Path) -> None:
    rib = write(tmp_path, "rib", table(("8.8.8.0/24", (3320, 15169))))
    with (
        claimed(tmp_path / "out"),
        pytest.raises(InputError, match="another build is at work"),
    ):
        built(rib, out=tmp_path / "out")
    assert asns(built(rib, out=tmp_path / "out").directory) == [15169]


_KILLED = """
import os, sys
from datetime import date
from pathlib import Path
from mxpath.acquire.build import Plan, build
from mxpath.acquire.inputs import Said, gather
from mxpath.acquire.keeping import chosen
from mxpath.gazetteer.gazetteer import Gazetteer
from ipaddress import ip_address

out, rounds = Path(sys.argv[1]), sys.argv[2:]

class Torn:
    '''A file in whose first part there is a moment when half of it is written.'''

    def __init__(self, file, stepped):
        self.file, self.stepped, self.first = file, stepped, True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def write(self, part):
        half = len(part) // 2 if self.first else 0
        self.file.write(part[:half])
        if self.first:
            self.file.flush()
            self.stepped()
        self.first = False
        self.file.write(part[half:])

def child(path, moment):
    '''Build, and die without a word before the n-th step that can be seen from outside.'''
    left = moment

    def dying(step):
        def stepped(*arguments, **options):
            nonlocal left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), 9)
            return step(*arguments, **options)
        return stepped

    for name in ("replace", "unlink"):
        setattr(Path, name, dying(getattr(Path, name)))
    opened = Path.open

    def open_(self, mode="r", *rest, **options):
        file = opened(self, mode, *rest, **options)
        return Torn(file, dying(lambda: None)) if "x" in mode else file

    Path.open = open_
    build(gather([Path(path)], Said()), Plan(out=out, with_shipped=False))
    os._exit(0)

for number in range(1, 100):
    pid = os.fork()
    if not pid:
        child(rounds[number % 2], number - 1)
    status = os.waitpid(pid, 0)[1]
    found = Gazetteer.open(out).origin(ip_address("8.8.8.8"))
    print(number, status, found[0].networks[0].asn)
    if status == 0:
        break
"""


@pytest.mark.slow
def test_killed_at_any_moment_a_build_leaves_one_gazetteer_whole(tmp_path: Path) -> None:
    paths = [write(tmp_path, f"rib{asn}", table(("8.8.8.0/24", (3320, asn)))) for asn in (11, 12)]
    out = tmp_path / "out"
    built(paths[0], out=out)
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(out), *map(str, paths)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    rounds = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    deaths = [status for _, status, _ in rounds]
    assert deaths[-1] == 0
    assert set(deaths[:-1]) == {9}
    assert len(deaths) > 6  # tables of both families and the manifest: half written, and named
    assert {asn for _, _, asn in rounds[:-1]} == {11}
    assert rounds[-1][2] == (11, 12)[rounds[-1][0] % 2]
    assert asns(built(paths[0], out=out).directory) == [11]
    left = {path.name for path in out.rglob("*") if path.is_file()}
    assert not [name for name in left if name.endswith(".tmp")]
    built(paths[0], out=out)
    assert len({path.name for path in out.rglob("*.columns")}) == 2
    assert {path.name for path in out.iterdir()} == {FILE_NAME, "tables", LOCK_NAME}


def test_the_newest_downloads_are_built_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with pytest.raises(InputError, match=r"no downloads at .*: run mxpath data fetch first"):
        build_downloads()
    for day, asn in (("2026-07-01", 1), ("2026-07-02", 2)):
        content = f"8.8.8.0\t24\t{asn}\n".encode()
        entry = Entry(
            name="pfx2as",
            files=("x.txt",),
            publisher="p",
            as_of=date.fromisoformat(day),
            sha256=digest([content]),
            licence="none",
        )
        place = store.downloads_directory() / "pfx2as" / day
        write(place, "x.txt", content)
        write(place, FILE_NAME, manifest_text([entry]))
    (store.downloads_directory() / ".coming" / "2026-07-03").mkdir(parents=True)
    assert asns(build_downloads(Plan(with_shipped=False))) == [2]
    assert store.newest_gazetteer() == store.gazetteers_directory() / "2026-07-02"
    early = build_downloads(Plan(as_of=date(2026, 7, 1), with_shipped=False))
    assert asns(early) == [1]
    assert store.built_dates() == (date(2026, 7, 1), date(2026, 7, 2))
    with pytest.raises(InputError, match="no downloads of 2026-06-30 or before"):
        gather_downloads(date(2026, 6, 30))


def test_progress_goes_forward_to_the_end(tmp_path: Path) -> None:
    rib = write(tmp_path, "rib", table(("8.8.8.0/24", (3320, 15169))))
    names = write(tmp_path, "names.tsv", "1\tx\n")
    seen: list[tuple[str, int, int]] = []
    inputs = gather([rib, names], Said(otherwise=DAY))
    build(
        inputs,
        Plan(out=tmp_path / "out", with_shipped=False),
        progress=lambda *what: seen.append(what),
    )
    total = rib.stat().st_size + names.stat().st_size
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)
    assert {all_of for _, _, all_of in seen} == {total}
    assert ("rib", rib.stat().st_size, total) in seen


def test_paths_to_chosen_prefixes_are_kept_of_the_tables(tmp_path: Path) -> None:
    routes = [("8.8.8.0/24", (3320, 3356, 15169)), ("8.0.0.0/8", (3320, 3356)), ("9.0.0.0/8", (1,))]
    routes.append(("8.1.0.0/16", (3320, 7)))
    one = write(tmp_path / "rrc00", "bview.gz", table(*routes))
    two = write(tmp_path, "own-router", table(("8.8.8.0/25", (3320, 15169))))
    listed = write(tmp_path, "list", "# ours\n8.8.8.0/24 2600::/32\n")
    made = built(one, two, out=tmp_path / "out", paths=chosen([str(listed), "8.8.8.9"]))
    gazetteer = Gazetteer.open(made.directory)
    found = gazetteer.paths(GOOGLE)
    assert found is not None
    assert [(str(r.prefix), str(r.path), r.collector, r.peer_asn) for r in found[0]] == [
        ("8.8.8.0/25", "3320 15169", "own-router", 3320),
        ("8.8.8.0/24", "3320 3356 15169", "rrc00", 3320),
        ("8.0.0.0/8", "3320 3356", "rrc00", 3320),
    ]
    assert (found[1].name, found[1].as_of) == ("paths", DAY)
    assert gazetteer.paths(ip_address("9.9.9.9")) is None
    assert gazetteer.paths(ip_address("8.2.0.1")) is not None
    assert gazetteer.paths(ip_address("8.1.0.1")) is None, "its own prefix was not chosen"
    again = Gazetteer.open(built(made.directory, out=tmp_path / "again").directory)
    assert again.paths(GOOGLE) == found
    names = write(tmp_path, "names.tsv", "1\tx\n")
    with pytest.raises(InputError, match="--paths: paths are kept of collectors' tables"):
        built(names, out=tmp_path / "out", paths=chosen(["8.8.8.8"]))


def test_what_paths_are_kept_for_has_to_be_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--paths nowhere: neither an address, nor a prefix"):
        chosen(["nowhere"])
    with pytest.raises(InputError, match="list:2: no address and no prefix"):
        chosen([str(write(tmp_path, "list", "8.8.8.8\n8.8.8.0/2\n"))])


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    names = write(tmp_path, "names.tsv", "1\tx\n")
    with pytest.raises(InputError, match=r"no gazetteer can be written to .*names.tsv/below"):
        built(names, out=names / "below")


def test_what_a_failed_build_wrote_does_not_stay(tmp_path: Path) -> None:
    """A full disk must not be filled by what came of it; the gazetteer from before stays."""
    rib, names, out = tmp_path / "rib", write(tmp_path, "asnames", "1\tx\n"), tmp_path / "out"
    rib.write_bytes(table(("8.8.8.0/24", (3320, 15169))))
    built(rib, names, out=out)
    before = sorted(out.rglob("*"))
    rib.write_bytes(table(("8.8.8.0/24", (3320, 1))))
    names.write_text("1\tx\n" * 500 + "no name\n")
    with pytest.raises(ParseError, match="asnames:501"):
        built(rib, names, out=out)
    assert sorted(out.rglob("*")) == before
    assert asns(out) == [15169]


@pytest.mark.parametrize("said", ["kinds", "dates"])
def test_what_is_said_of_a_file_that_is_not_given_is_refused(tmp_path: Path, said: str) -> None:
    other, given = tmp_path / "other", write(tmp_path, "pfx2as", "8.8.8.0\t24\t1\n")
    words = (
        Said(otherwise=DAY, kinds={other: "asnames"})
        if said == "kinds"
        else Said(dates={other: DAY, given: DAY})
    )
    with pytest.raises(InputError, match="other is not among the files"):
        gather([given], words)
