"""Where an address is, as its holder and its name say; and where we stand ourselves.

The law:

1. The holder's word (geofeed, RFC 8805) is *likely*; an entry that names no place names none.
2. A router's name is a hint: *possible*, for names outlive their routers' moves, and whoever
   holds an address may write any name. A name that does not lead back to its address is no hint.
3. Where both name one city there is one place, likely, with both reasons. Where the name
   tells the city of a country that is all the holder tells, both stand. Where they disagree
   both stand too, and nobody decides: ``inference.places`` may refute one.
4. Neither tells coordinates of a city as a rule; the table of cities does, where it knows a
   single one of that name. A place without coordinates cannot be refuted.
5. Special-purpose space is nowhere.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from mxpath.errors import InputError
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.model.address import IPAddress
from mxpath.model.attribution import Attribution
from mxpath.model.evidence import Claim, Evidence, Grade
from mxpath.model.place import Place

_DEGREES = re.compile(r"\s*(-?\d{1,3}(?:\.\d+)?)\s*,\s*(-?\d{1,3}(?:\.\d+)?)\s*")


def feed_claim(address: IPAddress, gazetteer: Gazetteer) -> Claim[Place] | None:
    """Return where the holder says that an address is, ``None`` where nothing is said."""
    found = gazetteer.place(address)
    if found is None:
        return None
    row, snapshot = found
    if row.country is None and row.city is None:
        return None
    place = _on_the_map(Place(country=row.country, city=row.city), gazetteer, region=row.region)
    told = ", ".join(word for word in (row.city, row.region, row.country) if word)
    evidence = Evidence(
        source=snapshot.name,
        as_of=snapshot.as_of,
        rule="geofeed",
        detail=f"the holder says that {address} is in {told}",
    )
    return Claim(value=place, evidence=(evidence,), grade=Grade.LIKELY)


def hint_claim(name: Claim[str], gazetteer: Gazetteer) -> Claim[Place] | None:
    """Return the city that a host name tells, ``None`` where it tells none."""
    if name.grade is not Grade.CERTAIN:
        return None
    found = gazetteer.place_by_name(name.value)
    if found is None:
        return None
    spot, snapshot = found
    place = Place(
        country=spot.country, city=spot.city, latitude=spot.latitude, longitude=spot.longitude
    )
    evidence = Evidence(
        source=snapshot.name,
        as_of=snapshot.as_of,
        rule="hostname-hint",
        detail=f"{name.value} names {spot.city}, {spot.country}",
    )
    return Claim(value=_on_the_map(place, gazetteer), evidence=(evidence,), grade=Grade.POSSIBLE)


def locate(
    owners: Mapping[IPAddress, Attribution],
    names: Mapping[IPAddress, Claim[str]],
    gazetteer: Gazetteer,
) -> dict[IPAddress, Attribution]:
    """Add what host names tell of places; a new dict in the order of ``owners``.

    Parameters
    ----------
    owners
        Whose the addresses are, with what their holders say of places.
    names
        Host names, asked for after the trace.
    gazetteer
        Knows the rules of names, and the map.
    """
    return {a: _located(owner, names.get(a), gazetteer) for a, owner in owners.items()}


def _located(owner: Attribution, name: Claim[str] | None, gazetteer: Gazetteer) -> Attribution:
    hint = hint_claim(name, gazetteer) if name is not None and owner.special is None else None
    if hint is None:
        return owner
    said = owner.places[0] if owner.places else None
    if said is not None and said.value.city is not None and said.value.agrees(hint.value):
        both = Claim(value=said.value, evidence=(*said.evidence, *hint.evidence), grade=said.grade)
        return replace(owner, places=(both,))
    return replace(owner, places=(*owner.places, hint))


def stated_place(text: str, gazetteer: Gazetteer) -> Claim[Place]:
    """Read where we stand by our own word: degrees, an airport's code, or a city and its country.

    Raises
    ------
    InputError
        When it is none of these, or no table here knows it.

    Examples
    --------
    >>> from mxpath.gazetteer.manifest import Manifest
    >>> from pathlib import Path
    >>> str(stated_place("52.52, 13.40", Gazetteer(Path(), Manifest())).value)
    '52.52, 13.40'
    """
    place = _of_degrees(text) or _of_airport(text, gazetteer) or _of_city(text, gazetteer)
    if place is None:
        raise InputError(
            f"place {text!r} is not known: write degrees (52.52,13.40), the code of an airport"
            " (BER), or a city and its country (Berlin, DE)"
        )
    evidence = Evidence(source="configuration", rule="stated", detail=f"place = {text!r}")
    return Claim(value=place, evidence=(evidence,), grade=Grade.CERTAIN)


def _of_degrees(text: str) -> Place | None:
    found = _DEGREES.fullmatch(text)
    if found is None:
        return None
    latitude, longitude = float(found[1]), float(found[2])
    if abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return Place(country=None, latitude=latitude, longitude=longitude)


def _of_airport(text: str, gazetteer: Gazetteer) -> Place | None:
    code = text.strip()
    found = gazetteer.map.airport(code) if len(code) == 3 and code.isalpha() else None
    if found is None:
        return None
    airport = found[0]
    return Place(
        country=airport.country,
        city=airport.city or None,
        latitude=airport.latitude,
        longitude=airport.longitude,
    )


def _of_city(text: str, gazetteer: Gazetteer) -> Place | None:
    city, country = (part.strip() for part in text.rpartition(",")[::2])
    place = _on_the_map(Place(country=country.upper(), city=city), gazetteer)
    return place if city and place.latitude is not None else None


def _on_the_map(place: Place, gazetteer: Gazetteer, *, region: str | None = None) -> Place:
    """Add coordinates where the table of cities knows them (rule 4)."""
    if place.latitude is not None or place.city is None or place.country is None:
        return place
    found = gazetteer.map.city(place.city, place.country, region=region)
    if found is None:
        return place
    return replace(place, latitude=found[0].latitude, longitude=found[0].longitude)
