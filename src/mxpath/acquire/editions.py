"""Which files make the newest edition of a data set, or that of a day: publishers' interfaces.

Each function takes ``ask`` (a small document by its URL), the base URL, and the day that is
wanted (``None``: the newest), and returns an :class:`Edition`. What a publisher keeps no
archive of cannot be had of a day.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from mxpath.errors import InputError, SnapshotError
from mxpath.model.foreign_text import printable

Ask = Callable[[str], bytes]
PEERINGDB_KINDS = ("ix", "ixlan", "ixpfx", "netixlan", "net")
PEERINGDB_MORE = ("org", "fac", "netfac", "ixfac")
"""Kinds that few ask for: who runs networks and exchange points, and the houses they are in."""
REGISTRIES = ("afrinic", "apnic", "arin", "lacnic", "ripencc")
_IANA = (
    "iana-ipv4-special-registry",
    "iana-ipv6-special-registry",
    "ipv4-address-space",
    "ipv6-address-space",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One file of an edition."""

    url: str
    name: str
    """What it is called here."""
    checksum: str = ""
    """Where its MD5 lies; empty where none is published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """The files of one day."""

    files: tuple[Wanted, ...]
    as_of: date | None = None
    """As the names of the files tell; ``None`` where they do not."""


Find = Callable[[Ask, str, date | None], Edition]


def fixed(*names: str, parameters: str = "") -> Find:
    """Files that lie at one place and are replaced there."""

    def find(_ask: Ask, base: str, day: date | None) -> Edition:
        _only_newest(base, day)
        return Edition(
            files=tuple(
                Wanted(url=f"{base}{name}{parameters}", name=name.rpartition("/")[2])
                for name in names
            )
        )

    return find


def peeringdb(_ask: Ask, base: str, day: date | None) -> Edition:
    """One question a kind of object: the API without ``limit`` answers with all of them.

    https://docs.peeringdb.com/api_specs/ asks for fewer, larger queries; ``depth=0``
    leaves out what is nested.
    """
    _only_newest(base, day)
    kinds = (*PEERINGDB_KINDS, *PEERINGDB_MORE)
    files = (Wanted(url=f"{base}{kind}?depth=0", name=f"{kind}.json") for kind in kinds)
    return Edition(files=tuple(files))


def iana(_ask: Ask, base: str, day: date | None) -> Edition:
    """Registries in XML, each in the directory of its own name."""
    _only_newest(base, day)
    return Edition(
        files=tuple(Wanted(url=f"{base}{name}/{name}.xml", name=f"{name}.xml") for name in _IANA)
    )


def delegated(_ask: Ask, base: str, day: date | None) -> Edition:
    """Statistics of the five registries, each with its MD5 beside it.

    RIR statistics exchange format, section 2.1; the RIPE NCC mirrors all five.
    """
    _only_newest(base, day)
    files = []
    for registry in REGISTRIES:
        name = f"delegated-{registry}-extended-latest"
        url = f"{base}{registry}/{name}"
        files.append(Wanted(url=url, name=f"{name}.txt", checksum=f"{url}.md5"))
    return Edition(files=tuple(files))


def listed(pattern: str) -> Find:
    """The newest file of a directory whose name begins with its day."""

    def find(ask: Ask, base: str, day: date | None) -> Edition:
        return _newest(_in_directory(ask(base), pattern), base, day)

    return find


def pfx2as(ask: Ask, base: str, day: date | None) -> Edition:
    """The newest files of both families, which a log of its own lists.

    https://publicdata.caida.org/datasets/routing/routeviews-prefix2as/README.txt:
    lines of number, time and path; of an earlier day the month's directory tells.
    """
    found = [_prefix2as(ask, f"{base}{tree}/", day) for tree in _PREFIX2AS]
    return Edition(
        files=tuple(file for edition in found for file in edition.files),
        as_of=min(edition.as_of for edition in found if edition.as_of is not None),
    )


_PREFIX2AS = ("routeviews-prefix2as", "routeviews6-prefix2as")
_PREFIX2AS_NAME = r"routeviews-rv[0-9]+-(\d{8})-\d{4}\.pfx2as\.gz"


def _prefix2as(ask: Ask, base: str, day: date | None) -> Edition:
    if day is not None:
        month = f"{base}{day:%Y/%m}/"
        return _newest(_in_directory(ask(month), _PREFIX2AS_NAME), month, day)
    log = ask(f"{base}pfx2as-creation.log").decode("ascii", "replace")
    lines = (line.split() for line in log.splitlines() if not line.startswith("#"))
    path = rf"\d{{4}}/\d\d/{_PREFIX2AS_NAME}"
    named = [
        (found[1], fields[-1])
        for fields in lines
        if fields and (found := re.fullmatch(path, fields[-1])) is not None
    ]
    return _newest(named, base, None)


def ris(collector: str) -> Find:
    """A table of a collector of the RIPE NCC, dumped every eight hours.

    https://ris.ripe.net/docs/mrt/: ``latest-bview.gz``, and the months' directories.
    """

    def find(ask: Ask, base: str, day: date | None) -> Edition:
        if day is None:
            url = f"{base}{collector}/latest-bview.gz"
            return Edition(files=(Wanted(url=url, name=f"{collector}-bview.gz"),))
        month = f"{base}{collector}/{day:%Y.%m}/"
        names = _in_directory(ask(month), r"bview\.(\d{8})\.\d{4}\.gz")
        return _renamed(_newest(names, month, day), collector)

    return find


def routeviews(collector: str, today: Callable[[], date]) -> Find:
    """A table of a collector of RouteViews, dumped every two hours.

    https://www.routeviews.org/routeviews/index.php/archive/: a directory a month; that
    of route-views2 has no name of its own.
    """

    def find(ask: Ask, base: str, day: date | None) -> Edition:
        place = base if collector == "route-views2" else f"{base}{collector}/"
        last = today()
        months = [day] if day is not None else [last, last.replace(day=1) - timedelta(days=1)]
        for month in months:
            url = f"{place}bgpdata/{month:%Y.%m}/RIBS/"
            names = _in_directory(ask(url), r"rib\.(\d{8})\.\d{4}\.bz2")
            if names or month is months[-1]:
                return _renamed(_newest(names, url, day), collector)
        raise AssertionError("there is a last month")

    return find


def at(url: str) -> Find:
    """A file by its whole URL: exports and feeds that each holder publishes somewhere else."""

    def find(_ask: Ask, base: str, day: date | None) -> Edition:
        _only_newest(base, day)
        name = re.sub(r"[^A-Za-z0-9._-]", "-", url.partition("?")[0].rpartition("/")[2])
        return Edition(files=(Wanted(url=url, name=name.lstrip(".")[-80:] or "file"),))

    return find


def _renamed(edition: Edition, collector: str) -> Edition:
    files = (
        Wanted(url=file.url, name=f"{collector}-{file.url.rpartition('/')[2]}")
        for file in edition.files
    )
    return Edition(files=tuple(files), as_of=edition.as_of)


def _in_directory(page: bytes, pattern: str) -> list[tuple[str, str]]:
    """Days and names of the files that a directory's listing links to."""
    links = re.findall(r'href\s*=\s*["\']([^"\']{1,200})["\']', page.decode("utf-8", "replace"))
    named = ((re.fullmatch(pattern, link), link) for link in links)
    return [(found[1], link) for found, link in named if found is not None]


