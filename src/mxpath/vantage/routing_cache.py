"""What collectors told, kept by prefix with its time, for all processes of a user.

The law, on top of that of :mod:`mxpath.vantage.range_files`:

1. An answer holds for ``LIFETIME``, a "not announced" too, for exactly the address that was asked
   about. For another one in its prefix it holds where a data set has that prefix around it: else
   there could be a smaller one that nobody has asked about.
2. Offline the narrowest answer around the address is given, whatever its age: it says its time.
3. What failed is not kept.
4. A file that cannot be read is as good as none; where none can be written the answers live as
   long as this process.
"""

import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from mxpath.errors import ParseError
from mxpath.model import codec
from mxpath.model.address import IPAddress
from mxpath.model.bgp import RoutingAnswer, RoutingQuestion
from mxpath.vantage.range_files import Key, RangeFiles, narrowest
from mxpath.vantage.resting import RestBook

LIFETIME = timedelta(minutes=10)
MOST_FILES = 300
"""Of each service; the oldest go first."""
_LARGEST = 2**20
_REST_BOOK = "resting.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRoutes:
    """One answer of one service."""

    about: IPAddress
    """The address that was asked about."""
    kept_at: datetime
    answer: RoutingAnswer

    def holds_for(self, question: RoutingQuestion, now: datetime) -> bool:
        """Whether it answers ``question`` (rules 1 and 2)."""
        if question.offline:
            return True
        alike = self.answer.prefix is not None and self.answer.prefix == question.expected
        fresh = timedelta(0) <= now - self.kept_at < LIFETIME
        return fresh and (self.about == question.address or alike)


class RoutingCache:
    """Answers by service and prefix.

    Parameters
    ----------
    directory
        Where they lie; ``None`` keeps them in memory.
    """

    def __init__(self, directory: Path | None) -> None:
        self._files = None if directory is None else RangeFiles(directory)
        self._memory: dict[str, dict[Key, KeptRoutes]] = {}
        self._lock = threading.Lock()
        self.rests = RestBook(None if directory is None else directory / _REST_BOOK)
        """Whether the service wants no question, and until when."""

    def find(self, question: RoutingQuestion, now: datetime) -> RoutingAnswer | None:
        """Return what is kept and answers ``question``."""
        for kept in self._around(question):
            if kept.holds_for(question, now):
                return replace(kept.answer, address=question.address, asked=False)
        return None

    def keep(self, service: str, answer: RoutingAnswer, now: datetime) -> None:
        """Keep an answer that says that there are routes, or that there are none."""
        kept = KeptRoutes(about=answer.address, kept_at=now, answer=answer)
        key = _key(answer)
        if self._files is not None:
            with suppress(OSError):
                self._files.write(service, key, codec.dump(kept), most=MOST_FILES)
                return
        with self._lock:
            self._memory.setdefault(service, {})[key] = kept

    def _around(self, question: RoutingQuestion) -> Iterator[KeptRoutes]:
        kind, number = f"v{question.address.version}", int(question.address)
        if self._files is not None:
            for path in self._files.around(question.service, kind, number):
                kept = _read(path)
                if kept is not None:
                    yield kept
        with self._lock:
            known = dict(self._memory.get(question.service, {}))
        yield from (known[key] for key in narrowest(known, kind, number))


def _key(answer: RoutingAnswer) -> Key:
    kind, number = f"v{answer.address.version}", int(answer.address)
    if answer.prefix is None:
        return kind, number, number
    return kind, int(answer.prefix[0]), int(answer.prefix[-1])


def _read(path: Path) -> KeptRoutes | None:
    try:
        if path.stat().st_size > _LARGEST:
            return None
        kept = codec.read_file(KeptRoutes, path)
    except (OSError, ParseError):
        return None
    return kept if kept.kept_at.tzinfo is not None else None
