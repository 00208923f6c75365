"""One file over HTTP to disk: held to its size and its time, and taken up where it broke off.

The law, beside that of :mod:`mxpath.vantage.http_exchange`:

1. The body goes to a part file; only what is whole takes the file's name.
2. What is there is gone on with when the server can tell that it still has that version:
   Range with If-Range, by a strong entity tag or a date as good. An answer of 200 starts
   anew; so does anything that does not fit on to what is there, or 416.
3. What is longer than allowed, what is an HTML page where data is wanted, and what is
   packed though nobody asked for it, is refused. (A ``.gz`` file that is said to be
   packed is what was asked for, as it lies there.)
4. A length that was promised must come. Nothing waits longer than ``stall_s`` for the next
   piece, nor longer than ``timeout_s`` in all.
5. "Later" (429; 403, 422 and 503 that say when) is a value of its own, with the time.
"""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BufferedWriter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import urllib3

from mxpath.model.download import Download, DownloadFate, DownloadQuestion, Progress, Validators
from mxpath.model.foreign_text import printable
from mxpath.model.http import HttpFault
from mxpath.vantage.clock import moment
from mxpath.vantage.http_dates import http_date, retry_after
from mxpath.vantage.http_exchange import Asker, ExchangeFault, reason
from mxpath.vantage.part_file import Kept, PartFile
from mxpath.vantage.ports import Clock

_PIECE_OCTETS = 256 * 1024
_LATER, _LATER_IF_SAID, _REST_S = (429,), (403, 422, 503), 60.0
_MISSING, _PASSING = (404, 410), (408, 500, 502, 503, 504)
_FINAL = (HttpFault.BAD_URL, HttpFault.REDIRECT, HttpFault.TLS)
"""What another try would not mend."""


class HttpDownloader:
    """Downloads over the Internet; satisfies :class:`mxpath.vantage.ports.Downloader`."""

    def __init__(self, clock: Clock, asker: Asker) -> None:
        self._clock, self._asker = clock, asker

    def download(
        self, question: DownloadQuestion, into: Path, progress: Progress | None = None
    ) -> Download:
        """Download one file to ``into``; raises OSError where it cannot be written."""
        part = PartFile(into)
        kept = part.kept(question.url)
        if kept is not None and kept.is_whole:
            return _done(question.url, part.finish(), resumed_at=kept.octets)
        errand = _Errand(
            question=question,
            part=part,
            kept=kept,
            progress=progress,
            until_s=self._clock.monotonic_s() + question.timeout_s,
            clock=self._clock,
        )
        outcome = errand.run(self._asker)
        if outcome.status == 416 or outcome.detail == _MISFIT:
            part.drop()
            errand.kept = None
            outcome = errand.run(self._asker)
        return outcome


_MISFIT = "what came does not fit on to what is here"


