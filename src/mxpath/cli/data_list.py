"""``mxpath data list``: every data set that mxpath reads, and whether it is here."""

import argparse
from datetime import date

from mxpath.cli import options as shared
from mxpath.cli.data_rows import put
from mxpath.datasets.catalog import DATASETS
from mxpath.model import codec
from mxpath.model.documents import DatasetList, DatasetRow


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    shared.add_gazetteer(parser)


def run(options: argparse.Namespace) -> int:
    """Print the catalogue."""
    document = _catalogue(options)
    if options.json:
        print(codec.dump(document).decode(), end="")
        return 0
    for row in document.datasets:
        put(f"{row.name:<14}  {row.gives}")
        put(f"{row.publisher}; {row.licence}; {row.cadence}", indented=True)
        put(row.url, indented=True)
        held = ", ".join(map(str, row.held))
        put(f"here: {held}" if held else "not here", indented=True)
    print()
    put(f"“here” is what the gazetteer at {document.directory} holds: mxpath data show")
    return 0


def _catalogue(options: argparse.Namespace) -> DatasetList:
    gazetteer = shared.gazetteer_of(options)
    held: dict[str, list[date]] = {}
    for snapshot in gazetteer.snapshots:
        held.setdefault(snapshot.name, []).append(snapshot.as_of)
    rows = tuple(
        DatasetRow(
            name=name,
            publisher=dataset.spec.publisher,
            licence=dataset.spec.licence,
            as_of=None,
            rows=None,
            gives=dataset.spec.gives,
            credit=dataset.spec.attribution,
            section=dataset.section.value,
            cadence=dataset.spec.cadence,
            url=dataset.spec.url,
            held=tuple(sorted(held.get(name, ()), reverse=True)),
        )
        for name, dataset in DATASETS.items()
    )
    return DatasetList(directory=str(gazetteer.directory), as_of=gazetteer.as_of, datasets=rows)
