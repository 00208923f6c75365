"""How much was asked of whom in the last hour: one book for all processes of a user.

A small JSON file, read and rewritten under a lock, so that ten runs of a script are held to the
same budget as one. A book that cannot be read is started anew; where none can be written (a
read-only home) the budget holds for this process alone.
"""

import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from mxpath.errors import RefusedError
from mxpath.model.address import IPAddress, Prefix
from mxpath.vantage.limits import PER_HOUR, Budget
from mxpath.vantage.locked_file import locked, write_whole

_HOUR_NS = 3600 * 1_000_000_000
_SIZE_LIMIT = 1 << 24
NEVER: tuple[Prefix, ...] = tuple(
    ip_network(text)
    for text in ("0.0.0.0/8", "224.0.0.0/4", "255.255.255.255/32", "::/128", "ff00::/8")
)
"""Nobody in particular: unspecified, multicast and broadcast. Excluded whatever the caller says."""
_UNIT = {Budget.SYN: "SYNs", Budget.SESSION: "SMTP connections"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What may be done now of what was asked for."""

    count: int
    refusal: str = ""
    """Why no more, and when again."""


def ledger_path() -> Path:
    """Where the book lies: below the XDG state directory."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "mxpath" / "ledger.json"


class Ledger:
    """The book of one user.

    Parameters
    ----------
    path
        The file; ``None`` keeps the book in memory.
    per_hour
        Budget for each target and hour.
    exclude
        Ranges that are never asked anything.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        per_hour: dict[Budget, int] | None = None,
        exclude: tuple[Prefix, ...] = (),
    ) -> None:
        self._path = path
        self._per_hour = PER_HOUR | (per_hour or {})
        self._exclude = (*NEVER, *exclude)
        self._memory: dict[str, list[int]] = {}
        self._lock = threading.Lock()

    def take(self, budget: Budget, target: IPAddress, *, now_ns: int, count: int = 1) -> Grant:
        """Take up to ``count`` units for a target out of the last hour's budget."""
        wanted = {target: count}
        return self.exchange(budget, {}, wanted, now_ns=now_ns, until_ns=now_ns)[target]

    def excluded(self, target: IPAddress) -> str:
        """Why a target is never asked anything; nothing when it may be."""
        prefix = next((prefix for prefix in self._exclude if target in prefix), None)
        return "" if prefix is None else f"excluded: {target} lies in {prefix}"

    def exchange(
        self,
        budget: Budget,
        returned: Mapping[IPAddress, tuple[int, int, Sequence[int]]],
        wanted: Mapping[IPAddress, int],
        *,
        now_ns: int,
        until_ns: int,
    ) -> dict[IPAddress, Grant]:
        """Give back units and set others aside, for many targets in one stroke.

        Parameters
        ----------
        budget
            What is counted.
        returned
            By target: the ``until_ns`` with which units were set aside, how many they were, and
            when those of them were used that were.
        wanted
            Units wanted by target.
        now_ns
            The present moment.
        until_ns
            Until when they may be used; until an hour after that they count.
        """
        with self._open(now_ns) as book:
            for target, (stamp_ns, count, used_ns) in returned.items():
                _give_back(book.setdefault(f"{budget} {target}", []), stamp_ns, count, used_ns)
            return {
                target: self._grant(book, budget, target, count, until_ns)
                for target, count in wanted.items()
            }

    def _grant(
        self,
        book: dict[str, list[int]],
        budget: Budget,
        target: IPAddress,
        count: int,
        stamp_ns: int,
    ) -> Grant:
        excluded = self.excluded(target)
        if excluded:
            return Grant(count=0, refusal=excluded)
        stamps = book.setdefault(f"{budget} {target}", [])
        granted = min(count, max(0, self._per_hour[budget] - len(stamps)))
        stamps += [stamp_ns] * granted
        refusal = "" if granted == count else self._refusal(budget, target, stamps)
        return Grant(count=granted, refusal=refusal)

    def demand(self, budget: Budget, target: IPAddress, *, now_ns: int) -> None:
        """Take one unit.

        Raises
        ------
        RefusedError
            When the budget is used up or the target excluded.
        """
        grant = self.take(budget, target, now_ns=now_ns)
        if not grant.count:
            raise RefusedError(grant.refusal)

    def _refusal(self, budget: Budget, target: IPAddress, stamps: list[int]) -> str:
        limit = f"budget: {self._per_hour[budget]} {_UNIT[budget]} an hour to {target} are used up"
        if not stamps:
            return limit
        again = datetime.fromtimestamp((min(stamps) + _HOUR_NS) / 1e9, tz=UTC)
        return f"{limit}; the next is free at {again:%H:%M:%S} UTC"

    @contextmanager
    def _open(self, now_ns: int) -> Iterator[dict[str, list[int]]]:
        """Lock the book, forget what is older than an hour, write it back."""
        with self._lock, locked(self._path) as path:
            book = _recent(self._memory if path is None else _read(path), now_ns)
            yield book
            self._memory = book
            if path is not None:
                with suppress(OSError):
                    write_whole(path, book)


def _give_back(stamps: list[int], stamp_ns: int, count: int, used_ns: Sequence[int]) -> None:
    """Put the times of use in the place of units that were set aside."""
    for _ in range(count):
        with suppress(ValueError):  # a book that was lost meanwhile has them no more
            stamps.remove(stamp_ns)
    stamps += used_ns


def _read(path: Path) -> dict[str, list[int]]:
    try:
        if path.stat().st_size > _SIZE_LIMIT:
            return {}
        content: Any = json.loads(path.read_text())
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {key: [s for s in stamps if isinstance(s, int)] for key, stamps in _lists(content)}


def _lists(content: dict[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    return ((key, value) for key, value in content.items() if isinstance(value, list))


def _recent(book: dict[str, list[int]], now_ns: int) -> dict[str, list[int]]:
    """What was done within the last hour.

    A stamp from the future is one of a clock that was set back since: it still counts, but one
    that lies more than an hour ahead would lock its target for too long.
    """
    kept = (
        (key, [s for s in stamps if abs(now_ns - s) < _HOUR_NS]) for key, stamps in book.items()
    )
    return {key: stamps for key, stamps in kept if stamps}
