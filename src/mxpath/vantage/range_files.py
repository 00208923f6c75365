"""Answers kept in small files, each named by the range it speaks of, for all processes of a user.

The law:

1. One file an answer, written whole (renamed into place), so that several processes share the
   directory without a lock.
2. Each server has a directory of its own: what a world of the lab says is never taken for what
   the Internet says.
3. The oldest files go first when there are too many.
"""

import hashlib
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from os import environ, getpid
from pathlib import Path

Key = tuple[str, int, int]
"""Kind (``v4``, ``v6``, ``as``), first and last number of a range."""


def cache_directory(name: str) -> Path:
    """Where answers of one sort lie: below the XDG cache directory."""
    base = environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "mxpath" / name


def narrowest(keys: Iterable[Key], kind: str, number: int) -> list[Key]:
    """Keys around ``number``, the narrowest first."""
    around = [key for key in keys if key[0] == kind and key[1] <= number <= key[2]]
    return sorted(around, key=lambda key: key[2] - key[1])


class RangeFiles:
    """Files below ``directory``."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def around(self, server: str, kind: str, number: int) -> Iterator[Path]:
        """Yield the files of a server's ranges around ``number``, the narrowest first."""
        place = self._place(server)
        for key in narrowest(_keys(place), kind, number):
            yield place / _file_name(key)

    def write(self, server: str, key: Key, content: bytes, *, most: int) -> None:
        """Keep an answer of a server, which has ``most`` files.

        Raises
        ------
        OSError
            When it cannot be written.
        """
        place = self._place(server)
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = place / _file_name(key)
        part = path.with_name(f".{path.name}.{getpid()}.{threading.get_ident()}")
        part.write_bytes(content)
        part.replace(path)
        _prune(place, most)

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


def _prune(place: Path, most: int) -> None:
    with suppress(OSError):
        paths = list(place.glob("*.json"))
        if len(paths) > most:
            for path in sorted(paths, key=lambda p: p.stat().st_mtime)[: len(paths) // 10]:
                path.unlink()
