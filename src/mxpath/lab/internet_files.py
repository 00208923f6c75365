"""A made Internet as files: named, packed and formed as the real publishers do it.

The directory is a gazetteer at once: ``gazetteer.toml`` names what answers questions. Below it,
in ``more/``, are the collector's table and as2org's older form, for whoever builds from them or
reads them with other programs. It is made under another name and takes its own when it is whole.
"""

import bz2
import gzip
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from pathlib import Path

from mxpath.datasets.snapshot import digest, digest_of
from mxpath.errors import InputError
from mxpath.gazetteer.manifest import FILE_NAME, Entry, manifest_text
from mxpath.lab import internet_peeringdb, internet_table, internet_texts
from mxpath.lab.internet import AS_OF, Internet
from mxpath.lab.internet_networks import REGISTRIES
from mxpath.model.documents import MadeFile

DAY = AS_OF.strftime("%Y%m%d")
MORE, RIB = "more", f"bview.{DAY}.0000.gz"
_LICENCE = "made up: no terms"
_LEVEL = 4
"""Of packing: the next costs twice the time for a twentieth of the size."""
_BUFFER_BYTES = 1 << 22

Progress = Callable[[str], None]


def publish(
    internet: Internet, directory: Path, *, progress: Progress = lambda _: None
) -> tuple[MadeFile, ...]:
    """Write all files into ``directory``, which is made.

    Equal Internets give equal bytes, as long as the same libraries pack them.

    Raises
    ------
    InputError
        When there is something in it already, or it cannot be written.
    """
    refuse_full(directory)
    begun = directory.with_name(f".{directory.name}.begun")
    try:
        shutil.rmtree(begun, ignore_errors=True)
        begun.mkdir(parents=True)
        found = tuple(_written(internet, begun, progress))
        begun.replace(directory)
    except OSError as error:
        raise InputError(f"cannot write to {directory}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(begun, ignore_errors=True)
    return found


def refuse_full(directory: Path) -> None:
    """Raise InputError where there is something already."""
    if directory.exists() and not (directory.is_dir() and not any(directory.iterdir())):
        raise InputError(f"{directory} is there already: name a new directory, or remove it")


def _written(internet: Internet, directory: Path, progress: Progress) -> Iterator[MadeFile]:
    entries = []
    for name, holds, files in _snapshots(internet):
        contents = {}
        for path, content in files:
            progress(f"writing {path}")
            contents[path] = content
            yield _write(directory, path, content, holds)
        entries.append(_entry(internet, name, contents.keys(), digest(contents.values())))
    yield _write(directory, FILE_NAME, _manifest(entries), "what answers come from")
    older = _gz(internet_texts.organisations_as_text(internet))
    yield _write(directory, f"{MORE}/{DAY}.as-org2info.txt.gz", older, "organisations, older form")
    progress(f"writing {MORE}/{RIB}")
    yield _table(internet, directory)
    table = _entry(internet, "mrt", [RIB], digest_of([directory / MORE / RIB]))
    yield _write(directory, f"{MORE}/{FILE_NAME}", _manifest([table]), "names the table")


def _manifest(entries: list[Entry]) -> bytes:
    return manifest_text(entries, as_of=AS_OF).encode()


def _write(directory: Path, name: str, content: bytes, holds: str) -> MadeFile:
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return MadeFile(name=name, size_bytes=len(content), holds=holds)


def _entry(internet: Internet, name: str, files: Iterable[str], sha256: str) -> Entry:
    return Entry(
        name=name,
        files=tuple(files),
        publisher=internet.publisher,
        as_of=AS_OF,
        sha256=sha256,
        licence=_LICENCE,
    )


_Files = Iterator[tuple[str, bytes]]


def _snapshots(internet: Internet) -> Iterator[tuple[str, str, _Files]]:
    """Data set, what it is, and its files made one by one."""
    texts = internet_texts
    yield (
        "pfx2as",
        "prefixes and their origins",
        (
            (
                f"routeviews-rv{2 if v == 4 else 6}-{DAY}-0000.pfx2as.gz",
                _gz(texts.prefixes(internet, v)),
            )
            for v in (4, 6)
        ),
    )
    yield "asnames", "names of networks", _one(f"asnames-{DAY}.tsv", texts.names(internet))
    yield "peeringdb", "exchange points", _peeringdb(internet)
    yield "ixf", "an exchange point's own export", _exports(internet)
    relations = bz2.compress(_lines(texts.relations(internet)))
    yield "asrel", "relationships", iter([(f"{DAY}.as-rel2.txt.bz2", relations)])
    as_json = _gz(texts.organisations_as_json(internet))
    yield "as2org", "organisations", iter([(f"{DAY}.as-org2info.jsonl.gz", as_json)])
    yield "vrps", "who may announce what (RPKI)", _one("vrps.json", texts.payloads(internet))
    yield (
        "delegated",
        "who holds numbers since when",
        (
            (f"delegated-{name}-extended-{DAY}", _lines(texts.delegations(internet, n)))
            for n, name in enumerate(REGISTRIES)
        ),
    )
    yield (
        "transit-free",
        "who buys transit from nobody",
        _one(f"transit-free-{DAY}.csv", texts.transit_free(internet)),
    )
    yield "geofeed", "places of prefixes", _one(f"geofeed-{DAY}.csv", texts.places(internet))


def _one(name: str, lines: Iterable[str]) -> _Files:
    yield name, _lines(lines)


def _lines(lines: Iterable[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def _gz(lines: Iterable[str]) -> bytes:
    return gzip.compress(_lines(lines), _LEVEL, mtime=0)


def _peeringdb(internet: Internet) -> _Files:
    for kind, rows in internet_peeringdb.documents(internet).items():
        yield (
            f"peeringdb/{kind}.json",
            json.dumps({"data": rows, "meta": {"generated": str(AS_OF)}}).encode(),
        )


def _exports(internet: Internet) -> _Files:
    for point, version in enumerate(internet_peeringdb.IXF_VERSIONS):
        found = internet_peeringdb.export(internet, point, version)
        yield f"ixf/{internet_peeringdb.point_name(point)}.json", json.dumps(found).encode()


def _table(internet: Internet, directory: Path) -> MadeFile:
    """Write the collector's table, which is too large to be held."""
    path = directory / MORE / RIB
    with (
        path.open("wb") as file,
        gzip.GzipFile("", "wb", compresslevel=_LEVEL, fileobj=file, mtime=0) as packed,
    ):
        buffer = BytesIO()
        for record in internet_table.records(internet):
            buffer.write(record)
            if buffer.tell() > _BUFFER_BYTES:
                packed.write(buffer.getvalue())
                buffer = BytesIO()
        packed.write(buffer.getvalue())
    holds = "a collector's table (MRT)"
    return MadeFile(name=f"{MORE}/{RIB}", size_bytes=path.stat().st_size, holds=holds)
