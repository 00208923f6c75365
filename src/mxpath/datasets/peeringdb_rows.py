"""The nine kinds of PeeringDB's objects, each as a row of what is read of it.

Fields have come and gone since 2016; what is read here was there all the time, or is
``None`` where it was not. Numbers may be written as text, and truth as 0 and 1: copies
that went through SQLite do so. Contacts, notes and addresses of houses are not read.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Any, TypeVar

from mxpath.datasets.asnames import clean_name
from mxpath.datasets.numerals import address_v4, address_v6, whole_number
from mxpath.datasets.snapshot import Tally
from mxpath.model.address import IPAddress, Prefix

KINDS = ("ix", "ixlan", "ixpfx", "netixlan", "net", "org", "fac", "netfac", "ixfac")
"""The kinds of object that are read."""
NEEDED = KINDS[:4]
"""The kinds without which there is no join."""

Row = dict[str, Any]
"""An object as JSON gave it."""
_MAX_ASN = 2**32 - 1
_MAX_NUMBER = 2**32 - 1
"""Of identifiers, and of Mbit/s."""
_T = TypeVar("_T")


class _UnusableError(ValueError):
    """Why a row cannot be used."""


def read(
    rows: Iterable[Row], reader: Callable[[Row], _T], *, tally: Tally | None = None
) -> Iterator[_T]:
    """Yield each row as ``reader`` reads it; what it cannot read is counted and left out.

    Examples
    --------
    >>> [lan.ix_id for lan in read([{"id": 7, "ix_id": 31}, {"id": 8}], IxLan.of)]
    [31]
    """
    tally = Tally() if tally is None else tally
    for row in rows:
        try:
            yield reader(row)
        except _UnusableError as reason:
            tally.skip(str(reason))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ix:
    """An exchange point."""

    ix_id: int
    name: str
    city: str
    country: str | None
    org_id: int | None

    @classmethod
    def of(cls, row: Row) -> "Ix":
        """Read a row of ``ix``."""
        ix_id = _needed(row, "ix", "id")
        return cls(
            ix_id=ix_id,
            name=_text(row, "name") or f"IX {ix_id}",
            city=_text(row, "city") or "",
            country=_text(row, "country"),
            org_id=_number(row, "org_id"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class IxLan:
    """A peering LAN as a whole: its prefixes are rows of their own."""

    ixlan_id: int
    ix_id: int
    route_server_asn: int | None

    @classmethod
    def of(cls, row: Row) -> "IxLan":
        """Read a row of ``ixlan``."""
        return cls(
            ixlan_id=_needed(row, "ixlan", "id"),
            ix_id=_needed(row, "ixlan", "ix_id"),
            route_server_asn=_asn(row, "rs_asn"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class IxPrefix:
    """A prefix of a peering LAN."""

    ixlan_id: int
    prefix: Prefix

    @classmethod
    def of(cls, row: Row) -> "IxPrefix":
        """Read a row of ``ixpfx``."""
        try:
            prefix = ip_network(str(row.get("prefix")).strip())
        except ValueError as error:
            raise _UnusableError("ixpfx whose prefix does not parse") from error
        return cls(ixlan_id=_needed(row, "ixpfx", "ixlan_id"), prefix=prefix)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetIxLan:
    """A port of a network in a peering LAN."""

    ixlan_id: int
    asn: int
    addresses: tuple[IPAddress, ...]
    """One of each family at most."""
    net_id: int | None
    speed_mbps: int | None
    """In Mbit/s."""
    is_route_server_peer: bool | None
    is_operational: bool | None

    @classmethod
    def of(cls, row: Row) -> "NetIxLan":
        """Read a row of ``netixlan``."""
        asn = _asn(row, "asn")
        if asn is None:
            raise _UnusableError("netixlan without an AS number")
        found = [_address(row, f"ipaddr{version}", version) for version in (4, 6)]
        return cls(
            ixlan_id=_needed(row, "netixlan", "ixlan_id"),
            asn=asn,
            addresses=tuple(address for address in found if address is not None),
            net_id=_number(row, "net_id"),
            speed_mbps=_number(row, "speed") or None,
            is_route_server_peer=_flag(row, "is_rs_peer"),
            is_operational=_flag(row, "operational"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Net:
    """A network."""

    net_id: int
    asn: int
    name: str | None
    org_id: int | None
    kind: str | None
    """In PeeringDB's words, such as ``NSP`` or ``Content``."""

    @classmethod
    def of(cls, row: Row) -> "Net":
        """Read a row of ``net``."""
        asn = _asn(row, "asn")
        if asn is None:
            raise _UnusableError("net without an AS number")
        return cls(
            net_id=_needed(row, "net", "id"),
            asn=asn,
            name=_text(row, "name"),
            org_id=_number(row, "org_id"),
            kind=_text(row, "info_type"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Org:
    """An organisation: networks of one are siblings."""

    org_id: int
    name: str | None
    country: str | None

    @classmethod
    def of(cls, row: Row) -> "Org":
        """Read a row of ``org``."""
        return cls(
            org_id=_needed(row, "org", "id"),
            name=_text(row, "name"),
            country=_text(row, "country"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Facility:
    """A house in which networks and exchange points meet."""

    fac_id: int
    name: str
    city: str
    country: str | None
    latitude: float | None
    """In degrees; ``None`` where PeeringDB has none, as before 2018."""
    longitude: float | None

    @classmethod
    def of(cls, row: Row) -> "Facility":
        """Read a row of ``fac``."""
        fac_id = _needed(row, "fac", "id")
        latitude, longitude = _degrees(row, "latitude", 90), _degrees(row, "longitude", 180)
        known = latitude is not None and longitude is not None
        return cls(
            fac_id=fac_id,
            name=_text(row, "name") or f"facility {fac_id}",
            city=_text(row, "city") or "",
            country=_text(row, "country"),
            latitude=latitude if known else None,
            longitude=longitude if known else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NetFacility:
    """A network in a house."""

    fac_id: int
    net_id: int
    asn: int | None
    """The AS number it has there; ``None`` when only its network is named."""

    @classmethod
    def of(cls, row: Row) -> "NetFacility":
        """Read a row of ``netfac``."""
        return cls(
            fac_id=_needed(row, "netfac", "fac_id"),
            net_id=_needed(row, "netfac", "net_id"),
            asn=_asn(row, "local_asn"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class IxFacility:
    """An exchange point in a house."""

    fac_id: int
    ix_id: int

    @classmethod
    def of(cls, row: Row) -> "IxFacility":
        """Read a row of ``ixfac``."""
        return cls(fac_id=_needed(row, "ixfac", "fac_id"), ix_id=_needed(row, "ixfac", "ix_id"))


def _number(row: Row, name: str) -> int | None:
    value = row.get(name)
    if isinstance(value, str):
        try:
            value = whole_number(value.strip()[:20])
        except ValueError:
            return None
    return value if type(value) is int and 0 <= value <= _MAX_NUMBER else None


def _needed(row: Row, kind: str, name: str) -> int:
    value = _number(row, name)
    if value is None:
        raise _UnusableError(f"{kind} whose {name} is no number")
    return value


def _asn(row: Row, name: str) -> int | None:
    value = _number(row, name)
    return value if value is not None and 0 < value <= _MAX_ASN else None


def _text(row: Row, name: str) -> str | None:
    value = row.get(name)
    return clean_name(value) if isinstance(value, str) else None


def _flag(row: Row, name: str) -> bool | None:
    value = row.get(name)
    return str(value) in ("1", "True") if str(value) in ("0", "1", "False", "True") else None


def _degrees(row: Row, name: str, most: int) -> float | None:
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not -most <= value <= most:
        return None
    return float(value)


def _address(row: Row, name: str, version: int) -> IPAddress | None:
    value = row.get(name)
    if value is None or value == "":
        return None
    try:
        text = str(value).strip()
        return IPv4Address(address_v4(text)) if version == 4 else _ipv6(text)
    except ValueError as error:
        raise _UnusableError("netixlan whose address does not parse") from error


def _ipv6(text: str) -> IPv6Address:
    try:
        return IPv6Address(address_v6(text))
    except ValueError:
        address = IPv6Address(text)
        if address.scope_id is not None:
            raise
        return address
