"""What the registries answered, kept by the range they spoke of, for all processes of a user.

The law:

1. One small file an answer, named by its range and written whole (renamed into place),
   so that several processes share the directory without a lock.
2. Each server has a directory of its own: what a world of the lab says is never taken
   for what the Internet says.
3. A registration holds for ``LIFETIME``, a "no such resource" for ``NEGATIVE_LIFETIME``
   and for exactly what was asked. Time-outs and errors are not kept.
4. Of several fresh ranges around an address the narrowest answers. A range wider than
   any holder's answers for nothing but what was asked.
5. Until when a registry wants to be left alone is kept beside them, for all processes
   (:mod:`mxpath.vantage.resting`).
6. A file that cannot be read is as good as none; where none can be written the answers
   live as long as this process.
"""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from os import environ, getpid
from pathlib import Path
from typing import Protocol

from mxpath.errors import ParseError
from mxpath.model import codec
from mxpath.model.registry import Registration, Resource
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


Key = tuple[str, int, int]
"""Kind (``v4``, ``v6``, ``as``), first and last number of a range."""


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


def _narrowest(keys: Iterator[Key], resource: Resource) -> list[Key]:
    """Keys around ``resource``, the narrowest first."""
    kind, number, _ = key_of(resource, None)
    around = [key for key in keys if key[0] == kind and key[1] <= number <= key[2]]
    return sorted(around, key=lambda key: key[2] - key[1])


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
        found = (known[key] for key in _narrowest(iter(known), resource))
        return next((answer for answer in found if answer.is_fresh(now)), None)

    def keep(self, server: str, resource: Resource, answer: CachedAnswer, *, alone: bool) -> None:
        """Keep an answer for its range, or for ``resource`` alone."""
        with self._lock:
            key = key_of(resource, None if alone else answer.registration)
            self._answers.setdefault(server, {})[key] = answer


def cache_directory() -> Path:
    """Where answers lie: below the XDG cache directory."""
    base = environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "mxpath" / "rdap"


class DiskCache:
    """Answers in files below ``directory``."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._memory = MemoryCache()
        self.rests = RestBook(directory / _REST_BOOK)

    def find(self, server: str, resource: Resource, now: datetime) -> CachedAnswer | None:
        """Return the fresh answer of the narrowest range around ``resource``."""
        place = self._place(server)
        for key in _narrowest(_keys(place), resource):
            answer = _read(place / _file_name(key))
            if answer is not None and answer.is_fresh(now):
                return answer
        return self._memory.find(server, resource, now)

    def keep(self, server: str, resource: Resource, answer: CachedAnswer, *, alone: bool) -> None:
        """Keep an answer for its range, or for ``resource`` alone."""
        key = key_of(resource, None if alone else answer.registration)
        place = self._place(server)
        try:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_whole(place / _file_name(key), codec.dump(answer))
        except OSError:
            self._memory.keep(server, resource, answer, alone=alone)
            return
        _prune(place)

    def _place(self, server: str) -> Path:
        return self._directory / hashlib.sha256(server.encode()).hexdigest()[:16]


def _file_name(key: Key) -> str:
    kind, first, last = key
    return f"{kind}-{first:x}-{last:x}.json"


def _keys(place: Path) -> Iterator[Key]:
    with suppress(OSError):
        for path in place.glob("*.json"):
            kind, _, rest = path.stem.partition("-")
            with suppress(ValueError):
                first, last = rest.split("-")
                yield kind, int(first, 16), int(last, 16)


def _read(path: Path) -> CachedAnswer | None:
    try:
        if path.stat().st_size > _LARGEST:
            return None
        answer = codec.read_file(CachedAnswer, path)
    except (OSError, ParseError):
        return None
    aware = answer.retrieved_at.tzinfo is not None
    return answer if aware else None


def _write_whole(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}.{getpid()}.{threading.get_ident()}")
    part.write_bytes(content)
    part.replace(path)


def _prune(place: Path) -> None:
    with suppress(OSError):
        paths = list(place.glob("*.json"))
        if len(paths) > MOST_FILES:
            for path in sorted(paths, key=lambda p: p.stat().st_mtime)[: len(paths) // 10]:
                path.unlink()
