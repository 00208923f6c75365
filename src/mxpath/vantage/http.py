"""One HTTP question over urllib3, held to its time, its size and its hosts.

The law is that of :mod:`mxpath.vantage.http_exchange`, and: the time is for everything,
the look-up of the host's name and a dripping body too. A thread of its own asks, and is
left behind when the time is over.
"""

import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import urllib3

from mxpath.model.address import IPAddress
from mxpath.model.foreign_text import printable
from mxpath.model.http import HttpAnswer, HttpFault, HttpQuestion
from mxpath.vantage.http_exchange import Asker, ExchangeFault, header_pairs, reason, user_agent
from mxpath.vantage.ports import Clock

__all__ = ("HttpFetcher", "user_agent")

_CHUNK_OCTETS = 16 * 1024


class HttpFetcher:
    """Asks over the Internet; satisfies :class:`mxpath.vantage.ports.Fetcher`.

    Parameters
    ----------
    clock
        Measures how long an answer took.
    contact
        A mailbox or URL at which the operator of this host can be reached.
    trust_file
        PEM file of trusted roots; ``None`` takes the system's.
    source
        Our addresses to ask from, at most one a family.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        contact: str | None = None,
        trust_file: Path | None = None,
        source: tuple[IPAddress, ...] = (),
    ) -> None:
        self._clock = clock
        self._asker = Asker(agent=user_agent(contact), trust_file=trust_file, source=source)

    def fetch(self, question: HttpQuestion) -> HttpAnswer:
        """Answer one question within its time."""
        since_s = self._clock.monotonic_s()
        errand = _Errand(question=question, asker=self._asker)
        thread = threading.Thread(target=errand.run, daemon=True)
        thread.start()
        thread.join(question.timeout_s)
        answer = errand.answer
        if answer is None:
            errand.stop.set()
            answer = _fault(
                question.url, HttpFault.TIMEOUT, f"no answer in {question.timeout_s:.1f} s"
            )
        elapsed_ms = (self._clock.monotonic_s() - since_s) * 1000
        return replace(answer, elapsed_ms=round(elapsed_ms, 3))


@dataclass(slots=True, kw_only=True)
class _Errand:
    """One question on its way, in a thread that nobody waits for in the end."""

    question: HttpQuestion
    asker: Asker
    stop: threading.Event = field(default_factory=threading.Event)
    answer: HttpAnswer | None = None

    def run(self) -> None:
        """Ask, and leave the answer behind."""
        try:
            with self.asker.pool(urllib3.Timeout(total=self.question.timeout_s)) as pool:
                self.answer = self._ask(pool)
        except ExchangeFault as fault:
            answer = _fault(fault.url, fault.fault, fault.detail)
            headers = (("location", fault.location),) if fault.location else ()
            self.answer = replace(answer, headers=headers)
        except Exception as error:  # noqa: BLE001 - a port does not raise for what a stranger sends
            self.answer = _fault(self.question.url, *reason(error))

    def _ask(self, pool: urllib3.PoolManager) -> HttpAnswer:
        url, response = self.asker.open(
            pool,
            self.question.url,
            headers={"Accept": self.question.accept},
            hosts=self.question.redirect_hosts,
        )
        try:
            heard = HttpAnswer(
                url=url, status=int(response.status), headers=header_pairs(response.headers)
            )
            body = self._body(response)
        finally:
            response.close()
        if body is None:
            words = f"more than {self.question.max_octets} octets"
            return _fault(url, HttpFault.TOO_LARGE, words)
        return replace(heard, body=body)

    def _body(self, response: Any) -> bytes | None:
        """The body; ``None`` when it is too large. What nobody waits for is not read on."""
        body = b""
        while not self.stop.is_set():
            chunk: bytes = response.read1(_CHUNK_OCTETS)
            if not chunk:
                break
            body += chunk
            if len(body) > self.question.max_octets:
                return None
        return body


def _fault(url: str, fault: HttpFault, detail: str) -> HttpAnswer:
    return HttpAnswer(url=url, fault=fault, detail=printable(detail, limit=200))
