"""How the routers of the played network answer packets that die at them.

The law, as the kernel player's sysctls have it (``fabric``):

1. A router answers from the interface by which the packet came in; one that ``answers_from`` an
   exchange point, from its address there.
2. A silent one sends no error.
3. A limited one has a bucket of 6 for each destination, full at first, that fills at its rate
   (``inet_peer_xrlim_allow`` in Linux).
4. Packet Too Big and Fragmentation Needed are never held back.
5. A host limits its port unreachables to one a second, as Linux does where nobody says otherwise.
"""

from mxpath.lab.steps import NextHop
from mxpath.lab.topology import World
from mxpath.model.address import IPAddress

BURST = 6
_HOSTS_PER_S = 1.0


def inbound_address(step: NextHop, version: int) -> IPAddress:
    """Address of the interface through which a step enters its node."""
    address = step.ingress.address(version)
    assert address is not None  # nothing is forwarded over a step that does not carry it
    return address


def answering_address(world: World, step: NextHop, version: int) -> IPAddress:
    """Address that the node at the end of a step answers from (rule 1)."""
    router = world.answering.get(step.node)
    if router is not None and router.answers_from is not None:
        for port in world.members(router.answers_from):
            address = port.address(version)
            if port.node == step.node and address is not None:
                return address
    return inbound_address(step, version)


class PlayedRouters:
    """The routers' buckets (rule 3)."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, IPAddress], tuple[float, int]] = {}

    def responder(
        self,
        world: World,
        step: NextHop,
        destination: IPAddress,
        at_ns: int,
        *,
        limited: bool = True,
    ) -> IPAddress | None:
        """Return the source of the error that a node sends at a time; ``None`` when it sends none.

        ``limited`` is false for an error that is never held back.
        """
        router = world.answering.get(step.node)
        if not limited:
            return answering_address(world, step, destination.version)
        if router is not None and router.silent:
            return None
        rate_per_s = _HOSTS_PER_S if step.node in world.hosts else None
        rate_per_s = rate_per_s if router is None else router.icmp_per_s
        bucket = step.node, destination
        if rate_per_s is not None and not self._spend(bucket, rate_per_s, at_ns):
            return None
        return answering_address(world, step, destination.version)

    def _spend(self, bucket: tuple[str, IPAddress], rate_per_s: float, at_ns: int) -> bool:
        tokens, last_ns = self._buckets.get(bucket, (float(BURST), at_ns))
        elapsed_s = max(0, at_ns - last_ns) / 1e9
        tokens = min(float(BURST), tokens + elapsed_s * rate_per_s)
        allowed = tokens >= 1
        self._buckets[bucket] = (tokens - allowed, max(at_ns, last_ns))
        return allowed
