"""Whose BGP path is it? The routes that tables hold, graded, and the best of them.

The law
-------
1. A table of our own (a) tells the path of our packets: those of its routes that are in use,
   to the longest prefix that has one (a route that is not in use is in no forwarding table).
   Where it does not say which those are (MRT), those with the highest LOCAL_PREF, of these the
   shortest (RFC 4271 section 9.1), and if several remain, all of them.
2. A collector's peer inside our own network (b) tells it as well, as far as a network has
   one path: its routers may differ. Where our network was only guessed from the first
   global hop, it may be our provider's, and such a peer is of grade (c).
3. A collector's peer in our upstream (c) tells the rest of the path; our hop is put before
   it, and the peer's, where a session inside its network left that out. The upstream is the
   first other network on the trace; without one, whoever is our provider by the
   relationships. A path on which we stand ourselves is none of ours.
4. Relationships predict a path (d), see ``bgp/propagation.py``.
5. The best grade wins, whatever the others say. Of collectors the newest source of that grade
   counts: what an older one tells has passed. Of what is left the longest prefix counts. A
   default route is nobody's path.
6. Several paths of one grade: the one that most tell stands first, then the shorter, then
   the one of lower numbers; the others are kept. Who says the same twice is counted once.
7. Prepending and route servers are left out of paths, but never who announces the prefix.
   Our own network begins them.
8. A file of our own may be a collector's: an MRT table in which a peer speaks for our own
   network as others see it (its number begins the path), or peers that are neither neighbours
   of ours nor route servers although neighbours are known. Its routes are then held to rules
   2 and 3.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from mxpath.model.address import IPAddress, is_default
from mxpath.model.bgp import PathGrade, RibEntry
from mxpath.model.bgp_path import BgpPath
from mxpath.model.evidence import Claim, Evidence, Grade
from mxpath.model.network import Network
from mxpath.model.relations import AsRelations, Relation

_USUAL_LOCAL_PREF = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Routes of one source: a file, a service, the gazetteer."""

    source: str
    """As evidence names it."""
    entries: tuple[RibEntry, ...]
    as_of: date | None = None
    own: bool = False
    """Whether it is a table of our own by the user's word."""


def _nameless(asn: int) -> Network:
    return Network(asn=asn)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standpoint:
    """Where we stand among networks, and what is known of them."""

    home: Network | None = None
    guessed: bool = False
    """Whether ``home`` is only the network of the first global hop."""
    relations: AsRelations = field(default_factory=AsRelations)
    route_servers: frozenset[int] = frozenset()
    network: Callable[[int], Network] = _nameless
    """Gives a network its name, where that is known."""

    def upstreams(self, first: Network | None) -> frozenset[int]:
        """Rule 3: through whom our packets leave."""
        if first is not None:
            return frozenset((first.asn,))
        if self.home is None:
            return frozenset()
        return self.relations.of_kind(self.home.asn, Relation.PROVIDER)


def told_paths(
    target: IPAddress,
    tellings: Iterable[Telling],
    here: Standpoint,
    *,
    first_network: Network | None = None,
) -> tuple[Claim[BgpPath], ...]:
    """Return the paths of the best grade that anybody tells, the one to be shown first.

    Parameters
    ----------
    target
        The address that they lead to.
    tellings
        Everything that tables say.
    here
        Where we stand.
    first_network
        The first network after ours on the trace, where there is one.
    """
    found: dict[PathGrade, list[tuple[RibEntry, Telling]]] = {}
    upstreams = here.upstreams(first_network)
    for telling in tellings:
        around = [e for e in telling.entries if target in e.prefix and not is_default(e.prefix)]
        theirs = telling.own and not _is_collector(around, here)
        for entry in _in_use(around) if theirs else around:
            grade = PathGrade.OWN if theirs else _grade(entry, here, upstreams)
            if grade is not None:
                found.setdefault(grade, []).append((entry, telling))
    if not found:
        return ()
    best = min(found)
    told = found[best] if best is PathGrade.OWN else _newest(found[best])
    longest = max(entry.prefix.prefixlen for entry, _ in told)
    return _paths(best, [x for x in told if x[0].prefix.prefixlen == longest], here)


def _is_collector(entries: Sequence[RibEntry], here: Standpoint) -> bool:
    """Whether a file that is said to be ours holds what others told a collector (rule 8)."""
    home, silent = here.home, [e for e in entries if e.best is None]
    if home is None:
        return False
    # Over a session inside our network, our number is not yet on the path.
    if any(e.peer_asn == home.asn == next(iter(e.path.asns), None) for e in silent):
        return True
    peers = {e.peer_asn for e in silent} - {None, home.asn} - here.route_servers
    known = {n for kind in Relation for n in here.relations.of_kind(home.asn, kind)}
    return bool(known) and not peers <= known


