"""The resolver of a played world: what its zones say, in the time that it takes to say so."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil

from mxpath.lab.simulated_faults import Uplink
from mxpath.lab.simulated_zones import PlayedZones
from mxpath.model.address import parse_address
from mxpath.model.dns import DnsAnswer, DnsStatus
from mxpath.vantage.ports import Clock

_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedServer:
    """One address of the resolver."""

    address: str
    round_trip_ms: Callable[[], float | None]
    """Tells at the time of asking what the way there and back takes; ``None`` when nothing
    comes back."""


class PlayedResolver:
    """Asks the zones over the played network; satisfies :class:`mxpath.vantage.ports.Resolver`.

    Parameters
    ----------
    zones
        What there is to know.
    clock
        Moved by what an answer takes.
    uplink
        The sender's line and its faults.
    server
        The resolver.
    fetch_ms
        What the resolver's own question to the zones' server takes; 0 where it is that
        server itself. Answers are kept for their TTL.
    """

    def __init__(
        self,
        zones: PlayedZones,
        clock: Clock,
        uplink: Uplink,
        *,
        server: PlayedServer,
        fetch_ms: float = 0.0,
    ) -> None:
        self._zones = zones
        self._clock = clock
        self._uplink = uplink
        self._server = server
        self.server = server.address
        self._fetch_ms = fetch_ms
        self._kept_until_s: dict[tuple[str, str], float] = {}

    def ask(self, name: str, rdtype: str) -> DnsAnswer:
        """Answer after one round trip to the server, or not at all."""
        self._uplink.feel_interrupt()
        faults, answer = self._uplink.faults, self._zones.answer(name, rdtype)
        if answer.status is DnsStatus.MALFORMED:
            return answer  # no such question can be asked
        round_trip_ms = self._server.round_trip_ms()
        if self._uplink.is_down or parse_address(self.server).version in faults.no_route:
            answer, elapsed_ms = _failed(answer, DnsStatus.UNREACHABLE), 0.0
        elif faults.resolver_down or round_trip_ms is None:
            answer, elapsed_ms = _failed(answer, DnsStatus.TIMEOUT), _TIMEOUT_S * 1e3
        else:
            answer, fetched_ms = self._fetched(answer)
            elapsed_ms = round_trip_ms + fetched_ms
        self._clock.sleep(elapsed_ms / 1e3)
        return replace(answer, elapsed_ms=elapsed_ms, server=self.server)

    def _fetched(self, answer: DnsAnswer) -> tuple[DnsAnswer, float]:
        """The answer as the resolver has it now, and what it took to get it."""
        if not self._fetch_ms:
            return answer, 0.0
        key, now_s, ttl_s = (answer.name, answer.rdtype), self._clock.monotonic_s(), answer.ttl_s
        until_s = self._kept_until_s.get(key, 0.0)
        if until_s > now_s:
            left_s = None if ttl_s is None else min(ttl_s, ceil(until_s - now_s))
            return replace(answer, ttl_s=left_s), 0.0
        self._kept_until_s[key] = now_s + (ttl_s or 0)
        return answer, self._fetch_ms


def _failed(answer: DnsAnswer, status: DnsStatus) -> DnsAnswer:
    return DnsAnswer(name=answer.name, rdtype=answer.rdtype, status=status)