def _newest(named: list[tuple[str, str]], base: str, day: date | None) -> Edition:
    """Of the last day that is not after the one wanted, the first file."""
    dated = [(told, name) for text, name in named if (told := _day(text)) is not None]
    if not dated:
        raise SnapshotError(
            f"{printable(base)} lists no file of the kind that is read; its form has changed,"
            " or it is another place"
        )
    days = [told for told, _ in dated if day is None or told <= day]
    if not days:
        raise SnapshotError(
            f"{printable(base)} has nothing of {day} or before; it has {_spans(dated)}"
        )
    last = max(days)
    names = sorted(name for told, name in dated if told == last)
    file = Wanted(url=f"{base}{names[0]}", name=names[0].rpartition("/")[2])
    return Edition(files=(file,), as_of=last)


def _spans(dated: list[tuple[date, str]]) -> str:
    days = sorted({told for told, _ in dated})
    if len(days) <= 4:
        return ", ".join(map(str, days))
    return f"{len(days)} days, {days[0]} to {days[-2]} and {days[-1]}"


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None


def _only_newest(base: str, day: date | None) -> None:
    if day is not None:
        raise InputError(
            f"--as-of {day}: {printable(base)} has the newest edition alone; leave it out"
        )


asrel = listed(r"(\d{8})\.as-rel2\.txt\.bz2")
"""https://publicdata.caida.org/datasets/as-relationships/README.txt"""
as2org = listed(r"(\d{8})\.as-org2info\.jsonl\.gz")
"""https://publicdata.caida.org/datasets/as-organizations/README.txt"""
rdap = fixed("asn.json", "ipv4.json", "ipv6.json")
"""https://data.iana.org/rdap/ (RFC 9224)"""