def _in_use(entries: Sequence[RibEntry]) -> list[RibEntry]:
    """Rule 1, for the routes around one address."""
    entries = [e for e in entries if e.best is not False]
    longest = max((e.prefix.prefixlen for e in entries), default=0)
    entries = [e for e in entries if e.prefix.prefixlen == longest]
    if any(e.best for e in entries):
        return [e for e in entries if e.best]
    liked = max((_liking(e) for e in entries), default=0)
    entries = [e for e in entries if _liking(e) == liked]
    shortest = min((_length(e) for e in entries), default=0)
    return [e for e in entries if _length(e) == shortest]


def _liking(entry: RibEntry) -> int:
    """LOCAL_PREF, which is not told between networks: routers then take it for 100."""
    return entry.local_pref if entry.local_pref is not None else _USUAL_LOCAL_PREF


def _newest(told: Sequence[tuple[RibEntry, Telling]]) -> list[tuple[RibEntry, Telling]]:
    """Rule 5: what the newest source tells; one without a date is older than all others."""
    newest = max(telling.as_of or date.min for _, telling in told)
    return [x for x in told if (x[1].as_of or date.min) == newest]


def _length(entry: RibEntry) -> int:
    """Length as BGP counts it: with prepending, a set as one."""
    return len(entry.path.asns) + bool(entry.path.final_set)


def _grade(entry: RibEntry, here: Standpoint, upstreams: frozenset[int]) -> PathGrade | None:
    """Rules 2 and 3; ``None`` where the peer says nothing of our packets."""
    home = here.home
    if home is None or entry.peer_asn is None:
        return None
    if entry.peer_asn == home.asn:
        return PathGrade.UPSTREAM if here.guessed else PathGrade.OUR_NETWORK
    if entry.peer_asn in upstreams and home.asn not in entry.path.asns:
        return PathGrade.UPSTREAM
    return None


def _paths(
    grade: PathGrade, told: Sequence[tuple[RibEntry, Telling]], here: Standpoint
) -> tuple[Claim[BgpPath], ...]:
    """Routes that say the same put together, the most told first (rule 6)."""
    alike: dict[tuple[tuple[int, ...], tuple[int, ...]], list[tuple[RibEntry, Telling]]] = {}
    once: dict[RibEntry, Telling] = {}
    for entry, telling in told:
        once.setdefault(entry, telling)
    for entry, telling in once.items():
        key = networks_of(entry, here, grade), entry.path.final_set
        alike.setdefault(key, []).append((entry, telling))
    order = sorted(alike.items(), key=lambda item: (-len(item[1]), len(item[0][0]), item[0]))
    return tuple(_claim(grade, asns, final, rows, here) for (asns, final), rows in order)


def networks_of(entry: RibEntry, here: Standpoint, grade: PathGrade) -> tuple[int, ...]:
    """Rules 3 and 7: the networks of a route, ours first."""
    path, served = entry.path, here.route_servers
    asns = [asn for asn in path.networks if asn not in served or asn == path.origin]
    if grade is PathGrade.UPSTREAM and entry.peer_asn is not None:
        asns.insert(0, entry.peer_asn)  # mostly it stands there, and is then left out as repeated
    if here.home is not None and (not asns or asns[0] != here.home.asn):
        asns.insert(0, here.home.asn)
    pairs = zip((None, *asns), asns, strict=False)
    return tuple(asn for before, asn in pairs if asn != before)


def _claim(
    grade: PathGrade,
    asns: tuple[int, ...],
    final: tuple[int, ...],
    rows: Sequence[tuple[RibEntry, Telling]],
    here: Standpoint,
) -> Claim[BgpPath]:
    entries = tuple(entry for entry, _ in rows)
    return Claim(
        value=BgpPath(
            grade=grade,
            networks=tuple(here.network(asn) for asn in asns),
            prefix=entries[0].prefix,
            origins=final or asns[-1:],
            tellers=entries,
        ),
        evidence=tuple(dict.fromkeys(_evidence(grade, *row) for row in rows)),
        grade=_SURE[grade],
    )


_SURE = {
    PathGrade.OWN: Grade.CERTAIN,
    PathGrade.OUR_NETWORK: Grade.LIKELY,
    PathGrade.UPSTREAM: Grade.POSSIBLE,
}
_RULES = {
    PathGrade.OWN: "own-table",
    PathGrade.OUR_NETWORK: "peer-in-our-network",
    PathGrade.UPSTREAM: "peer-in-our-upstream",
}


def _evidence(grade: PathGrade, entry: RibEntry, telling: Telling) -> Evidence:
    """What a route says, as it says it."""
    words = [f"{entry.prefix}: {entry.path or 'announced here'}"]
    if grade is not PathGrade.OWN:
        peer = f"AS{entry.peer_asn}" + (f" {entry.peer_address}" if entry.peer_address else "")
        words.append(f"told by {peer} to {entry.collector}")
    if entry.heard_at is not None:
        words.append(f"since {entry.heard_at:%Y-%m-%d %H:%M} UTC")
    return Evidence(
        source=telling.source, rule=_RULES[grade], as_of=telling.as_of, detail=", ".join(words)
    )
