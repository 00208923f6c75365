"""Links between networks towards one address: who has seen each, the trace or routing tables."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from mxpath.model.address import IPAddress
from mxpath.model.bgp import PathGrade
from mxpath.model.bgp_path import BgpPath, BgpView
from mxpath.model.network import Network
from mxpath.model.route import Route
from mxpath.model.study import Study

SEEN_IN = ("trace", "bgp", "predicted")


@dataclass(slots=True, kw_only=True)
class AsLink:
    """One network hands over to another."""

    near: Network
    far: Network
    seen: set[str] = field(default_factory=set)
    medium: str | None = None
    grade: str | None = None
    """How sure the trace is of it."""
    whose: str | None = None
    """Whose BGP path has it: a :class:`PathGrade`."""

    @property
    def facts(self) -> dict[str, str | None]:
        """What an edge says of it; ``seen_in`` has blanks between."""
        seen_in = " ".join(name for name in SEEN_IN if name in self.seen)
        told = {"medium": self.medium, "grade": self.grade, "whose": self.whose}
        return {"seen_in": seen_in, **told}


def as_links(
    study: Study, *, apart: Collection[IPAddress] = ()
) -> Iterator[tuple[IPAddress, AsLink]]:
    """Yield the links towards each address, each once.

    ``apart`` are addresses whose traces began elsewhere: the BGP paths to them are ours, and
    not those of these traces.
    """
    targets = [*(route.target for route in study.routes), *(view.target for view in study.bgp)]
    for target in dict.fromkeys(targets):
        view = None if target in apart else study.bgp_to(target)
        for link in _links(study.route_to(target), view):
            yield target, link


def _links(route: Route | None, view: BgpView | None) -> Iterator[AsLink]:
    found: dict[tuple[int, int], AsLink] = {}

    def link(near: Network, far: Network, seen: str) -> AsLink:
        known = found.setdefault((near.asn, far.asn), AsLink(near=near, far=far))
        known.seen.add(seen)
        return known

    for claim in route.borders if route is not None else ():
        border = link(claim.value.near, claim.value.far, "trace")
        border.medium = claim.value.medium
        border.grade = claim.grade.value if claim.grade else None
    for path in _paths(view):
        seen = "predicted" if path.grade is PathGrade.PREDICTED else "bgp"
        for near, far in pairwise(path.networks):
            told = link(near, far, seen)
            if seen == "bgp":
                told.whose = path.grade.value
    yield from found.values()


def _paths(view: BgpView | None) -> Iterator[BgpPath]:
    """All paths of a view; the predicted one once."""
    if view is None:
        return
    told = [view.path, *view.others, view.predicted]
    yield from {id(claim): claim.value for claim in told if claim is not None}.values()
