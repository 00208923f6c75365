"""The registry of a world: RDAP documents (RFC 9083) and how their server treats a client.

No socket and no clock here: both players ask :class:`RdapServer` what to say and how
long to wait before it. All networks of the world are in it, by their prefixes and AS
numbers. The holder is the network's name; handles, countries (codes that ISO 3166-1
leaves to users) and mailboxes are made up.
"""

import hashlib
import json
import re
from collections import deque
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from mxpath.lab.elements import AutonomousSystem, Rdap, RdapBehaviour
from mxpath.lab.topology import World
from mxpath.model.address import IPAddress, Prefix

HTTP_PORT = 80
_MEDIA_TYPE = "application/rdap+json"
_WINDOW_S = 60.0
_BASE = re.compile(r"^/[0-9a-f]{8}/")
_CONFORMANCE = ["rdap_level_0"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RdapReply:
    """What the server says to one question."""

    status: int
    body: bytes
    content_type: str = _MEDIA_TYPE
    retry_after_s: int | None = None
    wait_s: float = 0.0
    """Before the first octet."""

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Names in lower case."""
        told = [("content-type", self.content_type), ("content-length", str(len(self.body)))]
        if self.retry_after_s is not None:
            told.append(("retry-after", str(self.retry_after_s)))
        return tuple(told)

    @property
    def wire(self) -> bytes:
        """The whole answer in HTTP/1.1."""
        lines = [f"HTTP/1.1 {self.status} {_REASONS[self.status]}", "connection: close"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


_REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    429: "Too Many Requests",
}


class RdapServer:
    """What a world's registry answers, by its behaviour, which can be changed."""

    def __init__(self, world: World) -> None:
        assert world.rdap is not None, "asked only of worlds that have a registry"
        self.world = world
        self.element: Rdap = world.rdap
        self.behaviour = world.rdap.behaviour
        self.asked: list[str] = []
        """Paths that were asked for, whatever the answer."""
        self._served_at_s: deque[float] = deque()

    def change(self, behaviour: RdapBehaviour) -> None:
        """Behave so from now on; what was counted is forgotten."""
        self.behaviour = behaviour
        self._served_at_s.clear()

    def follow(self, element: Rdap) -> None:
        """Be as a changed world says."""
        if element != self.element:
            self.element = element
            self.change(element.behaviour)

    def answer(self, path: str, now_s: float) -> RdapReply:
        """Answer one GET at ``now_s`` on a clock that never steps.

        What stands in the path before ``ip`` or ``autnum`` is not looked at.
        """
        path = _BASE.sub("/", path)
        self.asked.append(path)
        match self.behaviour:
            case RdapBehaviour.MALFORMED:
                page = b"<!DOCTYPE html><title>Welcome</title><p>It works!"
                return RdapReply(status=200, body=page, content_type="text/html")
            case RdapBehaviour.LIMITING:
                if (wait_s := self._over_limit_s(now_s)) > 0:
                    return refusal(429, "Too many questions", retry_after_s=int(wait_s) + 1)
                return self._document(path)
            case RdapBehaviour.SLOW:
                reply = self._document(path)
                return RdapReply(status=reply.status, body=reply.body, wait_s=self.element.delay_s)
            case RdapBehaviour.LYING:
                return self._document(path, lying=True)
            case _:
                return self._document(path)

    def _over_limit_s(self, now_s: float) -> float:
        """Seconds until the next question will be answered; 0 when this one is."""
        served = self._served_at_s
        while served and now_s - served[0] >= _WINDOW_S:
            served.popleft()
        if len(served) >= self.element.limit_per_minute:
            return served[0] + _WINDOW_S - now_s
        served.append(now_s)
        return 0.0

    def _document(self, path: str, *, lying: bool = False) -> RdapReply:
        """The object at a path (RFC 9082 section 3.1), or the error that says why there is none."""
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

    def _autnum(self, asn: int, *, lying: bool) -> RdapReply:
        if asn not in self.world.networks:
            return refusal(404, "No such AS number")
        if lying:
            asn = next((other for other in self.world.networks if other != asn), asn + 1)
        return _found(autnum_document(self.world, asn))

    def _network(self, address: IPAddress, *, lying: bool) -> RdapReply:
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
    digest = hashlib.sha256(f"{world.name} {held}".encode()).hexdigest()[:8]
    hosts = [f"[{a}]" if a.version == 6 else f"{a}" for a in world.addresses_of(world.rdap.host)]
    return tuple(f"http://{host}/{digest}/" for host in hosts)


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


def _found(document: dict[str, Any]) -> RdapReply:
    return RdapReply(status=200, body=json.dumps(document).encode())


def refusal(status: int, title: str, *, retry_after_s: int | None = None) -> RdapReply:
    """Return an error object (RFC 9083 section 6)."""
    document = {"rdapConformance": _CONFORMANCE, "errorCode": status, "title": title}
    return RdapReply(status=status, body=json.dumps(document).encode(), retry_after_s=retry_after_s)
