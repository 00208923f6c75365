"""Whose the addresses of a world truly are, and in which city the machine behind each stands.

A port on an exchange point's LAN is its member's; every other address is of the network
in whose prefix it lies, whichever router bears it. Only of what the world's TOML says.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from mxpath.lab.remembered import once_per_world
from mxpath.lab.topology import World
from mxpath.model.address import IPAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerTruth:
    """What is true of one address; ``None`` or nothing where the world does not say."""

    organisation: str | None
    country: str | None
    """Where the holder is registered."""
    cities: tuple[str, ...]
    """Where the machine is; several of an anycast address."""


@once_per_world
def owner_truths(world: World) -> dict[IPAddress, OwnerTruth]:
    """Return the truth of every address of a router or host."""
    found: dict[IPAddress, OwnerTruth] = {}
    for node, asn, address in _bearers(world):
        network = world.networks[asn]
        before = found[address].cities if address in found else ()
        here = tuple(
            name for name, city in world.cities.items() if _stands(world, node) in city.routers
        )
        found[address] = OwnerTruth(
            organisation=network.organisation,
            country=network.country,
            cities=tuple(dict.fromkeys((*before, *here))),
        )
    return found


def _stands(world: World, node: str) -> str:
    """The router that a host hangs on stands where it does."""
    return world.hosts[node].router if node in world.hosts else node


def _bearers(world: World) -> Iterator[tuple[str, int, IPAddress]]:
    for wire in world.wires:
        for port in wire.ports:
            for number in port.numbers:
                asn = world.asn_of[port.node]
                yield port.node, asn if wire.exchange else _holder(world, number.ip), number.ip


def _holder(world: World, address: IPAddress) -> int:
    around = [
        (prefix.prefixlen, asn)
        for asn, network in world.networks.items()
        for prefix in network.prefixes
        if address in prefix
    ]
    return max(around)[1]
