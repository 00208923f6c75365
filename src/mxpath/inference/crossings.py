"""Exchange points on the path: from a member's port that answered to a crossing.

The law
-------
1. A member's port of exchange point X at hop i, the member being *far*: the
   crossing is on the link (i-1, i), the side before it is *near*.
2. Near is the network of hop i-1. Where hop i-1 is silent or unknown, near is the
   last known network before it, and the grade falls; before the first hop stands
   the vantage's own network. With nobody before it, near is unknown.
3. An address in special-purpose space never crosses anything.
4. A router may answer from its LAN address whatever way the probe came. So there
   is no crossing when
   a. near and far are the same network: the port is on the side we were already on;
   b. a member of X is on either side of this one router, and near and far are
      provider and customer: they have a link of their own.
5. Graded by what agrees:
   certain   near is a member of X, hop i-1 itself says so, and far's network
             follows (hop i+1 is far's, or hop i is the end of what answered
             and the target is far's);
   likely    one of these is only half known: near by a step across silence, hop
             i+1 silent or another network that far may well hand to, X's
             members not known;
   possible  near is no known member or unknown, or near and far are provider and
             customer (transit bought over the LAN and a router that answers from its
             port look alike), or several of the above are doubtful at once.
Exchange points are compared by id, never by name. What the published window rules say of the same
hops (``window_rules.py``) stands beside each crossing and each refusal, and moves no grade.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mxpath.inference.latency import differential
from mxpath.inference.steps import Step, evidence_of
from mxpath.inference.window_rules import window_verdicts
from mxpath.model.attribution import IxpPort
from mxpath.model.evidence import Claim, Evidence, Grade
from mxpath.model.network import Network
from mxpath.model.relations import AsRelations, Relation
from mxpath.model.route import IxpCrossing

_ORDER = (Grade.CERTAIN, Grade.LIKELY, Grade.POSSIBLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a crossing is judged against."""

    relations: AsRelations
    members: Mapping[int, frozenset[int]]
    """Exchange point id to its members; an id that is missing, or has none, is not known."""
    home: Network | None
    destination: Network | None
    branches: Mapping[int, float] = field(default_factory=dict)
    """TTL to what other flows make of it (``branches.py``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Near:
    """The network before a port, and whether silence lies between."""

    network: Network | None
    ttl: int
    adjacent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reason:
    """One thing that was looked at: how far down it pulls the grade, and why."""

    rule: str
    detail: str
    steps_down: int = 0


def find_crossings(steps: Sequence[Step], around: Surroundings) -> tuple[Claim[IxpCrossing], ...]:
    """Return the crossings of a path, each graded and with its reasons."""
    verdicts = window_verdicts(steps, around.members)

    def with_second_opinion(claim: Claim[IxpCrossing]) -> Claim[IxpCrossing]:
        verdict = verdicts.get(claim.value.far_ttl)
        if verdict is None:
            return claim
        opinion = Evidence(source="trace", rule="window-rule", detail=verdict.words)
        return replace(claim, evidence=(*claim.evidence, opinion))

    return tuple(
        with_second_opinion(_crossing(steps, index, port, near, around))
        for index, port, near in _ports(steps, around)
        if _refusal(steps, index, port, near, around) is None
    )


def uncrossed(steps: Sequence[Step], around: Surroundings) -> Iterator[str]:
    """Yield a note for each address of a LAN that is no crossing: nobody's port, or a refused one."""
    verdicts = window_verdicts(steps, around.members)
    said = {ttl: f"; {verdict.words}" for ttl, verdict in verdicts.items()}
    for step in steps:
        owner = None if step.is_target else step.owner
        if owner is not None and owner.ixp_lan is not None and owner.ixp_port is None:
            name, there = owner.ixp_lan.value.ix_name, f"hop {step.ttl} ({step.address})"
            yield f"{there} is in the LAN of {name}, at nobody's known port{said.get(step.ttl, '')}"
    for index, port, near in _ports(steps, around):
        ttl = steps[index].ttl
        if (refusal := _refusal(steps, index, port, near, around)) is not None:
            not_there = f"so {port.ix_name} is not crossed there"
            yield f"hop {ttl}: {refusal}, {not_there}{said.get(ttl, '')}"


def _ports(steps: Sequence[Step], around: Surroundings) -> Iterator[tuple[int, IxpPort, _Near]]:
    for index, step in enumerate(steps):
        if step.port is not None and step.owner is not None and step.owner.special is None:
            yield index, step.port, _near(steps, index, around.home)


def _near(steps: Sequence[Step], index: int, home: Network | None) -> _Near:
    for earlier in range(index - 1, -1, -1):
        if steps[earlier].network is not None:
            return _Near(
                network=steps[earlier].network,
                ttl=steps[earlier].ttl,
                adjacent=earlier == index - 1,
            )
    return _Near(network=home, ttl=0, adjacent=index == 0)


