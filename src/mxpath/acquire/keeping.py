"""AS paths to chosen prefixes, kept of collectors' tables while those are read for their origins."""

import re
from collections.abc import Iterable, Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING

from mxpath.datasets import paths
from mxpath.datasets.snapshot import Tally, digest
from mxpath.errors import InputError
from mxpath.gazetteer.manifest import Entry
from mxpath.model.address import Prefix
from mxpath.model.bgp import RibEntry
from mxpath.model.foreign_text import printable
from mxpath.tables.files import write_file

if TYPE_CHECKING:
    from mxpath.datasets.mrt_batches import Batch

_COLLECTOR = re.compile(r"rrc\d\d|route-views[a-z0-9.]*[a-z0-9]|[a-z0-9]+\.routeviews\.org")
_PACKINGS = (".gz", ".bz2", ".xz")


class Kept:
    """The routes to chosen prefixes out of the tables of one snapshot."""

    def __init__(self, wanted: Iterable[Prefix]) -> None:
        from mxpath.tables.covering import Overlapping  # noqa: PLC0415 - loads numpy

        self._wanted = Overlapping(wanted)
        self._routes: dict[RibEntry, None] = {}
        self._tally = Tally()

    def take(self, source: str, batch: "Batch") -> None:
        """Take what a batch tells of them."""
        from mxpath.datasets.mrt_entries import entries_of  # noqa: PLC0415 - loads numpy

        collector = collector_of(source)
        found = entries_of(batch, self._wanted, collector=collector, tally=self._tally)
        self._routes.update(dict.fromkeys(found))

    def written(self, directory: Path, table: Entry) -> Entry:
        """Write the routes below ``directory``; return their entry beside that of the tables."""
        lines = sorted(route.line for route in self._routes)
        content = "".join(f"{line}\n" for line in lines).encode()
        sha256 = digest([content])
        name = f"{paths.SPEC.name}-{sha256[:12]}/paths.txt"
        write_file(directory / name, [content])
        return Entry(
            name=paths.SPEC.name,
            files=(name,),
            publisher=table.publisher,
            as_of=table.as_of,
            sha256=sha256,
            licence=table.licence,
            url=table.url,
            attribution=table.attribution,
            rows=len(lines),
            skipped=self._tally.reasons,
        )


def collector_of(source: str) -> str:
    """Return the collector that a file's path names, else the name of the file.

    Examples
    --------
    >>> collector_of("/d/mrt-rrc00/2026-11-01/bview.gz"), collector_of("/home/a/my-router.bz2")
    ('rrc00', 'my-router')
    """
    found = _COLLECTOR.findall(source.lower())
    if found:
        return str(found[-1])
    path = Path(source)
    return path.stem if path.suffix in _PACKINGS else path.name


def chosen(texts: Iterable[str]) -> tuple[Prefix, ...]:
    """Read what paths are to be kept for: prefixes, addresses, or files that list such.

    Raises
    ------
    InputError
        When one is neither, nor a file of them.
    """
    return tuple(dict.fromkeys(prefix for text in texts for prefix in _chosen(text)))


def _chosen(text: str) -> Iterator[Prefix]:
    try:
        yield ip_network(text)
    except ValueError as error:
        if not Path(text).is_file():
            raise InputError(
                f"--paths {printable(text)}: neither an address, nor a prefix ({error}), nor a file"
            ) from error
        yield from _listed(Path(text))


def _listed(path: Path) -> Iterator[Prefix]:
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1):
        words = line.partition("#")[0].split()
        try:
            yield from map(ip_network, words)
        except ValueError as error:
            raise InputError(f"{path}:{number}: no address and no prefix: {error}") from error
