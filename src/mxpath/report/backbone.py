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
    return f"inside transit-free networks ({network_names(here)}) {_amount(here, 'it')}"


def _on_how_many(here: BackboneShare, shares: Sequence[BackboneShare]) -> str:
    having = [share for share in shares if share.networks]
    if len(shares) == 1 or not having:
        return ""
    count = f"on {len(having)} of {len(shares)} routes seen"
    if here.networks:
        return f", such ones {count}"
    other = having[0]
    return f", but {count}: {network_names(other)}, {_amount(other, f'that to {other.target}')}"


def _amount(share: BackboneShare, of: str) -> str:
    """How much of a route: a share, milliseconds where it did not arrive, or neither."""
    if share.rtt_ms is None:
        return f"for a part of {of} that is not resolvable"
    return f"{f'{_adds(share)} ms' if share.share is None else share_words(share)} of {of}"


def _adds(share: BackboneShare) -> str:
    return differential_ms(Differential(rtt_ms=share.rtt_ms, plus_minus_ms=share.plus_minus_ms))


def share_words(share: BackboneShare) -> str:
    """Return a share of the time with its uncertainty: ``87 ±3 %``; ``?`` where not resolvable.

    No-break spaces hold the figure together.
    """
    if share.share is None or share.rtt_ms is None:
        return "?"
    points = round(100 * share.plus_minus_ms * share.share / share.rtt_ms) if share.rtt_ms else 0
    words = percent(share.share)
    return (words.replace(" %", f" ±{points} %") if points else words).replace(" ", "\u00a0")


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
