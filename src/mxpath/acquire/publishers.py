"""Who publishes what, at which pace, under which terms, and how its newest edition is found.

Sizes are those of 2026, rounded up: they serve the question "shall I?", no check. ``fresh``
is how long nobody is asked again, ``gap_s`` how long a host has rest between two questions:
PeeringDB asks for two seconds and allows 20 questions a minute without a key
(https://docs.peeringdb.com/howto/work_within_peeringdbs_query_limits/), the others name no
limit. The base URL of each may be another in the configuration, such as a mirror.
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from mxpath.acquire import editions
from mxpath.acquire.editions import Find
from mxpath.datasets.catalog import DATASETS
from mxpath.datasets.snapshot import MAX_FILE_BYTES, Spec
from mxpath.errors import InputError
from mxpath.model.foreign_text import printable

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class More:
    """Files of an edition that come with ``NAME:all`` alone, and from then on."""

    files: frozenset[str]
    gives: str
    megabytes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Where a data set is fetched."""

    dataset: str
    """A key of ``DATASETS``."""
    base: str
    terms: str
    """Where the terms stand."""
    megabytes: float
    questions: int
    """About how many are asked for it."""
    fresh: timedelta
    find: Find | None = None
    """How its newest edition is found; ``None`` where a collector has to be named."""
    find_of: Callable[[str, Callable[[], date]], Find] | None = None
    """The same for one of many collectors, by its name and the day on the clock."""
    gap_s: float = 1.0
    max_octets: int = MAX_FILE_BYTES
    key: str = ""
    """Name of the key that the publisher knows users by."""
    tries: int = 4
    keeps_editions: bool = False
    """Whether editions of past days can be had."""
    tells_changes: bool = False
    """Whether ``&since=`` asks for what has changed (:mod:`mxpath.acquire.changes`)."""
    more: More | None = None
    """What is fetched only for who wants all."""
    by: str = ""
    """Who publishes it here, where the data set has several publishers; so the next two."""
    licence: str = ""
    credit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A data set to be fetched, and whence."""

    publisher: Publisher
    slug: str
    """Its directory below the downloads."""
    base: str
    find: Find
    setting: str = ""
    """Which key of the configuration sets another base; none where the user named the place."""
    more: More | None = None
    """What was asked for besides what everybody gets."""

    def lacks(self, snapshot: Path) -> bool:
        """Whether a snapshot that is here has not all that was asked for."""
        files = self.more.files if self.more is not None else ()
        return not all((snapshot / name).is_file() for name in files)

    def left_out(self, snapshot: Path | None) -> frozenset[str]:
        """Return the files of an edition that nobody wants: not now, and not in what is here."""
        more = self.publisher.more
        if more is None or self.more is not None:
            return frozenset()
        return frozenset(
            name for name in more.files if snapshot is None or not (snapshot / name).is_file()
        )

    @property
    def megabytes(self) -> float:
        """About how much it is, whole."""
        return self.publisher.megabytes + (self.more.megabytes if self.more is not None else 0)

    @property
    def questions(self) -> int:
        """About how many are asked."""
        return self.publisher.questions + (len(self.more.files) if self.more is not None else 0)

    @property
    def spec(self) -> Spec:
        """What the data set is, as this publisher has it."""
        publisher = self.publisher
        spec = DATASETS[publisher.dataset].spec
        return replace(
            spec,
            publisher=publisher.by or spec.publisher,
            licence=publisher.licence or spec.licence,
            gives="; ".join([spec.gives, *([self.more.gives] if self.more is not None else [])]),
            attribution=publisher.credit or spec.attribution,
        )

    @property
    def hosts(self) -> tuple[str, ...]:
        """Where a redirect may lead: to the publisher's own host."""
        return (urlsplit(self.base).hostname or "",)


