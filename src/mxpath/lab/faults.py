"""A world under faults: what it becomes, without anything being played.

The law: ``apply`` changes what the faults say and nothing else. Numbering stays: a
link that is down keeps its addresses, a network that announces somebody else's prefix
has it behind its own ones. So a fault that ends leaves the world that it began with.

1. Links (``link_down``, ``link_changed``) are those between the two ends, parallel ones together.
2. ``network_down`` takes down every link between a router of the network and what is not its own.
3. Who takes a prefix (``prefix_moved``, ``more_specific``) originates it at all its routers and has
   no host in it: its packets end there, at a router that says so. Its holder, when the very prefix
   moved, tells nobody of it any more, but keeps using it inside.
4. A resolver dies behind its access link: what blocks it is at the link, not in the server.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from mxpath.errors import InputError
from mxpath.lab.conditions import link_problems
from mxpath.lab.elements import AutonomousSystem, Fault, FaultKind, Link
from mxpath.model.address import Prefix

if TYPE_CHECKING:  # topology's worlds know their faults, so the import may not run both ways
    from mxpath.lab.topology import World

T = TypeVar("T")


def apply(world: "World", faults: Iterable[Fault]) -> "World":
    """Return the world as it is while all these faults last.

    Raises
    ------
    InputError
        When a fault does not fit the world.
    """
    for fault in faults:
        world = _CHANGES[fault.kind](world, fault)
    return world


def named(world: "World", names: Iterable[str]) -> tuple[Fault, ...]:
    """Return a world's faults by name.

    Raises
    ------
    InputError
        When it has no such fault.
    """
    known = ", ".join(world.faults) or "none"
    found = []
    for name in names:
        if name not in world.faults:
            raise InputError(f"world {world.name!r} has no fault {name!r} (faults: {known})")
        found.append(world.faults[name])
    return tuple(found)


def due(faults: Mapping[str, Fault], elapsed_s: float) -> tuple[str, ...]:
    """Return the faults that their own times switch on, so many seconds after the beginning."""
    return tuple(
        name
        for name, fault in faults.items()
        if fault.at_s is not None
        and fault.at_s <= elapsed_s
        and (fault.until_s is None or elapsed_s < fault.until_s)
    )


def lasting(
    faults: Mapping[str, Fault], elapsed_s: float, by_hand: Mapping[str, bool]
) -> tuple[str, ...]:
    """Return the faults that last, in the file's order; a hand overrules the clock."""
    timed = due(faults, elapsed_s)
    return tuple(name for name in faults if by_hand.get(name, name in timed))


def problems(world: "World") -> Iterator[str]:
    """Say which faults of a world do not fit it."""
    for name, fault in world.faults.items():
        try:
            apply(world, [fault])
        except InputError as error:
            yield f"fault {name!r}: {error}"
        if fault.until_s is not None and (fault.at_s is None or fault.until_s <= fault.at_s):
            yield f"fault {name!r}: until_s needs an at_s before it"


def with_link(world: "World", ends: tuple[str, str], changes: Mapping[str, Any]) -> "World":
    """Return the world with the link between two ends changed (rule 1).

    Raises
    ------
    InputError
        When there is no such link, or a link has no such keys or values.
    """
    wanted = frozenset(ends)
    if all(frozenset(link.ends) != wanted for link in world.links):
        raise InputError(f"no link between {ends[0]!r} and {ends[1]!r}")
    return _with_links(world, lambda link: frozenset(link.ends) == wanted, changes)


def _with_links(
    world: "World", fits: Callable[[Link], bool], changes: Mapping[str, Any]
) -> "World":
    links = tuple(changed(link, changes) if fits(link) else link for link in world.links)
    for problem in (problem for link in links for problem in link_problems(link)):
        raise InputError(problem)
    return replace(world, links=links)


def changed(value: T, changes: Mapping[str, Any]) -> T:
    """Return a part of a world with some keys changed, checked as the world's file is.

    Raises
    ------
    InputError
        When it has no such key, or the key cannot have such a value.
    """
    try:
        return TypeAdapter(type(value)).validate_python({**asdict(value), **changes})  # type: ignore[call-overload]
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise InputError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _need(value: T | None, key: str) -> T:
    if value is None:
        raise InputError(f"{key!r} is missing")
    return value


