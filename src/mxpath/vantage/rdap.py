"""RDAP documents (RFC 9083) read into registrations; ipwhois does the reading, and nothing else.

The law:

1. ipwhois never asks anybody anything. It is given the document; its ``Net`` is
   replaced by one that has no resolver, no opener and no sockets, and whose every
   question fails.
2. What comes in is a stranger's: size and nesting are looked at before parsing, and
   only the fields that are wanted reach the parser, in the types that it expects.
3. A document that does not cover what was asked about is refused. So is a range wider
   than any holder's: that is the registry speaking of itself.
4. Persons are left out. An entity of the kind ``individual`` is never a holder, and the
   only contact that is kept is a mailbox of an entity with the role ``abuse``, where the
   address itself says that it is a role's (:mod:`mxpath.vantage.role_mailbox`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from typing import Any

from mxpath.errors import ParseError
from mxpath.model.address import IPAddress
from mxpath.model.foreign_text import printable
from mxpath.model.registry import Organisation, Registration, Resource
from mxpath.vantage.json_answers import Form, load_object
from mxpath.vantage.role_mailbox import role_mailbox

MAX_OCTETS = 512 * 1024
"""A larger document is refused; real ones have up to some 30 kB."""
MAX_DEPTH = 24
"""Brackets within brackets; real ones have up to 14."""
MAX_TEXT = 200
"""Longest name, in characters."""
_MAX_ENTITIES = 100
_WIDEST = {4: 2**24, 6: 2**108}
"""Addresses in the widest range that anybody holds: a /8 and a /20."""
_WIDEST_AS = 1023
"""AS numbers in the widest range that anybody holds: IANA gives registries blocks of 1,024."""
_FORM = Form(
    media_types=("application/rdap+json", "application/json"),
    max_octets=MAX_OCTETS,
    max_depth=MAX_DEPTH,
)


def read_registration(
    body: bytes, resource: Resource, *, registry: str, content_type: str | None = None
) -> Registration:
    """Read the answer to a question about ``resource``.

    Parameters
    ----------
    body
        The document as it came.
    resource
        The address or AS number that was asked about.
    registry
        Who answered.
    content_type
        As the server declared it; ``None`` where it did not.

    Raises
    ------
    ParseError
        When it is no RDAP document, or does not speak of ``resource``.
    """
    document = load_object(body, content_type, _FORM, source=registry)
    wanted = "autnum" if isinstance(resource, int) else "ip network"
    found = document.get("objectClassName", wanted)
    if found != wanted:
        raise ParseError(f"speaks of {_text(found)!r}, not of an {wanted}", source=registry)
    try:
        if isinstance(resource, int):
            registration = _autnum(document, registry)
        else:
            registration = _network(document, resource, registry)
    except _unreadable() as error:
        raise ParseError(f"no readable {wanted}: {error}", source=registry) from error
    if not registration.covers(resource):
        asked = f"AS{resource}" if isinstance(resource, int) else resource
        raise ParseError(
            f"speaks of {registration.range_words}, which does not hold {asked}", source=registry
        )
    return registration


def is_registrys_own(registration: Registration) -> bool:
    """Whether the range is wider than any holder's: space that the registry has not given out."""
    low, high = registration.first_asn, registration.last_asn
    if low is not None and high is not None:
        return high - low + 1 > _WIDEST_AS
    first, last = registration.first, registration.last
    if first is None or last is None:
        return False
    return int(last) - int(first) + 1 > _WIDEST[first.version]


def _text(value: Any) -> str:
    return printable(value.strip(), limit=MAX_TEXT) if isinstance(value, str) else ""


# -- with ipwhois (rule 1) -------------------------------------------------------------------


@cache
def _unreadable() -> tuple[type[Exception], ...]:
    """What ipwhois and the fields of a bad document raise."""
    from ipwhois.exceptions import BaseIpwhoisException  # noqa: PLC0415 - see _reader

    kinds = (ValueError, KeyError, TypeError, AttributeError, IndexError)
    return (BaseIpwhoisException, *kinds)


@cache
def _reader() -> tuple[type[Any], type[Any]]:
    """Ipwhois' reader and a ``Net`` that cannot ask; imported when the first document comes."""
    from ipwhois.exceptions import HTTPLookupError  # noqa: PLC0415 - costs a tenth of a second
    from ipwhois.net import Net  # noqa: PLC0415
    from ipwhois.rdap import RDAP  # noqa: PLC0415

    class SilentNet(Net):  # type: ignore[misc]  # ipwhois has no types
        """Holds an address; neither looks it up nor judges whether it is reserved."""

        def __init__(self, address: IPAddress) -> None:  # the inherited one makes a resolver
            self.address = address
            self.address_str = str(address)
            self.version = address.version

        def get_http_json(self, *_: Any, **__: Any) -> Any:
            raise HTTPLookupError("ipwhois asks nobody here")

    return RDAP, SilentNet


def _parsed(document: dict[str, Any], address: IPAddress) -> dict[str, Any]:
    reader, silent_net = _reader()
    found: dict[str, Any] = reader(silent_net(address)).lookup(
        response=document, bootstrap=True, root_ent_check=False, depth=0
    )
    return found


