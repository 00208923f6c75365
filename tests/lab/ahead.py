"""Labs that come up ahead of their turn.

A world needs some seconds until its routers have settled, in which nothing else happens:
while one is analyzed, the next comes up.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from mxpath.lab.netns import Lab


class Ahead:
    """The labs of ``names``, to be taken in their order; none is left when the block is."""

    def __init__(self, names: Iterable[str], up: Callable[[str], Lab]) -> None:
        self._names, self._up = list(names), up
        self._coming: dict[str, Future[Lab]] = {}
        self._pool = ThreadPoolExecutor(max_workers=1)

    def take(self, name: str) -> Lab:
        """Return a lab that is up; the caller takes it down. The one after it begins to come up."""
        lab = self._begun(name).result()
        del self._coming[name]
        at = self._names.index(name) + 1
        for after in self._names[at : at + 1]:
            self._begun(after)
        return lab

    def _begun(self, name: str) -> Future[Lab]:
        if name not in self._coming:
            self._coming[name] = self._pool.submit(self._up, name)
        return self._coming[name]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for coming in self._coming.values():
            coming.result().down()
        self._pool.shutdown()
