"""Which exchange point, and which member's port there, an address is."""

from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.model.address import IPAddress
from mxpath.model.attribution import IxpLan, IxpPort
from mxpath.model.evidence import Claim, Evidence


def port_claim(address: IPAddress, gazetteer: Gazetteer) -> Claim[IxpPort] | None:
    """Return the member port that has this address, ``None`` when it is nobody's known port."""
    found = gazetteer.ixp_port(address)
    if found is None:
        return None
    port, snapshot = found
    evidence = Evidence(
        source=snapshot.name,
        as_of=snapshot.as_of,
        rule="ixp-member-port",
        detail=f"{address} is the port of {port.member} at {port.ix_name} (ix {port.ix_id})",
    )
    return Claim(value=port, evidence=(evidence,))


def lan_claim(address: IPAddress, gazetteer: Gazetteer) -> Claim[IxpLan] | None:
    """Return the exchange point LAN around an address, ``None`` outside of all."""
    found = gazetteer.ixp_lan(address)
    if found is None:
        return None
    lan, snapshot = found
    evidence = Evidence(
        source=snapshot.name,
        as_of=snapshot.as_of,
        rule="ixp-lan",
        detail=f"{lan.prefix} is a LAN of {lan.ix_name} (ix {lan.ix_id})",
    )
    return Claim(value=lan, evidence=(evidence,))
