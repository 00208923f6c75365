"""Which routes a network likes and whom it tells of them, in BIRD's filter language.

The law (Gao and Rexford, "Stable Internet routing without global coordination",
2001), the same as in ``routing``:

1. Preference on import: customer 300, peer 200, provider 100, and 400 more for a
   preferred neighbour; the relation is noted in a large community of one's own, ``(ASN, 1, relation)``. From a
   sibling the note is taken over: a route stays what it was when the house learnt it.
2. Of routes of equal preference and length the one from the lowest neighbour number
   wins, as in memory: it is written into MED, which is compared across neighbours. The
   last tie goes to the neighbour and the wire that come first in the file: they are
   written where BIRD compares them, into ORIGINATOR_ID. (Its own next steps, the age of
   a route and addresses, would differ by player.)
3. Export: own and customer routes to all, peer and provider routes to customers,
   siblings and collectors. A prefix that is announced to some neighbours alone is told
   to them; at a route server ``(its ASN, 1, member)`` names the members that shall hear it.
"""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address

from mxpath.lab.topology import Port, Wire, World
from mxpath.model.address import IPAddress, Prefix

_PREFERENCE = {"customer": 300, "peer": 200, "provider": 100}
_PREFERRED_BY = 400
_TAG = {"customer": 1, "peer": 2, "provider": 3}
_RELATION, _TELL = 1, 1
"""Second part of a network's own large communities, and of a route server's."""
_NEAREST = "bgp_med = bgp_path.first;"


def originated(world: World, asn: int, family: int) -> tuple[Prefix, ...]:
    """Return what a network announces in a family: its prefixes, and parts of them."""
    network = world.networks[asn]
    both = dict.fromkeys((*network.prefixes, *network.announce))
    return tuple(prefix for prefix in both if prefix.version == family)


def import_filter(world: World, asn: int, relation: str, other: int | None, last: str) -> str:
    """Return what a router does with what a neighbour tells it (rules 1 and 2).

    Parameters
    ----------
    asn
        The router's network.
    relation
        What the neighbour is to it.
    other
        The neighbour's network; ``None`` at a route server.
    last
        Statements that set ORIGINATOR_ID.
    """
    preferred = ", ".join(map(str, world.networks[asn].prefer))
    prefer = f"if bgp_path.first ~ [ {preferred} ] then bgp_local_pref = bgp_local_pref + {_PREFERRED_BY}; "
    return (
        f"filter {{ bgp_large_community.delete([({asn}, *, *)]); "
        f"{_noted(asn, other) if relation == 'sibling' else _note(asn, relation)} "
        f"{prefer if preferred else ''}{_NEAREST} {last} accept; }}"
    )


def _note(asn: int, relation: str) -> str:
    return (
        f"bgp_large_community.add(({asn}, {_RELATION}, {_TAG[relation]})); "
        f"bgp_local_pref = {_PREFERENCE[relation]};"
    )


def _noted(asn: int, sibling: int | None) -> str:
    """Take a sibling's note over; a route without one is the sibling's own."""
    cases = " else ".join(
        f"if ({sibling}, {_RELATION}, {_TAG[relation]}) ~ bgp_large_community "
        f"then {{ {_note(asn, relation)} }}"
        for relation in ("peer", "provider")
    )
    return (
        f"{cases} else {{ {_note(asn, 'customer')} }} "
        f"bgp_large_community.delete([({sibling}, *, *)]);"
    )


def export_filter(
    asn: int, relation: str, told: Iterable[Prefix], named: Mapping[Prefix, Iterable[str]]
) -> str:
    """Return what a router tells a neighbour (rule 3).

    Parameters
    ----------
    asn
        The router's network.
    relation
        What the neighbour is to it.
    told
        Own prefixes that it is told of.
    named
        Own prefixes that a route server is told of, with communities for their hearers.
    """
    own = [f"if net ~ [ {', '.join(map(str, told))} ] then accept;"] if told else []
    own += [
        f"if net = {prefix} then {{ {' '.join(map(_add, hearers))} accept; }}"
        for prefix, hearers in named.items()
    ]
    all_routes = relation in {"customer", "sibling", "collector"}
    customers = f"({asn}, {_RELATION}, {_TAG['customer']}) ~ bgp_large_community"
    strip = "" if relation == "sibling" else f"bgp_large_community.delete([({asn}, *, *)]);"
    return (
        f"filter {{ if source = RTS_STATIC then {{ {' '.join(own)} reject; }} "
        f"if source != RTS_BGP then reject; "
        f"{'' if all_routes else f'if !({customers}) then reject; '}"
        f"unset(bgp_originator_id); {strip} accept; }}"
    )


def _add(community: str) -> str:
    return f"bgp_large_community.add({community});"


def told_to(
    world: World, asn: int, family: int, hearers: Iterable[int | str]
) -> tuple[Prefix, ...]:
    """Return the own prefixes of which a neighbour is told, by any of its names."""
    announce = world.networks[asn].announce
    names = set(hearers)
    return tuple(
        prefix
        for prefix in originated(world, asn, family)
        if prefix not in announce or names & set(announce[prefix])
    )


def named_members(
    world: World, asn: int, family: int, exchange: str
) -> dict[Prefix, tuple[str, ...]]:
    """Return the own prefixes of which some members are told, with the communities that name them."""
    server = world.exchanges[exchange].route_server_asn
    members = {world.asn_of[port.node] for port in world.members(exchange)}
    found = {}
    for prefix in originated(world, asn, family):
        only = world.networks[asn].announce.get(prefix, (exchange,))
        hearers = [name for name in only if name in members]
        if exchange not in only and hearers:
            found[prefix] = tuple(f"({server}, {_TELL}, {name})" for name in hearers)
    return found


def member_filter(server: int, member: int, unheard: Iterable[IPAddress]) -> str:
    """Return what a route server tells a member: what names nobody, or this member.

    Of those in ``unheard`` the member hears over sessions of its own.
    """
    own = " ".join(f"if bgp_next_hop = {address} then reject;" for address in unheard)
    return (
        f"filter {{ {own} if bgp_large_community ~ [({server}, {_TELL}, *)] "
        f"&& !(({server}, {_TELL}, {member}) ~ bgp_large_community) then reject; "
        f"bgp_large_community.delete([({server}, *, *)]); accept; }}"
    )


def place_in_file(world: World, neighbour: str, wire: Wire) -> IPv4Address:
    """Return the number that settles the last tie between two routes from outside (rule 2)."""
    return IPv4Address((world.routers.index(neighbour) + 1 << 16) + wire.number)


def from_neighbour(world: World, port: Port, wire: Wire) -> str:
    """Return the statement that notes which neighbour a route came from."""
    return f"bgp_originator_id = {place_in_file(world, port.node, wire)};"


def from_members(world: World, exchange: str, wire: Wire, family: int) -> str:
    """Return the statements that note which member a route server's route leads to."""
    return " ".join(
        f"if bgp_next_hop = {port.address(family)} then {from_neighbour(world, port, wire)}"
        for port in world.members(exchange)
        if port.node != wire.ports[0].node and port.address(family) is not None
    )
