"""Which data set a file is, told from what stands in it.

The law
-------
1. Each kind has one rule about the beginning of the content. Lines have to fit with few
   exceptions, for publishers have their odd rows; a parser will say later what is wrong with them.
2. Exactly one rule must fit. Where several do, the file's name may decide between them; a name
   alone never makes a kind.
3. Who knows better says so (``--kind NAME=FILE``), and is believed: the parser judges then.
"""

import re
from collections.abc import Callable

from mxpath.acquire.heads import Head
from mxpath.datasets.catalog import DATASETS
from mxpath.datasets.peeringdb import kind_of
from mxpath.datasets.peeringdb_rows import KINDS
from mxpath.errors import InputError
from mxpath.model.foreign_text import printable

_SAMPLE = 200
_FITTING = 0.9
_MRT_TYPES = frozenset({11, 12, 13, 16, 17, 32, 33, 48, 49})
_MRT_HEADER, _MRT_LONGEST, _MRT_FIRST = 12, 16 * 2**20, 631_152_000
_V4, _V6 = r"\d+\.\d+\.\d+\.\d+", r"[0-9a-fA-F]*:[0-9a-fA-F:.]*"
_ENDS = [rf"{one}{{0}}{one}" for one in (_V4, _V6, r"\d+")]
_REGISTRY = re.compile(r'<registry [^>]*\bid="(iana-)?ipv[46]-(special-registry|address-space)"')
_HEADERS = {
    "vrps": {"asn", "ip prefix", "max length"},
    "providers": {"base_reverse_dns", "name", "type"},
    "carriers": {"code", "country_code", "isp_city_en"},
    "airports": {"iata", "city", "country", "lat", "lon"},
    "transit-free": {"asn", "families", "stated_on"},
    "cities": {"name", "cc", "admin1", "lat", "lon", "population"},
}
_HINTS = {
    "mrt": r"rib|bview|mrt",
    "pfx2as": r"pfx2as|prefix2as",
    "iptoasn": r"ip2?(to)?asn",
    "asrel": r"as-?rel",
    "as2org": r"as-?org|as2org",
    "vrps": r"vrp|rpki|roa",
    "asnames": r"as-?names?",
    "rdap-bootstrap": r"rdap|bootstrap",
}


def kind_of_file(head: Head) -> str:
    """Return the name of the data set that a file is of.

    Raises
    ------
    InputError
        When none or several fit; the message says how to say which.
    """
    fitting = [name for name, fits in RULES.items() if fits(head)]
    if len(fitting) > 1:
        named = [name for name in fitting if _is_named(head, name)]
        fitting = named if len(named) == 1 else fitting
    if len(fitting) == 1:
        return fitting[0]
    name = head.path
    if fitting:
        raise InputError(
            f"{head.path} could be {' or '.join(fitting)}: say which by --kind {fitting[0]}={name}"
        )
    if not head.octets:
        raise InputError(f"{head.path}: the file is empty")
    raise InputError(
        f"{head.path}: {_why_none(head)}; tried {', '.join(RULES)}. "
        f"If it is one, say so by --kind NAME={name}"
    )


def _why_none(head: Head) -> str:
    """Say what a file is instead."""
    if head.is_binary:
        return "binary, and no table of a collector (MRT)"
    begins = printable(head.text.strip()[:40])
    return f"no data set that mxpath reads begins with {begins!r}"


def known_kind(name: str) -> str:
    """Return ``name`` if it is a data set's.

    Raises
    ------
    InputError
        When it is not; the message lists them.
    """
    if name in DATASETS:
        return name
    raise InputError(f"no data set {printable(name)!r}; mxpath reads {', '.join(sorted(DATASETS))}")


def _is_named(head: Head, name: str) -> bool:
    return re.search(_HINTS.get(name, re.escape(name)), head.path.name.lower()) is not None


def _mrt(head: Head) -> bool:
    """Whether the first record, and the one behind it, have headers as RFC 6396 draws them."""
    octets, at = head.octets, 0
    for _ in range(2):
        if len(octets) < at + _MRT_HEADER:
            return at > 0
        when, kind, subtype, length = (
            int.from_bytes(octets[at + first : at + last])
            for first, last in ((0, 4), (4, 6), (6, 8), (8, 12))
        )
        if kind not in _MRT_TYPES or subtype > 20 or when < _MRT_FIRST or length > _MRT_LONGEST:
            return False
        at += _MRT_HEADER + length
    return True


