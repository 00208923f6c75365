"""Our own host as a vantage: its resolver, its sockets, its clock, its addresses.

Making one sends nothing and needs no privilege. Our own address comes from
``source``, else from the interface that the kernel would use towards the global
Internet: a UDP socket that is connected, and never written to, tells.
"""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from mxpath.errors import InputError
from mxpath.model.address import IPAddress
from mxpath.model.origin import Origin
from mxpath.model.probe import Protocol
from mxpath.vantage.clock import SystemClock
from mxpath.vantage.completing import CompletingProbeSocket
from mxpath.vantage.engines import ENGINES, KeptEngine, best_engine, open_engine
from mxpath.vantage.late import LateDialer, LateFetcher, LateRegistry, LateResolver, LateRouting
from mxpath.vantage.ledger import Ledger, ledger_path
from mxpath.vantage.limits import DEFAULT_RATE_PPS
from mxpath.vantage.pace import Pace, PacedDialer, paced_probes
from mxpath.vantage.ports import (
    WORKERS,
    Clock,
    Dialer,
    Fetcher,
    ProbeSocket,
    Registry,
    Routing,
    Vantage,
)
from mxpath.vantage.sources import SourceFinder, host_addresses

if TYPE_CHECKING:
    from mxpath.vantage.dns import Server, StubResolver

_SOMEWHERE = (ip_address("192.0.2.1"), ip_address("2001:db8::1"))
"""Documentation addresses: routed like the rest of the Internet, and never written to."""


def live(  # noqa: PLR0913 - what a host can be told, all by keyword
    *,
    resolver: str | None = None,
    trust_ad: bool = False,
    source: tuple[IPAddress, ...] = (),
    engine: str | None = None,
    protocol: Protocol = Protocol.TCP,
    trust_file: Path | None = None,
    ledger: Ledger | None = None,
    rate_pps: float = DEFAULT_RATE_PPS,
    contact: str | None = None,
    keep: ExitStack | None = None,
    late: bool = False,
) -> Vantage:
    """Return this host as a vantage; everything it sends is held to pace and budget.

    Parameters
    ----------
    resolver
        Address of the resolver to ask, with a port where it is not 53; ``None`` takes
        the system's configuration.
    trust_ad
        Whether the way to the resolver is trusted, so that its word on DNSSEC counts; for
        one on this host it always does, and ``resolv.conf`` may say so too.
    source
        Addresses of this host to use, at most one for each family.
    engine
        Name of the probing engine, one of ``engines.ENGINES``; ``None`` takes the best that
        this user may open. With ``none`` there are no probes.
    protocol
        What probes will be made of: an engine that cannot send them is not the best.
    trust_file
        PEM file of trusted roots for TLS; ``None`` takes the system's.
    ledger
        The book of budgets; ``None`` takes the user's own, shared by all processes.
    rate_pps
        SYNs a second, all targets together.
    contact
        A mailbox or URL at which the operator of this host can be reached; registries are told.
    keep
        Where given, the engine is opened now and held open by it, so that privilege can be
        dropped before anything is asked; else each trace opens its own.
    late
        Load what resolves, dials and asks registries when it is first asked, for those who send
        probes first. What is wrong with the trust file is told only then, and the address of a
        resolver of the system's is not.

    Raises
    ------
    InputError
        When the resolver, a source address, the engine or the trust file is not usable.
    """
    if engine is not None and engine not in ENGINES:
        raise InputError(f"no engine {engine!r}; there is: {', '.join(ENGINES)}")
    _check_source(source)
    clock = SystemClock()
    chosen = engine or best_engine(protocol)
    book, pace = Ledger(ledger_path()) if ledger is None else ledger, Pace(rate_pps)
    kept = None if keep is None else KeptEngine(chosen, source, keep)

    @contextmanager
    def open_probes() -> Iterator[ProbeSocket]:
        with open_engine(chosen, source) if kept is None else kept.probes() as probes:
            completing = CompletingProbeSocket(probes, book, clock)
            try:
                yield completing if probes.traits.completes else probes
            finally:
                completing.close()

    def make_dialer() -> Dialer:
        from mxpath.vantage.tcp import TcpDialer  # noqa: PLC0415 - loads OpenSSL

        dialer = TcpDialer(clock, source=source, trust_file=trust_file)
        return PacedDialer(dialer, pace, book, clock)

    resolving = _Resolving(clock, resolver, trust_ad=trust_ad, source=source)
    asking = _Asking(clock, contact=contact, source=source)
    return Vantage(
        clock=clock,
        resolver=LateResolver(resolving.stub) if late else resolving.stub(),
        dialer=LateDialer(make_dialer) if late else make_dialer(),
        probes=paced_probes(open_probes, pace, book, clock),
        fetcher=LateFetcher(asking.fetcher) if late else asking.fetcher(),
        registry=LateRegistry(asking.registry) if late else asking.registry(),
        routing=LateRouting(asking.routing),
        origin=_origin(source),
        engine=chosen,
        resolver_address=resolver if late else resolving.address,
        workers=WORKERS,
    )


