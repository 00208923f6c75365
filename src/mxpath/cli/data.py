"""``mxpath data list|fetch|show``: the published data that answers lean on."""

import argparse

from mxpath.cli import data_fetch
from mxpath.cli import options as shared
from mxpath.datasets.catalog import DATASETS
from mxpath.datasets.snapshot_summary import SnapshotSummary
from mxpath.errors import InputError
from mxpath.model import codec
from mxpath.model.documents import DatasetList, DatasetRow
from mxpath.model.foreign_text import printable


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|fetch|show")
    listing = actions.add_parser("list", help="the data sets that mxpath reads, and their terms")
    show = actions.add_parser("show", help="what the gazetteer holds, of which date")
    show.add_argument("name", nargs="?", metavar="DATASET", help="only this one")
    for action in (listing, show):
        action.add_argument("--json", action="store_true", help="print one JSON document")
    shared.add_gazetteer(show)
    data_fetch.configure(
        actions.add_parser("fetch", help="get the newest data of its publishers, after asking")
    )


def run(options: argparse.Namespace) -> int:
    """Print the catalogue, or the contents of a gazetteer; or fetch."""
    if options.action == "fetch":
        return data_fetch.run(options)
    document = _catalogue() if options.action == "list" else _contents(options)
    if options.json:
        print(codec.dump(document).decode(), end="")
        return 0
    for row in document.datasets:
        rows = f"{row.rows:,} rows" if row.rows is not None else ""
        dated = str(row.as_of) if row.as_of else ""
        print(f"{row.name:<14} {dated:<11} {rows:<15} {row.gives}")
        print(f"{'':<14} {row.publisher}; {row.licence}")
        if row.credit:
            print(f"{'':<14} {row.credit}")
        for reason, count in row.skipped:
            print(f"{'':<14} left out: {count:,} ({printable(reason)})")
    return 0


def _catalogue() -> DatasetList:
    specs = [(name, dataset.spec) for name, dataset in DATASETS.items()]
    rows = tuple(
        DatasetRow(
            name=name,
            publisher=spec.publisher,
            licence=spec.licence,
            as_of=None,
            rows=None,
            gives=spec.gives,
            credit=spec.attribution,
        )
        for name, spec in specs
    )
    return DatasetList(directory=None, as_of=None, datasets=rows)


def _contents(options: argparse.Namespace) -> DatasetList:
    gazetteer = shared.gazetteer_of(options)
    held = gazetteer.describe()
    rows = tuple(_row(one) for one in held if options.name in (None, one.name))
    if not rows:
        known = ", ".join(one.name for one in held) or "nothing"
        raise InputError(f"the gazetteer holds no {options.name!r}; it holds {known}")
    return DatasetList(directory=str(gazetteer.directory), as_of=gazetteer.as_of, datasets=rows)


def _row(held: SnapshotSummary) -> DatasetRow:
    return DatasetRow(
        name=held.name,
        publisher=held.publisher,
        licence=held.licence,
        as_of=held.as_of,
        rows=held.rows,
        gives=held.gives,
        credit=held.attribution,
        skipped=held.skipped,
    )