def _fit(pattern: str) -> Callable[[Head], bool]:
    """Rule: nearly all lines look so."""
    compiled = re.compile(pattern)

    def fits(head: Head) -> bool:
        if head.is_binary:
            return False
        sample = head.rows[:_SAMPLE]
        fitting = sum(compiled.match(line) is not None for line in sample)
        return bool(sample) and fitting >= _FITTING * len(sample)

    return fits


def _headed(name: str) -> Callable[[Head], bool]:
    """Rule: the first line names these columns."""

    def fits(head: Head) -> bool:
        first = head.lines[0] if head.lines and not head.is_binary else ""
        return _HEADERS[name] <= {field.strip(' "').lower() for field in first.split(",")}

    return fits


def _any_of(*rules: Callable[[Head], bool]) -> Callable[[Head], bool]:
    return lambda head: any(fits(head) for fits in rules)


def _has(*names: str) -> Callable[[Head], bool]:
    """Rule: a JSON document with these members."""
    return lambda head: set(names) <= head.outline.top


def _has_within(*names: str) -> Callable[[Head], bool]:
    return lambda head: bool(set(names) & head.outline.inner)


def _peeringdb(head: Head) -> bool:
    outline = head.outline
    if "data" in outline.top:
        return "id" in outline.rows or (not outline.rows and kind_of(head.path.name) is not None)
    return bool(outline.top & set(KINDS)) and "data" in outline.inner


def _as2org_text(head: Head) -> bool:
    return any(
        line.startswith("# format:") and "org_id" in line[9:].strip().split("|")
        for line in head.lines[:_SAMPLE]
    )


def _xml(head: Head) -> bool:
    return _REGISTRY.search(head.text[:4096]) is not None


RULES: dict[str, Callable[[Head], bool]] = {
    "mrt": _mrt,
    "pfx2as": _fit(rf"({_V4}|{_V6})\t\d{{1,3}}\t[\d_,]+$"),
    "iptoasn": _fit(rf"({'|'.join(e.format(chr(9)) for e in _ENDS)})\t\d+\t([A-Z]{{2}}|None)?\t"),
    "iplocation": _any_of(
        _fit(rf"({'|'.join(e.format(',') for e in _ENDS)}),\d+(,|$)"),
        _fit(rf"({'|'.join(e.format(chr(9)) for e in _ENDS)})\t\d+(\t[^\t]*)?$"),
    ),
    "asnames": _fit(r"\d{1,10}\t[^\t]+$"),
    "peeringdb": _peeringdb,
    "ixf": _any_of(_has("member_list"), _has("ixp_list")),
    "providers": _any_of(_has_within("mx"), _headed("providers")),
    "asrel": _fit(r"\d+\|\d+\|-?\d+(\||$)"),
    "vrps": _any_of(
        _has("roas"),
        _headed("vrps"),
        _fit(rf"\d+,({_V4}|{_V6})(/\d{{1,3}})?,\d{{1,3}},(True|False)$"),
    ),
    "rdap-bootstrap": _has("services"),
    "geofeed": _fit(rf"({_V4}|{_V6})(/\d{{1,3}})?,[A-Za-z]{{0,2}},"),
    "hostnames": _has_within("regs", "hints"),
    "carriers": _headed("carriers"),
    "airports": _headed("airports"),
    "cities": _headed("cities"),
    "transit-free": _headed("transit-free"),
    "as2org": _any_of(_as2org_text, _has("type", "organizationId")),
    "iana-special": _xml,
    "delegated": _any_of(
        _fit(r"(afrinic|apnic|arin|iana|lacnic|ripencc)\|[A-Z*]*\|(asn|ipv4|ipv6)\|"),
        lambda head: bool(
            re.match(
                r"\d[\d.]*\|(afrinic|apnic|arin|iana|lacnic|ripencc)\|", "".join(head.rows[:1])
            )
        ),
    ),
}
"""One rule a data set: all that a file may be told to be."""
