"""``mxpath data show``: what a gazetteer holds, what was left out of it, and what fills the rest."""

import argparse

from mxpath.acquire import store
from mxpath.cli import options as shared
from mxpath.cli.data_rows import empty_sections, print_empty, print_snapshot, put, row_of
from mxpath.errors import InputError
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.model import codec
from mxpath.model.documents import DatasetList, Downloaded, GazetteerDate
from mxpath.model.foreign_text import printable


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="only this data set")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    shared.add_gazetteer(parser)


def run(options: argparse.Namespace) -> int:
    """Print the contents of a gazetteer, and which others there are."""
    document = _contents(shared.gazetteer_of(options), options.name)
    if options.json:
        print(codec.dump(document).decode(), end="")
        return 0
    dated = f"of {document.as_of}" if document.as_of else "of mixed dates"
    put(f"gazetteer {dated} at {document.directory}")
    for row in document.datasets:
        print()
        print_snapshot(row)
    if options.name is not None:
        return 0
    print_empty(document.empty)
    if document.gazetteers:
        print("\nin the store (--as-of DATE takes one)")
        for one in document.gazetteers:
            print(f"  {one.as_of}  {one.directory}")
    if document.downloads:
        print("\nfetched (mxpath data build --as-of DATE makes a gazetteer of them)")
        width = max(len(each.name) for each in document.downloads)
        for each in document.downloads:
            put(f"  {each.name:<{width}}  {', '.join(map(str, each.dates))}")
    return 0


def _contents(gazetteer: Gazetteer, name: str | None) -> DatasetList:
    held = gazetteer.describe()
    rows = tuple(row_of(one) for one in held if name in (None, one.name))
    if not rows and name is not None:
        known = ", ".join(dict.fromkeys(one.name for one in held)) or "nothing"
        raise InputError(f"the gazetteer holds no {printable(name)!r}; it holds {known}")
    return DatasetList(
        directory=str(gazetteer.directory),
        as_of=gazetteer.as_of,
        datasets=rows,
        empty=() if name is not None else empty_sections(gazetteer.missing),
        gazetteers=tuple(
            GazetteerDate(as_of=day, directory=str(store.gazetteer_of_date(day)))
            for day in reversed(store.built_dates())
        ),
        downloads=tuple(
            Downloaded(name=latest.parent.name, dates=store.dates_in(latest.parent)[::-1])
            for latest in store.downloads()
        ),
    )