PUBLISHERS: dict[str, Publisher] = {
    "peeringdb": Publisher(
        dataset="peeringdb",
        base="https://www.peeringdb.com/api/",
        terms="https://www.peeringdb.com/aup",
        megabytes=70,
        questions=len(editions.PEERINGDB_KINDS),
        fresh=_HOUR,
        find=editions.peeringdb,
        gap_s=3.0,
        key="peeringdb",
        tells_changes=True,
        more=More(
            files=frozenset(f"{kind}.json" for kind in editions.PEERINGDB_MORE),
            gives="organisations, houses and who is in them",
            megabytes=50,
        ),
        # The same large question without a key is answered once an hour.
        tries=2,
    ),
    "asrel": Publisher(
        dataset="asrel",
        base="https://publicdata.caida.org/datasets/as-relationships/serial-2/",
        terms="https://www.caida.org/about/legal/aua/public_aua/",
        megabytes=3,
        questions=2,
        fresh=_DAY,
        find=editions.asrel,
        keeps_editions=True,
    ),
    "as2org": Publisher(
        dataset="as2org",
        base="https://publicdata.caida.org/datasets/as-organizations/",
        terms="https://www.caida.org/about/legal/aua/public_aua/",
        megabytes=6,
        questions=2,
        fresh=_DAY,
        find=editions.as2org,
        keeps_editions=True,
    ),
    "vrps": Publisher(
        dataset="vrps",
        base="https://console.rpki-client.org/",
        terms="https://console.rpki-client.org/",
        megabytes=90,
        questions=1,
        fresh=_HOUR,
        find=editions.fixed("vrps.json"),
        by="the rpki-client console (a relying party of the OpenBSD project)",
        credit="RPKI: validated ROA payloads (VRPs) of console.rpki-client.org",
    ),
    "pfx2as": Publisher(
        dataset="pfx2as",
        base="https://publicdata.caida.org/datasets/routing/",
        terms="https://www.caida.org/about/legal/aua/public_aua/",
        megabytes=8,
        questions=4,
        fresh=_HOUR * 6,
        find=editions.pfx2as,
        keeps_editions=True,
    ),
    "iptoasn": Publisher(
        dataset="iptoasn",
        base="https://iptoasn.com/data/",
        terms="https://iptoasn.com/",
        megabytes=9,
        questions=1,
        fresh=_HOUR,
        find=editions.fixed("ip2asn-combined.tsv.gz"),
    ),
    "delegated": Publisher(
        dataset="delegated",
        base="https://ftp.ripe.net/pub/stats/",
        terms="https://www.nro.net/about/rirs/statistics/",
        megabytes=45,
        questions=10,
        fresh=_HOUR * 6,
        find=editions.delegated,
    ),
    "iana-special": Publisher(
        dataset="iana-special",
        base="https://www.iana.org/assignments/",
        terms="https://www.iana.org/help/licensing-terms",
        megabytes=1,
        questions=4,
        fresh=_DAY,
        find=editions.iana,
    ),
    "rdap-bootstrap": Publisher(
        dataset="rdap-bootstrap",
        base="https://data.iana.org/rdap/",
        terms="https://www.iana.org/help/licensing-terms",
        megabytes=1,
        questions=3,
        fresh=_DAY,
        find=editions.rdap,
    ),
    "ris": Publisher(
        dataset="mrt",
        base="https://data.ris.ripe.net/",
        terms="https://www.ripe.net/about-us/legal/ripe-ncc-terms-and-conditions/",
        megabytes=430,
        questions=1,
        fresh=_HOUR * 4,
        by="RIPE NCC (Routing Information Service)",
        licence="RIPE NCC terms, free with attribution",
        credit="Routes: RIPE NCC RIS (ris.ripe.net)",
        find_of=lambda collector, _today: editions.ris(collector),
        keeps_editions=True,
        max_octets=2 * 2**30,
    ),
    "routeviews": Publisher(
        dataset="mrt",
        base="https://archive.routeviews.org/",
        terms="https://creativecommons.org/licenses/by/4.0/",
        megabytes=120,
        questions=2,
        fresh=_HOUR * 2,
        by="University of Oregon (RouteViews)",
        licence="CC BY 4.0",
        credit="Routes: RouteViews (routeviews.org)",
        find_of=editions.routeviews,
        keeps_editions=True,
        max_octets=2 * 2**30,
    ),
}
STARTER = ("peeringdb", "asrel", "as2org", "vrps")
"""What is fetched when nothing is named."""
EVERYWHERE = ("ixf", "geofeed")
"""Published by each holder at another place: they need ``--from``."""
_COLLECTOR = r"[a-z0-9][a-z0-9.-]{0,60}"