@dataclass(slots=True, kw_only=True)
class _Errand:
    """One question on its way."""

    question: DownloadQuestion
    part: PartFile
    kept: Kept | None
    progress: Progress | None
    until_s: float
    clock: Clock

    def run(self, asker: Asker) -> Download:
        """Ask, and hear the answer to its end."""
        stall_s = min(self.question.stall_s, self._left_s)
        with asker.pool(urllib3.Timeout(connect=stall_s, read=stall_s)) as pool:
            opening = _Opening(asker=asker, pool=pool, question=self.question, said=self._said())
            thread = threading.Thread(target=opening.run, daemon=True)
            thread.start()
            thread.join(stall_s)
            if opening.response is not None:
                try:
                    return self._hear(opening.url, opening.response)
                finally:
                    opening.response.close()
        fault = opening.fault or ExchangeFault(
            self.question.url, HttpFault.TIMEOUT, f"no answer in {stall_s:g} s"
        )
        final = fault.fault in _FINAL
        fate = DownloadFate.REFUSED if final else DownloadFate.BROKEN
        return Download(url=fault.url, fate=fate, octets=self._there, detail=fault.detail)

    @property
    def _there(self) -> int:
        return self.kept.octets if self.kept is not None else 0

    @property
    def _left_s(self) -> float:
        return max(0.001, self.until_s - self.clock.monotonic_s())

    def _said(self) -> dict[str, str]:
        said = {"Accept": "*/*"}
        known = self.question.known
        if self.kept is not None:
            said |= {"Range": f"bytes={self.kept.octets}-", "If-Range": self.kept.validator}
        elif known is not None and known.etag:
            said["If-None-Match"] = known.etag
        elif known is not None and known.modified:
            said["If-Modified-Since"] = known.modified
        return said

    def _hear(self, url: str, response: Any) -> Download:
        """Judge the head of an answer, then take its body."""
        status, headers = int(response.status), response.headers
        if status not in (200, 206):
            return self._without_body(url, status, headers)
        problem = _unwanted(url, headers, self.question) or self._misfit(status, headers)
        if problem == _UNASKED_PAGE:
            problem = f"{problem}: {_first_line(response)}"
        length = _number(headers.get("content-length"))
        at = self._there if status == 206 else 0
        if length is not None and at + length > self.question.max_octets:
            problem = f"{at + length:,} octets, more than {self.question.max_octets:,}"
        if problem:
            return self._outcome(DownloadFate.REFUSED, url, headers, status=status, detail=problem)
        if status == 206:
            file = self.part.resume()
        else:
            file = self.part.begin(self.question.url, validator=_validator(headers), total=length)
        total = None if length is None else at + length
        with file:
            there, detail = self._body(response, file, at=at, total=total)
        if detail == _TOO_LONG:
            self.part.drop()
            detail = f"{detail} than {self.question.max_octets:,} octets"
            return self._outcome(DownloadFate.REFUSED, url, headers, status=status, detail=detail)
        if detail:  # urllib3 counts: a body that is shorter than promised is a fault
            of = f" of {total:,}" if total is not None else ""
            words = f"{detail} after {there:,}{of} octets"
            return self._outcome(
                DownloadFate.BROKEN, url, headers, status=status, detail=words, octets=there
            )
        octets = self.part.finish()
        return self._outcome(
            DownloadFate.DONE, url, headers, status=status, octets=octets, resumed_at=at
        )

    def _misfit(self, status: int, headers: Mapping[str, str]) -> str:
        """Whether a part of the file is not the one that was asked for."""
        if status == 200:
            return ""
        told = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+|\*)", headers.get("content-range") or "")
        kept = self.kept
        if told is None or kept is None or int(told[1]) != kept.octets:
            return _MISFIT
        if kept.total is not None and told[3] not in ("*", str(kept.total)):
            return _MISFIT
        said = headers.get("etag")
        tagged = kept.validator.startswith('"')
        return _MISFIT if tagged and said is not None and said != kept.validator else ""

    def _body(
        self, response: Any, file: BufferedWriter, *, at: int, total: int | None
    ) -> tuple[int, str]:
        """Write the body; return how much is there, and what went wrong."""
        there = at
        while True:
            try:
                piece: bytes = response.read1(_PIECE_OCTETS)
            except Exception as error:  # noqa: BLE001 - a port does not raise for what comes in
                return there, _words(error)
            if not piece:
                return there, ""
            if there + len(piece) > self.question.max_octets:
                return there, _TOO_LONG
            file.write(piece)
            there += len(piece)
            if self.progress is not None:
                self.progress(there, total)
            if self.clock.monotonic_s() >= self.until_s:
                return there, f"not finished in {self.question.timeout_s:g} s:"

    def _without_body(self, url: str, status: int, headers: Mapping[str, str]) -> Download:
        words = f"HTTP status {status}"
        fate, rest_s = DownloadFate.REFUSED, None
        if status == 304 and self.question.known is not None:
            fate, words = DownloadFate.UNCHANGED, ""
        elif status in _MISSING:
            fate = DownloadFate.MISSING
        elif status in _LATER or (status in _LATER_IF_SAID and "retry-after" in headers):
            told_s = retry_after(
                headers.get("retry-after"), headers.get("date"), moment(self.clock.now_ns())
            )
            fate, rest_s = DownloadFate.LATER, _REST_S if told_s is None else told_s
        elif status in _PASSING:
            fate = DownloadFate.BROKEN
        elif status == 401:
            words += ": the key is not accepted"
        return self._outcome(fate, url, headers, status=status, detail=words, rest_s=rest_s)

    def _outcome(
        self,
        fate: DownloadFate,
        url: str,
        headers: Mapping[str, str],
        **told: Any,
    ) -> Download:
        told.setdefault("octets", self._there)
        return Download(
            url=url,
            fate=fate,
            validators=Validators(etag=headers.get("etag"), modified=headers.get("last-modified")),
            said_at=http_date(headers.get("date")),
            modified_at=http_date(headers.get("last-modified")),
            **told,
        )


