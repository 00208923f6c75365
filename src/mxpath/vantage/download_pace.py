"""Downloads at a pace that publishers can live with.

The law:

1. Two questions of ours reach a host ``gap_s`` apart at least, whichever threads and
   processes of a user ask them: turns are taken in one book (:mod:`mxpath.vantage.resting`).
2. A host that says "later" is left alone until then, by all of them. A short rest is
   waited out; a long one is the answer.
3. What broke off is asked for again, from where it broke off, ``tries`` times in all, with
   growing waits; what was refused is not.
"""

import os
from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from mxpath.model.address import IPAddress
from mxpath.model.download import Download, DownloadFate, DownloadQuestion, Progress
from mxpath.vantage.clock import moment
from mxpath.vantage.download import HttpDownloader
from mxpath.vantage.http_exchange import Asker, user_agent
from mxpath.vantage.ports import Clock, Downloader
from mxpath.vantage.resting import RestBook

PATIENCE_S = 90.0
"""A longer rest is not waited out."""
FIRST_WAIT_S = 0.5
"""Before the second try; each further wait is four times as long."""


class PoliteDownloader:
    """Downloads in turn; satisfies :class:`mxpath.vantage.ports.Downloader`.

    Parameters
    ----------
    inner
        Who downloads.
    clock
        Time that passes while it waits.
    book
        Turns and rests of all processes.
    notice
        Told in words what is waited for.
    needs_rest
        Whether a host is a stranger's; one of ours is asked without gaps.
    """

    def __init__(
        self,
        inner: Downloader,
        clock: Clock,
        book: RestBook,
        *,
        notice: Callable[[str], None] = lambda _words: None,
        needs_rest: Callable[[str], bool] = lambda _host: True,
    ) -> None:
        self._inner, self._clock, self._book = inner, clock, book
        self._notice, self._needs_rest = notice, needs_rest

    def download(
        self, question: DownloadQuestion, into: Path, progress: Progress | None = None
    ) -> Download:
        """Download one file, in turn; raises OSError where it cannot be written."""
        wait_s = FIRST_WAIT_S
        for left in reversed(range(max(1, question.tries))):
            resting = self._await_turn(question)
            if resting is not None:
                return resting
            got = self._inner.download(question, into, progress)
            if got.fate is DownloadFate.LATER:
                self._rest(got)
            elif got.fate is not DownloadFate.BROKEN:
                return got
            if left:
                if got.fate is DownloadFate.BROKEN:
                    self._notice(f"{_host(got.url)}: {got.detail}; trying again")
                    self._clock.sleep(wait_s)
                wait_s *= 4
        return got

    def _await_turn(self, question: DownloadQuestion) -> Download | None:
        """Wait until the host may be asked; return what is answered where that is too long."""
        host = _host(question.url)
        gap = timedelta(seconds=question.gap_s if self._needs_rest(host) else 0.0)
        told = False
        while True:
            now = moment(self._clock.now_ns())
            until = self._book.turn(host, gap, now=now)
            if until is None:
                return None
            left_s = (until - now).total_seconds()
            if left_s > PATIENCE_S:
                words = f"{host} wants no question for {_duration(left_s)}"
                return Download(
                    url=question.url, fate=DownloadFate.LATER, rest_s=left_s, detail=words
                )
            if left_s > question.gap_s and not told:
                self._notice(f"{host} wants no question for {_duration(left_s)}; waiting")
                told = True
            self._clock.sleep(left_s)

    def _rest(self, got: Download) -> None:
        now = moment(self._clock.now_ns())
        rest = timedelta(seconds=max(1.0, got.rest_s or 0.0))
        self._book.rest(_host(got.url), now + rest, now=now)


def _host(url: str) -> str:
    """Under which name a host's turns are kept; those of loopback differ by port."""
    return urlsplit(url).netloc


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def book_path() -> Path:
    """Where the turns of all processes are kept: below the XDG state directory."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "mxpath" / "publishers.json"


def live_downloader(
    clock: Clock,
    *,
    contact: str | None = None,
    trust_file: Path | None = None,
    source: tuple[IPAddress, ...] = (),
    notice: Callable[[str], None] = lambda _words: None,
) -> PoliteDownloader:
    """Return what downloads over the Internet, in turn with all other processes of this user."""
    asker = Asker(agent=user_agent(contact), trust_file=trust_file, source=source)
    inner = HttpDownloader(clock, asker)
    book = RestBook(book_path())
    return PoliteDownloader(
        inner, clock, book, notice=notice, needs_rest=lambda host: not is_this_host(host)
    )


def is_this_host(host: str) -> bool:
    """Whether ``HOST:PORT`` names this very host by its loopback address."""
    try:
        return ip_address(urlsplit(f"//{host}").hostname or "").is_loopback
    except ValueError:
        return False
