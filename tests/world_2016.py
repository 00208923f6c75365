"""The Internet of autumn 2016, as one gazetteer: prefixes, exchange points and relationships.

Real data that lies beside the project and is no part of it; what uses it asks for the fixture
``dev_only`` first, which skips where it is not there.
"""

from datetime import date
from pathlib import Path

from mxpath.datasets.catalog import DATASETS
from mxpath.datasets.gazetteer import Gazetteer
from mxpath.datasets.manifest import FILE_NAME, Entry, manifest_text
from mxpath.datasets.snapshot import digest, read_files

_DAY = date(2016, 10, 19)
_PARTS = {
    "pfx2as": (date(2016, 10, 1), "open/prefix2as/routeviews-pfx2as-201610.txt.xz"),
    "peeringdb": (_DAY, "dev-only/coherent-2016/peeringdb/*.json.xz"),
    "asrel": (date(2016, 12, 1), "dev-only/coherent-2016/20161201.as-rel.txt.bz2"),
}


def gazetteer_2016(data: Path, directory: Path) -> Gazetteer:
    """Return the gazetteer of 2016, its manifest and links to its files in ``directory``."""
    entries = []
    for name, (as_of, pattern) in _PARTS.items():
        paths = sorted(data.glob(pattern))
        for path in paths:
            (directory / path.name).symlink_to(path)
        spec = DATASETS[name].spec
        entries.append(
            Entry(
                name=name,
                files=tuple(path.name for path in paths),
                publisher=spec.publisher,
                as_of=as_of,
                sha256=digest(read_files(paths)),
                licence=spec.licence,
                attribution=spec.attribution,
            )
        )
    (directory / FILE_NAME).write_text(manifest_text(entries, as_of=_DAY))
    return Gazetteer.open(directory, as_of=_DAY)
