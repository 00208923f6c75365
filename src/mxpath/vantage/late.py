"""Ports that are made when they are first asked: what loads slowly waits until it is needed.

The resolver brings dnspython, the dialer OpenSSL, the registries HTTP and RDAP: half a second of
loading together, and a trace of an address needs none of them before its first packet.
"""

from __future__ import annotations  # the values are named here, and loaded by who needs them

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mxpath.model.address import IPAddress
    from mxpath.model.bgp import RoutingAnswer, RoutingQuestion
    from mxpath.model.dns import DnsAnswer
    from mxpath.model.http import HttpAnswer, HttpQuestion
    from mxpath.model.registry import RegistryAnswer, RegistryQuestion
    from mxpath.vantage.ports import Connection, Dialer, Fetcher, Registry, Resolver, Routing


class LateResolver:
    """A resolver that ``make`` makes."""

    def __init__(self, make: Callable[[], Resolver]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> Resolver:
        return self._make()

    def ask(self, name: str, rdtype: str) -> DnsAnswer:
        """Answer as the port says."""
        return self._made.ask(name, rdtype)


class LateDialer:
    """A dialer that ``make`` makes."""

    def __init__(self, make: Callable[[], Dialer]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> Dialer:
        return self._make()

    def dial(
        self, address: IPAddress, port: int, timeout_s: float, *, max_segment: int | None = None
    ) -> Connection:
        """Answer as the port says."""
        return self._made.dial(address, port, timeout_s, max_segment=max_segment)


class LateFetcher:
    """A fetcher that ``make`` makes."""

    def __init__(self, make: Callable[[], Fetcher]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> Fetcher:
        return self._make()

    def fetch(self, question: HttpQuestion) -> HttpAnswer:
        """Answer as the port says."""
        return self._made.fetch(question)


class LateRegistry:
    """A registry that ``make`` makes."""

    def __init__(self, make: Callable[[], Registry]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> Registry:
        return self._make()

    def holder(self, question: RegistryQuestion) -> RegistryAnswer:
        """Answer as the port says."""
        return self._made.holder(question)


class LateRouting:
    """Route collectors that ``make`` makes."""

    def __init__(self, make: Callable[[], Routing]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> Routing:
        return self._make()

    def routes(self, question: RoutingQuestion) -> RoutingAnswer:
        """Answer as the port says."""
        return self._made.routes(question)
