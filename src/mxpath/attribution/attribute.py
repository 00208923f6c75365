"""Attribution of addresses: the questions, and the order in which they are asked.

1. *Special-purpose registries.* An address that is not of the public Internet
   stands for nobody in it; no table is asked, for tables list private LANs too. They are the
   gazetteer's, of its date; where it has none, those that ``model.address`` holds.
2. *Exchange point*: member port, then LAN. They come before the origin because
   LANs do appear in BGP, under the exchange point's own AS or a stranger's.
3. *Origin*: the longest covering prefix, with every network that announces it.
4. *Registry*: to whom and when the block was given, or that it was given to nobody. (What
   registries answer when they are asked comes later, in ``registry``.)
5. *RPKI*: of that prefix, whether those networks may announce it.
6. *Place*: what the holder says (geofeed). Names of hosts come later, in ``place``.

Of 1 to 3 the first that answers is the answer (a port also names its LAN). Special space
ends the questions. So does an exchange point: its LAN is its own, whoever sits at a port,
so of a port only the member's organisation is told, with the country of the member's AS
number. What nothing answers stays ``None``. Pure: the gazetteer is all that is asked.
"""

from collections.abc import Iterable
from datetime import date

from mxpath.attribution.country import country_claim
from mxpath.attribution.delegation import delegation_claim, number_claim
from mxpath.attribution.ixp import lan_claim, port_claim
from mxpath.attribution.organisation import organisation_claim, siblings_claim
from mxpath.attribution.origin import origin_claim
from mxpath.attribution.place import feed_claim
from mxpath.attribution.rpki import rpki_claim
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.model.address import IPAddress
from mxpath.model.attribution import AsAttribution, Attribution
from mxpath.model.evidence import Claim, Evidence

_REGISTRY_AS_OF = {4: date(2021, 2, 4), 6: date(2023, 3, 15)}
"""States of the two IANA registries that ``model.address`` holds."""


def attribute(addresses: Iterable[IPAddress], gazetteer: Gazetteer) -> dict[IPAddress, Attribution]:
    """Say of each address whose it is, as far as the gazetteer knows.

    Parameters
    ----------
    addresses
        In any order; repeats are answered once.
    gazetteer
        What the world has published, as of one date.

    Returns
    -------
    dict
        Address to attribution, in the order of first mention.
    """
    return {address: _attribute(address, gazetteer) for address in dict.fromkeys(addresses)}


def _attribute(address: IPAddress, gazetteer: Gazetteer) -> Attribution:
    special = special_claim(address, gazetteer)
    if special is not None:
        return Attribution(address=address, special=special)
    port, lan = port_claim(address, gazetteer), lan_claim(address, gazetteer)
    if port is not None:
        member = attribute_network(port.value.member.asn, gazetteer)
        return Attribution(
            address=address,
            ixp_port=port,
            ixp_lan=lan,
            organisation=member.organisation,
            siblings=member.siblings,
            country=member.country,
        )
    if lan is not None:
        return Attribution(address=address, ixp_lan=lan)
    origin = origin_claim(address, gazetteer)
    networks = origin.value.networks if origin is not None else ()
    delegation = delegation_claim(address, gazetteer)
    organisation = organisation_claim(networks, gazetteer)
    return Attribution(
        address=address,
        origin=origin,
        rpki=rpki_claim(origin, gazetteer),
        delegation=delegation,
        organisation=organisation,
        siblings=siblings_claim(networks, organisation, gazetteer),
        country=country_claim(delegation, organisation),
        places=(feed,) if (feed := feed_claim(address, gazetteer)) is not None else (),
    )


def attribute_network(asn: int, gazetteer: Gazetteer) -> AsAttribution:
    """Say whose an AS number is, as far as the gazetteer knows."""
    network = gazetteer.network(asn)
    delegation = number_claim(asn, gazetteer)
    organisation = organisation_claim((network,), gazetteer)
    return AsAttribution(
        network=network,
        delegation=delegation,
        organisation=organisation,
        siblings=siblings_claim((network,), organisation, gazetteer),
        country=country_claim(delegation, organisation),
    )


def special_claim(address: IPAddress, gazetteer: Gazetteer) -> Claim[str] | None:
    """Return the special-purpose range that an address lies in, ``None`` outside of all."""
    found = gazetteer.special_space.find(address)
    if found is None:
        return None
    special, snapshot = found
    built_in = f"iana-ipv{address.version}-special-registry"
    evidence = Evidence(
        source=snapshot.name if snapshot is not None else built_in,
        as_of=snapshot.as_of if snapshot is not None else _REGISTRY_AS_OF[address.version],
        rule="special-purpose",
        detail=f"{special.prefix} is {special.name}",
    )
    return Claim(value=special.name, evidence=(evidence,))
