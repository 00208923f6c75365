"""What each address of a made Internet should be answered with: from its making alone.

Nothing here searches tables of mxpath: the longest prefix is found by asking a dictionary
for every length, states and holders are the generator's own columns.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from mxpath.attribution.attribute import attribute
from mxpath.attribution.lines import AttributionLines
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.lab.internet import FAMILIES, Internet
from mxpath.lab.internet_addresses import BITS, NOBODY
from mxpath.lab.internet_networks import COUNTRIES
from mxpath.lab.internet_peeringdb import lans, point_name, ports
from mxpath.lab.internet_rpki import AS0, NOT_FOUND, TOO_SPECIFIC, VALID, WRONG_ORIGIN
from mxpath.lab.internet_texts import org_id
from mxpath.model.address import IPAddress
from mxpath.model.attribution import Attribution

STATES = {
    NOT_FOUND: ("not found", None),
    VALID: ("valid", None),
    WRONG_ORIGIN: ("invalid", "wrong origin"),
    TOO_SPECIFIC: ("invalid", "too specific"),
    AS0: ("invalid", "AS0"),
}


@dataclass(kw_only=True)
class Truth:
    """Answers by family and prefix."""

    internet: Internet

    @cached_property
    def rows(self) -> dict[tuple[int, int, int], int]:
        """Row of each announced prefix, by family, first address and length."""
        return {
            (version, start, length): row
            for version, announced in self.internet.announced.items()
            for row, (start, length) in enumerate(
                zip(announced.starts.tolist(), announced.lengths.tolist(), strict=True)
            )
        }

    @cached_property
    def ports(self) -> dict[IPAddress, tuple[int, int]]:
        """Exchange point's id and member's AS number of each port in operation."""
        points = self.internet.points
        asns = self.internet.networks.asns[points.port_networks].tolist()
        found: dict[IPAddress, tuple[int, int]] = {}
        for point, asn, (ipv4, ipv6, works) in zip(
            points.port_points.tolist(), asns, ports(self.internet), strict=True
        ):
            for address in (ipv4, ipv6) if works else ():
                if address is not None:
                    found[address] = point + 1, asn
        return found

    @cached_property
    def lans(self) -> dict[tuple[int, int, int], int]:
        """Exchange point's id of each LAN."""
        return {
            (version, start, length): point + 1
            for version in FAMILIES
            for point, (start, length) in lans(self.internet, version).items()
        }

    def longest(self, version: int, number: int, among: dict[tuple[int, int, int], int]) -> Any:
        """First address and length of the longest prefix around a number; ``None`` without."""
        for length in range(BITS[version], -1, -1):
            shift = BITS[version] - length
            if (version, number >> shift << shift, length) in among:
                return number >> shift << shift, length
        return None

    def origins(self, version: int, row: int) -> list[int]:
        announced, asns = self.internet.announced[version], self.internet.networks.asns
        held = [announced.origins[row], announced.seconds[row]]
        return [int(asns[n]) for n in held if n != NOBODY]

    def states(self, version: int, row: int) -> dict[int, tuple[str, str | None]]:
        """State and reason by origin."""
        found = self.internet.payloads[version]
        states = (int(found.states[row]), int(found.second_states[row]))
        return {
            asn: STATES[state]
            for asn, state in zip(self.origins(version, row), states, strict=False)
        }

    def asked(self, every: int) -> Iterator[tuple[int, int]]:
        """Family and address: both ends of every LAN, and of one in ``every`` prefixes."""
        for version, start, length in (*self.lans, *list(self.rows)[::every]):
            yield version, start
            yield version, start + (1 << BITS[version] - length) - 1

    def expected(self, version: int, number: int) -> dict[str, Any]:
        """The short answer for an address that is nobody's port."""
        lan = self.longest(version, number, self.lans)
        if lan is not None:
            ix_id = self.lans[(version, *lan)]
            return {"ix_id": ix_id, "prefix": text(version, *lan), "origins": {}}
        found = self.longest(version, number, self.rows)
        if found is None:
            return {"ix_id": None, "prefix": None, "origins": {}}
        states = self.states(version, self.rows[(version, *found)])
        return {
            "ix_id": None,
            "prefix": text(version, *found),
            "origins": {asn: state for asn, (state, _) in states.items()},
        }