def choose(
    name: str,
    *,
    bases: dict[str, str],
    today: Callable[[], date],
    from_url: str | None = None,
) -> Chosen:
    """Return what a NAME of the command line stands for.

    Parameters
    ----------
    name
        A key of ``PUBLISHERS``; ``peeringdb:all``; a collector (``rrc00``, ``route-views.linx``,
        ``routeviews:amsix.ams``); ``ixf`` or ``geofeed`` with ``from_url``.
    bases
        Base URLs of the configuration, by publisher.
    today
        The day on the clock that the fetch goes by.
    from_url
        Where the data set lies, in place of its publisher.

    Raises
    ------
    InputError
        When nothing of that name can be fetched; the message says what can.
    """
    if from_url is not None:
        return _from(name, from_url)
    kind, _, collector = _spelt_out(name).partition(":")
    publisher = PUBLISHERS.get(kind)
    more = publisher.more if publisher is not None and collector == "all" else None
    if publisher is None or (collector and publisher.find_of is None and more is None):
        raise InputError(_unknown(name))
    base = bases.get(kind, publisher.base)
    find, slug = publisher.find, kind
    if publisher.find_of is not None:
        if not re.fullmatch(_COLLECTOR, collector):
            raise InputError(f"{printable(name)}: name a collector, such as rrc00 or route-views2")
        find, slug = publisher.find_of(collector, today), f"mrt-{collector}"
    if find is None:
        raise InputError(_unknown(name))
    setting = f"publishers.{kind}"
    return Chosen(publisher=publisher, slug=slug, base=base, find=find, setting=setting, more=more)


def of_day(
    names: Iterable[str], day: date | None, *, today: date
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what is fetched when these are named, and what of the starter bundle is not.

    Raises
    ------
    InputError
        When the day is yet to come, or a publisher that is named keeps no editions of past days.
    """
    named = tuple(dict.fromkeys(names))
    if day is None:
        return named or STARTER, ()
    if day > today:
        raise InputError(f"--as-of {day}: that day is yet to come")
    newest_only = tuple(name for name in named or STARTER if not _keeps_editions(name))
    if named and newest_only:
        raise InputError(
            f"--as-of {day}: of {', '.join(map(printable, newest_only))} there is the newest edition "
            "alone; leave --as-of out, or leave it out"
        )
    return named or tuple(name for name in STARTER if name not in newest_only), newest_only


def _keeps_editions(name: str) -> bool:
    """Whether a past day of it can be had; what is unknown is refused elsewhere."""
    publisher = PUBLISHERS.get(_spelt_out(name).partition(":")[0])
    return publisher is None or publisher.keeps_editions


def _spelt_out(name: str) -> str:
    if re.fullmatch(r"rrc\d\d", name):
        return f"ris:{name}"
    return f"routeviews:{name}" if name.startswith("route-views") else name


def _from(name: str, url: str) -> Chosen:
    """A data set from a place of the user's own choice."""
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username:
        raise InputError(f"--from {printable(url)}: give a URL, https://HOST/…")
    if name not in DATASETS or name in ("peeringdb", "rdap-bootstrap"):
        known = ", ".join(sorted(set(DATASETS) - {"peeringdb", "rdap-bootstrap"}))
        raise InputError(f"--from needs the kind of what lies there: one of {known}")
    publisher = Publisher(
        dataset=name,
        base=url,
        terms=f"those of {parts.hostname}",
        by=parts.hostname if name in EVERYWHERE else "",
        megabytes=1,
        questions=1,
        fresh=timedelta(0),
        max_octets=2 * 2**30 if name == "mrt" else MAX_FILE_BYTES,
    )
    mark = hashlib.sha256(url.encode()).hexdigest()[:8]
    slug = re.sub(r"[^a-z0-9.-]", "-", f"{name}-{parts.hostname}-{mark}".lower())
    return Chosen(publisher=publisher, slug=slug, base=url, find=editions.at(url))


def _unknown(name: str) -> str:
    """Why a name cannot be fetched, and what to do."""
    names = (f"{one} or {one}:all" if has.more else one for one, has in PUBLISHERS.items())
    can = f"{', '.join(names)} (the last two with a collector: rrc00, route-views2)"
    if name in EVERYWHERE:
        return f"{name}: each holder publishes its own; say where: {name} --from URL"
    if name in DATASETS:
        url = DATASETS[name].spec.url
        return (
            f"{name} has no place to be fetched from automatically; get it by hand"
            f" ({url}), then: mxpath data build; what can be fetched: {can}"
        )
    return f"nothing is called {printable(name)}; what can be fetched: {can}"
