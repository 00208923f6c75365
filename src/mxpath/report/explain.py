"""Why do you say so? Every claim of a study, by a key one can ask for.

Keys: a verdict's name; ``owner:ADDRESS``, and with other words in place of ``owner`` what else
is said of an address: ``rpki``, ``delegation``, ``organisation``, ``siblings``, ``country``,
``place``, ``refuted``, ``holder``, ``operator``; ``provider:HOST``; ``bgp:``, ``predicted:`` and ``agreement:`` with an address; ``transit-free:ASN``; and for each route ``crossing:``, ``border:`` and ``segment:`` with
``TARGET:TTL``.

One asks with a key, the beginning of one, an address (all that is said of it), or the name
of a network or exchange point.
"""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from ipaddress import ip_address
from typing import Any

from mxpath.errors import InputError
from mxpath.graph.verdicts import VERDICTS
from mxpath.model.attribution import Attribution
from mxpath.model.bgp_path import BgpView
from mxpath.model.documents import Explained
from mxpath.model.evidence import Claim
from mxpath.model.foreign_text import printable
from mxpath.model.network import Network
from mxpath.model.route import Differential, Route
from mxpath.model.study import Study
from mxpath.model.verdict import Verdict
from mxpath.report.bgp_words import agreement_words, path_line, path_name
from mxpath.report.owners import about_owner, refuted_words


def claims_of(study: Study) -> Iterator[Explained]:
    """Yield every claim of ``study``: verdicts, then routes, their networks, then owners."""
    yield from (_of_verdict(verdict) for verdict in study.verdicts)
    for route in study.routes:
        yield from _route_claims(route)
    for view in study.bgp:
        yield from _bgp_claims(view)
    for claim in study.transit_free or ():
        named = Network(asn=claim.value.asn, name=claim.value.name)
        over = " and ".join(f"IPv{version}" for version in claim.value.families)
        how = "by a public statement" if claim.evidence[0].rule == "stated" else "by inference"
        words = f"{named} buys transit from nobody over {over}, {how}."
        yield _explained(f"transit-free:{named.asn}", words, claim)
    for owner in study.owners.values():
        yield from _owner_claims(owner)
    for host, provider in study.providers.items():
        words = f"{host} is run by {provider.value.title}, as its name says."
        yield _explained(f"provider:{host}", words, provider)


def asked_for(study: Study, question: str) -> tuple[Explained, ...]:
    """Return the claims of ``study`` that a question means: see the head of this file.

    Raises
    ------
    InputError
        When it means none; the message names what comes near.
    """
    every = tuple(claims_of(study))
    wanted = question.strip().casefold()
    ways = (
        [c for c in every if c.key == wanted],
        [c for c in every if _is_address(wanted) and f":{wanted}:" in f"{c.key}:"],
        [c for c in every if c.key.startswith(wanted)],
        [c for c in every if c.key not in VERDICTS and wanted in c.sentence.casefold()],
    )
    found = next((way for way in ways if way and wanted), None)
    if found is None:
        raise InputError(_nothing(study, question, every))
    return tuple(found)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _nothing(study: Study, question: str, every: Iterable[Explained]) -> str:
    keys = [claim.key for claim in every]
    said = ", ".join(verdict.name for verdict in study.verdicts) or "none"
    shown = printable(question)
    if question in VERDICTS:
        return f"{study.domain} does not get the verdict {shown}; its verdicts are {said}"
    kinds = dict.fromkeys(key.partition(":")[0] for key in keys)
    near = get_close_matches(question, list(dict.fromkeys([*kinds, *keys, *VERDICTS])), n=3)
    guess = f"; did you mean {' or '.join(near)}?" if near else ""
    return f"{study.domain} makes no claim {shown!r}; it has {', '.join(kinds)}{guess}"


def _of_verdict(verdict: Verdict) -> Explained:
    return Explained(
        key=verdict.name,
        sentence=verdict.sentence,
        grade=verdict.grade,
        owner=verdict.owner,
        next_step=verdict.next_step,
        cost_ms=verdict.cost_ms,
        evidence=verdict.evidence,
        counter_evidence=verdict.counter_evidence,
    )


def _explained(key: str, sentence: str, claim: Claim[Any]) -> Explained:
    return Explained(key=key, sentence=sentence, grade=claim.grade, evidence=claim.evidence)


