"""A trace of ours as Linux's traceroute would have printed it."""

from mxpath.model.trace import EndReason, Hop, Trace


def as_text(trace: Trace) -> bytes:
    size = 60 if trace.target.version == 4 else 80
    head = f"traceroute to {trace.target} ({trace.target}), 30 hops max, {size} byte packets"
    hops = trace.hops if trace.distance is None else trace.hops[: trace.distance]
    return "\n".join([head, *(_line(hop, trace) for hop in hops), ""]).encode()


def _line(hop: Hop, trace: Trace) -> str:
    words = [f"{hop.ttl:2} "]
    for probe in hop.probes:
        if probe.reply is None or probe.rtt_ms is None:
            words.append("*")
            continue
        mark = " !H" * (trace.end is EndReason.UNREACHABLE and hop is trace.hops[-1])
        words.append(f"{probe.reply.responder}  {probe.rtt_ms:.3f} ms{mark}")
    return " ".join(words)
