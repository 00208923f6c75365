"""Of which date a file is: as it says itself, else as its name says; never the day of today.

The law
-------
1. What the content says counts first: the moment at which its publisher made it.
2. Else the one date in the file's name, else the one in the name of its directory. Two different
   dates in a name tell none.
3. When a file was downloaded or last written to disk says nothing of its content, and is not asked.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

from mxpath.acquire.heads import Head
from mxpath.datasets import asrel, delegated
from mxpath.errors import ParseError

_IN_NAME = re.compile(r"(?<!\d)((?:19|20)\d\d)([-_.]?)(\d\d)\2(\d\d)(?=\D|$|\d{4}(?!\d))")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_EARLIEST = date(1997, 11, 8)
"""RouteViews' first table: there is nothing older to read."""


def told_date(kind: str, head: Head) -> tuple[date, str] | None:
    """Return the date of a file of a kind, and what told it; ``None`` when nothing does."""
    for tells, how in ((_CONTENT.get(kind, _nothing), "its content"), (_named, "its name")):
        found = tells(head)
        if found is not None and found >= _EARLIEST:
            return found, how
    return None


def _nothing(_: Head) -> date | None:
    return None


def _named(head: Head) -> date | None:
    for name in (head.path.name, head.path.absolute().parent.name):
        days = set(_days_in(name))
        if days:
            return days.pop() if len(days) == 1 else None
    return None


def _days_in(name: str) -> Iterator[date]:
    for year, _, month, day in _IN_NAME.findall(name):
        found = _day(f"{year}-{month}-{day}")
        if found is not None:
            yield found


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _moment(text: str) -> date | None:
    """Read an ISO date, with or without a time, or seconds since 1970."""
    if _DAY.match(text):
        return _day(text[:10])
    try:
        return datetime.fromtimestamp(float(text), UTC).date()
    except (ValueError, OverflowError, OSError):
        return None


def _said(*names: str) -> Callable[[Head], date | None]:
    """Return what finds a JSON member of one of these names near the beginning or the end."""
    wanted = re.compile(rf'"(?:{"|".join(names)})"\s*:\s*"?([\d.T:-]+)')

    def tells(head: Head) -> date | None:
        found = wanted.search(head.text) or wanted.search(head.tail())
        return _moment(found[1]) if found is not None else None

    return tells


def _mrt(head: Head) -> date | None:
    return _moment(str(int.from_bytes(head.octets[:4]))) if len(head.octets) >= 4 else None


def _asrel(head: Head) -> date | None:
    """The first day of the tables that it was made from: so its publisher dates it, too."""
    heading = asrel.Heading()
    comments = [line for line in head.lines if line.startswith("#")]
    try:
        list(asrel.parse(comments, source="", heading=heading))
    except ParseError:
        return None
    return heading.first_day


def _delegated(head: Head) -> date | None:
    heading = delegated.Heading()
    try:
        list(delegated.parse(head.rows[:1], source="", heading=heading))
    except ParseError:
        return None
    return heading.ends


def _stated(head: Head) -> date | None:
    """The day of the newest statement."""
    fields = (field.strip() for line in head.lines for field in line.split(","))
    return max((day for field in fields if (day := _day(field))), default=None)


def _updated(head: Head) -> date | None:
    found = re.search(r"<updated>\s*(\d{4}-\d\d-\d\d)", head.text)
    return _day(found[1]) if found is not None else None


_CONTENT: dict[str, Callable[[Head], date | None]] = {
    "mrt": _mrt,
    "peeringdb": _said("generated"),
    "ixf": _said("timestamp"),
    "vrps": _said("buildtime", "generated", "generatedTime"),
    "rdap-bootstrap": _said("publication"),
    "asrel": _asrel,
    "delegated": _delegated,
    "iana-special": _updated,
    "transit-free": _stated,
}