def _route_claims(route: Route) -> Iterator[Explained]:
    for crossing in route.crossings:
        value = crossing.value
        near = value.near or "a network that stayed silent"
        yield _explained(
            f"crossing:{route.target}:{value.far_ttl}",
            f"{near} hands over to {value.far} at {value.ix_name}, hop {value.far_ttl}.",
            crossing,
        )
    for border in route.borders:
        edge = border.value
        yield _explained(
            f"border:{route.target}:{edge.far_ttl}",
            f"{edge.near} hands over to {edge.far} before hop {edge.far_ttl}.",
            border,
        )
    for segment in route.segments:
        part = segment.value
        yield _explained(
            f"segment:{route.target}:{part.first_ttl}",
            f"Hops {part.first_ttl} to {part.last_ttl} lie in "
            f"{part.network or 'no known network'}: {_figure(part.differential)}.",
            segment,
        )


def _bgp_claims(view: BgpView) -> Iterator[Explained]:
    for number, path in enumerate(filter(None, (view.path, *view.others)), start=1):
        which = f":{number}" if view.others else ""
        words = f"The {path_name(path.value)} to {view.target} is {path_line(path.value)}."
        yield _explained(f"bgp:{view.target}{which}", words, path)
    if view.predicted is not None and view.predicted != view.path:
        words = f"Relationships predict {path_line(view.predicted.value)} to {view.target}."
        yield _explained(f"predicted:{view.target}", words, view.predicted)
    if view.agreement is not None and view.path is not None:
        how = agreement_words(view.agreement.value)
        words = f"The trace to {view.target} and the {path_name(view.path.value)}: {how}."
        yield _explained(f"agreement:{view.target}", words, view.agreement)


def _figure(differential: Differential) -> str:
    if differential.rtt_ms is None:
        return f"no figure ({differential.reason})" if differential.reason else "no figure"
    return (
        f"{differential.rtt_ms:.1f} ± {differential.plus_minus_ms:.1f} ms "
        "of round-trip time (a difference of minima, observed)"
    )


def _owner_claims(owner: Attribution) -> Iterator[Explained]:
    key = f"owner:{owner.address}"
    if owner.special is not None:
        words = f"{owner.address} lies in a special-purpose range: {owner.special.value}."
        yield _explained(key, words, owner.special)
    if owner.ixp_port is not None:
        port = owner.ixp_port.value
        words = f"{owner.address} is the port of {port.member} at {port.ix_name}."
        yield _explained(key, words, owner.ixp_port)
    if owner.ixp_lan is not None:
        lan = owner.ixp_lan.value
        words = f"{owner.address} lies in the peering LAN {lan.prefix} of {lan.ix_name}."
        yield _explained(key, words, owner.ixp_lan)
    if owner.origin is not None:
        origin = owner.origin.value
        names = ", ".join(str(network) for network in origin.networks)
        words = f"{owner.address} is announced in {origin.prefix} by {names}."
        yield _explained(key, words, owner.origin)
    if owner.rpki is not None:
        route = owner.rpki.value
        words = f"The route {route.prefix}, which holds {owner.address}, is {route} in the RPKI."
        yield _explained(f"rpki:{owner.address}", words, owner.rpki)
    for kind, sentence, claim in about_owner(owner):
        yield _explained(f"{kind}:{owner.address}", sentence, claim)
    for refuted in owner.refuted_places:
        yield Explained(
            key=f"refuted:{owner.address}",
            sentence=f"{owner.address} is {refuted_words(refuted)}.",
            grade=refuted.here,
            evidence=refuted.counter_evidence,
            counter_evidence=refuted.place.evidence,
        )
    yield from _holder_claims(owner)


def _holder_claims(owner: Attribution) -> Iterator[Explained]:
    if owner.registration is not None:
        held = owner.registration.value
        words = f"{held.range_words}, which holds {owner.address}, is registered to {held.holder_words}."
        yield _explained(f"holder:{owner.address}", words, owner.registration)
    if owner.operator is not None:
        held = owner.operator.value
        words = f"{held.range_words}, which announces {owner.address}, is registered to {held.holder_words}."
        yield _explained(f"operator:{owner.address}", words, owner.operator)
