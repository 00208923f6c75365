"""Exchange points as they tell of themselves: member exports of the IX-F (0.6, 0.7 and 1.0).

A document names exchange points with their LANs, and members with their ports:
``{"version": …, "ixp_list": […], "member_list": […]}``.

The law
-------
1. An identifier (``ixp_id``, a LAN's ``id``) means something inside its document only.
   What joins documents is ``peeringdb_id``, else an equal LAN (see :func:`documents`).
2. The unit is the port: one address of one member. A member with several addresses has
   several ports; one without a LAN's number is a row all the same.
3. What cannot be read is counted with its reason and left out; it does not spoil its
   neighbours. Only a document of another kind is an error.
4. Who serves routes is told by ``member_type`` in 0.6, by ``service_type`` in 0.7 and
   by ``services`` in 1.0.
5. Contacts (mail addresses, telephones) are never read.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from mxpath.datasets.asnames import clean_name
from mxpath.datasets.numerals import whole_number
from mxpath.datasets.peeringdb_rows import Row
from mxpath.datasets.snapshot import Spec, Tally
from mxpath.errors import ParseError
from mxpath.model.address import IPAddress, Prefix

if TYPE_CHECKING:
    from mxpath.gazetteer.exchange_table import Exchanges

SPEC = Spec(
    name="ixf",
    publisher="the exchange points themselves",
    licence="each exchange point's own terms",
    cadence="continuous",
    url="https://{exchange point}/export.json",
    gives="LANs, members and the members' ports of one exchange point each",
    attribution="IX-F member exports of the exchange points named",
)

MAX_DOCUMENT_BYTES = 64 * 2**20
"""A larger document is refused: the largest exchange points need some 5 MB."""
VERSIONS = ("0.6", "0.7", "1.0")

_MAX_ASN = 2**32 - 1
_FAMILIES = (("ipv4", 4), ("ipv6", 6))
_ACTIVE = frozenset({"active", "operational", "connected", "up"})
_SERVES_ROUTES = frozenset({"ixrouteserver", "routeserver"})
_COLLECTS_ROUTES = frozenset({"ixroutecollector"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """An exchange point of a document."""

    ixp_id: int
    """Its number inside the document."""
    name: str
    country: str | None = None
    peeringdb_id: int | None = None
    ixf_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lan:
    """A peering LAN, of one family."""

    ixp_id: int
    vlan_id: int | None
    prefix: Prefix
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """One address of one member."""

    ixp_id: int
    vlan_id: int | None
    asn: int
    address: IPAddress
    member: str | None = None
    """The member's name."""
    speed_mbps: int | None = None
    """All interfaces of the connection together, in Mbit/s."""
    state: str | None = None
    """In the exchange point's own words, in small letters."""
    uses_route_server: bool | None = None
    """Whether the member speaks to the route servers from here."""
    is_route_server: bool = False
    is_collector: bool = False

    @property
    def is_active(self) -> bool:
        """Whether the port is in use as far as is told."""
        return self.state is None or self.state in _ACTIVE


IxfRow = Point | Lan | Port


def parse(document: bytes, *, source: str, tally: Tally | None = None) -> Iterator[IxfRow]:
    """Read one export: its exchange points, their LANs, then the members' ports.

    Raises
    ------
    ParseError
        When it is no IX-F member export of a version that is known.
    """
    reader = _Reader(tally=Tally() if tally is None else tally)
    data = _export(document, source)
    for row in (*reader.points(data["ixp_list"]), *reader.ports(data["member_list"])):
        reader.tally.rows += 1
        yield row


