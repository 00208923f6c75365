"""HTTP in a played world: the registry or the looking glass at the end of a played path.

A question costs one round trip for the TCP handshake and one for request and answer,
and what the server waits before it. Nothing else in the world speaks HTTP.
"""

from collections.abc import Sequence
from ipaddress import ip_address
from math import inf
from typing import Any
from urllib.parse import urlsplit

from mxpath.lab.forwarding import FiveTuple
from mxpath.lab.http_elements import HttpBehaviour
from mxpath.lab.http_server import HTTP_PORT, HttpServer
from mxpath.lab.simulated_faults import CONNECTION_REFUSED, Uplink
from mxpath.lab.simulated_line import PlayedLine
from mxpath.lab.simulated_network import PlayedNetwork, Reached
from mxpath.lab.simulated_wire import TCP
from mxpath.model.address import IPAddress
from mxpath.model.http import HttpAnswer, HttpFault, HttpQuestion
from mxpath.vantage.ports import Clock

_SOURCE_PORT = 40_000


class PlayedFetcher:
    """Asks the world's servers; satisfies :class:`mxpath.vantage.ports.Fetcher`."""

    def __init__(
        self,
        network: PlayedNetwork,
        clock: Clock,
        uplink: Uplink,
        servers: Sequence[HttpServer[Any]] = (),
    ) -> None:
        self._network, self._clock, self._uplink = network, clock, uplink
        self._servers = servers

    def fetch(self, question: HttpQuestion) -> HttpAnswer:
        """Answer after the path's round trips, or when the time is over."""
        self._uplink.feel_interrupt()
        since_s = self._clock.monotonic_s()
        answer, needed_s = self._play(question)
        if needed_s > question.timeout_s:
            answer = HttpAnswer(
                url=question.url, fault=HttpFault.TIMEOUT, detail="no answer in time"
            )
        self._clock.sleep(min(needed_s, question.timeout_s))
        elapsed_ms = (self._clock.monotonic_s() - since_s) * 1000
        return HttpAnswer(
            url=answer.url,
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
            fault=answer.fault,
            detail=answer.detail,
            elapsed_ms=round(elapsed_ms, 6),
        )

    def _play(self, question: HttpQuestion) -> tuple[HttpAnswer, float]:
        """The answer, and the seconds it takes to come."""
        self._network.move_to(self._clock.now_ns())
        for server in self._servers:
            server.follow(self._network.world)
        parts = urlsplit(question.url)
        try:
            target = ip_address(parts.hostname or "")
        except ValueError:  # no name in the world is an HTTP server's
            return HttpAnswer(url=question.url, fault=HttpFault.UNREACHABLE), 0.0
        complaint = self._uplink.send(target.version)
        if complaint is not None:
            words = complaint.lower()
            return HttpAnswer(url=question.url, fault=HttpFault.UNREACHABLE, detail=words), 0.0
        reached = self._reach(target, parts.port or HTTP_PORT)
        if reached is None:
            return _silence(question)
        return self._converse(question, target, reached)

    def _converse(
        self, question: HttpQuestion, target: IPAddress, reached: Reached
    ) -> tuple[HttpAnswer, float]:
        """What a handshake that came to something leads to."""
        parts, connect_s = urlsplit(question.url), reached.round_trip_ms / 1000
        if not reached.arrived:
            return HttpAnswer(url=question.url, fault=HttpFault.UNREACHABLE), connect_s
        server = self._listening(target, parts.port)
        if server is None:
            refused = HttpAnswer(
                url=question.url, fault=HttpFault.REFUSED, detail=CONNECTION_REFUSED.lower()
            )
            return refused, connect_s
        exchange_s = self._exchange_s(target, reached)
        if exchange_s is None:
            return _silence(question)
        arrives_s = self._clock.monotonic_s() + connect_s + exchange_s / 2
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        reply = server.answer(path, arrives_s)
        heard = HttpAnswer(
            url=question.url, status=reply.status, headers=reply.headers, body=reply.body
        )
        return heard, connect_s + exchange_s + reply.wait_s

    def _flow(self, target: IPAddress, port: int) -> FiveTuple | None:
        world = self._network.world
        source = world.address_of(world.sender, target.version)
        if source is None:
            return None
        return FiveTuple(
            source=source,
            target=target,
            protocol=TCP,
            source_port=_SOURCE_PORT,
            target_port=port,
        )

    def _reach(self, target: IPAddress, port: int) -> Reached | None:
        """What becomes of the TCP handshake; ``None`` where packets vanish."""
        flow = self._flow(target, port)
        return self._network.reach(flow, self._clock.now_ns()) if flow is not None else None

    def _exchange_s(self, target: IPAddress, reached: Reached) -> float | None:
        """Seconds of request and answer; ``None`` when the answer never comes."""
        flow = self._flow(target, HTTP_PORT)
        assert flow is not None, "a handshake has been made"
        line = PlayedLine(
            connect_ms=reached.round_trip_ms,
            network=self._network,
            sender=self._network.world.sender,
            server=reached.node,
            flow=flow,
            round_trip_ms=reached.round_trip_ms,
        )
        return line.exchange_s(self._clock.now_ns() + round(reached.round_trip_ms * 1e6))

    def _listening(self, target: IPAddress, port: int | None) -> HttpServer[Any] | None:
        """Who has this address and port."""
        if port not in (None, HTTP_PORT):
            return None
        found = (s for s in self._servers if s.behaviour is not HttpBehaviour.DOWN)
        addresses_of = self._network.world.addresses_of
        return next((s for s in found if target in addresses_of(s.element.host)), None)


def _silence(question: HttpQuestion) -> tuple[HttpAnswer, float]:
    return HttpAnswer(url=question.url, fault=HttpFault.TIMEOUT), inf
