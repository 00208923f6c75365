"""The oracle: routes as routers find them, by a queue of announcements.

Written apart from ``mxpath.bgp``: every network remembers what each neighbour last told it,
chooses, and tells on what it may. It ends when nobody has news.
"""

from collections import deque

from mxpath.model.relations import KINDS, AsRelations, Relation

Path = tuple[int, ...]
LIKED = {Relation.CUSTOMER: 0, Relation.PEER: 1, Relation.PROVIDER: 2}


def settle(relations: AsRelations, origins: list[int]) -> dict[int, Path]:
    """Every network that has a route, with its path, itself first and the origin last."""
    asns, ends = list(relations.asns), list(relations.offsets)
    table = {
        asn: {asns[relations.neighbours[k]]: KINDS[relations.kinds[k]] for k in range(first, after)}
        for asn, first, after in zip(asns, ends, ends[1:], strict=False)
    }
    heard: dict[int, dict[int, Path]] = {asn: {} for asn in table}
    chosen: dict[int, Path] = {}
    news: deque[tuple[int, int, Path | None]] = deque()

    def tell(asn: int) -> None:
        path = chosen.get(asn)
        upwards = path is not None and (len(path) == 1 or table[asn][path[1]] is Relation.CUSTOMER)
        for other, what in table[asn].items():
            may = path is not None and (upwards or what is Relation.CUSTOMER)
            news.append((asn, other, path if may else None))

    for origin in origins:
        if origin in table:
            chosen[origin] = (origin,)
            tell(origin)
    while news:
        teller, asn, path = news.popleft()
        if path is None or asn in path:
            heard[asn].pop(teller, None)
        else:
            heard[asn][teller] = path
        if asn in origins:
            continue
        offers = [
            (LIKED[table[asn][other]], len(path), other, path) for other, path in heard[asn].items()
        ]
        best = (asn, *min(offers)[3]) if offers else None
        if best != chosen.get(asn):
            if best is None:
                del chosen[asn]
            else:
                chosen[asn] = best
            tell(asn)
    return chosen