def text(version: int, start: int, length: int) -> str:
    return f"{address_of(version, start)}/{length}"


def address_of(version: int, number: int) -> IPAddress:
    return IPv4Address(number) if version == 4 else IPv6Address(number << 64)


def wrong_lines(truth: Truth, gazetteer: Gazetteer, *, every: int = 1) -> list[str]:
    """Attribute both ends of LANs and of prefixes in bulk; what is answered wrongly."""
    asked = [one for one in truth.asked(every) if address_of(*one) not in truth.ports]
    lines = "".join(f"{address_of(version, number)}\n" for version, number in asked).encode()
    answers = AttributionLines(gazetteer).answer(lines).splitlines()
    wrong = []
    for (version, number), answer in zip(asked, answers, strict=True):
        told = json.loads(answer)
        asns = [network["asn"] for network in told["networks"]]
        found = {
            "ix_id": told["ix_id"],
            "prefix": told["prefix"],
            "origins": dict(zip(asns, told["rpki"] or [None] * len(asns), strict=True)),
        }
        expected = truth.expected(version, number)
        if found != expected:
            wrong.append(f"{told['address']}: {found}, not {expected}")
    return wrong


def wrong_ports(truth: Truth, gazetteer: Gazetteer, *, every: int = 1) -> list[str]:
    """Attribute every port in bulk; what is answered wrongly."""
    asked = list(truth.ports)[::every]
    lines = "".join(f"{address}\n" for address in asked).encode()
    wrong = []
    answers = AttributionLines(gazetteer).answer(lines).splitlines()
    for address, answer in zip(asked, answers, strict=True):
        told = json.loads(answer)
        ix_id, asn = truth.ports[address]
        found = told["ix_id"], told["ix_name"], [network["asn"] for network in told["networks"]]
        if found != (ix_id, point_name(ix_id - 1), [asn]):
            wrong.append(f"{address}: {found}, not {(ix_id, asn)}")
    return wrong


def wrong_claims(truth: Truth, gazetteer: Gazetteer, *, every: int = 1) -> list[str]:
    """Attribute the first address of prefixes one by one, with all that is claimed of it."""
    rows = [key for key in list(truth.rows)[::every] if not truth.longest(*key[:2], truth.lans)]
    asked = {address_of(version, start): (version, start) for version, start, _ in rows}
    wrong = []
    for address, owner in attribute(asked, gazetteer).items():
        if address in truth.ports:
            continue
        version, number = asked[address]
        row = truth.rows[(version, *truth.longest(version, number, truth.rows))]
        expected = (truth.states(version, row), *_holders(truth, version, row))
        found = _claimed(owner)
        if found != expected:
            wrong.append(f"{address}: {found}, not {expected}")
    return wrong


def _holders(truth: Truth, version: int, row: int) -> tuple[Any, ...]:
    """Organisation, number of siblings, and country, where there is one origin."""
    internet = truth.internet
    networks, announced = internet.networks, internet.announced[version]
    # The block's registration is asked for the country before the organisation of the origin.
    holder = internet.blocks[version].holders[announced.blocks[row]]
    country = COUNTRIES[networks.countries[holder]].code
    origins = [n for n in (announced.origins[row], announced.seconds[row]) if n != NOBODY]
    organisations = {int(networks.organisations[n]) for n in origins}
    if len(organisations) > 1:
        return None, 0, country
    organisation = organisations.pop()
    home = int(networks.countries[origins[0]])
    siblings = int((networks.organisations == organisation).sum()) - len(origins)
    return org_id(organisation, home), siblings, country


def _claimed(owner: Attribution) -> tuple[Any, ...]:
    states = {
        one.asn: (one.state.value, one.reason.value if one.reason else None)
        for one in (owner.rpki.value.origins if owner.rpki else ())
    }
    return (
        states,
        owner.organisation.value.handle if owner.organisation else None,
        owner.siblings.value.count if owner.siblings else 0,
        owner.country.value if owner.country else None,
    )
