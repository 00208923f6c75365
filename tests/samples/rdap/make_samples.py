"""Make the samples beside this file from real RDAP documents, without what belongs to persons.

    python tests/samples/rdap/make_samples.py RESPONSES.json.xz DOCUMENT.json…

``RESPONSES.json.xz`` is ipwhois' collection; each further document is one of whoisit's.

What is changed, everywhere in a document:

1. An entity of the kind ``individual`` is called ``A Person``, and so is a range that bears
   its name; nothing else of it stays.
2. Telephone numbers, postal addresses, remarks and links go.
3. Of mailboxes only that of an abuse role stays, as ``abuse@registered.example``.
4. A handle without a card, which may be a person's, becomes ``HANDLE-n``; those of
   organisations (``ORG-…``) and maintainers (``…-MNT``) stay.
"""

import json
import lzma
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PERSON = "A Person"
MAILBOX = "abuse@registered.example"
_GONE = {"remarks", "links", "notices", "events", "asEventActor", "port43", "lang", "publicIds"}
_KEPT_PROPERTIES = ("version", "fn", "kind", "org", "email")


def scrubbed(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document without what belongs to persons."""
    return _Scrubber(document).whole()


class _Scrubber:
    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.persons: set[str] = set()
        self.handles: dict[str, str] = {}

    def whole(self) -> dict[str, Any]:
        clean = self.object(self.document)
        if clean.get("name") in self.persons:
            clean["name"] = PERSON
        return clean

    def object(self, found: dict[str, Any]) -> dict[str, Any]:
        clean = {key: value for key, value in found.items() if key not in _GONE}
        if "entities" in clean:
            clean["entities"] = [self.entity(each) for each in clean["entities"]]
        return clean

    def entity(self, found: dict[str, Any]) -> dict[str, Any]:
        clean = self.object(found)
        card = found.get("vcardArray", ["vcard", []])[1]
        told = {row[0]: row[3] for row in card}
        if told.get("kind") == "individual":
            self.persons.add(told.get("fn", PERSON))
            told = {"version": "4.0", "fn": PERSON, "kind": "individual"}
            clean["vcardArray"] = ["vcard", [[k, {}, "text", v] for k, v in told.items()]]
        elif card:
            rows = [self.row(row, found) for row in card if row[0] in _KEPT_PROPERTIES]
            clean["vcardArray"] = ["vcard", [row for row in rows if row]]
        if told.get("kind") in (None, "individual") and "handle" in found:
            clean["handle"] = self.handle(found["handle"])
        return clean

    def row(self, row: list[Any], entity: dict[str, Any]) -> list[Any] | None:
        if row[0] != "email":
            return row
        return ["email", {}, "text", MAILBOX] if "abuse" in entity.get("roles", ()) else None

    def handle(self, handle: str) -> str:
        if handle.startswith("ORG-") or handle.endswith("-MNT"):
            return handle
        return self.handles.setdefault(handle, f"HANDLE-{len(self.handles) + 1}")


def name_of(document: dict[str, Any]) -> str:
    """Return a file name: the AS number or the first address."""
    if "startAutnum" in document:
        return f"as{document['startAutnum']}.json"
    first = ip_address(document["startAddress"].split("/")[0])
    return str(first).replace(":", "_") + ".json"


def main(arguments: list[str]) -> int:
    """Write one sample for each document."""
    if not arguments:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    collection = json.loads(lzma.decompress(Path(arguments[0]).read_bytes()))
    documents = [case["response"] for case in collection.values()]
    documents += [json.loads(Path(name).read_bytes()) for name in arguments[1:]]
    for document in documents:
        text = json.dumps(scrubbed(document), indent=1, ensure_ascii=False)
        (HERE / name_of(document)).write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
