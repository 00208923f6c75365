"""What a world publishes about itself: its gazetteer directory, in the public data sets' own forms.

Prefixes and their origins as pfx2as, names of networks, exchange points as
PeeringDB's documents, relationships as CAIDA's serial-1, transit-free networks in mxpath's own form, ROAs as a relying party's JSON,
its registry as IANA's bootstrap documents, its looking glass by its URL, and of holders and
places what it says (``published_owners``). The analyzer reads them through the same
parsers as the real ones. Equal worlds give equal bytes.
"""

import json
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

from mxpath.datasets.catalog import DATASETS
from mxpath.datasets.snapshot import digest
from mxpath.gazetteer.manifest import FILE_NAME, Entry, manifest_text
from mxpath.lab.looking_glass import service_url
from mxpath.lab.published_owners import owner_files
from mxpath.lab.rdap import base_urls
from mxpath.lab.topology import World
from mxpath.model.address import IPAddress, Prefix


def publish(world: World, directory: Path) -> None:
    """Write the world's gazetteer into ``directory``, which is made when missing."""
    files = {
        "pfx2as": {"pfx2as.txt": _lines(_prefixes(world))},
        "asnames": {"asnames.tsv": _lines(_names(world))},
        "peeringdb": {
            f"peeringdb/{kind}.json": _document(rows) for kind, rows in _peeringdb(world).items()
        },
        "asrel": {"as-rel.txt": _lines(_relations(world))},
        "transit-free": {"transit_free.csv": _lines(_transit_free(world))},
        # A world without ROAs publishes no list: its routes are unknown, not "not found".
        **({"vrps": {"vrps.json": _vrps(world)}} if world.roas else {}),
    }
    files |= owner_files(world)
    if world.rdap is not None:
        files["rdap-bootstrap"] = dict(_registries(world))
    entries = []
    for name, contents in files.items():
        for path, content in contents.items():
            target = directory / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        entries.append(_entry(world, name, contents))
    text = manifest_text(
        entries, as_of=world.as_of, public=world.public, routing=service_url(world)
    )
    (directory / FILE_NAME).write_text(text, encoding="utf-8")


def _entry(world: World, name: str, contents: dict[str, bytes]) -> Entry:
    return Entry(
        name=name,
        files=tuple(contents),
        publisher=f"world {world.name}, in the form of {DATASETS[name].spec.name}",
        as_of=world.as_of,
        sha256=digest(contents.values()),
        licence="made up",
    )


def _lines(lines: Iterator[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _document(rows: list[dict[str, Any]]) -> bytes:
    return json.dumps({"data": rows}, indent=1).encode() + b"\n"


def _prefixes(world: World) -> Iterator[str]:
    """What somebody is told of, parts of prefixes included; several origins joined by ``_``."""
    found: dict[Prefix, list[int]] = {}
    for asn, network in world.networks.items():
        for prefix in dict.fromkeys((*network.prefixes, *network.announce)):
            if network.announce.get(prefix, (asn,)):
                found.setdefault(prefix, []).append(asn)
    for prefix, asns in found.items():
        yield f"{prefix.network_address}\t{prefix.prefixlen}\t{'_'.join(map(str, sorted(asns)))}"


def _names(world: World) -> Iterator[str]:
    for asn, network in world.networks.items():
        yield f"{asn}\t{network.name}"


def _relations(world: World) -> Iterator[str]:
    """Providers and peers; serial-1 has no word for siblings, so they are left out."""
    for asn, other in combinations(sorted(world.networks), 2):
        relation = world.relation(asn, other)
        if relation == "customer":
            yield f"{asn}|{other}|-1"
        elif relation == "provider":
            yield f"{other}|{asn}|-1"
        elif relation == "peer":
            yield f"{asn}|{other}|0"


def _transit_free(world: World) -> Iterator[str]:
    """Networks that sell transit and buy none: a leaf that buys none is no backbone."""
    contracts = {(asn, seller) for asn, n in world.networks.items() for seller in n.providers}
    for link in world.links:
        members = [world.asn_of[end] for end in link.ends if end in world.asn_of]
        contracts |= {(asn, seller) for asn in members for seller in link.buys}
    buyers, sellers = {buyer for buyer, _ in contracts}, {seller for _, seller in contracts}
    yield "asn,name,families,stated_on,source,also,note"
    for asn in sorted(sellers - buyers):
        name = world.networks[asn].name.replace('"', '""')
        yield f'{asn},"{name}",4 6,{world.as_of},https://{world.name}.invalid/networks,,'


def _vrps(world: World) -> bytes:
    """Validated payloads in the form that relying parties agree on."""
    rows = [
        {
            "asn": f"AS{roa.asn}",
            "prefix": str(roa.prefix),
            "maxLength": roa.prefix.prefixlen if roa.max_length is None else roa.max_length,
            "ta": world.name,
        }
        for roa in world.roas
    ]
    return json.dumps({"metadata": {"vrps": len(rows)}, "roas": rows}, indent=1).encode() + b"\n"


def _registries(world: World) -> Iterator[tuple[str, bytes]]:
    """Bootstrap documents (RFC 9224) that send every question to the world's own registry."""
    prefixes = [prefix for network in world.networks.values() for prefix in network.prefixes]
    held = {
        "asn": [str(asn) for asn in world.networks],
        "ipv4": [str(prefix) for prefix in prefixes if prefix.version == 4],
        "ipv6": [str(prefix) for prefix in prefixes if prefix.version == 6],
    }
    for kind, resources in held.items():
        document = {"version": "1.0", "services": [[resources, list(base_urls(world))]]}
        yield f"rdap/{kind}.json", json.dumps(document, indent=1).encode() + b"\n"


def _peeringdb(world: World) -> dict[str, list[dict[str, Any]]]:
    """Documents by kind. A LAN's id is its exchange point's id, as it mostly is in the real data."""
    points = world.exchanges.items()
    return {
        "ix": [_row(p.id, name=name, city=p.city) for name, p in points],
        "ixlan": [_row(p.id, ix_id=p.id, name="", rs_asn=p.route_server_asn) for _, p in points],
        "ixpfx": [
            _row(
                2 * p.id + (lan.version == 6),
                ixlan_id=p.id,
                protocol=f"IPv{lan.version}",
                prefix=str(lan),
            )
            for _, p in points
            for lan in p.lans
        ],
        "netixlan": _ports(world),
        "net": [_row(asn, asn=asn, name=n.name) for asn, n in world.networks.items()],
    }


def _ports(world: World) -> list[dict[str, Any]]:
    ports = [(name, port) for name in world.exchanges for port in world.members(name)]
    return [
        _row(
            number,
            ix_id=world.exchanges[name].id,
            ixlan_id=world.exchanges[name].id,
            net_id=world.asn_of[port.node],
            asn=world.asn_of[port.node],
            ipaddr4=_text(port.address(4)),
            ipaddr6=_text(port.address(6)),
        )
        for number, (name, port) in enumerate(ports, start=1)
    ]


def _text(address: IPAddress | None) -> str | None:
    return None if address is None else str(address)


def _row(number: int, **values: Any) -> dict[str, Any]:
    return {"id": number, **values, "status": "ok"}
