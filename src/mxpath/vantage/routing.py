"""What route collectors see: which question, when, how often. Reading is ripestat's.

RIPEstat's rules (https://stat.ripe.net/docs/data-api/ripestat-data-api): eight questions at once
from one address, a name of the asking program in ``sourceapp``, and word to them from whoever asks
more than a thousand times a day.

The law:

1. What the cache knows is not asked; offline that is all.
2. ``MOST_AT_ONCE`` questions are under way at once, of all threads and processes.
3. A service that says "later" (429, 503, or any error with a Retry-After) is left alone until then
   by all threads and processes; so is one that fails (5xx) at both questions. Nothing waits for
   it: the answer is "rate-limited".
4. ``MOST_A_DAY`` questions leave a day, of all processes of a user: who wants more has to tell
   RIPEstat first.
5. ``looking-glass`` is asked first: it is the fresher one. Where it gives no usable answer in two
   thirds of the time, ``bgp-state`` is asked once, in the time that is left; the answer says so.
6. Redirects lead to the service's own host over https alone.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit

from mxpath.errors import ParseError
from mxpath.model.address import IPAddress
from mxpath.model.bgp import RoutingAnswer, RoutingFate, RoutingQuestion
from mxpath.model.foreign_text import printable
from mxpath.model.http import HttpAnswer, HttpFault, HttpQuestion
from mxpath.vantage.clock import moment
from mxpath.vantage.day_count import DayCount
from mxpath.vantage.places import Places
from mxpath.vantage.ports import Clock, Fetcher
from mxpath.vantage.resting import REST, asked_rest, service_of
from mxpath.vantage.ripestat import MAX_OCTETS, Told, read_bgp_state, read_looking_glass
from mxpath.vantage.routing_cache import RoutingCache

MOST_AT_ONCE = 8
MOST_A_DAY = 1000
SOURCE_APP = "mxpath"
_LATER = (429, 503)
_FATES = {
    HttpFault.TIMEOUT: RoutingFate.TIMEOUT,
    HttpFault.TOO_LARGE: RoutingFate.REFUSED,
    HttpFault.REDIRECT: RoutingFate.REFUSED,
}
_AHEAD = timedelta(minutes=5)
"""A service's clock may be so much ahead of ours."""


@dataclass(frozen=True, slots=True)
class _Call:
    """A question that the service knows, and what reads its answer."""

    name: str
    read: Callable[..., Told]
    share: float
    """Of the time that is left."""


_CALLS = (
    _Call("looking-glass", read_looking_glass, 2 / 3),
    _Call("bgp-state", read_bgp_state, 1.0),
)


