"""A small made world as its publishers would publish it, on a loopback server.

Every interface is as its publisher documents it; the data are invented.
"""

import bz2
import gzip
import json
from collections.abc import Callable
from datetime import datetime
from hashlib import md5
from typing import Any
from urllib.parse import parse_qs, urlsplit

from loopback_publishers import Asked, Page, Publisher

KEY = "Api-Key made-key-of-a-test"
LAN, PORTS = "185.1.0.0/24", {64500: "185.1.0.10", 64501: "185.1.0.11"}
UPDATED = "2026-06-01T12:00:00Z"
VRPS_DAY, ASREL_DAY, AS2ORG_DAY = "2026-06-17", "20260601", "20260401"
REGISTRIES = ("afrinic", "apnic", "arin", "lacnic", "ripencc")


def bases(url: str) -> dict[str, str]:
    """Base URLs for the configuration."""
    return {
        "peeringdb": f"{url}peeringdb/api/",
        "asrel": f"{url}caida/serial-2/",
        "as2org": f"{url}caida/as-organizations/",
        "pfx2as": f"{url}caida/routing/",
        "vrps": f"{url}rpki/",
        "iptoasn": f"{url}iptoasn/",
        "delegated": f"{url}stats/",
        "iana-special": f"{url}iana/assignments/",
        "rdap-bootstrap": f"{url}iana/rdap/",
        "ris": f"{url}ris/",
        "routeviews": f"{url}routeviews/",
    }


def configuration(url: str) -> str:
    """A configuration file that names this server alone."""
    lines = [f'{name} = "{base}"' for name, base in bases(url).items()]
    return "[publishers]\n" + "\n".join(lines) + "\n"


def peeringdb_rows() -> dict[str, list[dict[str, Any]]]:
    """Objects by kind."""
    told = {"status": "ok", "created": UPDATED, "updated": UPDATED}
    return {
        "ix": [{"id": 1, "name": "MADE-IX", "city": "Madeville", "country": "DE", **told}],
        "ixlan": [{"id": 1, "ix_id": 1, **told}],
        "ixpfx": [{"id": 1, "ixlan_id": 1, "prefix": LAN, "protocol": "IPv4", **told}],
        "netixlan": [
            {
                "id": number,
                "ix_id": 1,
                "ixlan_id": 1,
                "net_id": number,
                "asn": asn,
                "ipaddr4": port,
                "ipaddr6": None,
                "speed": 10000,
                "operational": True,
                **told,
            }
            for number, (asn, port) in enumerate(PORTS.items(), 1)
        ],
        "net": [
            {"id": number, "org_id": number, "asn": asn, "name": f"Made {asn}", **told}
            for number, asn in enumerate(PORTS, 1)
        ],
        "org": [
            {"id": number, "name": f"Made Org {number}", "country": "DE", **told}
            for number in (1, 2)
        ],
        "fac": [{"id": 1, "org_id": 1, "name": "Made House", "city": "Madeville", **told}],
        "netfac": [{"id": 1, "net_id": 1, "fac_id": 1, "local_asn": 64500, **told}],
        "ixfac": [{"id": 1, "ix_id": 1, "fac_id": 1, **told}],
    }


class PeeringDb:
    """The API: all objects of a kind, or those changed since a moment; keys, limits and pages."""

    def __init__(self) -> None:
        self.rows = peeringdb_rows()
        self.per_minute: int | None = None
        self.asked = 0

    def answer(self, asked: Asked) -> Page | int | None:
        """Answer what lies under /peeringdb/api/; ``None`` for anything else."""
        parts = urlsplit(asked.path)
        if not parts.path.startswith("/peeringdb/api/"):
            return None
        if asked.headers.get("authorization") not in (None, KEY):
            return 401
        rows = self.rows.get(parts.path.rpartition("/")[2])
        if rows is None:
            return 404
        told = {name: values[0] for name, values in parse_qs(parts.query).items()}
        since = int(told.get("since", 0))
        chosen = [row for row in rows if since or row["status"] == "ok"]
        if since:
            chosen = [
                row for row in chosen if datetime.fromisoformat(row["updated"]).timestamp() >= since
            ]
        skip, limit = int(told.get("skip", 0)), int(told.get("limit", 0))
        chosen = chosen[skip : skip + limit] if limit else chosen[skip:]
        body = json.dumps({"meta": {}, "data": chosen}).encode()
        return Page(body=body, kind="application/json", modified=None, ranges=False)


def listing(*names: str) -> bytes:
    """A directory, as Apache lists it."""
    rows = "".join(
        f'<tr><td><a href="{name}">{name[:20]}..&gt;</a></td><td>2026-06-12 14:20</td></tr>\n'
        for name in names
    )
    sort = '<a href="?C=M;O=A">Last modified</a> <a href="/datasets/">Parent Directory</a>'
    return f"<html><head><title>Index of /</title></head><body>{sort}{rows}</body></html>".encode()


def lay_out(publisher: Publisher) -> PeeringDb:
    """Put everything in its place and return the API."""
    for lay in _LAYOUT:
        lay(publisher)
    peeringdb = PeeringDb()
    publisher.compute = peeringdb.answer
    return peeringdb


