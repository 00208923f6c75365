"""What the registries answered, kept by the range they spoke of, for all processes of a user.

The law, on top of that of :mod:`mxpath.vantage.range_files`:

1. A registration holds for ``LIFETIME``, a "no such resource" for ``NEGATIVE_LIFETIME``
   and for exactly what was asked. Time-outs and errors are not kept.
2. Of several fresh ranges around an address the narrowest answers. A range wider than
   any holder's answers for nothing but what was asked.
3. Until when a registry wants to be left alone is kept beside them, for all processes
   (:mod:`mxpath.vantage.resting`).
4. A file that cannot be read is as good as none; where none can be written the answers
   live as long as this process.
"""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from mxpath.errors import ParseError
from mxpath.model import codec
from mxpath.model.registry import Registration, Resource
from mxpath.vantage import range_files
from mxpath.vantage.range_files import Key, RangeFiles, narrowest
from mxpath.vantage.resting import RestBook

LIFETIME = timedelta(days=14)
NEGATIVE_LIFETIME = timedelta(days=1)
MOST_FILES = 5000
"""Of each server; the oldest go first."""
_LARGEST = 64 * 1024
_REST_BOOK = "resting.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedAnswer:
    """One answer of one server."""

    about: str
    """The address or AS number that was asked about."""
    url: str
    """The URL that answered."""
    retrieved_at: datetime
    registration: Registration | None
    """``None``: the server knows no such resource."""

    def is_fresh(self, now: datetime) -> bool:
        """Whether it may still be believed; one from the future may not."""
        lifetime = LIFETIME if self.registration is not None else NEGATIVE_LIFETIME
        return timedelta(0) <= now - self.retrieved_at < lifetime


class RegistryCache(Protocol):
    """Keeps answers by server and range."""

    def find(self, server: str, resource: Resource, now: datetime) -> CachedAnswer | None:
        """Return the fresh answer of the narrowest range around ``resource``."""

    def keep(self, server: str, resource: Resource, answer: CachedAnswer, *, alone: bool) -> None:
        """Keep an answer for its range, or for ``resource`` alone."""

    @property
    def rests(self) -> RestBook:
        """Which registries want no question, and until when."""


def key_of(resource: Resource, registration: Registration | None) -> Key:
    """Return the range under which an answer about ``resource`` is kept."""
    if isinstance(resource, int):
        if registration is None or registration.first_asn is None or registration.last_asn is None:
            return "as", resource, resource
        return "as", registration.first_asn, registration.last_asn
    kind = f"v{resource.version}"
    if registration is None or registration.first is None or registration.last is None:
        return kind, int(resource), int(resource)
    return kind, int(registration.first), int(registration.last)


class MemoryCache:
    """Answers that live as long as this object."""

    def __init__(self) -> None:
        self._answers: dict[str, dict[Key, CachedAnswer]] = {}
        self.rests = RestBook(None)
        self._lock = threading.Lock()

    def find(self, server: str, resource: Resource, now: datetime) -> CachedAnswer | None:
        """Return the fresh answer of the narrowest range around ``resource``."""
        with self._lock:
            known = dict(self._answers.get(server, {}))
        kind, number, _ = key_of(resource, None)
        found = (known[key] for key in narrowest(known, kind, number))
        return next((answer for answer in found if answer.is_fresh(now)), None)

    def keep(self, server: str, resource: Resource, answer: CachedAnswer, *, alone: bool) -> None:
        """Keep an answer for its range, or for ``resource`` alone."""
        with self._lock:
            key = key_of(resource, None if alone else answer.registration)
            self._answers.setdefault(server, {})[key] = answer


def cache_directory() -> Path:
    """Where answers lie: below the XDG cache directory."""
    return range_files.cache_directory("rdap")


class DiskCache:
    """Answers in files below ``directory``."""

    def __init__(self, directory: Path) -> None:
        self._files = RangeFiles(directory)
        self._memory = MemoryCache()
        self.rests = RestBook(directory / _REST_BOOK)

    def find(self, server: str, resource: Resource, now: datetime) -> CachedAnswer | None:
        """Return the fresh answer of the narrowest range around ``resource``."""
        kind, number, _ = key_of(resource, None)
        for path in self._files.around(server, kind, number):
            answer = _read(path)
            if answer is not None and answer.is_fresh(now):
                return answer
        return self._memory.find(server, resource, now)

    def keep(self, server: str, resource: Resource, answer: CachedAnswer, *, alone: bool) -> None:
        """Keep an answer for its range, or for ``resource`` alone."""
        key = key_of(resource, None if alone else answer.registration)
        try:
            self._files.write(server, key, codec.dump(answer), most=MOST_FILES)
        except OSError:
            self._memory.keep(server, resource, answer, alone=alone)


def _read(path: Path) -> CachedAnswer | None:
    try:
        if path.stat().st_size > _LARGEST:
            return None
        answer = codec.read_file(CachedAnswer, path)
    except (OSError, ParseError):
        return None
    aware = answer.retrieved_at.tzinfo is not None
    return answer if aware else None