def _export(document: bytes, source: str) -> dict[str, Any]:
    if len(document) > MAX_DOCUMENT_BYTES:
        raise ParseError(f"larger than {MAX_DOCUMENT_BYTES} bytes", source=source)
    try:
        data = json.loads(document.removeprefix(b"\xef\xbb\xbf"))
    except json.JSONDecodeError as error:
        raise ParseError(
            f"not a JSON document: {error.msg}", source=source, line=error.lineno
        ) from error
    except (ValueError, RecursionError) as error:
        raise ParseError(f"not a JSON document: {error}", source=source) from error
    if not isinstance(data, dict) or not all(
        isinstance(data.get(name), list) for name in ("ixp_list", "member_list")
    ):
        raise ParseError("expected an object with ixp_list and member_list", source=source)
    if str(data.get("version")) not in VERSIONS:
        raise ParseError(
            f"version {str(data.get('version'))[:20]!r} of the IX-F member export is not read; "
            f"known are {', '.join(VERSIONS)}",
            source=source,
        )
    return data


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Rows out of what JSON gave; nothing in there is trusted to be what it should."""

    tally: Tally
    known: set[int] = field(default_factory=set)

    def points(self, items: list[Any]) -> Iterator[Point | Lan]:
        for item in items:
            ixp_id = _number(_member(item, "ixp_id"))
            if ixp_id is None:
                self.tally.skip("exchange point without a number")
                continue
            if ixp_id in self.known:
                self.tally.skip("exchange point listed twice")
                continue
            self.known.add(ixp_id)
            yield Point(
                ixp_id=ixp_id,
                name=_text(item.get("name")) or _text(item.get("shortname")) or f"IX {ixp_id}",
                country=_text(item.get("country")),
                peeringdb_id=_number(item.get("peeringdb_id")) or None,
                ixf_id=_number(item.get("ixf_id")) or None,
            )
            for vlan in _items(item.get("vlan")):
                yield from self._lans(ixp_id, vlan)

    def _lans(self, ixp_id: int, vlan: Any) -> Iterator[Lan]:
        for key, version in _FAMILIES:
            for half in _items(_member(vlan, key)):
                if _member(half, "prefix") in (None, ""):
                    continue
                prefix = _prefix(half, version)
                if prefix is None:
                    self.tally.skip("LAN whose prefix does not parse")
                    continue
                yield Lan(
                    ixp_id=ixp_id,
                    vlan_id=_number(vlan.get("id")),
                    prefix=prefix,
                    name=_text(vlan.get("name")),
                )

    def ports(self, items: list[Any]) -> Iterator[Port]:
        for member in items:
            asn = _asn(_member(member, "asnum"))
            if asn is None:
                self.tally.skip("member without an AS number")
                continue
            for connection in _items(member.get("connection_list")):
                yield from self._connection(member, asn, connection)

    def _connection(self, member: dict[str, Any], asn: int, connection: Any) -> Iterator[Port]:
        ixp_id = _number(_member(connection, "ixp_id"))
        if ixp_id not in self.known or ixp_id is None:
            self.tally.skip("connection to an exchange point that is not listed")
            return
        speeds = [_number(_member(each, "if_speed")) for each in _items(connection.get("if_list"))]
        told = [speed for speed in speeds if speed]
        state = _text(connection.get("state"))
        empty = True
        for vlan in _items(connection.get("vlan_list")):
            for key, version in _FAMILIES:
                for half in _items(_member(vlan, key)):
                    for address in self._addresses(half, version):
                        empty = False
                        yield Port(
                            ixp_id=ixp_id,
                            vlan_id=_number(vlan.get("vlan_id")),
                            asn=asn,
                            address=address,
                            member=_text(member.get("name")),
                            speed_mbps=sum(told) if told else None,
                            state=state.lower() if state else None,
                            uses_route_server=_flag(half.get("routeserver")),
                            is_route_server=_serves(member, half, _SERVES_ROUTES),
                            is_collector=_serves(member, half, _COLLECTS_ROUTES),
                        )
        if empty:
            self.tally.skip("connection without an address")

    def _addresses(self, half: Any, version: int) -> Iterator[IPAddress]:
        for value in _items(_member(half, "address")):
            try:
                # Some exports write the length of the LAN behind the address.
                address = ip_address(value.partition("/")[0].strip())
            except (ValueError, AttributeError):
                self.tally.skip("port whose address does not parse")
                continue
            if address.version != version or getattr(address, "scope_id", None) is not None:
                self.tally.skip("port whose address does not parse")
                continue
            yield address


def _member(item: Any, name: str) -> Any:
    return item.get(name) if isinstance(item, dict) else None


def _items(value: Any) -> list[Any]:
    """Return a list as it is, nothing for nothing, and anything else as a list of one."""
    if isinstance(value, list):
        return value
    return [] if value in (None, "") else [value]


def _number(value: Any) -> int | None:
    if isinstance(value, str):
        try:
            value = whole_number(value.strip()[:20])
        except ValueError:
            return None
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _asn(value: Any) -> int | None:
    number = _number(value.strip().upper().removeprefix("AS") if isinstance(value, str) else value)
    return number if number is not None and 0 < number <= _MAX_ASN else None


def _text(value: Any) -> str | None:
    return clean_name(value) if isinstance(value, str) else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _prefix(half: Any, version: int) -> Prefix | None:
    length = _number(_member(half, "mask_length"))
    text = str(half["prefix"]).strip()
    try:
        prefix = ip_network(text if "/" in text or length is None else f"{text}/{length}")
    except ValueError:
        return None
    # An address without a length is no LAN.
    whole = prefix.prefixlen == prefix.max_prefixlen
    return prefix if prefix.version == version and not whole else None


def _serves(member: dict[str, Any], half: Any, services: frozenset[str]) -> bool:
    told = [_member(each, "type") or each for each in _items(half.get("services"))]
    told += [*_items(half.get("service_type")), member.get("member_type")]
    return any(isinstance(each, str) and each.lower() in services for each in told)


def documents(
    rows: Iterable[IxfRow], *, known: "Exchanges | None" = None, tally: Tally | None = None
) -> dict[str, list[Row]]:
    """Return the rows of one export in PeeringDB's shape, for :func:`mxpath.gazetteer.exchange_join.join`.

    An exchange point gets its PeeringDB number: the one it names itself, else that of
    the only exchange point in ``known`` with an equal LAN. What has neither is left out
    and counted, and so are ports that are not active. No number of the export itself is
    left, so that the rows of several exports may be put together.

    Parameters
    ----------
    rows
        What :func:`parse` yields for one document.
    known
        PeeringDB's exchange points.
    tally
        Receives what was left out.
    """
    tally = Tally() if tally is None else tally
    found = list(rows)
    lans = [row for row in found if isinstance(row, Lan)]
    made: dict[str, list[Row]] = {"ix": [], "ixlan": [], "ixpfx": [], "netixlan": []}
    ix_of: dict[int, int] = {}
    for point in (row for row in found if isinstance(row, Point)):
        ix_id = point.peeringdb_id or _by_lan(point, lans, known)
        if ix_id is None:
            tally.skip("exchange point without a PeeringDB number")
            continue
        ix_of[point.ixp_id] = ix_id
        made["ix"].append({"id": ix_id, "name": point.name})
        made["ixlan"].append({"id": ix_id, "ix_id": ix_id})
    for number, lan in enumerate(lans):
        if lan.ixp_id in ix_of:
            made["ixpfx"].append(
                {"id": number, "ixlan_id": ix_of[lan.ixp_id], "prefix": str(lan.prefix)}
            )
    for number, port in enumerate(row for row in found if isinstance(row, Port)):
        if port.ixp_id in ix_of and port.is_active:
            key = f"ipaddr{port.address.version}"
            made["netixlan"].append(
                {
                    "id": number,
                    "ixlan_id": ix_of[port.ixp_id],
                    "asn": port.asn,
                    key: str(port.address),
                    "speed": port.speed_mbps,
                }
            )
        else:
            tally.skip(
                "port that is not active"
                if port.ixp_id in ix_of
                else "port of an exchange point without a PeeringDB number"
            )
    return made


def _by_lan(point: Point, lans: Iterable[Lan], known: "Exchanges | None") -> int | None:
    claims = set()
    for lan in lans:
        if known is not None and lan.ixp_id == point.ixp_id:
            held = known.lan_of(lan.prefix.network_address)
            if held is not None and held[1] == lan.prefix:
                claims.add(held[0])
    return claims.pop() if len(claims) == 1 else None
