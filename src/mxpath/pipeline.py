"""The pipeline: one domain in, one Study out. The only place that knows the order of the stages.

    discover ─┬─ trace ──────── attribute ─┬─ infer_route ─ judge ─ Study
              └─ converse (SMTP) ──────────┘

Traces and conversations are under way at the same time (measuring.py). Names of addresses are asked
when the traces are over, registries and route collectors when the conversations are too: nothing is
looked up during a trace.

What was measured is never thrown away: a missing privilege, a broken network or
Ctrl-C leaves a note in the Study, and everything that was seen before it.
"""

import platform
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from mxpath import __version__
from mxpath.attribution.attribute import attribute
from mxpath.attribution.place import locate, stated_place
from mxpath.attribution.provider import provider_claims
from mxpath.attribution.registry import enrich
from mxpath.attribution.routing_state import ask_collectors
from mxpath.bgp_views import Sources, Traced, bgp_views, read_tables
from mxpath.datasets.catalog import Section
from mxpath.foreign import is_elsewhere
from mxpath.gazetteer.filling import lacking
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.graph.verdicts import judge
from mxpath.inference.places import refute, smallest_rtts
from mxpath.inference.routes import infer_route
from mxpath.mail.mx import normalise_domain
from mxpath.measuring import INTERRUPTED, Measurement, Options, moment, not_asked
from mxpath.model.address import IPAddress
from mxpath.model.attribution import Attribution
from mxpath.model.bgp import RoutingAnswer
from mxpath.model.bgp_path import BgpView
from mxpath.model.dns import DnsAnswer, DnsStatus
from mxpath.model.evidence import Claim, Evidence, Grade
from mxpath.model.mail import MailDomain
from mxpath.model.origin import Origin
from mxpath.model.place import Place
from mxpath.model.route import Route
from mxpath.model.snapshot import SnapshotRef
from mxpath.model.study import Provenance, Study
from mxpath.model.trace import Trace
from mxpath.model.transit_free import TransitFree
from mxpath.reading.egress import judge_egress
from mxpath.revision import commit
from mxpath.vantage.ports import Vantage

__all__ = ["INTERRUPTED", "Options", "analyze"]


def _silent(_step: str) -> None:
    """Tell nobody."""


def analyze(  # noqa: PLR0913 - what is asked, of whom, against what; and three things at will
    domain: str,
    vantage: Vantage,
    gazetteer: Gazetteer,
    *,
    options: Options | None = None,
    known: Sequence[Study] = (),
    progress: Callable[[str], None] = _silent,
) -> Study:
    """Measure and explain where mail to ``domain`` goes.

    Parameters
    ----------
    domain
        A domain name in any spelling; IDNs are accepted.
    vantage
        Where we stand: live, simulated or replayed.
    gazetteer
        What the world has published about itself.
    options
        What to leave out or restrict.
    known
        Studies of the same run, with the same options: what they measured at an address is
        taken over and not asked again, since many domains share their mail hosts.
    progress
        Called with a short phrase as each stage begins.

    Returns
    -------
    Study
        Complete or not: ``notes`` says what was left out and why.

    Raises
    ------
    InputError
        When ``domain`` is no domain name, ``options.only`` names nothing in its plan, or
        ``options.place`` no place that is known.
    """
    options = options or Options()
    name = normalise_domain(domain)
    place = stated_place(options.place, gazetteer) if options.place is not None else None
    work = Measurement(
        vantage=vantage,
        options=options,
        known=known,
        progress=progress,
        started_at=moment(vantage.clock),
    )
    work.measure(name)
    owners = attribute(_addresses_of(work, vantage.origin), gazetteer)
    owners = _with_holders(work, locate(owners, work.names, gazetteer), gazetteer)
    here = [t for t in work.traces if not is_elsewhere(t, vantage.origin)]
    origin = _own_place(_own_network(vantage.origin, here, owners), place, owners)
    rtts_ms = smallest_rtts((*here, *work.beside), work.sessions)
    owners = refute(owners, rtts_ms, origin.place)
    routes = _routes(work, owners, gazetteer, origin)
    routing = _routing(work, owners, gazetteer, origin)
    bgp = _bgp(
        work, routes, Sources(gazetteer=gazetteer, owners=owners, origin=origin, collected=routing)
    )
    study = Study(
        mail=work.mail or not_asked(name),
        owners=owners,
        traces=work.traces,
        egress=judge_egress([t for t in work.traces if t.imported is None], work.beside),
        beside=work.beside,
        sessions=work.sessions,
        routes=routes,
        verdicts=(),
        seen_from=origin,
        started_at=work.started_at,
        ended_at=moment(vantage.clock),
        as_of=gazetteer.as_of,
        provenance=_provenance(vantage, gazetteer, options, work),
        names=work.names,
        providers=provider_claims(work.mail.plan.hosts if work.mail else (), gazetteer),
        transit_free=_transit_free(routes, gazetteer),
        routing=routing,
        bgp=bgp,
        notes=(*work.notes, *_resolvers(work.mail), *_blind_spots(work.traces, gazetteer)),
    )
    return replace(study, verdicts=judge(study))


