"""The looking glass of a world: what its collectors hear, told in the form of RIPEstat.

The law:

1. An address is asked about; the answer has every collector's routes of all prefixes around it,
   the default route among them where one is told, and no word of other prefixes.
2. What a collector hears is not kept here: each question asks anew. In memory the control plane
   tells what the peers chose, in the kernel the collectors' own BIRDs do.
3. Collectors are called ``RRC00``, ``RRC01``, … in file order, as the real ones are: the second
   question names them by number. Where one stands is the name that the world gives it.
4. No route says since when it is so: no player knows.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from mxpath.lab.bird_control import ask
from mxpath.lab.collector import speaker
from mxpath.lab.http_elements import LookingGlass
from mxpath.lab.http_server import HttpReply, HttpServer, base_url
from mxpath.lab.routing import settled_routes
from mxpath.lab.topology import World
from mxpath.model.address import IPAddress, Prefix

_MEDIA_TYPE = "application/json; charset=utf-8"
_ROUTE = re.compile(r"(?:([0-9a-f.:]+/\d+))?\s+\w+ \[peer[46]_(\d+) ")
_PATH = re.compile(r"\s+BGP\.as_path: ?(.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A route as a peer tells it to a collector."""

    collector: int
    """Its number, in file order."""
    peer: IPAddress
    prefix: Prefix
    path: tuple[int, ...]
    """The peer's own number first."""


Ear = Callable[[IPAddress], Iterable[Heard]]
"""What the collectors hear of prefixes around an address."""


class LookingGlassServer(HttpServer[LookingGlass]):
    """What a world's looking glass answers.

    Parameters
    ----------
    world
        One that has a looking glass.
    ear
        What the collectors hear.
    now
        The moment that answers stand for.
    """

    def __init__(self, world: World, ear: Ear, now: Callable[[], datetime]) -> None:
        assert world.looking_glass is not None, "asked only of worlds that have one"
        super().__init__(world.looking_glass)
        self.world = world
        self._ear, self._now = ear, now

    def element_of(self, world: World) -> LookingGlass | None:
        """Return what a world says of its looking glass."""
        return world.looking_glass

    def document(self, path: str, *, lying: bool) -> HttpReply:
        """Return the routes to the address in the question."""
        parts = urlsplit(path)
        name = parts.path.removesuffix("/data.json").rpartition("/")[2]
        try:
            address = ip_address(parse_qs(parts.query)["resource"][0])
        except (KeyError, ValueError):
            return _reply({"status": "error", "status_code": 400, "data": {}}, status=400)
        heard = list(self._ear(self._elsewhere(address) if lying else address))
        told = {"looking-glass": self._looking_glass, "bgp-state": self._bgp_state}
        if name not in told:
            return _reply({"status": "error", "status_code": 404, "data": {}}, status=404)
        return _reply({"status": "ok", "status_code": 200, "data": told[name](heard)}, status=200)

    def _elsewhere(self, address: IPAddress) -> IPAddress:
        """An address of another network, for a liar."""
        prefixes = [p for n in self.world.networks.values() for p in n.prefixes]
        others = (p for p in prefixes if p.version == address.version and address not in p)
        return next((prefix[0] for prefix in others), address)

    def _looking_glass(self, heard: list[Heard]) -> dict[str, Any]:
        rrcs = []
        for number, name in enumerate(self.world.collectors):
            peers = [_peer(route) for route in heard if route.collector == number]
            if peers:
                rrcs.append({"rrc": f"RRC{number:02d}", "location": name, "peers": peers})
        return {"rrcs": rrcs, "latest_time": self._moment}

    def _bgp_state(self, heard: list[Heard]) -> dict[str, Any]:
        state = [
            {
                "target_prefix": str(route.prefix),
                "source_id": f"{route.collector:02d}-{route.peer}",
                "path": list(route.path),
                "community": [],
            }
            for route in heard
        ]
        return {"bgp_state": state, "nr_routes": len(state), "query_time": self._moment}

    @property
    def _moment(self) -> str:
        return self._now().replace(tzinfo=None).isoformat(timespec="seconds")


def _peer(route: Heard) -> dict[str, Any]:
    return {
        "asn_origin": str(route.path[-1]),
        "as_path": " ".join(map(str, route.path)),
        "community": "",
        "prefix": str(route.prefix),
        "peer": str(route.peer),
        "origin": "IGP",
        "next_hop": str(route.peer),
    }


def _reply(document: Mapping[str, Any], *, status: int) -> HttpReply:
    return HttpReply(status=status, body=json.dumps(document).encode(), content_type=_MEDIA_TYPE)


def service_url(world: World) -> str:
    """Return what a gazetteer of the world names as its service; nothing where there is none."""
    if world.looking_glass is None:
        return ""
    held = f"{world.name} {world.networks} {world.links} {world.collectors}"
    return base_url(world.addresses_of(world.looking_glass.host)[0], held) + "data"


# -- what collectors hear (rule 2) -------------------------------------------------------------


def heard_in_memory(world: World, address: IPAddress) -> Iterator[Heard]:
    """Yield what the control plane would have the collectors' peers tell."""
    for prefix, chosen in settled_routes(world).items():
        if address not in prefix:
            continue
        for number, collector in enumerate(world.collectors.values()):
            for router in collector.peers:
                peer = _loopback(world, router, prefix.version)
                local = world.address_of(collector.host, prefix.version)
                route = chosen.get(router)
                if peer is None or local is None or route is None:
                    continue
                asn = world.asn_of[router]
                only = world.networks[asn].announce.get(prefix)
                if route.path or only is None or collector.asn in only:
                    path = (asn, *route.path)
                    yield Heard(collector=number, peer=peer, prefix=prefix, path=path)


def heard_in_kernel(world: World, run: Path, address: IPAddress) -> Iterator[Heard]:
    """Yield what the collectors' running BIRDs have in their tables.

    Parameters
    ----------
    world
        The world.
    run
        Where the daemons' control sockets lie.
    address
        What was asked about.
    """
    table = f"master{address.version}"
    for number, (name, collector) in enumerate(world.collectors.items()):
        text = ask(
            run / f"{speaker(name)}.ctl", f"show route table {table} all where {address} ~ net"
        )
        prefix, router = None, None
        for row in text.splitlines():
            line = row[5:] if row[:4].isdigit() else row[1:]
            if (head := _ROUTE.match(line)) is not None:
                prefix = ip_network(head[1]) if head[1] else prefix
                router = collector.peers[int(head[2])]
            elif (told := _PATH.match(line)) is not None and prefix is not None and router:
                peer = _loopback(world, router, address.version)
                assert peer is not None, "a session has two ends"
                path = tuple(map(int, told[1].split()))
                yield Heard(collector=number, peer=peer, prefix=prefix, path=path)


def _loopback(world: World, router: str, version: int) -> IPAddress | None:
    found = (number.ip for number in world.router_ids[router] if number.version == version)
    return next(found, None)
