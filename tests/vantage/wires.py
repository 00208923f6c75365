"""Probes of every protocol and family, for the tests of the wire."""

from hypothesis import settings
from hypothesis import strategies as st

from mxpath.model.probe import ProbeSpec, Protocol

QUICK = settings(max_examples=40, deadline=None)
"""Enough for a law that few numbers decide."""
PORTS = st.integers(1, 65535)


@st.composite
def specs(draw: st.DrawFn, *protocols: Protocol) -> ProbeSpec:
    """Draw a probe of one of the protocols, or of any."""
    addresses = draw(st.sampled_from([st.ip_addresses(v=4), st.ip_addresses(v=6)]))
    protocol = draw(st.sampled_from(protocols or tuple(Protocol)))
    return ProbeSpec(
        target=draw(addresses),
        source=draw(addresses),
        source_port=draw(PORTS),
        destination_port=0 if protocol is Protocol.ICMP else draw(PORTS),
        ttl=draw(st.integers(1, 63)),
        sequence=draw(st.integers(0, 2**32 - 1 if protocol is Protocol.TCP else 2**16 - 1)),
        protocol=protocol,
        size=None if protocol is Protocol.TCP else draw(st.none() | st.integers(28, 200)),
    )


def shortest_quote(spec: ProbeSpec) -> int:
    """Octets beyond the IP header in which a probe can be recognised."""
    return 12 if spec.protocol is Protocol.UDP and spec.target.version == 6 else 8
