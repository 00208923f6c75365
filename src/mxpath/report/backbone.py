"""Sentences on the backbone: how much of the way runs inside networks that buy transit from nobody."""

from collections.abc import Iterator, Sequence

from mxpath.graph.influence import BackboneShare, backbone_shares
from mxpath.model.address import IPAddress
from mxpath.model.foreign_text import printable
from mxpath.model.route import Differential
from mxpath.model.study import Study
from mxpath.report.amounts import differential_ms, percent


def backbone_words(study: Study, target: IPAddress | None = None) -> str:
    """Say what of the route to ``target`` is backbone, and on how many routes there is any.

    Of the first route seen when there is none to ``target``; nothing where no list of
    transit-free networks is known, or no route was seen.
    """
    shares = backbone_shares(study)
    if not shares:
        return ""
    here = next((share for share in shares if share.target == target), shares[0])
    return f"{_of_route(here)}{_on_how_many(here, shares)}"


def _of_route(here: BackboneShare) -> str:
    if not here.networks:
        return "no transit-free network on it" if here.whole else "no transit-free network seen"
    if here.share is not None:
        amount = f"{share_words(here)} of it"
    else:
        amount = "a time not resolvable" if here.rtt_ms is None else f"{_adds(here)} ms"
    return f"inside transit-free networks ({network_names(here)}) {amount}"


def _adds(share: BackboneShare) -> str:
    return differential_ms(Differential(rtt_ms=share.rtt_ms, plus_minus_ms=share.plus_minus_ms))


def _on_how_many(here: BackboneShare, shares: Sequence[BackboneShare]) -> str:
    with_any = sum(bool(share.networks) for share in shares)
    if len(shares) == 1 or not with_any:
        return ""
    those = "such ones" if here.networks else "but"
    return f", {those} on {with_any} of {len(shares)} routes seen"


def share_words(share: BackboneShare) -> str:
    """Return a share of the time with its uncertainty: ``87 ±3 %``; ``?`` where not resolvable."""
    if share.share is None or share.rtt_ms is None:
        return "?"
    points = round(100 * share.plus_minus_ms * share.share / share.rtt_ms) if share.rtt_ms else 0
    return percent(share.share).replace(" %", f" ±{points} %") if points else percent(share.share)


def network_names(share: BackboneShare) -> str:
    """Return the names of the transit-free networks on a route, in order of travel."""
    return ", ".join(printable(n.name or f"AS{n.asn}") for n in share.networks)


def backbone_rows(study: Study) -> Iterator[dict[str, object]]:
    """Yield a table's rows, one a route seen."""
    for share in backbone_shares(study):
        more = "" if share.whole else " seen"
        yield {
            "target": str(share.target),
            "networks": network_names(share) or f"none{more}",
            "count": f"{len(share.networks)} of {share.on_path}{more}",
            "adds": _adds(share),
            "share": share_words(share),
            "reason": printable(share.reason),
        }
