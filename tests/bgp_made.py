"""Hand-made BGP paths to the mail hosts of hand-made studies."""

from dataclasses import replace
from datetime import date
from ipaddress import ip_network

from mxpath.inference.agreement import agreement
from mxpath.model.address import IPAddress
from mxpath.model.bgp import AsPath, PathGrade, RibEntry
from mxpath.model.bgp_path import BgpPath, BgpView
from mxpath.model.evidence import Claim, Evidence, Grade
from mxpath.model.network import Network
from mxpath.model.study import Study

_RULES = {
    PathGrade.OWN: "own-table",
    PathGrade.OUR_NETWORK: "peer-in-our-network",
    PathGrade.UPSTREAM: "peer-in-our-upstream",
    PathGrade.PREDICTED: "valley-free",
}


def told(
    networks: tuple[Network, ...],
    target: IPAddress,
    *,
    grade: PathGrade = PathGrade.OUR_NETWORK,
    collector: str = "rrc0",
    final: tuple[int, ...] = (),
) -> Claim[BgpPath]:
    """A path of these networks, as one route tells it."""
    prefix = ip_network(f"{target}/{20 if target.version == 4 else 36}", strict=False)
    asns = tuple(n.asn for n in networks)
    asns = asns if grade is PathGrade.OUR_NETWORK else asns[1:]
    entry = RibEntry(
        prefix=prefix,
        path=AsPath(asns=asns, final_set=final),
        collector=collector,
        peer_asn=asns[0] if asns else None,
        best=True,
    )
    return Claim(
        value=BgpPath(
            grade=grade,
            networks=networks,
            prefix=prefix,
            origins=final or asns[-1:],
            tellers=() if grade is PathGrade.PREDICTED else (entry,),
        ),
        evidence=(
            Evidence(
                source=collector,
                rule=_RULES[grade],
                as_of=date(2026, 6, 17),
                detail=f"{prefix}: {entry.path}",
            ),
        ),
        grade=Grade.CERTAIN if grade is PathGrade.OWN else Grade.LIKELY,
    )


def with_path(study: Study, target: IPAddress, *paths: Claim[BgpPath], missing: str = "") -> Study:
    """The study with a view of one address; the first path is held against its trace."""
    route = study.route_to(target)
    view = BgpView(
        target=target,
        path=paths[0] if paths else None,
        others=paths[1:],
        agreement=agreement(route, paths[0]) if route is not None and paths else None,
        missing=missing,
    )
    return replace(study, bgp=(*study.bgp, view))


def along_bgp(study: Study) -> Study:
    """Every trace goes the way that a peer in our network tells."""
    for route in study.routes:
        study = with_path(study, route.target, told(route.as_path, route.target))
    return study


def beside_bgp(study: Study) -> Study:
    """Two ways told that the trace does not go, one predicted, and one that nobody tells."""
    first, *_, last = targets = study.mail.addresses
    stranger = Network(asn=4200000001, name="A network with \x1b[31mquite\x1b[0m a long name")
    here, *middle, there = next(r for r in study.routes if r.target == first).as_path
    other = Network(asn=64498, name="Beta Transit")
    upstream = (here, *middle, stranger, there)
    study = with_path(
        study,
        first,
        told((here, other, stranger, there), first, grade=PathGrade.OWN),
        told((here, other, *middle, there), first, grade=PathGrade.OWN),
    )
    for target in targets[1:-1]:
        study = with_path(study, target, told(upstream, target, grade=PathGrade.UPSTREAM))
    words = "no table tells one (--rib FILE), and no business relationships predict one"
    return with_path(study, last, missing=words)
