"""RPKI states of very many routes: what ``rpki.validity`` says, without its reasons and objects.

The VRPs that cover a route are found by one look into a dictionary for each prefix length
that any VRP has, up to the route's own: a microsecond or two, however many VRPs there are.
The table has those of one prefix side by side, so the dictionary holds where they stand.
"""

import numpy as np

from mxpath.gazetteer.vrp_table import VrpTable
from mxpath.model.rpki import RpkiState
from mxpath.tables.prefixes import BITS


class RouteStates:
    """The payloads of one address family, by the prefixes they are for."""

    def __init__(self, table: VrpTable) -> None:
        bits, offsets = BITS[table.version], table.offsets
        self._asns, self._max_lengths = table.asns.tolist(), table.max_lengths.tolist()
        self._lengths = [
            (length, bits - length, _places(table, offsets[n], offsets[n + 1]))
            for n, length in enumerate(table.lengths)
        ]

    def state(self, start: int, length: int, asn: int) -> RpkiState:
        """Return the state of a route, given in numbers, from a network (RFC 6811 section 2)."""
        state = RpkiState.NOT_FOUND
        for vrp_length, hosts, held in self._lengths:
            if vrp_length > length:
                break
            rows = held.get(start >> hosts << hosts)
            if rows is None:
                continue
            state = RpkiState.INVALID
            for row in range(*rows):
                if self._asns[row] == asn != 0 and length <= self._max_lengths[row]:
                    return RpkiState.VALID
        return state


def _places(table: VrpTable, first: int, after: int) -> dict[int, tuple[int, int]]:
    """First row, and one more than the last, of each prefix among rows of one length."""
    high, low = (np.asarray(half) for half in (table.starts.high, table.starts.low))
    rows = high[first:after]
    new = np.append(True, np.diff(rows) != 0)
    if len(low):
        new[1:] |= np.diff(low[first:after]) != 0
    begins = np.flatnonzero(new)
    starts = rows[begins].tolist()
    if len(low):
        lows = low[first:after][begins].tolist()
        starts = [one << 64 | other for one, other in zip(starts, lows, strict=True)]
    begins += first
    ends = np.append(begins[1:], after)
    return dict(zip(starts, zip(begins.tolist(), ends.tolist(), strict=True), strict=True))