def _caida(publisher: Publisher) -> None:
    names = ("20260501.as-rel2.txt.bz2", f"{ASREL_DAY}.as-rel2.txt.bz2", "README.txt")
    publisher.put("/caida/serial-2/", listing(*names), kind="text/html")
    for name in names[:2]:
        text = "# input clique: 64500\n64500|64501|-1|bgp\n64501|64502|0|mlp\n"
        publisher.put(f"/caida/serial-2/{name}", bz2.compress(text.encode()))
    name = f"{AS2ORG_DAY}.as-org2info.jsonl.gz"
    rows = (
        {"organizationId": "MADE-1", "name": "Made One", "country": "DE", "type": "Organization"},
        {"asn": "64500", "organizationId": "MADE-1", "name": "MADE", "type": "ASN"},
    )
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    publisher.put("/caida/as-organizations/", listing(name, "README.txt"), kind="text/html")
    publisher.put(f"/caida/as-organizations/{name}", gzip.compress(lines.encode(), mtime=0))


def _prefix2as(publisher: Publisher) -> None:
    for tree, mark, row in (
        ("routeviews-prefix2as", "rv2", "198.18.0.0\t15\t64500\n185.2.0.0\t16\t64501_64502\n"),
        ("routeviews6-prefix2as", "rv6", "2a00:1::\t32\t64500\n"),
    ):
        log = "# Format: 1\n# Fields: seqnum timestamp path\n"
        for number, day in enumerate(("20260615", "20260616"), 1):
            path = f"2026/06/routeviews-{mark}-{day}-1200.pfx2as.gz"
            log += f"{number}\t1750000000\t{path}\n"
            publisher.put(f"/caida/routing/{tree}/{path}", gzip.compress(row.encode(), mtime=0))
        publisher.put(f"/caida/routing/{tree}/pfx2as-creation.log", log.encode(), kind="text/plain")
        names = (f"routeviews-{mark}-{day}-1200.pfx2as.gz" for day in ("20260615", "20260616"))
        publisher.put(f"/caida/routing/{tree}/2026/06/", listing(*names), kind="text/html")


def _vrps(publisher: Publisher) -> None:
    roas = [
        {"asn": asn, "prefix": prefix, "maxLength": 24, "ta": "ripe", "expires": 1781654400}
        for asn, prefix in ((64500, "185.3.0.0/16"), (64501, "185.2.0.0/16"))
    ]
    document = {"metadata": {"buildtime": f"{VRPS_DAY}T10:00:00Z", "vrps": 2}, "roas": roas}
    publisher.put("/rpki/vrps.json", json.dumps(document).encode(), kind="application/json")


def _iptoasn(publisher: Publisher) -> None:
    text = "185.2.0.0\t185.2.255.255\t64501\tDE\tMADE\n2a00:1::\t2a00:1:ffff::\t64500\tDE\tMADE\n"
    publisher.put(
        "/iptoasn/ip2asn-combined.tsv.gz",
        gzip.compress(text.encode(), mtime=0),
        headers={"Content-Encoding": "gzip"},
    )


def _delegated(publisher: Publisher) -> None:
    for registry in REGISTRIES:
        name = f"delegated-{registry}-extended-latest"
        text = (
            f"2|{registry}|20260617|1|19830101|20260616|+0000\n"
            f"{registry}|*|ipv4|*|1|summary\n"
            f"{registry}|DE|ipv4|185.2.0.0|65536|20120101|allocated|made\n"
        ).encode()
        checksum = md5(text, usedforsecurity=False).hexdigest()
        told = f"MD5 ({name}) = {checksum}\n" if registry != "arin" else f"{checksum}  {name}\n"
        publisher.put(f"/stats/{registry}/{name}", text, kind="text/plain")
        publisher.put(f"/stats/{registry}/{name}.md5", told.encode(), kind="text/plain")


def _iana(publisher: Publisher) -> None:
    special = (
        '<registry xmlns="http://www.iana.org/assignments" id="{name}"><title>Made</title>'
        '<updated>2026-05-01</updated><registry id="{name}-1"><record><address>{prefix}</address>'
        "<name>Made</name><spec/><allocation>2000-01</allocation><termination>N/A</termination>"
        "<source>True</source><destination>True</destination><forwardable>True</forwardable>"
        "<global>False</global><reserved>False</reserved></record></registry></registry>"
    )
    space = (
        '<registry xmlns="http://www.iana.org/assignments" id="{name}"><title>Made</title>'
        "<updated>2026-05-02</updated><record><prefix>{prefix}</prefix>"
        "<designation>RIPE NCC</designation><description>RIPE NCC</description><date>2006-10</date>"
        "<status>ALLOCATED</status></record></registry>"
    )
    for name, form, prefix in (
        ("iana-ipv4-special-registry", special, "10.0.0.0/8"),
        ("iana-ipv6-special-registry", special, "fc00::/7"),
        ("ipv4-address-space", space, "185/8"),
        ("ipv6-address-space", space, "2a00::/12"),
    ):
        body = '<?xml version="1.0"?>' + form.format(name=name, prefix=prefix)
        path = f"/iana/assignments/{name}/{name}.xml"
        publisher.put(path, body.encode(), kind="application/xml")
    for kind, resource in (("asn", "64496-64511"), ("ipv4", "185.0.0.0/8"), ("ipv6", "2a00::/12")):
        document = {
            "version": "1.0",
            "publication": "2026-06-02T00:00:00Z",
            "services": [[[resource], ["https://rdap.example/"]]],
        }
        body = json.dumps(document)
        publisher.put(f"/iana/rdap/{kind}.json", body.encode(), kind="application/json")


_LAYOUT: tuple[Callable[[Publisher], None], ...] = (
    _caida,
    _prefix2as,
    _vrps,
    _iptoasn,
    _delegated,
    _iana,
)
