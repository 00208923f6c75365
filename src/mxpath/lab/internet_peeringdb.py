"""Exchange points of a made Internet as PeeringDB and they themselves tell of them.

Among PeeringDB's rows are some that count for nothing, as in life: a LAN in private space,
ports that are out of operation, rows that are no longer ``ok``.
"""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import numpy as np

from mxpath.lab.internet import FAMILIES, Internet
from mxpath.lab.internet_addresses import NOBODY
from mxpath.lab.internet_networks import COUNTRIES, generator
from mxpath.lab.internet_texts import address, city, organisation_of_point
from mxpath.lab.internet_words import organisation as organisation_name
from mxpath.lab.internet_words import word

Row = dict[str, Any]

IXF_VERSIONS = ("0.6", "0.7", "1.0")
"""Forms of the exports; the largest exchange points have one each."""
OUT_OF_OPERATION, _WITHOUT_IPV6 = 0.01, 0.2
_FACILITIES_A_POINT = 3
_PRIVATE_LAN = "192.168.10.0/24"
_NETWORKS_WITHOUT_PORTS = 5
"""One in so many of the networks that are at no exchange point is in PeeringDB too."""


def documents(internet: Internet) -> dict[str, list[Row]]:
    """Return the rows of each kind of document."""
    points = internet.points
    listed = _listed(internet)
    organisations = [int(internet.networks.organisations[n]) for n in listed]
    ids = [point + 1 for point in range(len(points))]
    return {
        "ix": [_row(n, **_point(internet, n - 1)) for n in ids],
        "ixlan": [_row(n, ix_id=n, name="", rs_asn=int(points.asns[n - 1])) for n in ids],
        "ixpfx": _lans(internet),
        "netixlan": list(_ports(internet)),
        "net": [
            _row(
                n + 1,
                asn=int(internet.networks.asns[n]),
                name=organisation_name(organisation),
                org_id=organisation + 1,
                info_type="NSP" if n < internet.networks.transit else "Cable/DSL/ISP",
            )
            for n, organisation in zip(listed, organisations, strict=True)
        ],
        "org": _organisations(internet, listed),
        **_facilities(internet),
    }


def _row(number: int, *, status: str = "ok", **values: Any) -> Row:
    return {"id": number, **values, "status": status}


def _listed(internet: Internet) -> list[int]:
    count = len(internet.networks)
    listed = np.zeros(count, dtype=bool)
    listed[internet.points.port_networks] = True
    listed[::_NETWORKS_WITHOUT_PORTS] = True
    return np.flatnonzero(listed).tolist()


def point_name(point: int) -> str:
    """Return what an exchange point is called."""
    return f"{word(point)}-IX"


def _point(internet: Internet, point: int) -> Row:
    country = int(internet.points.countries[point])
    return {
        "name": point_name(point),
        "city": city(country, point),
        "country": COUNTRIES[country].code,
        "org_id": organisation_of_point(internet, point) + 1,
    }


def _organisations(internet: Internet, listed: list[int]) -> list[Row]:
    networks, points = internet.networks, internet.points
    countries = {
        int(networks.organisations[n]): int(networks.countries[n]) for n in reversed(listed)
    }
    for point in range(len(points)):
        countries[organisation_of_point(internet, point)] = int(points.countries[point])
    return [
        _row(n + 1, name=organisation_name(n), country=COUNTRIES[country].code)
        for n, country in sorted(countries.items())
    ]


def lans(internet: Internet, version: int) -> dict[int, tuple[int, int]]:
    """Return start (as in the blocks) and length of each exchange point's LAN."""
    blocks = internet.blocks[version]
    rows = np.flatnonzero(blocks.points != NOBODY).tolist()
    return {
        int(blocks.points[row]): (int(blocks.starts[row]), int(blocks.lengths[row])) for row in rows
    }


def _lans(internet: Internet) -> list[Row]:
    found = [
        _row(
            2 * point + (version == 6) + 1,
            ixlan_id=point + 1,
            protocol=f"IPv{version}",
            prefix=f"{address(version, start)}/{length}",
        )
        for version in FAMILIES
        for point, (start, length) in sorted(lans(internet, version).items())
    ]
    last = len(internet.points)
    private = _row(2 * last + 1, ixlan_id=last, protocol="IPv4", prefix=_PRIVATE_LAN)
    gone = _row(2 * last + 2, ixlan_id=1, protocol="IPv4", prefix="1.0.0.0/8", status="deleted")
    return [*found, private, gone]


