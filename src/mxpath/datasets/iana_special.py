"""What IANA says of address space: special-purpose registries, and who was given which block.

Four documents of one XML form (https://www.iana.org/assignments/), told apart by
the name of their root: ``iana-ipv4-special-registry``, ``iana-ipv6-special-registry``
(RFC 6890, RFC 8190), ``ipv4-address-space`` (RFC 7249) and ``ipv6-address-space``.

The law of the special-purpose registries: of all rows that an address lies in the
most specific one speaks. ``192.0.0.0/24`` is not globally reachable "unless by virtue
of a more specific reservation", and 192.0.0.9 is.

A document with a DOCTYPE is refused, so no entity is ever declared, let alone
expanded; size and depth are bounded.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_network
from typing import NoReturn
from xml.etree import ElementTree as ET

from mxpath.datasets.snapshot import Spec, Tally
from mxpath.errors import ParseError
from mxpath.model.address import Prefix

SPEC = Spec(
    name="iana-special",
    publisher="IANA",
    licence="CC0 1.0 (IANA registries)",
    cadence="when IANA registers something",
    url="https://www.iana.org/assignments/{registry}/{registry}.xml",
    gives="special-purpose ranges, and which registry was given each block of addresses",
    attribution="Special-purpose and address space registries: IANA",
)

_MAX_OCTETS = 4 * 2**20
_MAX_DEPTH = 20
_PADDED = re.compile(r"^([0-9]{1,3})/8$")
_ANSWERS = {"True": True, "False": False, "N/A": None, "": None}


class Status(StrEnum):
    """What became of a block of IPv4 addresses (footnote 1 of the registry)."""

    RESERVED = "RESERVED"
    LEGACY = "LEGACY"
    ALLOCATED = "ALLOCATED"
    UNALLOCATED = "UNALLOCATED"


_STATUSES = frozenset(status.value for status in Status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Special:
    """A row of a special-purpose registry (RFC 6890 section 2.2.1); ``None`` is "not applicable"."""

    prefix: Prefix
    name: str
    documents: tuple[str, ...]
    """What defines it: ``rfc1122``."""
    allocated: str | None
    """Year and month."""
    terminated: str | None
    source: bool | None
    """May be the source of a packet that crosses two devices."""
    destination: bool | None
    forwardable: bool | None
    globally_reachable: bool | None
    reserved_by_protocol: bool | None
    notes: tuple[str, ...]
    """Footnotes to any of its cells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A row of an address space registry."""

    prefix: Prefix
    designation: str
    """Whom it was given to, or what for."""
    status: Status | None
    """``None`` for IPv6, where the registry has no such column."""
    since: str | None
    """Year and month."""
    whois: str | None
    servers: tuple[str, ...]
    """Base URLs of RDAP."""
    notes: tuple[str, ...]


Row = Special | Block


def parse(document: bytes, *, source: str, tally: Tally | None = None) -> Iterator[Row]:
    """Read one of the four documents; a cell with two prefixes gives two rows.

    Blocks in a state that the registry has not had so far are left out and counted.

    Raises
    ------
    ParseError
        When it is no such document.
    """
    tally = Tally() if tally is None else tally
    root = _tree(document, source)
    read = _READERS.get(root.get("id", ""))
    if root.tag != "registry" or read is None:
        known = ", ".join(_READERS)
        raise ParseError(f"no registry of IANA's that is known; known are {known}", source=source)
    footnotes = {note.get("anchor", ""): _text(note) for note in root.iter("footnote")}
    for number, record in enumerate(root.iter("record"), start=1):
        try:
            rows = read(record, footnotes)
        except ValueError as error:
            raise ParseError(f"record {number}: {error}", source=source) from error
        if not rows:
            tally.skip("status that is not known")
        tally.rows += len(rows)
        yield from rows


class _Builder(ET.TreeBuilder):
    """Builds a tree of bounded depth, without namespaces, of a document without DOCTYPE."""

    depth = 0

    def start(self, tag: str, attrs: dict[str, str]) -> ET.Element:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise ValueError(f"elements nested deeper than {_MAX_DEPTH}")
        return super().start(tag.rpartition("}")[2], attrs)

    def end(self, tag: str) -> ET.Element:
        self.depth -= 1
        return super().end(tag.rpartition("}")[2])

    def doctype(self, *_: str | None) -> NoReturn:
        raise ValueError("has a DOCTYPE, which could declare entities")


def _tree(document: bytes, source: str) -> ET.Element:
    if len(document) > _MAX_OCTETS:
        raise ParseError(f"larger than {_MAX_OCTETS} octets", source=source)
    parser = ET.XMLParser(target=_Builder())  # noqa: S314 - the builder refuses a DOCTYPE
    try:
        parser.feed(document)
        root: ET.Element = parser.close()
    except ET.ParseError as error:
        raise ParseError(str(error), source=source, line=error.position[0]) from error
    except (ValueError, LookupError) as error:
        raise ParseError(f"no XML that is read here: {error}", source=source) from error
    return root


def _special(record: ET.Element, footnotes: dict[str, str]) -> tuple[Special, ...]:
    return tuple(
        Special(
            prefix=ip_network(text.strip()),
            name=_cell(record, "name").strip('"') or _missing("name"),
            documents=tuple(
                xref.get("data", "")
                for xref in record.iterfind("spec/xref")
                if xref.get("type") == "rfc"
            ),
            allocated=_cell(record, "allocation") or None,
            terminated=_cell(record, "termination") or None,
            source=_answer(record, "source"),
            destination=_answer(record, "destination"),
            forwardable=_answer(record, "forwardable"),
            globally_reachable=_answer(record, "global"),
            reserved_by_protocol=_answer(record, "reserved"),
            notes=_notes(record, footnotes),
        )
        for text in _cell(record, "address").split(",")
    )


def _block(record: ET.Element, footnotes: dict[str, str]) -> tuple[Block, ...]:
    text = _PADDED.sub(lambda match: f"{int(match[1])}.0.0.0/8", _cell(record, "prefix"))
    designation = _cell(record, "designation") or _cell(record, "description")
    status = _cell(record, "status")
    if status and status not in _STATUSES:
        return ()
    remark = record.find("notes")
    said = _text(remark) if remark is not None else ""
    return (
        Block(
            prefix=ip_network(text),
            designation=designation or _missing("designation"),
            status=Status(status) if status else None,
            since=_cell(record, "date") or None,
            whois=_cell(record, "whois") or None,
            servers=tuple(_text(server) for server in record.iterfind("rdap/server")),
            notes=((said,) if said else ()) + _notes(record, footnotes),
        ),
    )


_READERS: dict[str, Callable[[ET.Element, dict[str, str]], tuple[Row, ...]]] = {
    "iana-ipv4-special-registry": _special,
    "iana-ipv6-special-registry": _special,
    "ipv4-address-space": _block,
    "ipv6-address-space": _block,
}


def _missing(name: str) -> NoReturn:
    raise ValueError(f"no {name}")


def _answer(record: ET.Element, name: str) -> bool | None:
    text = _cell(record, name)
    if text not in _ANSWERS:
        raise ValueError(f"{name} is {text[:80]!r}, neither True, False nor N/A")
    return _ANSWERS[text]


def _cell(record: ET.Element, name: str) -> str:
    """Return the text of a cell before any reference to a footnote, empty without one."""
    return " ".join(record.findtext(name, "").split())


def _text(element: ET.Element) -> str:
    """Return all text of an element on one line, references by what they name."""
    parts = [element.text or ""]
    for child in element:
        if child.tag == "xref" and child.get("type") != "note":
            parts.append(child.get("data", ""))
        parts.append(child.tail or "")
    return " ".join("".join(parts).split())


def _notes(record: ET.Element, footnotes: dict[str, str]) -> tuple[str, ...]:
    named = (xref.get("data", "") for xref in record.iter("xref") if xref.get("type") == "note")
    return tuple(dict.fromkeys(footnotes[name] for name in named if name in footnotes))
