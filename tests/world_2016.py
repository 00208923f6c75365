"""The Internet of autumn 2016, as one gazetteer: prefixes, exchange points and relationships.

Real data that lies beside the project and is no part of it, built as ``mxpath data build`` does;
what uses it asks for the fixture ``dev_only`` first, which skips where it is not there.
"""

from datetime import date
from pathlib import Path

from mxpath.acquire.build import Plan, build
from mxpath.acquire.inputs import Said, gather
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.gazetteer.manifest import FILE_NAME

_FILES = (
    "open/prefix2as/routeviews-pfx2as-201610.txt.xz",
    "dev-only/coherent-2016/peeringdb/*.json.xz",
    "dev-only/coherent-2016/20161201.as-rel.txt.bz2",
)
_DAY = date(2016, 10, 19)
"""Of what does not tell its own: PeeringDB's dump, and the prefixes that came with it."""


def gazetteer_2016(data: Path, directory: Path) -> Gazetteer:
    """Return the gazetteer of 2016 in ``directory``, built there from what lies below ``data``."""
    if not (directory / FILE_NAME).exists():
        paths = [path for pattern in _FILES for path in sorted(data.glob(pattern))]
        plan = Plan(out=directory, with_shipped=False)
        assert build(gather(paths, Said(otherwise=_DAY)), plan).left_out == ()
    return Gazetteer.open(directory)
