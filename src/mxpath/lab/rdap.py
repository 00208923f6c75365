"""The registry of a world: RDAP documents (RFC 9083).

All networks of the world are in it, by their prefixes and AS
numbers. The holder is the network's name; handles, countries (codes that ISO 3166-1
leaves to users) and mailboxes are made up.
"""

import json
import re
from ipaddress import ip_address
from typing import Any

from mxpath.lab.elements import AutonomousSystem
from mxpath.lab.http_elements import Rdap
from mxpath.lab.http_server import HttpReply, HttpServer, base_url
from mxpath.lab.topology import World
from mxpath.model.address import IPAddress, Prefix

_MEDIA_TYPE = "application/rdap+json"
_CONFORMANCE = ["rdap_level_0"]


class RdapServer(HttpServer[Rdap]):
    """What a world's registry answers.

    What stands in the path before ``ip`` or ``autnum`` is not looked at.
    """

    def __init__(self, world: World) -> None:
        assert world.rdap is not None, "asked only of worlds that have a registry"
        super().__init__(world.rdap)
        self.world = world

    def element_of(self, world: World) -> Rdap | None:
        """Return what a world says of its registry."""
        return world.rdap

    def document(self, path: str, *, lying: bool) -> HttpReply:
        """Return the object at a path (RFC 9082 section 3.1), or the error that says why not."""
        _, kind, *rest = [*path.split("?", maxsplit=1)[0].split("/"), ""]
        text = "/".join(rest).rstrip("/")
        if kind == "autnum" and re.fullmatch(r"[0-9]{1,10}", text):
            return self._autnum(int(text), lying=lying)
        if kind == "ip":
            try:
                return self._network(ip_address(text), lying=lying)
            except ValueError:
                return refusal(400, "No address")
        return refusal(400, "Neither ip nor autnum")

    def _autnum(self, asn: int, *, lying: bool) -> HttpReply:
        if asn not in self.world.networks:
            return refusal(404, "No such AS number")
        if lying:
            asn = next((other for other in self.world.networks if other != asn), asn + 1)
        return _found(autnum_document(self.world, asn))

    def _network(self, address: IPAddress, *, lying: bool) -> HttpReply:
        held = [(p, asn) for asn, n in self.world.networks.items() for p in n.prefixes]
        around = [(p, asn) for p, asn in held if address in p]
        if not around:
            return refusal(404, "No such range")
        prefix, asn = max(around, key=lambda pair: pair[0].prefixlen)
        if lying:
            others = [(p, a) for p, a in held if p.version == prefix.version and address not in p]
            prefix, asn = others[0]
        return _found(network_document(self.world, prefix, asn))


def base_urls(world: World) -> tuple[str, ...]:
    """Return the base URLs of a world's registry, one for each of its addresses.

    Their path changes with whatever the registry would say: caches go by the URL, and an
    answer of one world must never be taken for that of another.
    """
    if world.rdap is None:
        return ()
    held = {asn: (network.name, network.prefixes) for asn, network in world.networks.items()}
    addresses = world.addresses_of(world.rdap.host)
    return tuple(base_url(address, f"{world.name} {held}") for address in addresses)


def handle_of(network: AutonomousSystem) -> str:
    """Return the made-up handle of a network's holder, such as ``ORG-ALPHATRANSIT``."""
    return "ORG-" + re.sub(r"[^A-Z0-9]", "", network.name.upper())


def country_of(asn: int, network: AutonomousSystem) -> str:
    """Return where a network is registered, else a made-up country.

    XA to XZ are left to users by ISO 3166-1.
    """
    return network.country or f"X{chr(ord('A') + asn % 26)}"


def network_document(world: World, prefix: Prefix, asn: int) -> dict[str, Any]:
    """Return the IP network object of a prefix (RFC 9083 section 5.4)."""
    network = world.networks[asn]
    return {
        "rdapConformance": _CONFORMANCE,
        "objectClassName": "ip network",
        "handle": f"NET-{str(prefix).replace('/', '-')}",
        "startAddress": str(prefix[0]),
        "endAddress": str(prefix[-1]),
        "ipVersion": f"v{prefix.version}",
        "name": handle_of(network).removeprefix("ORG-") + f"-V{prefix.version}",
        "type": "ALLOCATED",
        "country": country_of(asn, network),
        "status": ["active"],
        "entities": _holders(network, asn),
    }


def autnum_document(world: World, asn: int) -> dict[str, Any]:
    """Return the autnum object of a network (RFC 9083 section 5.5)."""
    network = world.networks[asn]
    return {
        "rdapConformance": _CONFORMANCE,
        "objectClassName": "autnum",
        "handle": f"AS{asn}",
        "startAutnum": asn,
        "endAutnum": asn,
        "name": handle_of(network).removeprefix("ORG-"),
        "country": country_of(asn, network),
        "status": ["active"],
        "entities": _holders(network, asn),
    }


def _holders(network: AutonomousSystem, asn: int) -> list[dict[str, Any]]:
    abuse = _entity(f"ABUSE-{asn}", "abuse", "Abuse desk", mail=f"abuse@as{asn}.example")
    return [_entity(handle_of(network), "registrant", network.name, inner=[abuse])]


def _entity(
    handle: str,
    role: str,
    name: str,
    *,
    mail: str | None = None,
    inner: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """An entity (RFC 9083 section 5.1) with its jCard (RFC 7095)."""
    vcard: list[list[Any]] = [
        ["version", {}, "text", "4.0"],
        ["fn", {}, "text", name],
        ["kind", {}, "text", "org" if role == "registrant" else "group"],
    ]
    if mail is not None:
        vcard.append(["email", {}, "text", mail])
    return {
        "objectClassName": "entity",
        "handle": handle,
        "roles": [role],
        "vcardArray": ["vcard", vcard],
        **({"entities": inner} if inner else {}),
    }


def _found(document: dict[str, Any]) -> HttpReply:
    return HttpReply(status=200, body=json.dumps(document).encode(), content_type=_MEDIA_TYPE)


def refusal(status: int, title: str) -> HttpReply:
    """Return an error object (RFC 9083 section 6)."""
    document = {"rdapConformance": _CONFORMANCE, "errorCode": status, "title": title}
    return HttpReply(status=status, body=json.dumps(document).encode(), content_type=_MEDIA_TYPE)
