"""The registry client: which server, when, how often; HTTP is the Fetcher's, reading is rdap's.

The law:

1. What the cache knows is not asked. One question serves a whole range.
2. A registry that says "later" (429, 403, 422, 503) is left alone until then by all threads
   and processes; without a time, for ``resting.REST``. Nothing waits for it: the answer is
   "rate-limited", and the study goes on. It is the registry that said so that is left
   alone: after a redirect not the one that was asked.
3. Questions to all registries leave at ``RATE_PPS`` at most.
4. A registry that gives several URLs is asked at the next one where nothing answers at the
   first: one family of addresses may be broken.
5. A document about something else is refused with the reason, and is not kept; so is a
   compressed one, which nobody asked for.
6. A redirect is followed to another registry alone, and not while that one is left alone.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import quote, urlsplit

from mxpath.errors import ParseError
from mxpath.model.evidence import Claim, Evidence, Grade
from mxpath.model.foreign_text import printable
from mxpath.model.http import HttpAnswer, HttpFault, HttpQuestion
from mxpath.model.registry import (
    Registration,
    RegistryAnswer,
    RegistryFate,
    RegistryQuestion,
    Resource,
)
from mxpath.vantage.clock import moment
from mxpath.vantage.json_answers import packing
from mxpath.vantage.pace import Pace
from mxpath.vantage.ports import Clock, Fetcher
from mxpath.vantage.rdap import MAX_OCTETS, is_registrys_own, read_registration
from mxpath.vantage.registry_cache import CachedAnswer, RegistryCache
from mxpath.vantage.resting import asked_rest, service_of
from mxpath.vantage.role_mailbox import is_role

RATE_PPS = 5.0
_MOST_SERVERS = 2
_FATES = {
    HttpFault.TIMEOUT: RegistryFate.TIMEOUT,
    HttpFault.TOO_LARGE: RegistryFate.REFUSED,
    HttpFault.REDIRECT: RegistryFate.REFUSED,
}
_LATER = (403, 422, 429, 503)
"""How registries say that it was too much; RFC 7480 section 5.5 knows the third alone."""
_NOTHING_KNOWN = 404
_ACCEPT = "application/rdap+json, application/json"


class RdapRegistry:
    """Asks registries over RDAP; satisfies :class:`mxpath.vantage.ports.Registry`."""

    def __init__(self, fetcher: Fetcher, clock: Clock, cache: RegistryCache) -> None:
        self._fetcher, self._clock, self._cache = fetcher, clock, cache
        self._pace = Pace(RATE_PPS)

    def holder(self, question: RegistryQuestion) -> RegistryAnswer:
        """Answer from the cache, else from the registry."""
        resource = question.resource
        if not question.servers:
            return _without(resource, RegistryFate.NOWHERE)
        server = question.servers[0]
        known = self._cache.find(server, resource, self._now)
        if known is not None:
            return _answer(question, known, asked=False)
        if question.offline:
            return _without(resource, RegistryFate.OFFLINE, "the cache does not know it")
        resting = self._left_alone(question, service_of(server))
        if resting is not None:
            return resting
        until_s = self._clock.monotonic_s() + question.timeout_s
        answer = self._ask(question, server, server)
        for url in question.servers[1:_MOST_SERVERS]:
            left_s = until_s - self._clock.monotonic_s()
            if answer.fate is RegistryFate.FAILED and left_s > 0:
                again = self._ask(replace(question, timeout_s=left_s), server, url)
                answer = again if again.asked else answer
        return answer

    def _ask(self, question: RegistryQuestion, server: str, at: str) -> RegistryAnswer:
        """Ask ``server``, which is known by its first URL, at one of its URLs."""
        resource, url = question.resource, rdap_url(at, question.resource)
        delay_s = self._pace.reserve(self._clock.monotonic_s())
        if delay_s >= question.timeout_s:
            return _without(resource, RegistryFate.NOT_ASKED, "no time was left")
        if delay_s > 0:
            self._clock.sleep(delay_s)
        # Another thread may have been told meanwhile.
        resting = self._left_alone(question, service_of(server))
        if resting is not None:
            return resting
        answer = self._fetcher.fetch(
            HttpQuestion(
                url=url,
                accept=_ACCEPT,
                timeout_s=question.timeout_s - delay_s,
                max_octets=MAX_OCTETS,
                redirect_hosts=self._hosts(question),
            )
        )
        onward = _host(answer.header("location") or "")
        if answer.fault is HttpFault.REDIRECT and onward in question.hosts:
            resting = self._left_alone(question, onward)
            if resting is not None:
                return replace(resting, asked=True)
        if answer.fault is not None:
            fate = _FATES.get(answer.fault, RegistryFate.FAILED)
            words = f"{_host(at)}: {answer.detail or answer.fault.value}"
            return _without(resource, fate, words, asked=True)
        moved = _host(answer.url) != _host(at)
        return self._hear(question, server, answer, said_by=answer.url if moved else server)

    def _hear(
        self, question: RegistryQuestion, server: str, answer: HttpAnswer, *, said_by: str
    ) -> RegistryAnswer:
        """Judge a complete HTTP answer."""
        resource, status = question.resource, answer.status
        now = self._now
        if status in _LATER:
            registry, rest = service_of(said_by), asked_rest(answer, now)
            self._cache.rests.rest(registry, now + rest, now=now)
            return _resting(resource, registry, rest, status=status)
        if status == _NOTHING_KNOWN and not _is_page(answer):
            found = CachedAnswer(
                about=str(resource), url=answer.url, retrieved_at=now, registration=None
            )
            self._cache.keep(server, resource, found, alone=True)
            return _answer(question, found, asked=True)
        if status != 200:
            words = f"{_host(said_by)} answered with HTTP status {status}"
            return _without(resource, RegistryFate.FAILED, words, asked=True)
        if packed := packing(answer):
            words = f"{_host(said_by)} answered packed ({packed})"
            return _without(resource, RegistryFate.REFUSED, words, asked=True)
        try:
            registration = read_registration(
                answer.body,
                resource,
                registry=_host(answer.url),
                content_type=answer.header("content-type"),
            )
        except ParseError as error:
            return _without(resource, RegistryFate.REFUSED, str(error), asked=True)
        own = is_registrys_own(registration)
        found = CachedAnswer(
            about=str(resource),
            url=answer.url,
            retrieved_at=now,
            registration=None if own else registration,
        )
        self._cache.keep(server, resource, found, alone=own)
        return _answer(question, found, asked=True)

    def _left_alone(self, question: RegistryQuestion, registry: str) -> RegistryAnswer | None:
        """What is answered in place of a registry that wants no question now."""
        now = self._now
        until = self._cache.rests.resting(now).get(registry)
        return None if until is None else _resting(question.resource, registry, until - now)

    def _hosts(self, question: RegistryQuestion) -> tuple[str, ...]:
        """Where a redirect may lead: not to a registry that wants no question (rule 6)."""
        resting = self._cache.rests.resting(self._now)
        return tuple(host for host in question.hosts if host not in resting)

    @property
    def _now(self) -> datetime:
        return moment(self._clock.now_ns())


def _is_page(answer: HttpAnswer) -> bool:
    """Whether a person is spoken to: then it is no registry that knows no such resource."""
    return (answer.header("content-type") or "").strip().lower().startswith("text/html")


def rdap_url(server: str, resource: Resource) -> str:
    """Return the URL of a question (RFC 9082 section 3.1.1, 3.1.2); ``server`` ends in a slash."""
    kind = "autnum" if isinstance(resource, int) else "ip"
    return f"{server}{kind}/{quote(str(resource), safe=':.')}"


def _host(url: str) -> str:
    return urlsplit(url).hostname or url


def _resting(
    resource: Resource,
    registry: str,
    rest: timedelta,
    *,
    status: int | None = None,
) -> RegistryAnswer:
    said = f" (HTTP status {status})" if status is not None else ""
    words = f"{_host(registry)} wants no question for {rest.total_seconds():.0f} s{said}"
    return _without(resource, RegistryFate.LIMITED, words, asked=status is not None)


def _without(
    resource: Resource, fate: RegistryFate, detail: str = "", *, asked: bool = False
) -> RegistryAnswer:
    return RegistryAnswer(
        resource=resource, fate=fate, detail=printable(detail, limit=200), asked=asked
    )


def _answer(question: RegistryQuestion, found: CachedAnswer, *, asked: bool) -> RegistryAnswer:
    resource, registration = question.resource, found.registration
    if registration is None:
        words = f"{_host(found.url)} knows no holder"
        return _without(resource, RegistryFate.NOT_FOUND, words, asked=asked)
    # The cache can hold what an older version thought fit to be kept.
    if not question.with_abuse or not is_role(registration.abuse or ""):
        registration = replace(registration, abuse=None)
    return RegistryAnswer(
        resource=resource,
        fate=RegistryFate.FOUND,
        registration=_claim(resource, registration, found),
        asked=asked,
    )


def _claim(
    resource: Resource, registration: Registration, found: CachedAnswer
) -> Claim[Registration]:
    """The registration with its evidence: certain for what was asked, likely for its neighbours.

    Inside a range that a registry names there can be a smaller one that it would have
    named for another address.
    """
    itself = found.about == str(resource)
    rule = "registered-range" if itself else "registered-range-of-a-neighbour"
    evidence = Evidence(
        source="rdap",
        rule=rule,
        as_of=found.retrieved_at.date(),
        detail=f"{found.url}: {registration.range_words} is held by {registration.holder_words}",
    )
    grade = Grade.CERTAIN if itself else Grade.LIKELY
    return Claim(value=registration, evidence=(evidence,), grade=grade)