class RouteCollectors:
    """Asks a service in the form of RIPEstat; satisfies :class:`mxpath.vantage.ports.Routing`.

    Parameters
    ----------
    fetcher, clock
        Of the vantage.
    directory
        Where answers are kept; ``None`` keeps them in memory.
    """

    def __init__(self, fetcher: Fetcher, clock: Clock, directory: Path | None) -> None:
        self._fetcher, self._clock = fetcher, clock
        self._cache = RoutingCache(directory)
        self._places = Places(directory, MOST_AT_ONCE)
        self._today = DayCount(None if directory is None else directory / "today.json")

    def routes(self, question: RoutingQuestion) -> RoutingAnswer:
        """Answer from the cache, else from the service."""
        known = self._cache.find(question, self._now)
        if known is not None:
            return known
        if question.offline:
            return _without(question, RoutingFate.OFFLINE, "nothing is kept about it")
        if not question.service:
            return _without(question, RoutingFate.NOT_ASKED, "no service is known")
        until_s = self._clock.monotonic_s() + question.timeout_s
        with self._places.take(self._clock, until_s) as got:
            if not got:
                words = f"{MOST_AT_ONCE} questions are under way, and no place came free"
                return _without(question, RoutingFate.NOT_ASKED, words)
            return self._ask(question, until_s)

    def _ask(self, question: RoutingQuestion, until_s: float) -> RoutingAnswer:
        """Ask one thing after the other until there is an answer (rule 5)."""
        first: RoutingAnswer | None = None
        for call in _CALLS:
            left_s = until_s - self._clock.monotonic_s()
            resting = self._left_alone(question)
            if resting is not None or left_s <= 0:
                return first or resting or _without(question, RoutingFate.NOT_ASKED, "no time")
            service = service_of(question.service)
            if not self._today.take(service, self._now, most=MOST_A_DAY):
                words = f"{MOST_A_DAY} questions a day are the most"
                return first or _without(question, RoutingFate.NOT_ASKED, words)
            timed = replace(question, timeout_s=left_s * call.share)
            answer = self._call(call, timed, again=first is not None)
            if answer.fate in (RoutingFate.FOUND, RoutingFate.NOT_ANNOUNCED):
                if first is not None:
                    answer = replace(answer, detail=f"not by {_CALLS[0].name}: {first.detail}")
                self._cache.keep(question.service, answer, self._now)
                return answer
            if answer.fate is RoutingFate.LIMITED:
                return answer
            first = first or answer
        assert first is not None
        return first

    def _call(self, call: _Call, question: RoutingQuestion, *, again: bool) -> RoutingAnswer:
        """Ask one thing, and judge the answer."""
        host = _host(question.service)
        secure = question.service.startswith("https://")
        answer = self._fetcher.fetch(
            HttpQuestion(
                url=question_url(question.service, call.name, question.address),
                accept="application/json",
                timeout_s=question.timeout_s,
                max_octets=MAX_OCTETS,
                redirect_hosts=(host,) if secure else (),
            )
        )
        if answer.fault is not None:
            fate = _FATES.get(answer.fault, RoutingFate.FAILED)
            words = f"{host}: {answer.detail or answer.fault.value}"
            return _without(question, fate, words, asked=True)
        status = answer.status or 0
        failing = status >= 500
        if status in _LATER or (status >= 400 and answer.header("retry-after")):
            return self._rest(question, asked_rest(answer, self._now), status)
        if failing and again:
            return self._rest(question, REST, status)
        if status != 200:
            words = f"{host} answered with HTTP status {status}"
            return _without(question, RoutingFate.FAILED, words, asked=True)
        return self._read(call, question, answer)

    def _read(self, call: _Call, question: RoutingQuestion, answer: HttpAnswer) -> RoutingAnswer:
        try:
            told = call.read(answer, question.address, source=_host(question.service))
        except ParseError as error:
            return _without(question, RoutingFate.REFUSED, str(error), asked=True)
        now = self._now
        known = told.seen_at is not None and told.seen_at <= now + _AHEAD
        found = told.prefix is not None
        return RoutingAnswer(
            address=question.address,
            fate=RoutingFate.FOUND if found else RoutingFate.NOT_ANNOUNCED,
            prefix=told.prefix,
            entries=told.entries,
            left_out=told.left_out,
            locations=told.locations,
            source=f"{question.service.rstrip('/')}/{call.name}",
            seen_at=told.seen_at if known else now,
            asked=True,
        )

    def _rest(self, question: RoutingQuestion, rest: timedelta, status: int) -> RoutingAnswer:
        """Leave the service alone (rule 3)."""
        now = self._now
        self._cache.rests.rest(service_of(question.service), now + rest, now=now)
        words = f"{_rest_words(question, rest)} (HTTP status {status})"
        return _without(question, RoutingFate.LIMITED, words, asked=True)

    def _left_alone(self, question: RoutingQuestion) -> RoutingAnswer | None:
        now = self._now
        until = self._cache.rests.resting(now).get(service_of(question.service))
        if until is None:
            return None
        return _without(question, RoutingFate.LIMITED, _rest_words(question, until - now))

    @property
    def _now(self) -> datetime:
        return moment(self._clock.now_ns())


def question_url(service: str, name: str, address: IPAddress) -> str:
    """Return the URL of a question about an address."""
    resource = quote(str(address), safe=":.")
    return f"{service.rstrip('/')}/{name}/data.json?resource={resource}&sourceapp={SOURCE_APP}"


def _host(url: str) -> str:
    return urlsplit(url).hostname or url


def _rest_words(question: RoutingQuestion, rest: timedelta) -> str:
    return f"{_host(question.service)} wants no question for {rest.total_seconds():.0f} s"


def _without(
    question: RoutingQuestion, fate: RoutingFate, detail: str = "", *, asked: bool = False
) -> RoutingAnswer:
    words = printable(detail, limit=200)
    return RoutingAnswer(address=question.address, fate=fate, detail=words, asked=asked)
