"""What has changed of a path between two looks, told by networks and exchange points.

The law
-------
1. Two looks are compared station by station (``stations.py``), not hop by hop: a router more near
   the beginning moves all that follow, and nothing has happened to those.
2. Silence is no change. A stretch that nobody can attribute is left out on both sides.
3. A target that has fallen silent is lost; where the path ends now says where it is cut, and is no
   other path. When it answers again it is back, and is compared with the last whole path.
4. Where the stations are the same, the routers are compared within each of them; only a router
   that stands where another one answered before is a change.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from difflib import SequenceMatcher

from mxpath.graph.stations import Station, stations
from mxpath.model.address import IPAddress
from mxpath.model.probe import Protocol
from mxpath.model.route import Route
from mxpath.model.watch import ChangeKind, PathChange


def path_changes(
    before: Route,
    after: Route,
    *,
    protocol: Protocol,
    seen_at: datetime,
    whole: Route | None = None,
) -> tuple[PathChange, ...]:
    """Compare two looks at one target by one protocol.

    Parameters
    ----------
    before, after
        The routes, the earlier one first.
    protocol
        By which both were seen.
    seen_at
        Start of the later look.
    whole
        The last route that came to its target, where ``before`` did not.
    """
    return tuple(_changes(before, after, whole, protocol, seen_at))


def _changes(
    before: Route, after: Route, whole: Route | None, protocol: Protocol, seen_at: datetime
) -> Iterator[PathChange]:
    target = after.target
    if before.complete and not after.complete:
        last = next((station.name for station in reversed(_known(after))), None)
        lost = ChangeKind.LOST
        yield PathChange(target=target, protocol=protocol, kind=lost, seen_at=seen_at, behind=last)
        return
    if after.complete and not before.complete:
        back = ChangeKind.BACK
        yield PathChange(target=target, protocol=protocol, kind=back, seen_at=seen_at)
        if whole is None:
            return
        before = whole
    old, new = _known(before), _known(after)
    if not after.complete:  # where both end early the longer one shows no more than more answers
        shorter = min(len(old), len(new))
        old, new = old[:shorter], new[:shorter]
    if _keys(old) != _keys(new):
        yield from _of_networks(old, new, target, protocol, seen_at)
    elif after.complete:
        yield from _of_routers(before, after, protocol, seen_at)


def _known(route: Route) -> list[Station]:
    return [station for station in stations(route) if station.kind != "unknown"]


def _keys(found: Sequence[Station]) -> list[tuple[str, int | None]]:
    return [station.key for station in found]


def _of_networks(
    old: Sequence[Station],
    new: Sequence[Station],
    target: IPAddress,
    protocol: Protocol,
    seen_at: datetime,
) -> Iterator[PathChange]:
    matcher = SequenceMatcher(None, _keys(old), _keys(new), autojunk=False)
    for what, i1, i2, j1, j2 in matcher.get_opcodes():
        if what != "equal":
            yield PathChange(
                target=target,
                protocol=protocol,
                kind=ChangeKind.NETWORKS,
                seen_at=seen_at,
                gone=tuple(station.name for station in old[i1:i2]),
                come=tuple(station.name for station in new[j1:j2]),
                behind=new[j1 - 1].name if j1 else None,
                before=new[j2].name if j2 < len(new) else None,
            )


def _of_routers(
    before: Route, after: Route, protocol: Protocol, seen_at: datetime
) -> Iterator[PathChange]:
    pairs = zip(before.segments, after.segments, strict=False)
    for old, new in pairs:
        gone = _without(old.value.addresses, new.value.addresses)
        come = _without(new.value.addresses, old.value.addresses)
        network = new.value.network
        if gone and come and network is not None and old.value.network == network:
            name = network.name or f"AS{network.asn}"
            yield PathChange(
                target=after.target,
                protocol=protocol,
                kind=ChangeKind.ROUTERS,
                seen_at=seen_at,
                gone=gone,
                come=come,
                behind=name,
                before=name,
            )


def _without(
    some: Sequence[IPAddress | None], others: Sequence[IPAddress | None]
) -> tuple[str, ...]:
    return tuple(str(address) for address in some if address is not None and address not in others)
