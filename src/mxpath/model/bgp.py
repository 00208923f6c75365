"""The control plane as somebody told it: AS paths, and whose they are.

A path is told by a *peer* of a collector, or stands in a table of our own. How well
it speaks for the mail that leaves from here is its :class:`PathGrade`; only the first
two may be called "the BGP path".
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from ipaddress import ip_address, ip_network
from typing import Any

from mxpath.errors import ParseError
from mxpath.model.address import IPAddress, Prefix

MAX_PATH_TEXT = 2**16
"""Longest AS path that is read, in characters."""
_PATH = re.compile(r"((?:[0-9]{1,10}(?: |$))*)(?:\{([0-9]{1,10}(?:,[0-9]{1,10})*)\})?")
_UNKNOWN = ""


class PathGrade(StrEnum):
    """Whose BGP path it is, the best first."""

    OWN = "a"
    """Our own table."""
    OUR_NETWORK = "b"
    """A collector's peer inside our AS."""
    UPSTREAM = "c"
    """A collector's peer in our upstream, with our hop prepended."""
    PREDICTED = "d"
    """No table told it: the valley-free route over published relationships."""

    @property
    def is_told(self) -> bool:
        """Whether it may be called "the BGP path"."""
        return self in (PathGrade.OWN, PathGrade.OUR_NETWORK)


@dataclass(frozen=True, slots=True, kw_only=True)
class AsPath:
    """An AS path as announced: nearest first, repeats kept."""

    asns: tuple[int, ...]
    final_set: tuple[int, ...] = ()
    """Members of an AS_SET at the end, ascending: such a path has no one origin (RFC 6811)."""

    @property
    def origin(self) -> int | None:
        """The network that announces the prefix; ``None`` for an AS_SET and an empty path."""
        return None if self.final_set or not self.asns else self.asns[-1]

    @property
    def networks(self) -> tuple[int, ...]:
        """The path without prepending: each AS once for each time it is entered.

        Examples
        --------
        >>> AsPath(asns=(64496, 64497, 64497, 64497, 64499)).networks
        (64496, 64497, 64499)
        """
        pairs = zip((None, *self.asns), self.asns, strict=False)
        return tuple(asn for before, asn in pairs if asn != before)

    @classmethod
    def parse(cls, text: str) -> "AsPath":
        """Read what ``str`` writes; :mod:`mxpath.datasets.as_path_text` reads what others write.

        Raises
        ------
        ParseError
            When it is none.

        Examples
        --------
        >>> AsPath.parse("64496 64497 {64498,64499}")
        AsPath(asns=(64496, 64497), final_set=(64498, 64499))
        """
        found = _PATH.fullmatch(text) if len(text) <= MAX_PATH_TEXT else None
        if found is None:
            raise ParseError(f"no AS path: {text[:60]!r}", source="AS path")
        asns = tuple(map(int, found[1].split()))
        members = tuple(map(int, found[2].split(","))) if found[2] else ()
        return cls(asns=asns, final_set=members)

    def __str__(self) -> str:
        words = " ".join(map(str, self.asns))
        several = "{" + ",".join(map(str, self.final_set)) + "}" if self.final_set else ""
        return f"{words} {several}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class RibEntry:
    """One route of one table: a prefix, and the path to it as a peer told it.

    In documents it is one line of text (:attr:`line`): hundreds of them stand in a study.
    """

    prefix: Prefix
    path: AsPath
    collector: str
    """Name of the collector, such as ``rrc00``; of the file for a table of our own."""
    peer_asn: int | None = None
    """Who told it; ``None`` for a route that our own network announces."""
    peer_address: IPAddress | None = None
    heard_at: datetime | None = None
    """Since when the peer has told it so, where that is known."""
    best: bool | None = None
    """Whether a table of our own uses it; ``None`` where the table does not say."""
    local_pref: int | None = None
    """How much a table of our own likes it (RFC 4271 section 5.1.5), where it says so."""

    @property
    def line(self) -> str:
        """The entry as ``prefix|peer ASN|peer address|heard at|best|local pref|path|collector``.

        What is not known is empty.

        Examples
        --------
        >>> path = AsPath(asns=(64496, 64499))
        >>> RibEntry(prefix=ip_network("192.0.2.0/24"), path=path, collector="rrc00").line
        '192.0.2.0/24||||||64496 64499|rrc00'
        """
        heard = None if self.heard_at is None else self.heard_at.isoformat().replace("+00:00", "Z")
        best = None if self.best is None else str(self.best).lower()
        told = (self.peer_asn, self.peer_address, heard, best, self.local_pref)
        words = (_UNKNOWN if value is None else str(value) for value in told)
        return "|".join((str(self.prefix), *words, str(self.path), self.collector))

    @classmethod
    def parse(cls, line: str) -> "RibEntry":
        """Read a :attr:`line`.

        Raises
        ------
        ParseError
            When it is none.
        """
        try:
            # The name of a collector can be that of a file, and hold anything.
            prefix, asn, peer, heard, best, liking, path, collector = line.split("|", 7)
            return cls(
                prefix=ip_network(prefix),
                path=AsPath.parse(path),
                collector=collector,
                peer_asn=int(asn) if asn else None,
                peer_address=_peer(peer) if peer else None,
                heard_at=_moment(heard) if heard else None,
                best={_UNKNOWN: None, "true": True, "false": False}[best],
                local_pref=int(liking) if liking else None,
            )
        except (ValueError, KeyError) as error:
            raise ParseError(f"no route: {line[:80]!r}", source="route") from error

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> Any:
        """Tell the codec that an entry is its line."""
        from pydantic_core import core_schema  # noqa: PLC0415 - by the codec alone, which has it

        form = "prefix|peer ASN|peer address|heard at|best|local pref|path|collector"
        text = core_schema.str_schema(metadata={"pydantic_js_updates": {"description": form}})
        written = core_schema.plain_serializer_function_ser_schema(
            lambda entry: entry.line, return_schema=text
        )
        return core_schema.no_info_after_validator_function(cls.parse, text, serialization=written)


