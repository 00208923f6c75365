"""How often each service was asked today: one count for all processes of a user.

A small JSON file that is read and rewritten under a lock. One that cannot be read is started anew;
where none can be written, this process alone is counted. A day is one of UTC.
"""

import json
import threading
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from mxpath.vantage.locked_file import locked, write_whole

_LARGEST = 64 * 1024


class DayCount:
    """The count.

    Parameters
    ----------
    path
        The file; ``None`` counts this process alone.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._memory: dict[str, int] = {}
        self._lock = threading.Lock()

    def take(self, service: str, now: datetime, *, most: int) -> bool:
        """Count one more question to ``service``, unless there were ``most`` today."""
        today = f"{now:%Y-%m-%d} "
        with self._lock, locked(self._path) as path:
            counts = self._memory if path is None else _read(path)
            counts = {key: count for key, count in counts.items() if key.startswith(today)}
            asked = max(counts.get(today + service, 0), self._memory.get(today + service, 0))
            if asked >= most:
                return False
            counts[today + service] = asked + 1
            self._memory = counts
            if path is not None:
                with suppress(OSError):
                    write_whole(path, counts)
            return True


def _read(path: Path) -> dict[str, int]:
    try:
        if path.stat().st_size > _LARGEST:
            return {}
        content: Any = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    pairs = content.items() if isinstance(content, dict) else ()
    return {key: count for key, count in pairs if isinstance(count, int)}