class _Resolving:
    """The stub resolver of a vantage, and whom it asks first; loads dnspython when asked."""

    def __init__(
        self,
        clock: Clock,
        resolver: str | None,
        *,
        trust_ad: bool,
        source: tuple[IPAddress, ...],
    ) -> None:
        self._clock, self._resolver = clock, resolver
        self._trust_ad, self._source = trust_ad, source

    @cached_property
    def _servers(self) -> "tuple[Server, ...]":
        from mxpath.vantage.dns import parse_server, system_servers  # noqa: PLC0415

        given = self._resolver
        servers = (parse_server(given),) if given is not None else system_servers()
        return tuple(replace(s, trusted=s.trusted or self._trust_ad) for s in servers)

    @property
    def address(self) -> str | None:
        """Whom it asks first; ``None`` where this system has no configuration."""
        return str(self._servers[0]) if self._servers else None

    def stub(self) -> "StubResolver":
        """Make it."""
        from mxpath.vantage.dns import StubResolver  # noqa: PLC0415 - loads dnspython

        return StubResolver(self._clock, self._servers, source=self._source)


class _Asking:
    """The fetcher of a vantage and who asks by it; loads HTTP and RDAP when asked."""

    def __init__(self, clock: Clock, *, contact: str | None, source: tuple[IPAddress, ...]) -> None:
        self._clock, self._contact, self._source = clock, contact, source

    @cached_property
    def _both(self) -> "Registries":
        return registries(self._clock, contact=self._contact, source=self._source)

    def fetcher(self) -> Fetcher:
        """Return the fetcher."""
        return self._both.fetcher

    def registry(self) -> Registry:
        """Return the registries."""
        return self._both.registry

    def routing(self) -> Routing:
        """Return the route collectors."""
        from mxpath.vantage.range_files import cache_directory  # noqa: PLC0415 - loaded when asked
        from mxpath.vantage.routing import RouteCollectors  # noqa: PLC0415

        return RouteCollectors(self._both.fetcher, self._clock, cache_directory("routing"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Registries:
    """The registries alone, for those who ask nothing else of the world."""

    clock: Clock
    fetcher: Fetcher
    registry: Registry
    workers: int = WORKERS


def registries(
    clock: Clock | None = None,
    *,
    contact: str | None = None,
    source: tuple[IPAddress, ...] = (),
) -> Registries:
    """Return the registries as this host may ask them; opens no socket before the first question.

    Parameters
    ----------
    clock
        ``None`` takes the system's.
    contact, source
        See :func:`live`.
    """
    from mxpath.vantage.registry import RdapRegistry  # noqa: PLC0415 - loaded when asked
    from mxpath.vantage.registry_cache import DiskCache, cache_directory  # noqa: PLC0415

    ours = clock or SystemClock()

    def make_fetcher() -> Fetcher:
        # urllib3 opens a socket when it is loaded, to see whether there is IPv6.
        from mxpath.vantage.http import HttpFetcher  # noqa: PLC0415

        return HttpFetcher(ours, contact=contact, source=source)

    fetcher = LateFetcher(make_fetcher)
    registry = RdapRegistry(fetcher, ours, DiskCache(cache_directory()))
    return Registries(clock=ours, fetcher=fetcher, registry=registry)


# -- our own addresses ----------------------------------------------------------------------


def _check_source(source: tuple[IPAddress, ...]) -> None:
    versions = [address.version for address in source]
    if len(set(versions)) != len(versions):
        raise InputError("give at most one source address for each family")
    for address in source:
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as trying:
                trying.bind((str(address), 0))
        except OSError as error:
            raise InputError(
                f"source {address} is not usable: {error.strerror}; give an address of this host"
            ) from error


def _origin(source: tuple[IPAddress, ...]) -> Origin:
    finder = SourceFinder()
    v4, v6 = (_own(far, source, finder) for far in _SOMEWHERE)
    used = {4: v4, 6: v6}
    stranded = tuple(a for a in host_addresses() if used[a.version] is None)
    found = [address for address in (v4, v6) if address is not None]
    if not found:
        return Origin(stranded=stranded)
    ways = dict.fromkeys("--source" if a in source else "interface" for a in found)
    return Origin(address_v4=v4, address_v6=v6, how=", ".join(ways), stranded=stranded)


def _own(far: IPAddress, source: tuple[IPAddress, ...], finder: SourceFinder) -> IPAddress | None:
    given = (address for address in source if address.version == far.version)
    return next(given, None) or finder.find(far)
