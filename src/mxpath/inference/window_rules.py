"""The thirteen window rules of traIXroute: a second opinion on where an exchange point is crossed.

After Nomikos and Dimitropoulos (PAM 2016). A window of two or three hops is held against the table;
``M`` is a member of the exchange point and ``!M`` none, by the one origin of the hop's address;
``X&M`` an address that is a known member's port, ``X&!M`` one in the LAN and at nobody's known port;
``*`` a hop of which no network is known. Equal digits are the same network (or exchange point),
unequal ones differ. ``a`` is the link between the first two hops, ``b`` that between the last two.

The law
-------
1. Windows begin at every hop. Of each window the first rule that fits is the answer, in the order
   of the table; the tool itself prints all that fit.
2. Unequal digits are checked everywhere; the tool never compares the first hop with the third.
3. Exchange points and members are compared by number, never by name.
4. An address in special-purpose space is a hop of which nothing is known.
5. Of a prefix with several origins each is tried, in the order of the data set.

These rules grade nothing and know no relationships, round trips or targets: what a route claims
comes from ``crossings.py``, and this stands beside it as evidence.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

from mxpath.inference.steps import Step


class CrossedLink(StrEnum):
    """Which link of a window the crossing is on."""

    FIRST = "a"
    SECOND = "b"
    EITHER = "a or b"
    PERHAPS = "?"


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowRule:
    """A row of the table."""

    number: int
    window: tuple[str, ...]
    link: CrossedLink

    def __str__(self) -> str:
        return " - ".join(self.window)


_A, _B, _EITHER, _PERHAPS = CrossedLink
WINDOW_RULES: tuple[WindowRule, ...] = tuple(
    WindowRule(number=number, window=tuple(window.split()), link=link)
    for number, (window, link) in enumerate(
        (
            ("M0 X&M1 M1", _A),
            ("M0 X&M0 M1", _B),
            ("M0 X&M1 !M2", _A),
            ("M0 X&M1 M2", _EITHER),
            ("M0 X&!M !M1", _A),
            ("!M0 X&!M M1", _B),
            ("!M0 X&M1 M2", _B),
            ("!M0 X&M1 !M2", _EITHER),
            ("X0&M0 X0&M1", _A),
            ("X0&!M X0&!M", _A),
            ("X0&!M X1&!M", _A),
            ("* X&!M", _PERHAPS),
            ("X&!M *", _PERHAPS),
        ),
        start=1,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowHop:
    """What a rule sees of a hop."""

    asn: int | None = None
    """The member at whose port it is; off a LAN the origin of its address."""
    ix_id: int | None = None
    """The exchange point in whose LAN it lies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowVerdict:
    """What the first rule that fits says of a window."""

    rule: WindowRule
    ix_id: int
    ttl: int
    """TTL of the hop in the LAN; of two, the second one."""

    @property
    def words(self) -> str:
        """Where the crossing is, for a reader."""
        behind = "the link behind"
        before = "the link before"
        where = {
            CrossedLink.FIRST: f"is on {before}",
            CrossedLink.SECOND: f"is on {behind}",
            CrossedLink.EITHER: f"is on {before} or {behind}",
            CrossedLink.PERHAPS: "may be on a link beside",
        }[self.rule.link]
        number = self.rule.number
        return f"by window rule {number} of traIXroute ({self.rule}) the crossing {where} hop {self.ttl}"


def window_verdicts(
    steps: Sequence[Step], members: Mapping[int, frozenset[int]]
) -> dict[int, WindowVerdict]:
    """Return what the rules say of a path, by the TTL of the hop in a LAN.

    Parameters
    ----------
    steps
        The path, each step with what the gazetteer says of its responder.
    members
        Exchange point id to its member networks.
    """
    found: dict[int, WindowVerdict] = {}
    for start in range(len(steps)):
        verdict = _of_window(steps[start : start + 3], members)
        if verdict is not None:
            found.setdefault(verdict.ttl, verdict)
    return found


def _of_window(
    steps: Sequence[Step], members: Mapping[int, frozenset[int]]
) -> WindowVerdict | None:
    for rule in WINDOW_RULES:
        size = len(rule.window)
        for hops in product(*(_hops(step) for step in steps[:size])):
            if len(hops) == size and fits(rule, hops, members):
                place = max(n for n, mark in enumerate(rule.window) if mark.startswith("X"))
                ix_id = hops[place].ix_id
                assert ix_id is not None
                return WindowVerdict(rule=rule, ix_id=ix_id, ttl=steps[place].ttl)
    return None


def _hops(step: Step) -> tuple[WindowHop, ...]:
    """Every reading of a hop: one for each origin of its address."""
    owner = step.owner
    if owner is None or owner.special is not None:
        return (WindowHop(),)
    if owner.ixp_port is not None:
        port = owner.ixp_port.value
        return (WindowHop(asn=port.member.asn, ix_id=port.ix_id),)
    if owner.ixp_lan is not None:
        return (WindowHop(ix_id=owner.ixp_lan.value.ix_id),)
    origins = owner.origin.value.networks if owner.origin is not None else ()
    return tuple(WindowHop(asn=network.asn) for network in origins) or (WindowHop(),)


def fits(
    rule: WindowRule, hops: Sequence[WindowHop], members: Mapping[int, frozenset[int]]
) -> bool:
    """Whether a window of exactly as many hops as the rule has is what the rule describes."""
    ix_id = next((hop.ix_id for hop in hops if hop.ix_id is not None), None)
    if ix_id is None:
        return False
    known = members.get(ix_id, frozenset())
    each = list(zip(rule.window, hops, strict=True))
    if not all(_fits(mark, hop, known) for mark, hop in each):
        return False
    return _digits_agree(_networks(each)) and _digits_agree(_exchanges(each))


def _fits(mark: str, hop: WindowHop, members: frozenset[int]) -> bool:
    """Whether a hop is of the kind that a mark of the table says, whatever its digits."""
    if mark == "*":
        return hop.asn is None and hop.ix_id is None
    if mark.startswith("X"):
        return hop.ix_id is not None and (hop.asn is None) == ("!M" in mark)
    return hop.ix_id is None and hop.asn is not None and (hop.asn in members) != ("!M" in mark)


def _networks(each: Sequence[tuple[str, WindowHop]]) -> Iterator[tuple[str, int | None]]:
    yield from ((mark[-1], hop.asn) for mark, hop in each if mark[-1].isdigit())


def _exchanges(each: Sequence[tuple[str, WindowHop]]) -> Iterator[tuple[str, int | None]]:
    yield from ((mark.partition("&")[0], hop.ix_id) for mark, hop in each if mark[0] == "X")


def _digits_agree(pairs: Iterator[tuple[str, int | None]]) -> bool:
    """Equal digits stand for equal values and unequal ones for unequal values."""
    told = list(pairs)
    return len(set(told)) == len({digit for digit, _ in told}) == len({value for _, value in told})
