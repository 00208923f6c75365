"""Where we stand."""

from dataclasses import dataclass

from mxpath.model.address import IPAddress, Prefix
from mxpath.model.evidence import Claim
from mxpath.model.network import Network
from mxpath.model.place import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where we stand: our public addresses and the network they belong to.

    Unknown is ``None``; ``how`` says how it was learnt (``--source``, ``interface``,
    ``first global hop``). A vantage only knows the addresses it sends from; whether
    they are public is for a study to say, which moves the others to ``private``.
    """

    address_v4: IPAddress | None = None
    address_v6: IPAddress | None = None
    network: Network | None = None
    how: str = "unknown"
    private: tuple[IPAddress, ...] = ()
    """Addresses that we send from but nobody else can see: private, or translated on the way."""
    first_hop: IPAddress | None = None
    """The first global hop, where it had to witness for our network."""
    stranded: tuple[IPAddress, ...] = ()
    """Addresses that this host has, of an IP version that it has no route out for."""
    place: Claim[Place] | None = None
    """Where that is, by our own word or by that of our network."""
    own: tuple[int | Prefix, ...] = ()
    """Networks that are ours by our own word: AS numbers and prefixes."""

    def sends_from(self, version: int) -> IPAddress | None:
        """The address of this IP version that we send from, public or not."""
        mine = (self.address_v4, self.address_v6, *self.private)
        return next((a for a in mine if a is not None and a.version == version), None)

    def is_ours(self, address: IPAddress, network: Network | None = None) -> bool:
        """Whether ``address``, of ``network`` where that is known, is ours to mend."""
        if network is not None and network.asn in self.own:
            return True
        return any(not isinstance(n, int) and address in n for n in self.own)
