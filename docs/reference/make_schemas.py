"""Write the JSON Schema of every document that mxpath prints or keeps.

Run it after a model value has changed: ``make schemas``. A test compares the
files with the code, and what the commands print with the files.
"""

import json
from pathlib import Path

from mxpath.lab.accuracy import Accuracy
from mxpath.lab.maillog import Delivery
from mxpath.lab.truth import Truth
from mxpath.model import codec, documents
from mxpath.model.changes import Changes
from mxpath.model.mail import MailDomain
from mxpath.model.study import Study
from mxpath.model.watch import Watched, WatchedRound

DOCUMENTS: tuple[type, ...] = (
    Study,
    MailDomain,
    Changes,
    Accuracy,
    Truth,
    Delivery,
    documents.Studies,
    documents.Traces,
    documents.Attributions,
    documents.Attributed,
    documents.Sessions,
    documents.Explanation,
    documents.Drawn,
    documents.DatasetList,
    documents.FetchList,
    documents.LabList,
    documents.LabLinks,
    documents.MadeInternet,
    documents.Configuration,
    documents.LabFaults,
    WatchedRound,
    Watched,
)


def schema_file(kind: type) -> str:
    """Return the name of the schema's file: ``study-1.json`` for ``mxpath.study/1``."""
    return codec.schema_name(kind).removeprefix("mxpath.").replace("/", "-") + ".json"


def schema_text(kind: type) -> str:
    """Return the schema as it is written to its file."""
    return json.dumps(codec.json_schema(kind), indent=1, sort_keys=True) + "\n"


def main() -> None:
    """Write all files anew."""
    directory = Path(__file__).parent / "schemas"
    for kind in DOCUMENTS:
        (directory / schema_file(kind)).write_text(schema_text(kind), encoding="utf-8")


if __name__ == "__main__":
    main()
