"""Which organisation runs which networks: CAIDA's AS Organizations data, as text and as JSON lines.

The text has two tables, each under a line that names its columns:

    # format:org_id|changed|org_name|country|source
    LVLT-ARIN|20120130|Level 3 Communications, Inc.|US|ARIN
    # format:aut|changed|aut_name|org_id|opaque_id|source
    1|20120224|LVLT-1|LVLT-ARIN|e5e3b9c13678dfc483fb1f819d70883c_ARIN|ARIN

(The first editions have no opaque identifier, and call both names ``name``.) The
JSON edition has the same in objects, one a line, of ``type`` Organization or ASN.
https://publicdata.caida.org/datasets/as-organizations/README.txt
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from mxpath.datasets.asnames import clean_name
from mxpath.datasets.snapshot import Spec, Tally
from mxpath.errors import ParseError

SPEC = Spec(
    name="as2org",
    publisher="CAIDA, from the registries' WHOIS data",
    licence="CAIDA Acceptable Use Agreement",
    cadence="quarterly",
    url="https://publicdata.caida.org/datasets/as-organizations/{date}.as-org2info.jsonl.gz",
    gives="organisation of each network, its country, and its other networks",
    attribution="AS organisations: CAIDA",
)

_MAX_ASN = 2**32 - 1
_COUNTRY = re.compile(r"[A-Z]{2}")
_NEEDED = ({"aut", "org_id"}, {"org_id", "country"})
_JSON_COLUMNS = {"organizationId": "org_id", "opaqueId": "opaque_id", "asn": "aut"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """Who holds AS numbers, as a registry or CAIDA names it."""

    org_id: str
    name: str | None
    country: str | None
    """ISO 3166 code of the registration, no proof of place."""
    source: str | None
    """Registry whose WHOIS data it is from."""
    changed: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """An AS number and the organisation that holds it."""

    asn: int
    name: str | None
    """Handle of the network, no name of the organisation."""
    org_id: str
    opaque_id: str | None
    """The registry's identifier of the holder, as delegated-extended files have it."""
    source: str | None
    changed: date | None


Row = Organisation | Holding


def parse(lines: Iterable[str], *, source: str, tally: Tally | None = None) -> Iterator[Row]:
    """Read organisations and AS numbers, in the order of the file.

    Rows with too few or too many columns or without an organisation, and JSON
    objects of another type, are left out and counted.

    Raises
    ------
    ParseError
        On a row before any line that names columns, on columns without the needed
        ones, on an AS number that is none, and on a line of JSON that is no object.
    """
    tally = Tally() if tally is None else tally
    columns: list[str] | None = None
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        try:
            if line[0] == "#":
                columns = _columns(line) or columns
                continue
            found = _of_json(line, tally) if line[0] == "{" else _of_text(line, columns, tally)
            row = None if found is None else _row(found, tally)
        except (ValueError, RecursionError) as error:
            raise ParseError(f"{error}: {line[:80]!r}", source=source, line=number) from error
        if row is not None:
            tally.rows += 1
            yield row


def _columns(line: str) -> list[str] | None:
    """Return the columns that a comment names, ``None`` when it names none."""
    word, _, names = line[1:].strip().partition(":")
    if word != "format":
        return None
    renamed = {"aut_name": "name", "org_name": "name"}
    columns = [renamed.get(name, name) for name in names.strip().split("|")]
    if not any(needed <= set(columns) for needed in _NEEDED):
        raise ValueError("no table of networks or organisations")
    return columns


def _of_text(line: str, columns: list[str] | None, tally: Tally) -> dict[str, str] | None:
    if columns is None:
        raise ValueError("a row before any line that names columns")
    fields = line.split("|")
    if len(fields) != len(columns):
        tally.skip("too few columns" if len(fields) < len(columns) else "too many columns")
        return None
    return dict(zip(columns, fields, strict=True))


def _of_json(line: str, tally: Tally) -> dict[str, str] | None:
    found = json.loads(line)
    if found.get("type") not in ("ASN", "Organization"):
        tally.skip("object that is neither ASN nor Organization")
        return None
    fields = {
        _JSON_COLUMNS.get(name, name): str(value)
        for name, value in found.items()
        if isinstance(value, str | int)
    }
    if found["type"] == "Organization":
        fields.pop("aut", None)
    elif "aut" not in fields:
        raise ValueError("no AS number")
    return fields


def _row(fields: Mapping[str, str], tally: Tally) -> Row | None:
    org_id, source = clean_name(fields.get("org_id", "")), clean_name(fields.get("source", ""))
    if org_id is None:
        tally.skip("no organisation")
        return None
    name, changed = clean_name(fields.get("name", "")), _date(fields.get("changed", ""))
    if "aut" not in fields:
        country = fields.get("country", "")
        return Organisation(
            org_id=org_id,
            name=name,
            country=country if _COUNTRY.fullmatch(country) else None,
            source=source,
            changed=changed,
        )
    return Holding(
        asn=_asn(fields["aut"]),
        name=name,
        org_id=org_id,
        opaque_id=clean_name(fields.get("opaque_id", "")),
        source=source,
        changed=changed,
    )


def _asn(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10) or int(text) > _MAX_ASN:
        raise ValueError("no AS number")
    return int(text)


@lru_cache(maxsize=4096)
def _date(text: str) -> date | None:
    """Return the date of eight digits; ``None`` for what is none: WHOIS data have all sorts."""
    if len(text) != 8 or not (text.isascii() and text.isdigit()):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
