"""The BGP path to each mail host: whose word there is, and whether the trace agrees with it.

It joins what several rooms know: tables of our own, route collectors (asked now, or kept in
the gazetteer), relationships, and the route that was traced. ``inference/bgp_paths.py`` says
whose path counts, ``bgp/propagation.py`` what is predicted, ``inference/agreement.py`` how
trace and path compare.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mxpath.attribution.organisation import are_siblings
from mxpath.datasets.catalog import Section
from mxpath.datasets.snapshot import Tally
from mxpath.errors import InputError, ParseError
from mxpath.gazetteer.filling import FILLED_BY
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.inference.agreement import agreement
from mxpath.inference.bgp_paths import Standpoint, Telling, told_paths
from mxpath.model.address import IPAddress, Prefix, is_default
from mxpath.model.attribution import Attribution, OriginSet
from mxpath.model.bgp import PathGrade, RoutingAnswer
from mxpath.model.bgp_path import BgpPath, BgpView
from mxpath.model.evidence import Claim, Evidence, Grade
from mxpath.model.network import Network
from mxpath.model.origin import Origin
from mxpath.model.route import Route
from mxpath.model.snapshot import SnapshotRef

if TYPE_CHECKING:
    from mxpath.bgp.topology import Topology
    from mxpath.datasets.own_tables import OwnTable

UNPREDICTED = (
    "14 to 35 % of routing decisions are not what such a model says (Anwar et al., IMC 2015)"
)
_UNTOLD = "no table tells one (--rib FILE)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """A route, and whether it began in another network than ours."""

    route: Route
    apart: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Everything that may tell of paths."""

    gazetteer: Gazetteer
    owners: Mapping[IPAddress, Attribution]
    origin: Origin
    own: tuple[Telling, ...] = ()
    collected: tuple[RoutingAnswer, ...] = ()
    traced: Mapping[IPAddress, Traced] = field(default_factory=dict)


def read_tables(
    tables: Iterable["OwnTable"], addresses: Sequence[IPAddress]
) -> tuple[tuple[Telling, ...], tuple[str, ...]]:
    """Read what tables of our own say of ``addresses``, and what is to be said about them.

    One that cannot be read is left out: what was measured is worth more than it.
    """
    found, notes = [], []
    for table in tables:
        tally = Tally()
        try:
            entries = table.entries(addresses, tally=tally)
        except (InputError, ParseError) as error:
            notes.append(f"the table {table.path.name} is left out: {error}")
            continue
        skipped = "; ".join(f"{count} for {reason}" for reason, count in tally.skipped.items())
        if skipped:
            notes.append(f"routes left out of {table.path.name}: {skipped}")
        found.append(
            Telling(
                source=table.path.name, entries=entries, as_of=table.written_at.date(), own=True
            )
        )
    return tuple(found), tuple(notes)


def bgp_views(addresses: Iterable[IPAddress], sources: Sources) -> tuple[BgpView, ...]:
    """Return what is known of the BGP path to each address."""
    here = Standpoint(
        home=sources.origin.network,
        guessed=_is_guessed(sources.origin),
        relations=sources.gazetteer.relations,
        route_servers=sources.gazetteer.route_servers,
        network=sources.gazetteer.network,
    )
    prediction, houses = _Prediction(here, sources), _Houses(sources.gazetteer)
    return tuple(_view(a, sources, here, (prediction, houses)) for a in addresses)


def _is_guessed(origin: Origin) -> bool:
    """Whether our network is only the first global hop's, and not ours by our own word."""
    return origin.first_hop is not None and getattr(origin.network, "asn", None) not in origin.own


def _view(
    target: IPAddress,
    sources: Sources,
    here: Standpoint,
    known: "tuple[_Prediction, _Houses]",
) -> BgpView:
    prediction, houses = known
    traced = sources.traced.get(target)
    tellings = tuple(_tellings(target, sources))
    told = told_paths(target, tellings, here, first_network=_first_behind_us(traced, here))
    predicted, why = prediction.towards(target)
    path = told[0] if told else predicted
    return BgpView(
        target=target,
        path=path,
        others=told[1:],
        agreement=None
        if traced is None or path is None
        else agreement(
            traced.route,
            path,
            route_servers=here.route_servers,
            house=houses,
            kinship=houses.kinship,
            apart=traced.apart,
        ),
        predicted=predicted,
        missing="" if path is not None else why,
        notes=(*_untold(target, told, tellings), *_notes(target, sources, tellings)),
    )


def _first_behind_us(traced: Traced | None, here: Standpoint) -> Network | None:
    if traced is None or traced.apart:
        return None
    others = [n for n in traced.route.as_path if here.home is None or n.asn != here.home.asn]
    return others[0] if others else None


def _tellings(target: IPAddress, sources: Sources) -> Iterator[Telling]:
    """Everybody's routes around an address."""
    yield from sources.own
    for answer in sources.collected:
        # One answer serves all addresses of its prefix.
        if answer.address == target or (answer.prefix is not None and target in answer.prefix):
            as_of = answer.seen_at.date() if answer.seen_at is not None else None
            host = urlsplit(answer.source).hostname or answer.source
            yield Telling(source=host, entries=answer.entries, as_of=as_of)
    kept = sources.gazetteer.paths(target)
    if kept is not None:
        entries, ref = kept
        yield Telling(source=ref.name, entries=entries, as_of=ref.as_of)


