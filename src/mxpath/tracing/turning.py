"""Is a path going round in a circle? Only what stops a trace; ``circles.py`` reports.

A forwarding loop shows the same hops again and again. A path that changes in mid-trace may show some
of them twice, once for the old path and once for the new one: so it takes three rounds of at least
two different addresses, or four TTLs in a row with one. A silent hop proves nothing.
"""

from collections.abc import Sequence

from mxpath.model.address import IPAddress

_ROUNDS = 3
_ALIKE = 4


def turned_at(path: Sequence[IPAddress | None]) -> int | None:
    """Return the TTL at which a path has shown that it goes round, ``None`` when it has not.

    Parameters
    ----------
    path
        Who answered at TTL 1, 2, 3 …

    Examples
    --------
    >>> from ipaddress import ip_address
    >>> a, b, c = (ip_address(f"192.0.2.{n}") for n in (1, 2, 3))
    >>> turned_at([a, b, c, b, c, b, c])
    7
    """
    ends = [_ALIKE + n for n in range(len(path) - _ALIKE + 1) if _alike(path[n : n + _ALIKE])]
    for period in range(2, len(path) // _ROUNDS + 1):
        length = period * _ROUNDS
        for first in range(len(path) - length + 1):
            shown = path[first : first + length]
            if None not in shown and shown[period:] == shown[:-period] and not _alike(shown):
                ends.append(first + length)
                break
    return min(ends, default=None)


def _alike(addresses: Sequence[IPAddress | None]) -> bool:
    return addresses[0] is not None and len(set(addresses)) == 1