def _peer(text: str) -> IPAddress:
    if not text.isprintable():  # a scope (RFC 4007) can hold any text
        raise ValueError("an address with control characters")
    return ip_address(text)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


class RoutingFate(StrEnum):
    """What became of a question about a prefix's routes."""

    FOUND = "found"
    NOT_ANNOUNCED = "not announced"
    """No peer of the collectors has a route."""
    OFFLINE = "offline"
    """Not asked, because nothing may be; nothing was kept from before."""
    NOT_ASKED = "not asked"
    """There was no time or number of questions left."""
    LIMITED = "rate-limited"
    """The service asked us to come later, and it was not yet later."""
    TIMEOUT = "no answer in time"
    FAILED = "no answer"
    """Nothing listens there, the connection broke, or the service answered with an error."""
    REFUSED = "unusable answer"
    """It answered with what is no answer to this question: a page, broken JSON, another prefix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingQuestion:
    """Which routes lead to an address, as collectors see it now."""

    address: IPAddress
    service: str
    """URL that the questions' names are put behind, such as ``https://stat.ripe.net/data``."""
    expected: Prefix | None = None
    """The announced prefix around it, where a data set knows one: what is kept about that prefix
    answers too."""
    timeout_s: float = 5.0
    offline: bool = False
    """Answer from what is kept alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingAnswer:
    """The routes that collectors' peers have for an address."""

    address: IPAddress
    fate: RoutingFate
    prefix: Prefix | None = None
    """The longest announced prefix around the address; not every peer must have a route to it."""
    entries: tuple[RibEntry, ...] = ()
    """The most specific route of each peer; a default route is none."""
    left_out: int = 0
    """Routes that are not among the entries: beyond a limit, or not to be read."""
    locations: dict[str, str] = field(default_factory=dict)
    """Collector to where it stands, as far as that is told."""
    source: str = ""
    """URL of the service that said so, with the name of the question."""
    seen_at: datetime | None = None
    """The moment that the answer stands for."""
    asked: bool = False
    """Whether a question went out; what was kept from before needs none."""
    detail: str = ""
    """Why there is no answer, or no better one."""

    @property
    def origins(self) -> tuple[int, ...]:
        """Networks that announce the prefix, as its routes say, ascending."""
        told = {e.path.origin for e in self.entries if e.prefix == self.prefix}
        return tuple(sorted(asn for asn in told if asn is not None))
