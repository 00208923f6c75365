"""The answers of a flow, one by one, for the rules that look for anomalies."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from mxpath.model.anomaly import Anomaly, AnomalyKind
from mxpath.model.evidence import Evidence
from mxpath.model.foreign_text import printable
from mxpath.model.probe import Probe, Reply
from mxpath.model.trace import Flow, Trace


@dataclass(frozen=True, slots=True)
class Heard:
    """A probe that was answered."""

    probe: Probe
    reply: Reply

    @property
    def ttl(self) -> int:
        """TTL with which the probe left."""
        return self.probe.ttl


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowHeard:
    """One flow of a trace, and all that answered it."""

    trace: Trace
    index: int
    flow: Flow
    answers: tuple[Heard, ...]
    """By TTL, then in order of sending."""

    @property
    def first_answers(self) -> tuple[Heard, ...]:
        """The first answer of each hop."""
        return tuple(next(group) for _, group in groupby(self.answers, key=lambda h: h.ttl))

    def found(self, kind: AnomalyKind, ttls: Sequence[int], words: str, *details: str) -> Anomaly:
        """Put an anomaly of this flow together; ``details`` are its evidence."""
        evidence = (
            Evidence(source="trace", rule=kind.value, detail=printable(detail))
            for detail in details
        )
        return Anomaly(
            kind=kind,
            flow=self.index,
            ttls=tuple(dict.fromkeys(ttls)),
            words=words,
            evidence=tuple(evidence),
        )

    def alike(
        self, sign: Callable[[Heard], Hashable | None]
    ) -> Iterator[tuple[Hashable, list[Heard]]]:
        """Answers that show the same sign, in runs; ``None`` is no sign.

        A run ends at an answer with another sign or with none, not at a silent hop.
        """
        for value, group in groupby(self.answers, key=sign):
            if value is not None:
                yield value, list(group)


def heard(trace: Trace) -> tuple[FlowHeard, ...]:
    """Return what answered each flow, probes beyond the target left out."""
    return tuple(
        FlowHeard(
            trace=trace,
            index=index,
            flow=flow,
            answers=tuple(
                Heard(probe, probe.reply)
                for hop in flow.hops
                for probe in hop.probes
                if probe.reply is not None
            ),
        )
        for index, flow in enumerate(trace.flows)
    )


def ttls(answers: Sequence[Heard]) -> tuple[int, ...]:
    """TTLs of some answers, each once."""
    return tuple(dict.fromkeys(answer.ttl for answer in answers))


def hops_words(numbers: Sequence[int]) -> str:
    """Say which hops.

    Examples
    --------
    >>> hops_words([4]), hops_words([4, 5, 6]), hops_words([4, 6])
    ('hop 4', 'hops 4 to 6', 'hops 4 and 6')
    """
    if len(numbers) == 1:
        return f"hop {numbers[0]}"
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"hops {numbers[0]} to {numbers[-1]}"
    most = ", ".join(map(str, numbers[:-1]))
    return f"hops {most} and {numbers[-1]}"
