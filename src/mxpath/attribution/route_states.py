"""RPKI states of very many routes: what ``rpki.validity`` says, without its reasons and objects.

The VRPs that cover a route are found by one look into a dictionary for each prefix length
that any VRP has, up to the route's own: a microsecond or two, however many VRPs there are.
"""

from mxpath.datasets.prefixes import BITS
from mxpath.datasets.vrp_table import VrpTable
from mxpath.model.rpki import RpkiState


class RouteStates:
    """The payloads of one address family, by the prefixes they are for."""

    def __init__(self, table: VrpTable) -> None:
        bits = BITS[table.version]
        self._lengths: list[tuple[int, int, dict[int, list[tuple[int, int]]]]] = []
        for length, payloads in table.by_length():
            at: dict[int, list[tuple[int, int]]] = {}
            for start, max_length, asn in payloads:
                at.setdefault(start, []).append((asn, max_length))
            self._lengths.append((length, bits - length, at))

    def state(self, start: int, length: int, asn: int) -> RpkiState:
        """Return the state of a route, given in numbers, from a network (RFC 6811 section 2)."""
        state = RpkiState.NOT_FOUND
        for vrp_length, hosts, vrps in self._lengths:
            if vrp_length > length:
                break
            for holder, max_length in vrps.get(start >> hosts << hosts, ()):
                if holder == asn != 0 and length <= max_length:
                    return RpkiState.VALID
                state = RpkiState.INVALID
        return state
