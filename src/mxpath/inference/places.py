"""Places held against the speed of light.

The law (nothing else refutes a place):

1. Light in fibre goes 200 km in a millisecond, and a packet goes there and back. What
   answers from the vantage sooner than 2 x distance / (200 km/ms) is not there. The
   distance is the great circle's: a fibre is longer.
2. Only round trips *from the vantage*, and only where its own place is known: what another
   tool measured counts where it says that it did so from here, at the longest that its
   coarseness leaves open. A step from one hop to the next is a hint and refutes nothing:
   ways back differ.
3. Both ends are centres of cities, so ``SLACK_KM`` of the distance do not count.
4. A refuted place is no place any more, and is kept with what speaks against it.
5. Of an address that many machines share (anycast) the one that answered is not there;
   another may be.
6. Who filters port 25 on the way resets connections in the target's name: a RST is no word of
   its place. (What takes connections in its name, as some providers' proxies do, cannot be told
   from it here.)
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from mxpath.model.address import IPAddress
from mxpath.model.attribution import Attribution
from mxpath.model.evidence import Claim, Evidence
from mxpath.model.place import METRO_KM, Place, RefutedPlace
from mxpath.model.probe import ReplyKind
from mxpath.model.session import SmtpSession
from mxpath.model.trace import Hop, Trace

FIBRE_KM_PER_MS = 200.0
SLACK_KM = METRO_KM


def smallest_rtts(
    traces: Iterable[Trace], sessions: Iterable[SmtpSession]
) -> dict[IPAddress, float]:
    """Return the smallest round trip to each address, in ms, of traces and handshakes of ours."""
    found: dict[IPAddress, float] = {}
    for trace in traces:
        other = trace.imported
        if other is not None and trace.source is None:
            continue
        coarse_ms = other.resolution_ms if other is not None else 0.0
        for hop in trace.hops:
            # Of a hop with several responders nobody knows whose the smallest was.
            if len(hop.responders) == 1 and (rtt_ms := _soonest(hop)) is not None:
                _keep(found, hop.responders[0], rtt_ms + coarse_ms)
    for session in sessions:
        phase = session.phase("connect")
        if phase is not None and phase.complete:
            _keep(found, session.address, phase.elapsed_ms)
    return found


def _soonest(hop: Hop) -> float | None:
    """The smallest round trip of a hop that tells of a place (rule 6)."""
    if any(p.reply is not None and p.reply.kind is ReplyKind.RST for p in hop.probes):
        own = [p for p in hop.probes if p.reply is not None and p.reply.kind is not ReplyKind.RST]
        return min((p.rtt_ms for p in own if p.rtt_ms is not None), default=None)
    return hop.min_rtt_ms


def _keep(found: dict[IPAddress, float], address: IPAddress, rtt_ms: float) -> None:
    found[address] = min(rtt_ms, found.get(address, rtt_ms))


def refute(
    owners: Mapping[IPAddress, Attribution],
    rtts_ms: Mapping[IPAddress, float],
    here: Claim[Place] | None,
) -> dict[IPAddress, Attribution]:
    """Set places aside that cannot be; a new dict in the order of ``owners``.

    Parameters
    ----------
    owners
        With what is said of places.
    rtts_ms
        Smallest round trips from where we stand.
    here
        Where that is; nothing is refuted when it is not known.
    """
    if here is None or here.value.latitude is None:
        return dict(owners)
    return {
        address: _held_against(owner, rtts_ms[address], here) if address in rtts_ms else owner
        for address, owner in owners.items()
    }


def _held_against(owner: Attribution, rtt_ms: float, here: Claim[Place]) -> Attribution:
    kept, refuted = [], []
    for claim in owner.places:
        found = refuted_place(claim, rtt_ms, here)
        if found is None:
            kept.append(claim)
        else:
            refuted.append(found)
    if not refuted:
        return owner
    return replace(owner, places=tuple(kept), refuted_places=(*owner.refuted_places, *refuted))


def refuted_place(claim: Claim[Place], rtt_ms: float, here: Claim[Place]) -> RefutedPlace | None:
    """Return a claimed place as refuted, ``None`` where the round trip allows it.

    Examples
    --------
    >>> here = Claim(value=Place(country="DE", latitude=52.52, longitude=13.4), evidence=())
    >>> said = Claim(value=Place(country="ES", latitude=40.42, longitude=-3.7), evidence=())
    >>> refuted_place(said, 18.0, here).least_rtt_ms
    18.2
    >>> refuted_place(said, 19.0, here) is None
    True
    """
    distance_km = claim.value.distance_km(here.value)
    if distance_km is None:
        return None
    least_ms = 2 * max(0.0, distance_km - SLACK_KM) / FIBRE_KM_PER_MS
    if rtt_ms >= least_ms:
        return None
    measured = Evidence(
        source="trace",
        rule="faster-than-light-in-fibre",
        detail=f"it answers within {rtt_ms:.1f} ms; {claim.value} is {distance_km:.0f} km from here"
        f" ({here.value}), which takes {least_ms:.1f} ms at least",
    )
    return RefutedPlace(
        place=claim,
        rtt_ms=rtt_ms,
        least_rtt_ms=round(least_ms, 1),
        distance_km=round(distance_km, 1),
        here=here.grade,
        counter_evidence=(measured, *here.evidence),
    )