def _link_down(world: "World", fault: Fault) -> "World":
    return with_link(world, _need(fault.ends, "ends"), {"down": True})


def _link_changed(world: "World", fault: Fault) -> "World":
    return with_link(world, _need(fault.ends, "ends"), fault.link)


def _network_down(world: "World", fault: Fault) -> "World":
    routers = set(_network(world, fault).routers)

    def leaves(link: Link) -> bool:
        return len(routers & set(link.ends)) == 1

    return _with_links(world, leaves, {"down": True})


def _network(world: "World", fault: Fault) -> AutonomousSystem:
    asn = _need(fault.network, "network")
    if asn not in world.networks:
        raise InputError(f"unknown network AS{asn}")
    return world.networks[asn]


def _prefix(fault: Fault) -> Prefix:
    if fault.prefix is None:
        raise InputError("'prefix' is missing")
    return fault.prefix


def _prefix_moved(world: "World", fault: Fault) -> "World":
    prefix, nobody = _prefix(fault), tuple[int | str, ...]()
    networks = {
        asn: replace(network, announce={**network.announce, prefix: nobody})
        if prefix in network.prefixes and asn != fault.network
        else network
        for asn, network in world.networks.items()
    }
    return _with_prefix(replace(world, networks=networks), fault, prefix)


def _more_specific(world: "World", fault: Fault) -> "World":
    return _with_prefix(world, fault, _prefix(fault))


def _with_prefix(world: "World", fault: Fault, prefix: Prefix) -> "World":
    """Let a network originate a prefix, behind its own ones (rule 3)."""
    network = _network(world, fault)
    if prefix.version not in {own.version for own in network.prefixes}:
        raise InputError(f"AS{fault.network} speaks no IPv{prefix.version}")
    prefixes = network.prefixes if prefix in network.prefixes else (*network.prefixes, prefix)
    announce = {p: told for p, told in network.announce.items() if p != prefix}
    taken = replace(network, prefixes=prefixes, announce=announce)
    return replace(world, networks={**world.networks, _need(fault.network, "network"): taken})


def _resolver_down(world: "World", _: Fault) -> "World":
    return _with_host(world, world.resolver, blocks=("ipv4", "ipv6"))


def _resolver_half_dead(world: "World", _: Fault) -> "World":
    addresses = world.addresses_of(world.resolver)
    if len(addresses) < 2:
        raise InputError(f"resolver {world.resolver!r} has only one address")
    return _with_host(world, world.resolver, blocks=(f"ipv{addresses[0].version}",))


def _with_host(world: "World", name: str, **changes: Any) -> "World":
    host = replace(world.hosts[name], **changes)
    return replace(world, hosts={**world.hosts, name: host})


def _smtp_changed(world: "World", fault: Fault) -> "World":
    name = _need(fault.host, "host")
    smtp = world.hosts[name].smtp if name in world.hosts else None
    if smtp is None:
        raise InputError(f"{name!r} is no mail host")
    return _with_host(world, name, smtp=changed(smtp, fault.smtp))


def _rdap_changed(world: "World", fault: Fault) -> "World":
    if world.rdap is None:
        raise InputError("this world has no registry")
    behaviour = _need(fault.rdap, "rdap")
    return replace(world, rdap=replace(world.rdap, behaviour=behaviour))


def _looking_glass_changed(world: "World", fault: Fault) -> "World":
    if world.looking_glass is None:
        raise InputError("this world has no looking glass")
    behaviour = _need(fault.looking_glass, "looking_glass")
    return replace(world, looking_glass=replace(world.looking_glass, behaviour=behaviour))


_CHANGES = {
    FaultKind.LINK_DOWN: _link_down,
    FaultKind.LINK_CHANGED: _link_changed,
    FaultKind.NETWORK_DOWN: _network_down,
    FaultKind.PREFIX_MOVED: _prefix_moved,
    FaultKind.MORE_SPECIFIC: _more_specific,
    FaultKind.RESOLVER_DOWN: _resolver_down,
    FaultKind.RESOLVER_HALF_DEAD: _resolver_half_dead,
    FaultKind.SMTP_CHANGED: _smtp_changed,
    FaultKind.RDAP_CHANGED: _rdap_changed,
    FaultKind.LOOKING_GLASS_CHANGED: _looking_glass_changed,
}
