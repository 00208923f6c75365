"""Samples, read."""

from formats.samples import SAMPLES
from mxpath.formats import READERS
from mxpath.model.probe import ReplyKind
from mxpath.model.trace import Hop, Trace


def all_of(format_name: str, name: str) -> tuple[Trace, ...]:
    content = (SAMPLES / format_name / name).read_bytes()
    return READERS[format_name].read(content, source=name)


def one_of(format_name: str, name: str) -> Trace:
    (trace,) = all_of(format_name, name)
    return trace


def told(format_name: str, text: str) -> Trace:
    (trace,) = READERS[format_name].read(text.encode(), source="made")
    return trace


def kinds(hop: Hop) -> list[ReplyKind | None]:
    return [probe.reply.kind for probe in hop.probes if probe.reply is not None]


def path(trace: Trace) -> list[str | None]:
    return [None if hop.address is None else str(hop.address) for hop in trace.hops]
