"""Addresses that come back: loops, cycles and forwarding loops.

The words are those of Augustin et al., "Avoiding traceroute anomalies with Paris traceroute" (IMC
2006), and Viger et al., "Detection, understanding, and prevention of traceroute measurement
artifacts" (Computer Networks 52, 2008):

1. A **loop** is one address at two or more consecutive TTLs, a **cycle** one that comes back with
   others in between. Only the first answer of each hop counts. The target's own answers count
   where somebody before it has answered with its address.
2. A flow that is constant rules out their most frequent cause, per-flow load balancing. What is
   left: the router before forwards packets whose TTL is 0 (the first of the answers quotes TTL
   0); an unreachable that follows a time exceeded of the same router; address rewriting, by which
   a gateway speaks for the routers behind it (the reply TTL falls from hop to hop, which over two
   hops may also be balancing by packet over ways of unequal length); and for cycles a path that
   changed, balancing by packet, or a router that answers from an address of another way. A path
   that becomes longer by one in mid-trace shows one router at two hops.
3. A **forwarding loop** is a cycle that goes round until the trace ends without the target: the
   last hops repeat with a period, through two rounds at least.
4. A cause is named where its sign was seen, else none is.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from mxpath.model.address import IPAddress
from mxpath.model.anomaly import Anomaly, AnomalyKind
from mxpath.model.probe import ReplyKind
from mxpath.reading.heard import FlowHeard, Heard, hops_words, ttls
from mxpath.reading.icmp_words import icmp_words


def circles(flow: FlowHeard) -> Iterator[Anomaly]:
    """Find loops, cycles and forwarding loops of a flow."""
    answers = [h for h in flow.first_answers if not h.reply.is_from_target]
    yield from _gateway(flow, answers)
    endless = _forwarding_loop(flow, answers)
    if endless is not None:
        yield endless
        answers = [h for h in answers if h.ttl not in endless.ttls]
    runs = list(_runs(answers))
    yield from (_loop(flow, run) for run in runs if len(run) > 1)
    yield from _cycles(flow, runs)


def _runs(answers: Sequence[Heard]) -> Iterator[list[Heard]]:
    """Answers of one address at consecutive TTLs."""
    # TTL less position is constant only as long as no hop is missing.
    numbered = enumerate(answers)
    for _, group in groupby(numbered, key=lambda n: (n[1].reply.responder, n[1].ttl - n[0])):
        yield [answer for _, answer in group]


def _loop(flow: FlowHeard, run: Sequence[Heard]) -> Anomaly:
    where = hops_words(ttls(run))
    return flow.found(
        AnomalyKind.LOOP,
        ttls(run),
        f"{run[0].reply.responder} answers for {where}{_loop_cause(flow, run)}",
        *map(_detail, run),
    )


def _gateway(flow: FlowHeard, answers: Sequence[Heard]) -> Iterator[Anomaly]:
    """One hop before the target answers with the target's address."""
    distance, target = flow.trace.distance, flow.trace.target
    speaking = [h for h in answers if h.reply.responder == target]
    if len(speaking) == 1 and speaking[0].ttl + 1 == distance:
        yield flow.found(
            AnomalyKind.LOOP,
            (speaking[0].ttl, distance),
            f"{target} answers for hops {speaking[0].ttl} and {distance}{_GATEWAY}",
            _detail(speaking[0]),
        )


_GATEWAY = ": the target's own address, consistent with a gateway that translates addresses"


def _loop_cause(flow: FlowHeard, run: Sequence[Heard]) -> str:
    if run[0].reply.quoted_ttl == 0:
        return f": consistent with hop {run[0].ttl - 1} forwarding packets whose TTL is 0"
    if run[-1].reply.is_refusal:
        return ": first TTL ran out, then it says that the target cannot be reached"
    if run[0].reply.responder == flow.trace.target:
        return _GATEWAY
    back = [answer.reply.reply_ttl for answer in run]
    falls = all(a is not None and b is not None and b < a for a, b in pairwise(back))
    if falls and len(run) > 2:
        return ": consistent with address rewriting, the reply TTL falls from hop to hop"
    if falls:
        return ": consistent with address rewriting, or with balancing by packet over unequal ways"
    return ": consistent with a path that became longer meanwhile" if len(run) == 2 else ""


def _cycles(flow: FlowHeard, runs: Sequence[Sequence[Heard]]) -> Iterator[Anomaly]:
    places: dict[IPAddress, list[Sequence[Heard]]] = {}
    for run in runs:
        places.setdefault(run[0].reply.responder, []).append(run)
    for address, found in places.items():
        # Two runs of one address with nothing but silence between them are no cycle.
        first, last = found[0][-1].ttl, found[-1][0].ttl
        others = (run[0] for run in runs if run[0].reply.responder != address)
        between = any(first < other.ttl < last for other in others)
        if len(found) < 2 or not between:
            continue
        answers = [answer for run in found for answer in run]
        yield flow.found(
            AnomalyKind.CYCLE,
            ttls(answers),
            f"{address} comes back at {hops_words([run[0].ttl for run in found[1:]])}"
            f"{_cycle_cause(found[-1][-1])}",
            *map(_detail, answers),
        )


def _cycle_cause(last: Heard) -> str:
    if last.reply.is_refusal:
        return ": it says that the target cannot be reached"
    return ": consistent with a path that changed meanwhile, balancing by packet, or an address of another way"


def _forwarding_loop(flow: FlowHeard, answers: Sequence[Heard]) -> Anomaly | None:
    """Rule 3; silent hops fit any period, but two addresses or more must come back."""
    if flow.trace.distance is not None or not answers:
        return None
    at = {answer.ttl: answer for answer in answers}
    last = answers[-1].ttl
    for period in range(2, last // 2 + 1):
        begin = _begin(at, last, period)
        turning = [at[ttl] for ttl in range(begin, last + 1) if ttl in at]
        returned = [h for h in turning if h.ttl - period >= begin and h.ttl - period in at]
        if last - begin + 1 >= 2 * period and len(returned) >= 2 and _differ(turning):
            return flow.found(
                AnomalyKind.FORWARDING_LOOP,
                ttls(turning),
                f"from hop {turning[0].ttl} on the same {period} hops repeat: consistent with a "
                "forwarding loop",
                *map(_detail, turning),
            )
    return None


def _begin(at: dict[int, Heard], last: int, period: int) -> int:
    """Least TTL that comes back a period later, with nothing behind it that speaks against that."""
    begin = last + 1
    for ttl in range(last, 0, -1):
        here, later = at.get(ttl), at.get(ttl + period)
        if here is None or later is None:
            continue
        if here.reply.responder != later.reply.responder:
            break
        begin = ttl
    return begin


def _differ(answers: Sequence[Heard]) -> bool:
    return len({answer.reply.responder for answer in answers}) > 1


def _detail(answer: Heard) -> str:
    reply = answer.reply
    kind = "" if reply.kind in (None, ReplyKind.TIME_EXCEEDED) else f", {reply.kind}"
    if reply.is_refusal and reply.icmp_type is not None:
        kind = f", {icmp_words(reply.responder.version, reply.icmp_type, reply.icmp_code)}"
    quoted = "" if reply.quoted_ttl is None else f", quoted TTL {reply.quoted_ttl}"
    back = "" if reply.reply_ttl is None else f", reply TTL {reply.reply_ttl}"
    return f"hop {answer.ttl}: {reply.responder}{kind}{quoted}{back}"