def _addresses_of(work: Measurement, origin: Origin) -> tuple[IPAddress, ...]:
    """Every address that wants an owner, each once."""
    found = [a for version in (4, 6) if (a := origin.sends_from(version)) is not None]
    found += work.mail.addresses if work.mail else ()
    found += [t.source for t in work.traces if t.imported is not None and t.source is not None]
    found += [
        address
        for t in (*work.traces, *work.beside)
        for hop in t.hops
        for address in hop.responders
    ]
    return tuple(dict.fromkeys(found))


def _resolvers(mail: MailDomain | None) -> Iterator[str]:
    """Say which resolvers were silent while others answered; a failed look-up speaks for itself."""
    lost: dict[str, DnsAnswer] = {}
    for answer in mail.lookups if mail is not None else ():
        if answer.status is DnsStatus.TIMEOUT:
            continue
        for server in answer.silent:
            if server != answer.server:
                lost.setdefault(server, answer)
    for server, answer in lost.items():
        yield (
            f"the resolver {server} was silent when it was asked for {answer.name} {answer.rdtype};"
            f" {answer.server} answered in its place, after {answer.elapsed_ms / 1000:.1f} s in all"
        )


def _with_holders(
    work: Measurement, owners: dict[IPAddress, Attribution], gazetteer: Gazetteer
) -> dict[IPAddress, Attribution]:
    """Add what the registries say, unless Ctrl-C has ended the asking."""
    if INTERRUPTED in work.notes or work.mail is None or not gazetteer.registries.hosts:
        return owners
    work.progress(f"{work.mail.domain}: asking the registries")
    found = enrich(
        owners,
        work.vantage,
        gazetteer,
        first=work.mail.addresses,
        options=work.options.registry,
    )
    work.notes += found.notes
    work.registry_questions = found.questions
    if found.interrupted:
        work.notes.append(INTERRUPTED)
    return found.owners


def _routing(
    work: Measurement, owners: dict[IPAddress, Attribution], gazetteer: Gazetteer, origin: Origin
) -> tuple[RoutingAnswer, ...]:
    """What route collectors see of the mail hosts' prefixes, unless Ctrl-C has ended the asking."""
    if INTERRUPTED in work.notes or work.mail is None or not gazetteer.routing:
        return ()
    work.progress(f"{work.mail.domain}: asking the route collectors")
    hops = (owners.get(a) for t in work.traces for hop in t.hops for a in hop.responders)
    passed = {o.network.asn for o in hops if o is not None and o.network is not None}
    ours = {origin.network.asn} if origin.network is not None else set()
    found = ask_collectors(
        [owners[address] for address in work.mail.addresses],
        work.vantage,
        gazetteer,
        near=passed | ours,
        options=work.options.routing,
    )
    work.notes += found.notes
    work.routing_questions = found.questions
    if found.interrupted:
        work.notes.append(INTERRUPTED)
    return found.answers


def _own_network(
    origin: Origin, traces: Iterable[Trace], owners: dict[IPAddress, Attribution]
) -> Origin:
    """Say which network we stand in: by our own address, else by the first global hop.

    1. An address that we send from is our public one unless a special-purpose registry
       lists it. A private address is translated on the way, and is moved aside.
    2. A public address names our network, where a data set attributes it.
    3. Else the first responder that any data set attributes is the best witness; that it
       is ours, and not already our provider's, is likely and no more.
    """
    ours = [a for version in (4, 6) if (a := origin.sends_from(version)) is not None]
    private = tuple(a for a in ours if owners[a].special is not None)
    public = {a.version: a for a in ours if a not in private}
    origin = replace(origin, address_v4=public.get(4), address_v6=public.get(6), private=private)
    if origin.network is not None:
        return origin
    for address in public.values():
        if (network := owners[address].network) is not None:
            return replace(origin, network=network)
    for each in traces:
        for address in (hop.address for hop in each.hops if hop.address is not None):
            if (network := owners[address].network) is not None:
                how = f"{origin.how}; network by the first global hop"
                return replace(origin, network=network, first_hop=address, how=how)
    return origin


def _own_place(
    origin: Origin, stated: Claim[Place] | None, owners: dict[IPAddress, Attribution]
) -> Origin:
    """Say where we stand: by our own word, else by our network's (its geofeed) of our address."""
    ours = (a for a in (origin.address_v4, origin.address_v6) if a is not None)
    said = (claim for a in ours for claim in owners[a].places if claim.value.latitude is not None)
    feeds = (claim for claim in said if claim.evidence[0].rule == "geofeed")
    return replace(origin, place=stated or origin.place or next(feeds, None))


