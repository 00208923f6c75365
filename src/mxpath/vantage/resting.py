"""Which services want no question, and until when: one book for all processes of a user.

A small JSON file beside the cached answers, read and rewritten under a lock, so that no process
takes back what another has just been told. One that cannot be read is started anew; where none
can be written, this process alone keeps to it.
"""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mxpath.model.http import HttpAnswer
from mxpath.vantage.http_dates import retry_after
from mxpath.vantage.locked_file import locked, write_whole

REST = timedelta(minutes=1)
"""For a service that does not say how long."""
LONGEST_REST = timedelta(hours=1)
"""A service that asks for more is believed for so long."""
_SHORTEST_REST = timedelta(seconds=1)
_LARGEST = 64 * 1024


class RestBook:
    """The book.

    Parameters
    ----------
    path
        The file; ``None`` keeps the book in memory.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._memory: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def resting(self, now: datetime) -> dict[str, datetime]:
        """Return until when each service wants no question, of those that want none now."""
        with self._lock:
            kept = {} if self._path is None else _read(self._path)
            return _later(_current(self._memory, now), _current(kept, now))

    def rest(self, service: str, until: datetime, *, now: datetime) -> None:
        """Ask ``service`` nothing until then; of several such moments the latest holds."""
        until = min(until, now + LONGEST_REST)
        with self._open(now) as book:
            book[service] = max(until, book.get(service, until))

    def turn(self, host: str, gap: timedelta, *, now: datetime) -> datetime | None:
        """Take the next turn at ``host``, after which it has ``gap`` of rest.

        Returns ``None`` when the turn is ours, else until when nobody's is.
        """
        with self._open(now) as book:
            taken = book.get(host)
            if taken is None and gap > timedelta(0):
                book[host] = now + gap
            return taken

    @contextmanager
    def _open(self, now: datetime) -> Iterator[dict[str, datetime]]:
        """Lock the book, forget what is over, write it back."""
        with self._lock, locked(self._path) as path:
            kept = {} if path is None else _read(path)
            book = _later(_current(self._memory, now), _current(kept, now))
            yield book
            self._memory = book
            if path is not None:
                with suppress(OSError):
                    write_whole(path, {key: until.isoformat() for key, until in book.items()})


def service_of(url: str) -> str:
    """Return the name under which a service is left alone: its host.

    Those without https, in worlds of the lab, can share an address: it is their whole URL.
    """
    return url if url.startswith("http://") else urlsplit(url).hostname or url


def asked_rest(answer: HttpAnswer, now: datetime) -> timedelta:
    """Return for how long a service wants no question: as its answer says, within bounds."""
    rest_s = retry_after(answer.header("retry-after"), answer.header("date"), now)
    rest = REST if rest_s is None else timedelta(seconds=rest_s)
    return min(max(rest, _SHORTEST_REST), LONGEST_REST)


def _later(one: Mapping[str, datetime], other: Mapping[str, datetime]) -> dict[str, datetime]:
    return {key: max(book[key] for book in (one, other) if key in book) for key in {**one, **other}}


def _current(book: Mapping[str, datetime], now: datetime) -> dict[str, datetime]:
    """What is not over. A moment too far ahead was written before a clock was set back."""
    return {key: until for key, until in book.items() if now < until <= now + LONGEST_REST}


def _read(path: Path) -> dict[str, datetime]:
    try:
        if path.stat().st_size > _LARGEST:
            return {}
        content: Any = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return dict(_moments(content)) if isinstance(content, dict) else {}


def _moments(content: dict[str, Any]) -> Iterator[tuple[str, datetime]]:
    for key, text in content.items():
        with suppress(ValueError, TypeError):
            until = datetime.fromisoformat(text)
            if until.utcoffset() is not None:
                yield key, until