class _Houses:
    """Who is of one organisation, as ``attribution.organisation.are_siblings`` says it."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        self._known: dict[int, int] = {}
        self._first: dict[tuple[SnapshotRef, str], int] = {}

    def __call__(self, asn: int) -> int:
        """Return the number of the first network of its organisation that was asked about."""
        if asn not in self._known:
            found = self._gazetteer.organisation(asn)
            one = asn if found is None else self._first.setdefault((found[1], found[0].org_id), asn)
            self._known[asn] = one
        return self._known[asn]

    def kinship(self, one: int, other: int) -> tuple[Evidence, ...]:
        """Why two networks are of one organisation."""
        claim = are_siblings(one, other, self._gazetteer)
        return claim.evidence if claim is not None and claim.value else ()


class _Prediction:
    """Predicted paths from our network, the relationships laid out once."""

    def __init__(self, here: Standpoint, sources: Sources) -> None:
        self._here, self._owners = here, sources.owners
        self._topology: Topology | None = None
        self._known: dict[tuple[int, ...], tuple[int, ...] | None] = {}

    def towards(self, target: IPAddress) -> tuple[Claim[BgpPath] | None, str]:
        """The path that relationships predict, or why there is none."""
        here, owner = self._here, self._owners.get(target)
        origin = owner.origin if owner is not None else None
        if here.home is None:
            return None, "our own network is not known (--source ADDRESS)"
        if not len(here.relations.asns):
            command = FILLED_BY[Section.RELATIONS].command
            return None, f"{_UNTOLD}, and no relationships predict one ({command})"
        if origin is None:
            return (
                None,
                "no table tells one (--rib FILE), and nobody is known to announce the address",
            )
        asns = tuple(network.asn for network in origin.value.networks)
        if asns not in self._known:
            from mxpath.bgp.propagation import propagate  # noqa: PLC0415 - loads numpy
            from mxpath.bgp.topology import Topology  # noqa: PLC0415

            self._topology = self._topology or Topology.of(here.relations)
            self._known[asns] = propagate(self._topology, asns).path(here.home.asn)
        path = self._known[asns]
        if path is None:
            return None, (
                f"{_UNTOLD}, and by the relationships at hand AS{here.home.asn} "
                f"has no valley-free route to {' or '.join(f'AS{asn}' for asn in asns)}"
            )
        return self._claim(path, origin), ""

    def _claim(self, path: tuple[int, ...], origin: Claim[OriginSet]) -> Claim[BgpPath]:
        relations = self._here.relations
        evidence = Evidence(
            source=relations.source or "as relations",
            rule="valley-free",
            as_of=relations.as_of,
            detail=f"{' '.join(map(str, path))}; {UNPREDICTED}",
        )
        return Claim(
            value=BgpPath(
                grade=PathGrade.PREDICTED,
                networks=tuple(self._here.network(asn) for asn in path),
                prefix=origin.value.prefix,
                origins=path[-1:],
            ),
            evidence=(evidence, *origin.evidence),
            grade=Grade.POSSIBLE,
        )


def _untold(
    target: IPAddress, told: Sequence[Claim[BgpPath]], tellings: Iterable[Telling]
) -> Iterator[str]:
    """Why tables of our own do not tell a path, where none of them does."""
    if told and told[0].value.grade is PathGrade.OWN:
        return
    for telling in tellings:
        around = [e for e in telling.entries if target in e.prefix]
        if telling.own and not around:
            yield f"{telling.source} has no route to it"
        elif telling.own and all(is_default(e.prefix) for e in around):
            yield f"{telling.source} has only a default route to it"


def _notes(target: IPAddress, sources: Sources, tellings: Iterable[Telling]) -> Iterator[str]:
    """Where tables name another origin than the gazetteer."""
    owner = sources.owners.get(target)
    if owner is not None and owner.origin is not None:
        yield from _other_origins(target, owner.origin, tellings)


def _other_origins(
    target: IPAddress, known: Claim[OriginSet], tellings: Iterable[Telling]
) -> Iterator[str]:
    """Where a table names another origin than the gazetteer does: both, with their dates."""
    evidence = known.evidence[0]
    ours = {network.asn for network in known.value.networks}
    for telling in tellings:
        prefix, origins = _origins_told(target, telling)
        if origins and prefix is not None and not origins & ours:
            yield (
                f"{prefix} is announced by {_numbers(origins)} ({_dated(telling.source, telling.as_of)}), "
                f"{known.value.prefix} by {_numbers(ours)} ({_dated(evidence.source, evidence.as_of)})"
            )


def _origins_told(target: IPAddress, telling: Telling) -> tuple[Prefix | None, set[int]]:
    """The longest prefix around an address, and who announces it, as one source tells it."""
    around = [e for e in telling.entries if target in e.prefix and not is_default(e.prefix)]
    around = [e for e in around if e.best is not False]
    longest = max((e.prefix.prefixlen for e in around), default=0)
    around = [e for e in around if e.prefix.prefixlen == longest]
    found = {e.path.origin for e in around} - {None}
    return (around[0].prefix if around else None), {asn for asn in found if asn is not None}


def _numbers(asns: Iterable[int]) -> str:
    return ", ".join(f"AS{asn}" for asn in sorted(asns))


def _dated(source: str, as_of: date | None) -> str:
    return f"{source}, {as_of}" if as_of is not None else source