def _routes(
    work: Measurement, owners: dict[IPAddress, Attribution], gazetteer: Gazetteer, origin: Origin
) -> tuple[Route, ...]:
    exchanges = {owner.ixp.ix_id for owner in owners.values() if owner.ixp is not None}
    members = {ix_id: gazetteer.members(ix_id) for ix_id in exchanges}
    handshakes = {
        session.address: phase.elapsed_ms
        for session in work.sessions
        if (phase := session.phase("connect")) is not None and phase.complete
    }
    routes = []
    for each in work.traces:
        # Whoever measured elsewhere began in another network, and shares no way with us.
        apart = is_elsewhere(each, origin)
        home = owners[each.source].network if apart and each.source is not None else origin.network
        beside = [
            t
            for t in work.traces
            if (t.source if is_elsewhere(t, origin) else None) == (each.source if apart else None)
        ]
        routes.append(
            infer_route(
                each,
                owners,
                relations=gazetteer.relations,
                members=members,
                home=home,
                others=beside,
                handshake_ms=None if apart else handshakes.get(each.target),
            )
        )
    return tuple(routes)


def _transit_free(
    routes: Iterable[Route], gazetteer: Gazetteer
) -> tuple[Claim[TransitFree], ...] | None:
    """Which networks on the routes buy transit from nobody; ``None`` where no list is known."""
    known = gazetteer.transit_free
    if known is None:
        return None
    rows, ref = known
    met = dict.fromkeys(network.asn for route in routes for network in route.as_path)
    return tuple(_statement(rows[asn], ref) for asn in met if asn in rows)


def _statement(row: TransitFree, ref: SnapshotRef) -> Claim[TransitFree]:
    """A network as transit-free: likely where it is stated and nobody doubts it."""
    stated = row.source != ref.name
    reason = Evidence(
        source=ref.name,
        rule="stated" if stated else "clique",
        as_of=row.stated_on,
        detail="; ".join(filter(None, (row.source if stated else "", *row.also, row.note))),
    )
    grade = Grade.LIKELY if stated and not row.note else Grade.POSSIBLE
    return Claim(value=row, evidence=(reason,), grade=grade)


def _bgp(work: Measurement, routes: Iterable[Route], sources: Sources) -> tuple[BgpView, ...]:
    """The BGP path to each mail host, as far as anybody tells it."""
    addresses = work.mail.addresses if work.mail is not None else ()
    if work.options.tables and addresses:
        work.progress(f"{work.mail.domain if work.mail else ''}: reading routing tables")
    own, notes = read_tables(work.options.tables, addresses)
    work.notes += notes
    apart = {t.target: is_elsewhere(t, work.vantage.origin) for t in work.traces}
    traced = {r.target: Traced(route=r, apart=apart.get(r.target, False)) for r in routes}
    return bgp_views(addresses, replace(sources, own=own, traced=traced))


_OF_PATHS = (Section.ORIGINS, Section.EXCHANGES, Section.RELATIONS, Section.RPKI)
"""Sections without which a path is told worse."""


def _blind_spots(traces: Iterable[Trace], gazetteer: Gazetteer) -> Iterator[str]:
    """Say what the gazetteer cannot answer about a path, so that nobody takes it for absent."""
    words = lacking(gazetteer.missing, among=_OF_PATHS)
    if words and any(each.hops for each in traces):
        yield f"no data set here tells of {words}"


def _provenance(
    vantage: Vantage, gazetteer: Gazetteer, options: Options, work: Measurement
) -> Provenance:
    origin = vantage.origin
    sources = [origin.sends_from(v) for v in (4, 6)] if "--source" in origin.how else []
    sources = [address for address in sources if address is not None]
    chosen = {
        "families": ",".join(str(family) for family in options.families),
        "sender": options.sender,
        "tracing": str(options.tracing).lower(),
        "conversing": str(options.conversing).lower(),
        "naming": str(options.naming).lower(),
        "port": str(options.trace.port),
        "queries": str(options.trace.queries),
        "only": options.only,
        "helo": options.smtp.helo,
        "place": options.place,
        "source": " ".join(map(str, sources)) if sources else None,
        "traces": "; ".join(options.foreign_files) or None,
        "rib": "; ".join(f"{t.path.name} sha256:{t.sha256}" for t in options.tables) or None,
    }
    return Provenance(
        version=__version__,
        commit=commit(),
        options=tuple((key, value) for key, value in chosen.items() if value is not None),
        seed=vantage.seed,
        platform=platform.platform() if vantage.player == "live" else vantage.player,
        player=vantage.player,
        vantage=vantage.name,
        engine=vantage.engine if any(t.imported is None for t in work.traces) else None,
        resolver=vantage.resolver_address,
        snapshots=gazetteer.snapshots,
        packets_sent=sum(
            each.packets_sent or 0 for each in (*work.traces, *work.beside) if each.imported is None
        ),
        connections_made=sum(bool(session.phases) for session in work.sessions),
        registry_questions=work.registry_questions,
        routing_questions=work.routing_questions,
    )
