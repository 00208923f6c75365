"""What a made Internet publishes as lines of text, in the forms of the real publishers.

Each function yields lines without their ends. The forms are told where they are read:
``datasets/pfx2as.py``, ``asrel.py``, ``as2org.py``, ``asnames.py``, ``delegated.py``, ``vrps.py`` and
``geofeed.py``.
"""

import json
from collections.abc import Iterator
from datetime import date
from ipaddress import IPv4Address, IPv6Address
from itertools import chain

import numpy as np

from mxpath.lab.internet import AS_OF, FAMILIES, Internet, told_by
from mxpath.lab.internet_addresses import NOBODY
from mxpath.lab.internet_networks import COUNTRIES, REGISTRIES, REGISTRY_OF, Ints, generator
from mxpath.lab.internet_words import network as network_name
from mxpath.lab.internet_words import organisation as organisation_name
from mxpath.lab.internet_words import word

_DAY = AS_OF.strftime("%Y%m%d")
_FIRST_DAY, _LAST_DAY = date(1990, 1, 1).toordinal(), date(2026, 10, 1).toordinal()
_IN_GEOFEED = 0.03
_SOURCES = ("AFRINIC", "APNIC", "ARIN", "LACNIC", "RIPE")


def address(version: int, number: int) -> str:
    """Return an address; of an IPv6 one ``number`` is the first half, the second is 0.

    Examples
    --------
    >>> address(4, 0x08080000), address(6, 0x2A00_1450_0000_0000)
    ('8.8.0.0', '2a00:1450::')
    """
    return str(IPv4Address(number)) if version == 4 else str(IPv6Address(number << 64))


def prefixes(internet: Internet, version: int) -> Iterator[str]:
    """Yield pfx2as: whoever stands at the end of the paths that the collector sees."""
    announced = internet.announced[version]
    asns = internet.networks.asns.tolist()
    told = told_by(internet, version)
    seen = np.sort(told, axis=0)
    several = (seen[-1] != np.where(seen[0] == NOBODY, seen[1], seen[0])) | announced.sets
    columns = (announced.starts, announced.lengths, announced.origins, announced.seconds, several)
    for row, (start, length, origin, second, many) in enumerate(
        zip(*(column.tolist() for column in columns), strict=True)
    ):
        names = str(asns[origin] if not many else "")
        if many:
            both = sorted((asns[origin], asns[second]))
            names = ("," if announced.sets[row] else "_").join(map(str, both))
        yield f"{address(version, start)}\t{length}\t{names}"


def relations(internet: Internet) -> Iterator[str]:
    """Yield AS relationships, serial-2: providers first, then peers."""
    networks, asns = internet.networks, internet.networks.asns
    yield f"# source:topology|BGP|{_DAY}|made|collector"
    yield f"# inferred clique: {_numbers(asns[: networks.clique])}"
    yield f"# IXP ASes: {_numbers(internet.points.asns)}"
    for provider, customer in asns[internet.transit].tolist():
        yield f"{provider}|{customer}|-1|bgp"
    found = asns[internet.peering.pairs].tolist()
    for (one, other), met in zip(found, internet.peering.at_points.tolist(), strict=True):
        yield f"{one}|{other}|0|{'mlp' if met else 'bgp'}"


def _numbers(asns: Ints) -> str:
    return " ".join(map(str, sorted(asns.tolist())))


def transit_free(internet: Internet) -> Iterator[str]:
    """Yield the statements of the clique that they buy transit from nobody."""
    yield "asn,name,families,stated_on,source,also,note"
    networks = internet.networks
    for n in range(networks.clique):
        name = organisation_name(int(networks.organisations[n]))
        yield f"{networks.asns[n]},{name},4 6,{AS_OF},https://made-internet.invalid/,,made up"


def organisation_of_point(internet: Internet, point: int) -> int:
    """Return the number of the organisation that runs an exchange point."""
    return len(internet.networks) + point


def _holders(internet: Internet) -> Iterator[tuple[int, int, int]]:
    """AS number, organisation and country of all, exchange points included."""
    networks, points = internet.networks, internet.points
    columns = (networks.asns, networks.organisations, networks.countries)
    yield from zip(*(column.tolist() for column in columns), strict=True)
    for point, (asn, country) in enumerate(
        zip(points.asns.tolist(), points.countries.tolist(), strict=True)
    ):
        yield asn, organisation_of_point(internet, point), country


def org_id(organisation: int, country: int) -> str:
    """Return the handle of an organisation at its registry."""
    return f"ORG{organisation}-{_SOURCES[COUNTRIES[country].registry]}"


def names(internet: Internet) -> Iterator[str]:
    """Yield AS names."""
    for asn, organisation, country in sorted(_holders(internet)):
        yield f"{asn}\t{network_name(asn, organisation)}, {COUNTRIES[country].code}"


def organisations(internet: Internet) -> Iterator[dict[str, str]]:
    """Yield as2org as objects: organisations, then AS numbers."""
    held = list(_holders(internet))
    for organisation, country in dict(pair[1:] for pair in held).items():
        yield {
            "organizationId": org_id(organisation, country),
            "changed": _day(organisation),
            "name": organisation_name(organisation),
            "country": COUNTRIES[country].code,
            "source": _SOURCES[COUNTRIES[country].registry],
            "type": "Organization",
        }
    for asn, organisation, country in sorted(held):
        source = _SOURCES[COUNTRIES[country].registry]
        yield {
            "asn": str(asn),
            "changed": _day(asn),
            "name": f"{word(organisation).upper()}-{asn % 1000}",
            "opaqueId": f"{opaque_id(organisation)}_{source}",
            "organizationId": org_id(organisation, country),
            "source": source,
            "type": "ASN",
        }