def ports(internet: Internet) -> Iterator[tuple[IPv4Address, IPv6Address | None, bool]]:
    """Yield the addresses of each port, and whether it is in operation."""
    points = internet.points
    luck = generator(internet.seed, "ports").random(len(points.port_points)).tolist()
    lans_v4, lans_v6 = lans(internet, 4), lans(internet, 6)
    columns = (points.port_points.tolist(), points.port_numbers.tolist(), luck)
    for point, number, chance in zip(*columns, strict=True):
        yield (
            IPv4Address(lans_v4[point][0] + number),
            None if chance > 1 - _WITHOUT_IPV6 else IPv6Address((lans_v6[point][0] << 64) + number),
            chance >= OUT_OF_OPERATION,
        )


def _ports(internet: Internet) -> Iterator[Row]:
    points, networks = internet.points, internet.networks
    columns = (
        points.port_points.tolist(),
        points.port_networks.tolist(),
        points.speeds_mbps.tolist(),
        ports(internet),
    )
    for number, (point, network, speed, (ipv4, ipv6, works)) in enumerate(
        zip(*columns, strict=True)
    ):
        yield _row(
            number + 1,
            ix_id=point + 1,
            ixlan_id=point + 1,
            net_id=network + 1,
            asn=int(networks.asns[network]),
            speed=speed,
            ipaddr4=str(ipv4),
            ipaddr6=None if ipv6 is None else str(ipv6),
            is_rs_peer=number % 3 > 0,
            operational=works,
        )


def _facilities(internet: Internet) -> dict[str, list[Row]]:
    """Houses: each exchange point is in some of its own, each member in one of them."""
    points = internet.points
    count = len(points) * _FACILITIES_A_POINT
    spots = generator(internet.seed, "facilities").random((count, 2))
    houses = [
        _row(
            n + 1,
            name=f"{word(n)} House",
            city=city(int(points.countries[n // _FACILITIES_A_POINT]), n // _FACILITIES_A_POINT),
            country=COUNTRIES[points.countries[n // _FACILITIES_A_POINT]].code,
            latitude=round(float(140 * north - 60), 4),
            longitude=round(float(360 * east - 180), 4),
        )
        for n, (north, east) in enumerate(spots)
    ]
    present = [
        (point * _FACILITIES_A_POINT + network % _FACILITIES_A_POINT, network)
        for point, network in zip(
            points.port_points.tolist(), points.port_networks.tolist(), strict=True
        )
    ]
    return {
        "fac": houses,
        "netfac": [
            _row(
                n + 1,
                fac_id=house + 1,
                net_id=network + 1,
                local_asn=int(internet.networks.asns[network]),
            )
            for n, (house, network) in enumerate(present)
        ],
        "ixfac": [
            _row(n + 1, fac_id=n + 1, ix_id=n // _FACILITIES_A_POINT + 1) for n in range(count)
        ],
    }


def export(internet: Internet, point: int, version: str) -> Row:
    """Return an exchange point's own member export (IX-F), in one of :data:`IXF_VERSIONS`."""
    points, networks = internet.points, internet.networks
    members = []
    for where, network, (ipv4, ipv6, works) in zip(
        points.port_points.tolist(), points.port_networks.tolist(), ports(internet), strict=True
    ):
        if where != point:
            continue
        vlan: Row = {"vlan_id": 1, "ipv4": {"address": str(ipv4), "routeserver": True}}
        if ipv6 is not None:
            vlan["ipv6"] = {"address": str(ipv6), "routeserver": True}
        connection = {
            "ixp_id": 1,
            "state": "active" if works else "inactive",
            "if_list": [{"switch_id": 1, "if_speed": 10_000}],
            "vlan_list": [vlan],
        }
        members.append(
            {
                "asnum": int(networks.asns[network]),
                "member_type": "peering",
                "name": organisation_name(int(networks.organisations[network])),
                "connection_list": [connection],
            }
        )
    halves = {
        f"ipv{v}": {
            "prefix": address(v, lans(internet, v)[point][0]),
            "mask_length": lans(internet, v)[point][1],
        }
        for v in FAMILIES
    }
    return {
        "version": version,
        "timestamp": "2026-11-01T00:00:00Z",
        "ixp_list": [
            {
                "ixp_id": 1,
                "shortname": point_name(point),
                "name": point_name(point),
                "country": COUNTRIES[points.countries[point]].code,
                # What does not say its number is found by its LAN.
                **({} if version == "0.6" else {"peeringdb_id": point + 1}),
                "vlan": [{"id": 1, "name": "peering", **halves}],
            }
        ],
        "member_list": members,
    }
