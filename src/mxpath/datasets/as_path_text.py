"""AS paths as routers and collectors write them.

The law
-------
1. Numbers are plain, or two halves with a dot (RFC 5396): ``1.10`` is 65546.
2. ``{…}`` is an AS_SET, its members parted by spaces or commas. One at the end stands
   for an origin that nobody can name; inside a path it hides the way, and there is no
   path to give.
3. ``(…)`` and ``[…]`` are confederations' segments (RFC 5065): the inside of a network
   that stands on the path once anyhow. They are left out.
"""

import re
from collections.abc import Iterable, Sequence

from mxpath.model.bgp import AsPath

MAX_NETWORKS = 4096
"""A path that names more is refused; a BGP message holds about a thousand."""
AS_SET, AS_SEQUENCE = 1, 2

_PIECES = re.compile(r"([({\[])([^(){}\[\]]*)[)}\]]|([0-9.]+)|[\s,]+|(.)")
_KINDS = {"{": AS_SET, "(": 3, "[": 4}
_MAX_ASN = 0xFFFF_FFFF


def read_as_path(text: str) -> AsPath | None:
    """Return the path that ``text`` writes; ``None`` where an AS_SET hides a part of it.

    Raises
    ------
    ValueError
        When it is no AS path.

    Examples
    --------
    >>> read_as_path("(65001 65002) 64497 64497 {64500,64499}")
    AsPath(asns=(64497, 64497), final_set=(64499, 64500))
    >>> read_as_path("64497 {64498} 64499") is None
    True
    """
    if len(text) > 12 * MAX_NETWORKS:
        raise ValueError("an AS path of too many networks")
    segments: list[tuple[int, list[int]]] = []
    for bracket, inside, number, strange in _PIECES.findall(_flat(text)):
        if strange:
            raise ValueError(f"{strange!r} in an AS path")
        if bracket:
            segments.append((_KINDS[bracket], [_asn(n) for n in re.split(r"[\s,]+", inside) if n]))
        elif number:
            segments.append((AS_SEQUENCE, [_asn(number)]))
    return path_of(segments)


def _flat(text: str) -> str:
    """Take brackets inside round ones away: BIRD writes a confederation's set ``({1 2})``."""
    return re.sub(r"\(\s*\{([^{}]*)\}\s*\)", r"(\1)", text)


def path_of(segments: Iterable[tuple[int, Sequence[int]]]) -> AsPath | None:
    """Return the path of these segments (kind as in RFC 4271 and 5065, networks).

    ``None`` where an AS_SET stands before other networks.

    Raises
    ------
    ValueError
        When it names more than ``MAX_NETWORKS``.
    """
    asns: list[int] = []
    last: set[int] = set()
    for kind, members in segments:
        if kind not in (AS_SET, AS_SEQUENCE):
            continue
        if last and members:
            return None
        if kind == AS_SET:
            last = set(members)
        else:
            asns += members
        if len(asns) + len(last) > MAX_NETWORKS:
            raise ValueError("an AS path of too many networks")
    return AsPath(asns=tuple(asns), final_set=tuple(sorted(last)))


def _asn(text: str) -> int:
    high, dot, low = text.partition(".")
    if not (high.isdigit() and (low.isdigit() or not dot)):
        raise ValueError(f"{text!r} is no AS number")
    halves = [int(half) for half in (high, low) if half]
    limit = 0xFFFF if dot else _MAX_ASN
    if any(half > limit for half in halves):
        raise ValueError(f"{text!r} is no AS number")
    return halves[0] << 16 | halves[1] if dot else halves[0]
