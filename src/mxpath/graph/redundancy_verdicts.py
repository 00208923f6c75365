"""The verdict about a backup that is none."""

from mxpath.graph.redundancy import Roof, RoofKind, promises_redundancy, roofs
from mxpath.model.evidence import Evidence, Grade
from mxpath.model.foreign_text import printable
from mxpath.model.study import Study
from mxpath.model.verdict import Owner, Verdict

_DOUBTS = {
    RoofKind.BLOCK: "one block can be served from several places (anycast)",
    RoofKind.PREFIX: "one prefix can be announced from several places (anycast)",
    RoofKind.NETWORK: "a large network has many places, each with its own ways in",
    RoofKind.ORGANISATION: "one organisation may run several networks apart from one another",
    RoofKind.EXCHANGE: "seen from here only: without the exchange point BGP may find another way",
    RoofKind.LAST_TRANSIT: "seen from here only: other senders may come in over other networks",
}


def weak_redundancy(study: Study) -> Verdict | None:
    """Speak when two MX hosts or more are named, and one thing cuts them all off.

    A remark, never an outage. One address block or prefix is likely one room; one
    network, exchange point or last transit network is only possibly one fate.
    """
    shared = roofs(study)
    if not shared or not promises_redundancy(study):
        return None
    narrowest = shared[0]
    domain = printable(study.domain)
    hosts = len({host.name for host in study.mail.plan.hosts if host.addresses})
    count = "Both MX hosts" if hosts == 2 else f"All {hosts} MX hosts"
    return Verdict(
        name="weak_redundancy",
        grade=Grade.LIKELY if narrowest.narrow else Grade.POSSIBLE,
        owner=Owner.THEM,
        sentence=(
            f"{count} of {domain} are under one roof, {printable(narrowest.words)}: "
            "what cuts it off cuts off all of its mail."
        ),
        next_step=_next_step(narrowest, domain),
        evidence=tuple(_evidence(roof) for roof in shared),
        counter_evidence=(
            Evidence(source=_source(narrowest), rule="shared roof", detail=_DOUBTS[narrowest.kind]),
        ),
        remark=True,
    )


def _next_step(roof: Roof, domain: str) -> str:
    where = {
        RoofKind.BLOCK: "in another block and place",
        RoofKind.PREFIX: "in another prefix and place",
        RoofKind.NETWORK: "in another network",
        RoofKind.ORGANISATION: "at another organisation",
    }.get(roof.kind, "that is reached over another network")
    return f"nothing today; whoever plans the mail of {domain} wants a second MX {where}"


def _source(roof: Roof) -> str:
    if roof.kind is RoofKind.ORGANISATION:
        return "registry"
    return "trace" if roof.kind in (RoofKind.EXCHANGE, RoofKind.LAST_TRANSIT) else "origins"


def _evidence(roof: Roof) -> Evidence:
    return Evidence(
        source=_source(roof),
        rule="shared roof",
        detail=printable(f"every MX address shares {roof.words}"),
    )