def _refusal(
    steps: Sequence[Step], index: int, port: IxpPort, near: _Near, around: Surroundings
) -> str | None:
    """Rule 4: why a port is no crossing; ``None`` when it may be one."""
    if near.network is None:
        return None
    far = port.member
    if near.network.asn == far.asn:
        return f"AS{far.asn} is already before its own port"
    after = steps[index + 1].network if index + 1 < len(steps) else None
    members = around.members.get(port.ix_id, frozenset())
    both_sides = (
        after is not None and after.asn != far.asn and {near.network.asn, after.asn} <= members
    )
    if both_sides and _transit(around.relations, near.network.asn, far.asn):
        return "members are on both sides of one router, and the first is its transit link"
    return None


def _transit(relations: AsRelations, asn: int, other: int) -> bool:
    return relations.between(asn, other) in (Relation.CUSTOMER, Relation.PROVIDER)


def _crossing(
    steps: Sequence[Step], index: int, port: IxpPort, near: _Near, around: Surroundings
) -> Claim[IxpCrossing]:
    step = steps[index]
    reasons = (_near_reason(port, near, around), _far_reason(steps, index, port, around))
    grade = _ORDER[min(sum(reason.steps_down for reason in reasons), 2)]
    assert step.address is not None
    crossing = IxpCrossing(
        ix_id=port.ix_id,
        ix_name=port.ix_name,
        near=near.network,
        far=port.member,
        far_ttl=step.ttl,
        address=step.address,
        differential=differential(
            steps,
            entry_ttl=_entry_ttl(steps, index),
            exit_ttl=step.ttl,
            branches=around.branches,
        ),
    )
    told = tuple(Evidence(source="trace", rule=r.rule, detail=r.detail) for r in reasons)
    return Claim(value=crossing, evidence=(*evidence_of(step.owner), *told), grade=grade)


def _entry_ttl(steps: Sequence[Step], index: int) -> int:
    """TTL of the last hop before that answered; 0 for the vantage."""
    return next((s.ttl for s in reversed(steps[:index]) if s.address is not None), 0)


def _near_reason(port: IxpPort, near: _Near, around: Surroundings) -> _Reason:
    if near.network is None:
        return _Reason(rule="near-unknown", detail="no network is known before it", steps_down=2)
    asn = near.network.asn
    where = f"hop {near.ttl}" if near.ttl else "the vantage"
    if _transit(around.relations, asn, port.member.asn):
        detail = (
            f"AS{asn} and AS{port.member.asn} are provider and customer: they may meet over a link "
            "of their own as well as over the LAN"
        )
        return _Reason(rule="near-transit", detail=detail, steps_down=2)
    members = around.members.get(port.ix_id, frozenset())
    down = 0 if near.adjacent else 1
    across = "" if near.adjacent else ", across hops without a network"
    if not members:
        detail = f"members of ix {port.ix_id} are not known; AS{asn} at {where}{across}"
        return _Reason(rule="near-unverified", detail=detail, steps_down=down + 1)
    if asn not in members:
        detail = f"AS{asn} at {where} is no known member of ix {port.ix_id}{across}"
        return _Reason(rule="near-not-member", detail=detail, steps_down=2)
    detail = f"AS{asn} at {where} is a member of ix {port.ix_id}{across}"
    return _Reason(rule="near-member", detail=detail, steps_down=down)


def _far_reason(steps: Sequence[Step], index: int, port: IxpPort, around: Surroundings) -> _Reason:
    far, step = port.member.asn, steps[index]
    after = next((s for s in steps[index + 1 :] if s.address is not None), None)
    if step.is_target:
        return _Reason(rule="far-follows", detail=f"the port of AS{far} is the target itself")
    if after is None:
        return _nothing_follows(far, around)
    if after.ttl > step.ttl + 1 and after.asn != far:
        detail = f"hop {step.ttl + 1} is silent"
        return _Reason(rule="far-unconfirmed", detail=detail, steps_down=1)
    if after.asn == far:
        return _Reason(rule="far-follows", detail=f"hop {after.ttl} is of AS{far} too")
    if after.asn is None:
        detail = f"hop {after.ttl} belongs to no known network"
        return _Reason(rule="far-unconfirmed", detail=detail, steps_down=1)
    return _other_follows(far, after, port, around)


def _nothing_follows(far: int, around: Surroundings) -> _Reason:
    if around.destination is not None and around.destination.asn == far:
        return _Reason(rule="far-is-destination", detail=f"the target is of AS{far}")
    return _Reason(rule="far-unconfirmed", detail="nothing after it answered", steps_down=1)


def _other_follows(far: int, after: Step, port: IxpPort, around: Surroundings) -> _Reason:
    assert after.asn is not None
    detail = f"hop {after.ttl} is of AS{after.asn}"
    if around.relations.related(far, after.asn):
        return _Reason(
            rule="far-hands-on", detail=f"{detail}, a neighbour of AS{far}", steps_down=1
        )
    if after.asn in around.members.get(port.ix_id, frozenset()):
        detail = f"{detail}, a member too: this router may have answered from off the path"
    return _Reason(rule="far-disagrees", detail=detail, steps_down=2)
