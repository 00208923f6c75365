"""What a trace has found otherwise than its world of wires expects."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from mxpath.model.probe import Probe
from mxpath.model.trace import Hop, Trace
from mxpath.reading.anomalies import anomalies
from wire_path import WirePath
from wire_world import World


@dataclass(slots=True)
class Differences:
    """What a trace has found otherwise than its world expects."""

    lines: list[str] = field(default_factory=list)

    def same(self, what: str, found: Any, expected: Any) -> None:
        if found != expected:
            self.lines.append(f"{what}: found {found}, expected {expected}")

    def within(self, what: str, found: float | None, interval: tuple[float, float] | None) -> None:
        if interval and (found is None or not interval[0] <= found <= interval[1]):
            self.lines.append(f"{what}: found {found}, expected within {interval}")


def differences(world: World, found: Trace, path: WirePath) -> list[str]:
    """Compare a trace with a world's ``[expected]``."""
    expected, differ = world.expected, Differences()
    differ.same("end", found.end, expected.end)
    differ.same("distance", found.distance, expected.distance)
    differ.same("hops", tuple(_heard(hop) for hop in found.hops), expected.hops)
    differ.same("limited", tuple(h.ttl for h in found.hops if h.limited), expected.limited)
    for ttl, interval in expected.rtts_ms.items():
        differ.within(f"RTT of hop {ttl}", _hop(found, ttl).min_rtt_ms, interval)
    for ttl, loss in expected.losses.items():
        lost = _hop(found, ttl).loss
        differ.same(f"loss of hop {ttl}", (lost.lost, lost.sent), loss)
    for ttl, facts in _facts(world).items():
        reply = next((p.reply for p in _hop(found, ttl).probes if p.reply), None)
        for name, value in facts.items():
            differ.same(f"{name} of hop {ttl}", _plain(getattr(reply, name, None)), value)
    if expected.nodes is not None:
        differ.same("nodes", _nodes(found), expected.nodes)
    unusual = {each.kind.value: each.ttls for each in anomalies(found)}
    differ.same("anomalies", unusual, expected.anomalies)
    differ.same("number of notes", len(found.notes), len(expected.notes))
    for note, part in zip(found.notes, expected.notes, strict=False):
        differ.same("note", part in note and part, part)
    differ.within("duration in ms", path.clock.monotonic_s() * 1e3, expected.lasts_ms)
    for what, number, told in (
        ("packets", found.packets_sent, expected.packets),
        ("probes beyond", sum(len(f.beyond) for f in found.flows), expected.beyond),
        ("packets that came", len(path.delivered), expected.delivered),
        ("strays that came in time", path.strays, expected.strays),
    ):
        if told is not None:
            differ.same(what, number, told)
    return differ.lines


def _heard(hop: Hop) -> str:
    return " ".join(str(address) for address in hop.responders) or "*"


def _nodes(found: Trace) -> dict[int, tuple[str, ...]]:
    nodes: dict[int, list[str]] = {}
    for node in found.multipath.nodes if found.multipath else ():
        if node.ttl:
            nodes.setdefault(node.ttl, []).append(str(node.address or "*"))
    return {ttl: tuple(sorted(names)) for ttl, names in sorted(nodes.items())}


def _hop(found: Trace, ttl: int) -> Hop:
    return next((hop for hop in found.hops if hop.ttl == ttl), Hop(ttl=ttl, probes=()))


def _facts(world: World) -> dict[int, dict[str, Any]]:
    """Facts of each hop's first reply, by the names of ``Reply``."""
    facts: dict[int, dict[str, Any]] = {}
    for ttl, kind in world.expected.kinds.items():
        facts.setdefault(ttl, {})["kind"] = kind
    for ttl, (icmp_type, code) in world.expected.icmp.items():
        facts.setdefault(ttl, {}).update(icmp_type=icmp_type, icmp_code=code)
    for ttl, told in world.expected.told.items():
        facts.setdefault(ttl, {}).update(told)
    return facts


def _plain(value: Any) -> Any:
    """MPLS stacks as label and TTL of each entry; the rest as it is."""
    if isinstance(value, tuple):
        return [[entry.label, entry.ttl] for entry in value if hasattr(entry, "label")]
    return value


def violations(found: Trace, path: WirePath, most_at_target: int) -> list[str]:
    """What no world excuses."""
    differ = Differences()
    for flow in found.flows:
        ttls = [hop.ttl for hop in flow.hops]
        differ.same("TTLs", ttls, sorted(set(ttls)))
    if found.multipath is None:
        firsts = list(dict.fromkeys(probe.ttl for probe in path.probes))
        differ.same("order of the TTLs", firsts, sorted(firsts))
    hashed = {seen.hashed for seen in path.seen}
    differ.same("5-tuples", len(hashed), len(found.flows) if path.seen else 0)
    for key in hashed:
        numbers = sorted(s.sequence for s in path.seen if s.hashed == key and s.protocol == 6)
        near = [pair for pair in pairwise(numbers) if pair[1] - pair[0] <= 65_535]
        differ.same("sequence numbers within a window", near, [])
    if max(path.at_target.values(), default=0) > most_at_target:
        differ.lines.append(f"the target got {max(path.at_target.values())} probes of one flow")
    differ.lines += wrong_matches(found, path)
    differ.lines += forgotten_answers(found, path)
    return differ.lines


def wrong_matches(found: Trace, path: WirePath) -> list[str]:
    """Replies that were given to a probe of which they do not speak."""
    true = Counter(
        (d.received_ns, d.speaks_of.source_port, d.speaks_of.sequence)
        for d in path.delivered
        if d.speaks_of is not None
    )
    return [
        f"probe {probe.ttl}/{probe.attempt} got an answer to another: {probe.reply}"
        for port, probe in _probes(found)
        if probe.reply is not None and (probe.reply.received_ns, port, probe.sequence) not in true
    ]


def forgotten_answers(found: Trace, path: WirePath) -> list[str]:
    """Probes that count as unanswered though an answer came that names them."""
    named = {
        (d.speaks_of.source_port, d.speaks_of.sequence)
        for d in path.delivered
        if d.speaks_of and d.reply and d.reply.target == found.target
        if (d.reply.source_port, d.reply.sequence)
        == (d.speaks_of.source_port, d.speaks_of.sequence)
    }
    return [
        f"probe {probe.ttl}/{probe.attempt} has an answer that was forgotten"
        for port, probe in _probes(found)
        if probe.reply is None and (port, probe.sequence) in named
    ]


def _probes(found: Trace) -> Iterator[tuple[int | None, Probe]]:
    """All probes of a trace, with the source ports of their flows."""
    for flow in found.flows:
        for hop in flow.hops:
            yield from ((flow.source_port, probe) for probe in hop.probes)
        yield from ((flow.source_port, probe) for probe in flow.beyond)
