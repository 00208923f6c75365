"""Figures of latency held against what the links of a path take: given, right, refused.

The truth of a stretch is the time over its forward links there and back: twice its one-way delay.
What a trace measures is another thing wherever the ways back differ: the difference between the
two is the *asymmetry* of the stretch. A figure is refused rightly when the asymmetry is larger
than the width it would have had, when the truth cannot be told from zero at that width, or when
an end of the stretch never answered.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mxpath.lab.truth import HopTruth, PathTruth
from mxpath.model.route import Differential, Route


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentTally:
    """Latency figures of segments, counted."""

    given: int
    contain_truth: int
    """Given, and the interval holds the truth."""
    refused: int
    refused_rightly: int

    @property
    def right_share(self) -> float | None:
        """Share of the given whose interval holds the truth."""
        return self.contain_truth / self.given if self.given else None

    @property
    def given_share(self) -> float | None:
        """Share of all segments with an answering end that got a figure."""
        total = self.given + self.refused
        return self.given / total if total else None


def tally_segments(pairs: Iterable[tuple[Route, PathTruth]]) -> tuple[SegmentTally, list[str]]:
    """Count the figures of all segments, and say which are wrong.

    Returns
    -------
    tuple
        The counts, and each wrong figure in words.
    """
    counts: Counter[str] = Counter()
    mistakes: list[str] = []
    for route, path in pairs:
        for figure in _figures(route):
            kind = _judge(figure, path)
            counts[kind] += 1
            if kind == "wrong":
                mistakes.append(_words(figure, path))
    tally = SegmentTally(
        given=counts["right"] + counts["wrong"],
        contain_truth=counts["right"],
        refused=counts["rightly"] + counts["needlessly"],
        refused_rightly=counts["rightly"],
    )
    return tally, mistakes


def _figures(route: Route) -> Iterator[Differential]:
    """Figures of all segments of which an end answered; the others are silence, not refusal."""
    for claim in route.segments:
        if claim.value.differential.exit_ttl:
            yield claim.value.differential


def _judge(figure: Differential, path: PathTruth) -> str:
    ends = _ends(figure, path)
    if ends is None:
        return "rightly" if figure.rtt_ms is None else "wrong"
    true_ms = 2 * (ends[1].there_ms - ends[0].there_ms)
    if figure.rtt_ms is not None:
        return "right" if abs(figure.rtt_ms - true_ms) <= figure.plus_minus_ms else "wrong"
    asymmetry_ms = _asymmetry_ms(*ends)
    hidden = asymmetry_ms > figure.plus_minus_ms or true_ms <= figure.plus_minus_ms
    return "rightly" if hidden else "needlessly"


def _ends(figure: Differential, path: PathTruth) -> tuple[HopTruth, HopTruth] | None:
    start = path.hops[0] if path.hops else None
    if start is None or figure.exit_ttl > len(path.hops):
        return None
    here = HopTruth(
        ttl=0, node="", asn=0, address=start.address, rtt_min_ms=0.0, rtt_max_ms=0.0, there_ms=0.0
    )
    known: Sequence[HopTruth] = (here, *path.hops)
    return known[figure.entry_ttl], known[figure.exit_ttl]


def _asymmetry_ms(entry: HopTruth, leave: HopTruth) -> float:
    """Largest difference between what can be measured of a stretch and its truth."""
    true_ms = 2 * (leave.there_ms - entry.there_ms)
    highest = leave.rtt_max_ms - entry.rtt_min_ms
    lowest = leave.rtt_min_ms - entry.rtt_max_ms
    return max(abs(highest - true_ms), abs(lowest - true_ms))


def _words(figure: Differential, path: PathTruth) -> str:
    ends = _ends(figure, path)
    true_ms = 2 * (ends[1].there_ms - ends[0].there_ms) if ends else float("nan")
    return (
        f"{path.target}: hops {figure.entry_ttl} to {figure.exit_ttl} {figure.rtt_ms:.2f}"
        f" ± {figure.plus_minus_ms:.2f} ms, truly {true_ms:.2f} ms"
    )
