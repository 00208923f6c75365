"""What a world publishes about holders and places, where its TOML says so.

Delegation statistics and AS organisations of the networks that have a country or an
organisation; a geofeed with what holders claim (right or wrong: ``World.feed``); and the
table of cities by which places are found on the map. A world that says nothing of these
publishes none of them: what it does not say is unknown.
"""

import hashlib
from collections.abc import Iterator

from mxpath.lab.elements import AutonomousSystem
from mxpath.lab.topology import World

_SINCE = "20010101"


def owner_files(world: World) -> dict[str, dict[str, bytes]]:
    """Return the files of each data set, by its name."""
    files = {
        "delegated": {"delegated.txt": _text(_delegations(world))},
        "as2org": {"as-org2info.txt": _text(_organisations(world))},
        "geofeed": {"geofeed.csv": _text(_feed(world))},
        "cities": {"cities.csv": _text(_cities(world))},
    }
    return {name: told for name, told in files.items() if any(told.values())}


def _text(lines: Iterator[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def holder_id(asn: int, network: AutonomousSystem) -> str:
    """Return the handle of who runs a network: one for all networks of an organisation."""
    name = network.organisation or f"AS{asn}"
    return f"ORG-{hashlib.sha256(name.encode()).hexdigest()[:8].upper()}"


def _delegations(world: World) -> Iterator[str]:
    for asn, network in world.networks.items():
        if network.country is None:
            continue
        about = f"{_SINCE}|allocated|{holder_id(asn, network)}"
        yield f"ripencc|{network.country}|asn|{asn}|1|{about}"
        for prefix in network.prefixes:
            size = prefix.num_addresses if prefix.version == 4 else prefix.prefixlen
            kind, first = f"ipv{prefix.version}", prefix.network_address
            yield f"ripencc|{network.country}|{kind}|{first}|{size}|{about}"


def _organisations(world: World) -> Iterator[str]:
    told = {asn: n for asn, n in world.networks.items() if n.organisation is not None}
    if not told:
        return
    yield "# format:org_id|changed|org_name|country|source"
    named = {holder_id(asn, n): n for asn, n in reversed(told.items())}
    for org_id, network in sorted(named.items()):
        yield f"{org_id}|{_SINCE}|{network.organisation}|{network.country or ''}|RIPE"
    yield "# format:aut|changed|aut_name|org_id|opaque_id|source"
    for asn, network in told.items():
        yield f"{asn}|{_SINCE}|AS{asn}|{holder_id(asn, network)}||RIPE"


def _feed(world: World) -> Iterator[str]:
    for prefix, claimed in world.feed.items():
        city = world.cities[claimed]
        yield f'{prefix},{city.country},,"{claimed}",'


def _cities(world: World) -> Iterator[str]:
    if world.cities:
        yield "name,cc,admin1,lat,lon,population"
    for name, city in world.cities.items():
        yield f'"{name}",{city.country},,{city.latitude},{city.longitude},100000'
