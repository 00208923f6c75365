"""Whose turn it is among several resolvers, and for how long: the same for live and played ones.

The law:

1. Servers have their turns in the order in which they were given; one that was not
   heard in this run comes after those that were not tried or did answer.
2. In the first round a server has a short time where another one is left that may do
   better, and where it was not heard before. Otherwise, and in later rounds, it has
   the whole time: a cold cache and a far zone can take seconds.
3. A server that answers is a good one again, however often it was silent.
"""

from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

FIRST_S = 1.0
"""The short time: above what a resolver with a cold cache mostly needs."""

S = TypeVar("S")


class Turns(Generic[S]):
    """The memory of one run about its resolvers; threads may share it.

    Parameters
    ----------
    servers
        Whom to ask, in this order.
    timeout_s
        How long one server may take for one try.
    tries
        How many times a server is asked that does not answer.
    """

    def __init__(self, servers: Sequence[S], *, timeout_s: float, tries: int) -> None:
        self._servers = tuple(servers)
        self._timeout_s = timeout_s
        self._tries = tries
        self._silent: frozenset[S] = frozenset()

    def turns(self) -> Iterator[tuple[S, float]]:
        """Yield servers with the seconds each may take, for one question."""
        good = [server for server in self._servers if server not in self._silent]
        bad = [server for server in self._servers if server in self._silent]
        short_s = min(FIRST_S, self._timeout_s)
        for server in good:
            yield server, self._timeout_s if server == good[-1] else short_s
        for server in bad:
            yield server, short_s if good else self._timeout_s
        for _ in range(1, self._tries):
            yield from ((server, self._timeout_s) for server in (*good, *bad))

    def silent(self, server: S) -> None:
        """Note that a server was not heard."""
        self._silent |= {server}

    def heard(self, server: S) -> None:
        """Note that a server answered, whatever it said."""
        self._silent -= {server}
