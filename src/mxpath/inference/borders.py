"""Whose router answered: rules that turn owners of addresses into owners of routers.

An address belongs to whoever announces its prefix, a router to whoever runs it,
and at borders the two differ. After bdrmapIT (Marder et al., IMC 2018), as far
as one path allows. The order matters: each rule sees what the ones before left.

0. *origin, IXP*: a hop starts as the network of its address. A member's port on
   an exchange point's LAN is the member's router, whatever else is said of the
   prefix; so ports, and the target itself, are never moved by a later rule.
1. *several origins*: of the origins of a multi-origin prefix, the one that a
   neighbouring hop belongs to; else the hop stays unknown.
2. *third party*: a hop between two hops of one network, or of related networks,
   with an address that is unrelated to what follows, answered from an interface
   that the path did not use. It says nothing of the path and leaves the AS path.
3. *enclosed*: silence, private and unattributed hops between two hops of one
   network are inside that network.
4. *last hop*: when the target stayed silent, the last hop that answered, with an
   address of a provider of the target's network, is held to be that network's
   border router (the firewall behind it swallows the rest): possible, no more.
5. *border convention*: the subnet of a link between provider and customer is
   the provider's, so the first router of the customer answers with the
   provider's address. Applied where provider and customer follow each other
   without a gap, and only while the provider keeps a hop of its own.
6. *hidden AS*: two neighbours on the AS path that are not related, while exactly
   one network is customer of the one and provider of the other: it lies between.

Each moved hop carries the name of the rule in its evidence, and its grade falls.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from mxpath.inference.steps import Step
from mxpath.model.evidence import Evidence, Grade
from mxpath.model.network import Network
from mxpath.model.relations import AsRelations, Relation

Steps = tuple[Step, ...]


def assign(
    steps: Steps, *, relations: AsRelations, home: Network | None, destination: Network | None
) -> Steps:
    """Apply rules 1 to 5 in order.

    Parameters
    ----------
    steps
        The path; each step starts with the network of its address.
    relations
        Business relationships; without any, rules 4 and 5 say nothing.
    home
        The vantage's own network, which stands before the first hop.
    destination
        Network of the target's address.
    """
    steps = several_origins(steps, home=home)
    steps = third_party(steps, relations=relations, home=home)
    steps = enclosed(steps, home=home)
    steps = last_hop(steps, relations=relations, home=home, destination=destination)
    return border_convention(steps, relations=relations, home=home)


def several_origins(steps: Steps, *, home: Network | None) -> Steps:
    """Rule 1: the origin that a neighbouring hop belongs to, the earlier neighbour first."""

    def resolve(index: int, step: Step) -> Step:
        candidates = _origins_of(step)
        if len(candidates) < 2 or step.network is not None:
            return step
        for neighbour in (_network_at(steps, index - 1, home), _network_at(steps, index + 1, home)):
            if neighbour is not None and neighbour.asn in candidates:
                return _moved(
                    step,
                    candidates[neighbour.asn],
                    rule="several-origins",
                    detail=f"of its origins, AS{neighbour.asn} is also next to it",
                    grade=Grade.LIKELY,
                )
        return step

    return _each(steps, resolve)


def third_party(steps: Steps, *, relations: AsRelations, home: Network | None) -> Steps:
    """Rule 2: an address off the path belongs to the network it is related to, or to nobody."""

    def drop(index: int, step: Step) -> Step:
        before = _network_at(steps, index - 1, home)
        after = _network_at(steps, index + 1, home)
        if not _movable(step) or step.network is None or before is None or after is None:
            return step
        here = step.network.asn
        if here in (before.asn, after.asn) or not _off_path(here, before, after, relations):
            return step
        inside = before.asn == after.asn or relations.related(before.asn, here)
        return _moved(
            step,
            before if inside else None,
            rule="third-party",
            detail=f"AS{here} between AS{before.asn} and AS{after.asn}, which need no third",
            grade=Grade.LIKELY if before.asn == after.asn else Grade.POSSIBLE,
        )

    return _each(steps, drop)


def _off_path(here: int, before: Network, after: Network, relations: AsRelations) -> bool:
    if before.asn == after.asn:
        return True
    return relations.related(before.asn, after.asn) and not relations.related(here, after.asn)


def enclosed(steps: Steps, *, home: Network | None) -> Steps:
    """Rule 3: what lies between two hops of one network lies in it."""
    found = list(steps)
    for first, last in _unknown_runs(steps):
        before = _network_at(steps, first - 1, home)
        after = _network_at(steps, last + 1, home)
        if before is None or after is None or before.asn != after.asn:
            continue
        for index in range(first, last + 1):
            found[index] = _moved(
                steps[index],
                before,
                rule="enclosed",
                detail=f"between hops of AS{before.asn}",
                grade=Grade.LIKELY,
            )
    return tuple(found)


def last_hop(
    steps: Steps, *, relations: AsRelations, home: Network | None, destination: Network | None
) -> Steps:
    """Rule 4: the last answer of a path whose target stayed silent."""
    index = max((n for n, step in enumerate(steps) if step.address is not None), default=None)
    if index is None or destination is None or steps[index].is_target:
        return steps
    step = steps[index]
    if not _is_provider(step.network, destination, relations) or not _movable(step):
        return steps
    if not _keeps_a_hop(steps, index, relations, home):
        return steps
    moved = _moved(
        step,
        destination,
        rule="last-hop",
        detail=f"last answer towards AS{destination.asn}, from its provider's space",
        grade=Grade.POSSIBLE,
    )
    return (*steps[:index], moved, *steps[index + 1 :])


def border_convention(steps: Steps, *, relations: AsRelations, home: Network | None) -> Steps:
    """Rule 5: the customer's first router answers with the provider's address."""

    def hand_over(index: int, step: Step) -> Step:
        after = _network_at(steps, index + 1, home)
        if after is None or not _movable(step) or step.rules & {"last-hop", "third-party"}:
            return step
        if not _is_provider(step.network, after, relations):
            return step
        if steps[index + 1].rules & {"last-hop"} or not _keeps_a_hop(steps, index, relations, home):
            return step
        return _moved(
            step,
            after,
            rule="border-convention",
            detail=f"address of AS{step.asn}, its customer AS{after.asn} follows",
            grade=Grade.LIKELY,
        )

    return _each(steps, hand_over)


def hidden_as(near: int, far: int, *, relations: AsRelations) -> int | None:
    """Rule 6: the one AS that must lie between two unrelated neighbours, if there is one."""
    if near == far or relations.related(near, far):
        return None
    up = relations.of_kind(near, Relation.PROVIDER) & relations.of_kind(far, Relation.CUSTOMER)
    down = relations.of_kind(near, Relation.CUSTOMER) & relations.of_kind(far, Relation.PROVIDER)
    return next(iter(up | down)) if len(up | down) == 1 else None


def _keeps_a_hop(steps: Steps, index: int, relations: AsRelations, home: Network | None) -> bool:
    """Whether the network of ``steps[index]`` is still on the path without that hop.

    It is when the hop before is its own, or is of its provider's space: then
    that one is its border router by the same convention.
    """
    here, before = steps[index].network, _network_at(steps, index - 1, home)
    if here is None or before is None:
        return False
    if before.asn == here.asn:
        return True
    if index == 0 or not _movable(steps[index - 1]):
        return False
    return _is_provider(before, here, relations) and _keeps_a_hop(steps, index - 1, relations, home)


def _is_provider(network: Network | None, other: Network, relations: AsRelations) -> bool:
    if network is None:
        return False
    return relations.between(other.asn, network.asn) is Relation.PROVIDER


def _movable(step: Step) -> bool:
    """Whether a rule may move this hop: it answered, from no port, and is not the target."""
    return step.address is not None and step.port is None and not step.is_target


def _origins_of(step: Step) -> dict[int, Network]:
    owner = step.owner
    if owner is None or owner.origin is None or owner.ixp is not None:
        return {}
    return {network.asn: network for network in owner.origin.value.networks}


def _network_at(steps: Sequence[Step], index: int, home: Network | None) -> Network | None:
    """Network of a step; before the first one stands the vantage's own."""
    if index < 0:
        return home
    return steps[index].network if index < len(steps) else None


def _unknown_runs(steps: Sequence[Step]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for index, step in enumerate(steps):
        if step.network is not None:
            continue
        if runs and runs[-1][1] == index - 1:
            runs[-1] = (runs[-1][0], index)
        else:
            runs.append((index, index))
    return runs


def _each(steps: Steps, rule: Callable[[int, Step], Step]) -> Steps:
    return tuple(rule(index, step) for index, step in enumerate(steps))


def _moved(step: Step, network: Network | None, *, rule: str, detail: str, grade: Grade) -> Step:
    reason = Evidence(source="trace", rule=rule, detail=f"hop {step.ttl}: {detail}")
    return replace(
        step,
        network=network,
        evidence=(*step.evidence, reason),
        rules=step.rules | {rule},
        grade=grade if network is not None else None,
    )
