"""The resolver of a played world: what its zones say, in the time that it takes to say so."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import ceil

from mxpath.lab.simulated_faults import Uplink
from mxpath.lab.simulated_zones import PlayedZones
from mxpath.model.address import parse_address
from mxpath.model.dns import DnsAnswer, DnsStatus
from mxpath.vantage.ports import Clock
from mxpath.vantage.turns import Turns

_TIMEOUT_S = 3.0
_TRIES = 2


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
    servers
        The resolver's addresses, in the order in which they are asked.
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
        servers: Sequence[PlayedServer],
        fetch_ms: float = 0.0,
    ) -> None:
        self._zones = zones
        self._clock = clock
        self._uplink = uplink
        self.server = servers[0].address
        self._turns = Turns(servers, timeout_s=_TIMEOUT_S, tries=_TRIES)
        self._fetch_ms = fetch_ms
        self._kept_until_s: dict[tuple[str, str], float] = {}

    def ask(self, name: str, rdtype: str) -> DnsAnswer:
        """Answer after one round trip to the first server that is heard, or not at all."""
        answer = self._zones.answer(name, rdtype)
        if answer.status is DnsStatus.MALFORMED:
            return answer  # no such question can be asked
        since_s, silent = self._clock.monotonic_s(), dict[str, DnsStatus]()
        for server, limit_s in self._turns.turns():
            self._uplink.feel_interrupt()
            missing = self._try(server, limit_s)
            if missing is None:
                self._turns.heard(server)
                answer, fetched_ms = self._fetched(answer)
                self._clock.sleep(fetched_ms / 1e3)
                answer = replace(answer, server=server.address)
                silent.pop(server.address, None)
                break
            self._turns.silent(server)
            silent[server.address] = missing
        else:
            first, status = next(iter(silent.items()))
            answer = replace(_failed(answer, status), server=first)
        elapsed_ms = round((self._clock.monotonic_s() - since_s) * 1e3, 6)
        return replace(answer, silent=tuple(silent), elapsed_ms=elapsed_ms)

    def _try(self, server: PlayedServer, limit_s: float) -> DnsStatus | None:
        """Wait for the way to a server and back; say what is missing when it is not heard."""
        faults = self._uplink.faults
        if self._uplink.is_down or parse_address(server.address).version in faults.no_route:
            return DnsStatus.UNREACHABLE
        round_trip_ms = None if faults.resolver_down else server.round_trip_ms()
        if round_trip_ms is None or round_trip_ms > limit_s * 1e3:
            self._clock.sleep(limit_s)
            return DnsStatus.TIMEOUT
        self._clock.sleep(round_trip_ms / 1e3)
        return None

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