def organisations_as_json(internet: Internet) -> Iterator[str]:
    """Yield as2org, one object a line."""
    return map(json.dumps, organisations(internet))


def organisations_as_text(internet: Internet) -> Iterator[str]:
    """Yield as2org as two tables."""
    tables = {
        "Organization": (
            "org_id|changed|org_name|country|source",
            "organizationId changed name country source",
        ),
        "ASN": (
            "aut|changed|aut_name|org_id|opaque_id|source",
            "asn changed name organizationId opaqueId source",
        ),
    }
    shown = None
    for found in organisations(internet):
        heading, columns = tables[found["type"]]
        if shown != heading:
            shown = heading
            yield f"# format:{heading}"
        yield "|".join(found[column] for column in columns.split())


def opaque_id(organisation: int) -> str:
    """Return how a registry's statistics name a holder."""
    return f"{organisation * 2_654_435_761 % 2**32:08x}"


def _day(number: int) -> str:
    days = _LAST_DAY - _FIRST_DAY
    return date.fromordinal(_FIRST_DAY + number * 7919 % days).strftime("%Y%m%d")


def delegations(internet: Internet, registry: int) -> Iterator[str]:
    """Yield the extended statistics of one registry."""
    name = REGISTRIES[registry]
    held = [h for h in sorted(_holders(internet)) if COUNTRIES[h[2]].registry == registry]
    rows = {
        "asn": [
            f"{COUNTRIES[country].code}|asn|{asn}|1|{_day(asn)}|allocated|{opaque_id(organisation)}"
            for asn, organisation, country in held
        ],
        **{f"ipv{v}": list(_delegated(internet, v, registry)) for v in FAMILIES},
    }
    count = sum(map(len, rows.values()))
    yield f"2|{name}|{_DAY}|{count}|19900101|{_DAY}|+0000"
    for kind, found in rows.items():
        yield f"{name}|*|{kind}|*|{len(found)}|summary"
    for row in chain(*rows.values()):
        yield f"{name}|{row}"


def _delegated(internet: Internet, version: int, registry: int) -> Iterator[str]:
    blocks, networks, points = internet.blocks[version], internet.networks, internet.points
    ours = np.flatnonzero(blocks.registries == registry).tolist()
    for row in ours:
        start, length = int(blocks.starts[row]), int(blocks.lengths[row])
        point, holder = int(blocks.points[row]), int(blocks.holders[row])
        country = points.countries[point] if point != NOBODY else networks.countries[holder]
        organisation = holder_of(internet, version, row)
        size = 1 << 32 - length if version == 4 else length
        yield (
            f"{COUNTRIES[country].code}|ipv{version}|{address(version, start)}|{size}"
            f"|{_day(organisation)}|allocated|{opaque_id(organisation)}"
        )
    if version == 4 and ours:
        # What is left of the last /8: a range that is no prefix.
        free = int(blocks.starts[ours[-1]]) + (1 << 32 - int(blocks.lengths[ours[-1]]))
        left = -free % (1 << 24)
        if left:
            yield f"|ipv4|{address(4, free)}|{left}||available|"


def holder_of(internet: Internet, version: int, block: int) -> int:
    """Return the organisation that holds a block: a network's, or an exchange point's."""
    blocks = internet.blocks[version]
    point = int(blocks.points[block])
    if point != NOBODY:
        return organisation_of_point(internet, point)
    return int(internet.networks.organisations[blocks.holders[block]])


def payloads(internet: Internet) -> Iterator[str]:
    """Yield validated ROA payloads, as rpki-client writes them."""
    found = internet.payloads
    total = sum(len(found[v].starts) for v in FAMILIES)
    yield f'{{"metadata": {{"buildtime": "{AS_OF}T00:00:00Z", "vrps": {total}}}, "roas": ['
    between = ""
    for version in FAMILIES:
        columns = ("starts", "lengths", "max_lengths", "asns")
        ours = found[version]
        order = np.lexsort([ours.asns, ours.lengths, ours.starts])
        rows = zip(*(getattr(ours, name)[order].tolist() for name in columns), strict=True)
        for start, length, most, asn in rows:
            prefix = f"{address(version, start)}/{length}"
            yield f'{between}{{"asn": {asn}, "prefix": "{prefix}", "maxLength": {most}, "ta": "made"}}'
            between = ","
    yield "]}"


def places(internet: Internet) -> Iterator[str]:
    """Yield a geofeed of a few prefixes: the country of their origin, and a city of it."""
    for version in FAMILIES:
        announced = internet.announced[version]
        luck = generator(internet.seed, f"places {version}").random(len(announced))
        for row in np.flatnonzero(luck < _IN_GEOFEED).tolist():
            prefix = f"{address(version, int(announced.starts[row]))}/{announced.lengths[row]}"
            country, city = place_of(internet, int(announced.origins[row]))
            yield f"{prefix},{country},,{city},"


def place_of(internet: Internet, network: int) -> tuple[str, str]:
    """Return country and city of a network; a country has some twenty cities."""
    country = int(internet.networks.countries[network])
    return COUNTRIES[country].code, city(country, network)


def city(country: int, number: int) -> str:
    """Return a city of a country."""
    return word(20 * country + number % 20)


def registry_of(internet: Internet, network: int) -> str:
    """Return the registry of a network."""
    return REGISTRIES[REGISTRY_OF[internet.networks.countries[network]]]