def _network(document: dict[str, Any], address: IPAddress, registry: str) -> Registration:
    entities = list(_entities(document))
    keys = ("ipVersion", "startAddress", "endAddress", "name", "country", "type")
    wanted = {key: value for key in keys if isinstance(value := document.get(key), str)}
    # RFC 9083 lets a network have no handle; ipwhois does not.
    handle = _text(document.get("handle"))
    clean = {**wanted, "handle": handle or "-", "entities": [each.clean for each in entities]}
    found = _parsed(clean, address)
    network = found["network"]
    first, last = ip_address(network["start_address"]), ip_address(network["end_address"])
    if first.version != last.version or int(first) > int(last):
        raise ValueError(f"{first} - {last} is no range")
    return Registration(
        registry=registry,
        first=first,
        last=last,
        handle=handle or None,
        name=_range_name(_text(network["name"]), found["objects"]),
        country=_country(network["country"]),
        organisation=_holder(found["objects"], entities),
        abuse=_abuse(found["objects"], entities),
    )


_ANY = ip_address("192.0.2.1")


def _autnum(document: dict[str, Any], registry: str) -> Registration:
    """Ipwhois knows no AS numbers: their entities are read as those of a network."""
    entities = list(_entities(document))
    about = {"handle": "-", "ipVersion": "v4", "startAddress": str(_ANY), "endAddress": str(_ANY)}
    found = _parsed({**about, "entities": [each.clean for each in entities]}, _ANY)
    first, last = _numbers(document)
    return Registration(
        registry=registry,
        first_asn=first,
        last_asn=last,
        handle=_text(document.get("handle")) or None,
        name=_range_name(_text(document.get("name")), found["objects"]),
        country=_country(document.get("country")),
        organisation=_holder(found["objects"], entities),
        abuse=_abuse(found["objects"], entities),
    )


def _numbers(document: dict[str, Any]) -> tuple[int, int]:
    """First and last AS number. RIPE's documents of 2017 told them in the handle alone."""
    told = re.fullmatch(r"AS([0-9]{1,10})", _text(document.get("handle")), re.ASCII)
    if told is not None and "startAutnum" not in document and "endAutnum" not in document:
        return _number(int(told[1])), _number(int(told[1]))
    first, last = _number(document["startAutnum"]), _number(document["endAutnum"])
    if first > last:
        raise ValueError(f"AS{first} - AS{last} is no range")
    return first, last


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**32:
        raise ValueError(f"{value!r:.40} is no AS number")
    return value


def _country(value: Any) -> str | None:
    text = _text(value).upper()
    return text if len(text) == 2 and text.isascii() and text.isalpha() else None


# -- entities (rule 4) -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entity:
    """An entity of the document, in a form that the parser takes."""

    key: str
    """Its handle; one of our own where it has none or shares one."""
    handle: str
    roles: frozenset[str]
    vcard: list[Any]

    @property
    def clean(self) -> dict[str, Any]:
        return {
            "handle": self.key,
            "roles": sorted(self.roles),
            "vcardArray": ["vcard", self.vcard],
        }


def _entities(document: dict[str, Any]) -> Iterator[_Entity]:
    """Entities of the document, those inside others after all that are not."""
    level, count = [document], 0
    while level:
        inner = []
        for holder in level:
            entities = holder.get("entities")
            for entity in entities if isinstance(entities, list) else ():
                count += 1
                if not isinstance(entity, dict) or count > _MAX_ENTITIES:
                    continue
                inner.append(entity)
                handle = _text(entity.get("handle"))
                yield _Entity(
                    key=f"{count} {handle}",
                    handle=handle,
                    roles=_roles(entity.get("roles")),
                    vcard=list(_vcard(entity.get("vcardArray"))),
                )
        level = inner


def _roles(value: Any) -> frozenset[str]:
    items = value if isinstance(value, list) else []
    return frozenset(item.lower() for item in items if isinstance(item, str))


def _vcard(value: Any) -> Iterator[list[Any]]:
    """The properties of a jCard (RFC 7095) that are wanted, where they hold plain text."""
    rows = value[1] if isinstance(value, list) and len(value) > 1 else ()
    for row in rows if isinstance(rows, list) else ():
        if (
            isinstance(row, list)
            and len(row) > 3
            and row[0] in ("fn", "kind", "email")
            and isinstance(row[3], str)
        ):
            yield row[:4]


def _range_name(name: str, objects: dict[str, Any]) -> str | None:
    """What the range is called, unless that is the name of a person (LACNIC names it so)."""
    contacts = [entity["contact"] or {} for entity in objects.values()]
    persons = {_text(c.get("name")) for c in contacts if _is_person(c)}
    return name if name and name not in persons else None


def _is_person(contact: dict[str, Any]) -> bool:
    return (contact.get("kind") or "").lower() == "individual"


def _holder(objects: dict[str, Any], entities: list[_Entity]) -> Organisation | None:
    """The registrant that is an organisation; else an organisation without a role.

    Roles are missing in AFRINIC's older documents; a maintainer (RIPE, kind
    ``individual`` without a name of its own) is nobody's name.
    """
    for fits in (lambda e: "registrant" in e.roles, lambda e: not e.roles):
        for entity in filter(fits, entities):
            contact = objects[entity.key]["contact"] or {}
            name = _text(contact.get("name"))
            if (contact.get("kind") or "").lower() == "org" and name:
                return Organisation(name=name, handle=entity.handle or None)
    return None


def _abuse(objects: dict[str, Any], entities: list[_Entity]) -> str | None:
    """The role's mailbox among those of all entities with the role ``abuse``."""
    contacts = [objects[e.key]["contact"] or {} for e in entities if "abuse" in e.roles]
    mails = [mail for contact in contacts for mail in contact.get("email") or ()]
    return role_mailbox(_text(mail.get("value")) for mail in mails)