@dataclass(slots=True, kw_only=True)
class _Opening:
    """The way to the head of an answer, in a thread that nobody waits for in the end."""

    asker: Asker
    pool: urllib3.PoolManager
    question: DownloadQuestion
    said: dict[str, str]
    url: str = ""
    response: Any = None
    fault: ExchangeFault | None = field(default=None)

    def run(self) -> None:
        """Ask, and leave the open answer behind."""
        try:
            self.url, self.response = self.asker.open(
                self.pool,
                self.question.url,
                headers=self.said,
                hosts=self.question.hosts,
                secret=self.question.secret,
            )
        except ExchangeFault as fault:
            self.fault = fault
        except Exception as error:  # noqa: BLE001 - a port does not raise for what a stranger sends
            self.fault = ExchangeFault(self.question.url, *reason(error))


_TOO_LONG = "longer"
_UNASKED_PAGE = "a page for people came in place of data (a login, a portal, an error)"


def _unwanted(url: str, headers: Mapping[str, str], question: DownloadQuestion) -> str:
    """Why a body is not what was asked for, as far as its head tells."""
    packing = (headers.get("content-encoding") or "identity").strip().lower()
    lies_packed = urlsplit(url).path.endswith((".gz", ".tgz")) and packing in ("gzip", "x-gzip")
    if packing != "identity" and not lies_packed:
        return f"it came packed ({printable(packing, limit=20)}), which nobody asked for"
    kind = (headers.get("content-type") or "").strip().lower()
    if kind.startswith(("text/html", "application/xhtml")) and not question.pages:
        return _UNASKED_PAGE
    return ""


def _first_line(response: Any) -> str:
    """What the page begins with, made harmless."""
    try:
        begins: bytes = response.read1(2000)
    except Exception:  # noqa: BLE001 - it only serves a message
        begins = b""
    lines = (line.strip() for line in begins.decode(errors="replace").splitlines())
    return repr(printable(next((line for line in lines if line), ""), limit=80))


def _validator(headers: Mapping[str, str]) -> str:
    """What If-Range may name: RFC 9110 sections 8.8.2.2 and 13.1.5."""
    etag, modified = headers.get("etag"), headers.get("last-modified")
    if etag is not None and etag.startswith('"'):
        return etag
    said, changed = http_date(headers.get("date")), http_date(modified)
    if modified and said is not None and changed is not None:
        return modified if (said - changed).total_seconds() >= 1 else ""
    return ""


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and re.fullmatch(r"\d{1,15}", text) else None


def _words(error: Exception) -> str:
    fault, words = reason(error)
    return "nothing more came" if fault is HttpFault.TIMEOUT else words


def _done(url: str, octets: int, *, resumed_at: int) -> Download:
    return Download(url=url, fate=DownloadFate.DONE, octets=octets, resumed_at=resumed_at)
