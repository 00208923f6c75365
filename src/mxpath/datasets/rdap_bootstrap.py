"""Which registry to ask about a prefix or an AS number: IANA's bootstrap documents (RFC 9224).

A document is ``{"services": [[[resource, …], [base URL, …]], …]}``; a resource is a
prefix (``ipv4.json``, ``ipv6.json``) or a range of AS numbers (``asn.json``).
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

from mxpath.datasets.snapshot import Spec, Tally
from mxpath.errors import ParseError
from mxpath.model.address import Prefix
from mxpath.model.registry import Resource

SPEC = Spec(
    name="rdap-bootstrap",
    publisher="IANA",
    licence="CC0 1.0 (IANA registries)",
    cadence="when a registry is given new space",
    url="https://data.iana.org/rdap/",
    gives="which registry to ask about an address or an AS number",
    attribution="RDAP bootstrap registries: IANA",
)

_MAX_OCTETS = 4 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A prefix or a range of AS numbers, and the servers that answer for it."""

    servers: tuple[str, ...]
    """Base URLs with a slash at the end, those with https first."""
    prefix: Prefix | None = None
    asns: tuple[int, int] | None = None


class Services:
    """All services of a gazetteer, ready to be asked."""

    def __init__(self, services: Iterable[Service]) -> None:
        self._prefixes: dict[Prefix, Service] = {}
        self._ranges: list[tuple[int, int, Service]] = []
        for service in services:
            if service.prefix is not None:
                self._prefixes.setdefault(service.prefix, service)
            elif service.asns is not None:
                self._ranges.append((*service.asns, service))
        self.hosts = tuple(
            sorted({host for service in self._all() for host in _hosts(service.servers)})
        )
        """Hosts of all servers."""

    def _all(self) -> Iterator[Service]:
        yield from self._prefixes.values()
        yield from (service for _, _, service in self._ranges)

    def servers(self, resource: Resource) -> tuple[str, ...]:
        """Return the base URLs of the longest match (RFC 9224 section 5), none without one."""
        if isinstance(resource, int):
            found = (s for low, high, s in self._ranges if low <= resource <= high)
            service = next(found, None)
        else:
            covering = [prefix for prefix in self._prefixes if resource in prefix]
            longest = max(covering, key=lambda prefix: prefix.prefixlen, default=None)
            service = self._prefixes[longest] if longest is not None else None
        return service.servers if service is not None else ()


def _hosts(servers: Iterable[str]) -> Iterator[str]:
    return (host for url in servers if (host := urlsplit(url).hostname) is not None)


def parse(document: bytes, *, source: str, tally: Tally | None = None) -> Iterator[Service]:
    """Read one bootstrap document.

    Raises
    ------
    ParseError
        When it is no such document.
    """
    tally = Tally() if tally is None else tally
    if len(document) > _MAX_OCTETS:
        raise ParseError(f"larger than {_MAX_OCTETS} octets", source=source)
    try:
        for resources, urls in json.loads(document)["services"]:
            servers = _servers(urls)
            for resource in resources:
                yield _service(resource, servers)
                tally.rows += 1
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ParseError(f"no RDAP bootstrap document: {error}", source=source) from error


def _servers(urls: Any) -> tuple[str, ...]:
    found = [f"{url.rstrip('/')}/" for url in urls if urlsplit(url).hostname]
    if not found or any(urlsplit(url).scheme not in ("http", "https") for url in found):
        raise ValueError(f"no base URL in {str(urls)[:80]}")
    secure = [url for url in found if url.startswith("https://")]
    # Plain http is taken only of a registry that has nothing else: a world of the lab.
    return tuple(secure or found)


def _service(resource: str, servers: tuple[str, ...]) -> Service:
    if ":" in resource or "." in resource:
        return Service(prefix=ip_network(resource), servers=servers)
    low, _, high = resource.partition("-")
    return Service(asns=(int(low), int(high or low)), servers=servers)
