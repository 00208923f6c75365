"""Small files of every data set, as their publishers write them, and the date that each tells."""

import gzip
import json
from datetime import date
from pathlib import Path

from datasets.made_mrt import as_path, attribute, entry, peer_index, rib

DAY = date(2001, 9, 9)
"""Of the made table: its records are of second 1,000,000,000."""


def table(*routes: tuple[str, tuple[int, ...]]) -> bytes:
    """A table of a collector with one peer."""
    records = [
        rib(
            4 if ":" in prefix else 2,
            prefix,
            entry(0, attribute(1, b"\0") + as_path([(2, list(path))])),
        )
        for prefix, path in routes
    ]
    return peer_index(("192.0.2.1", 3320)) + b"".join(records)


def page(*rows: dict[str, object], generated: float | None = 1_000_000_000.5) -> str:
    """A page of PeeringDB."""
    meta = {} if generated is None else {"generated": generated}
    return json.dumps({"data": [{"status": "ok", **row} for row in rows], "meta": meta})


PEERINGDB = {
    "ix.json": page({"id": 26, "name": "AMS-IX"}),
    "ixlan.json": page({"id": 26, "ix_id": 26}),
    "ixpfx.json": page({"id": 1, "ixlan_id": 26, "protocol": "IPv4", "prefix": "80.249.208.0/21"}),
    "netixlan.json": page(
        {"id": 1, "ixlan_id": 26, "ix_id": 26, "asn": 3320, "ipaddr4": "80.249.208.7"}
    ),
    "net.json": page({"id": 1, "asn": 3320, "name": "DTAG"}),
}
SAMPLES: dict[str, tuple[str, bytes | str, str | None]] = {
    # data set: name, content, date that it tells
    "mrt": ("x.gz", gzip.compress(table(("8.8.8.0/24", (3320, 15169)))), "2001-09-09"),
    "pfx2as": ("rv-20161019-1200.pfx2as", "8.8.8.0\t24\t15169\n1.0.0.0\t24\t1_2\n", "2016-10-19"),
    "iptoasn": ("x.tsv", "8.8.8.0\t8.8.8.255\t15169\tUS\tGOOGLE\n", None),
    "iplocation": ("x.csv", "8.8.8.0,8.8.8.255,15169,Google\n", None),
    "asnames": ("names_2024_09_19.tsv", "15169\tGOOGLE - Google\n", "2024-09-19"),
    "peeringdb": ("net.json", PEERINGDB["net.json"], "2001-09-09"),
    "ixf": (
        "x.json",
        '{"version": "1.0", "timestamp": "2026-01-02T03:04:05Z", "ixp_list": [], "member_list": []}',
        "2026-01-02",
    ),
    "providers": ("x.json", '{"p": {"mx": ["*.mail.example"], "title": "P"}}', None),
    "asrel": (
        "x.txt",
        (
            "# source:topology|BGP|20181201|ripe|rrc00\n# source:topology|BGP|20181205|ripe|rrc00\n"
            "1|2|-1\n2|3|0|bgp\n"
        ),
        "2018-12-01",
    ),
    "vrps": (
        "x.json",
        (
            '{"metadata": {"buildtime": "2023-07-27T18:56:02Z"}, "roas": '
            '[{"asn": 15169, "prefix": "8.8.8.0/24", "maxLength": 24}]}'
        ),
        "2023-07-27",
    ),
    "rdap-bootstrap": (
        "x.json",
        '{"publication": "2024-04-10T00:00:00Z", "services": [[["8.0.0.0/8"], ["https://a/"]]]}',
        "2024-04-10",
    ),
    "geofeed": ("x.csv", "# of ours\n8.8.8.0/24,US,US-CA,Mountain View,\n", None),
    "hostnames": ("x.json", '{"example.net": {"regs": ["^x$"], "hints": {}}}', None),
    "carriers": ("x.csv", "code,country_code,isp_city_en\nfra,DE,frankfurt\n", None),
    "airports": ("x.csv", "iata,city,country,lat,lon\nFRA,Frankfurt,DE,50,8\n", None),
    "cities": ("x.csv", "name,cc,admin1,lat,lon,population\nBern,CH,BE,46.9,7.4,130000\n", None),
    "transit-free": (
        "x.csv",
        (
            "asn,name,families,stated_on,source,also,note\n"
            "174,C,4,2026-01-01,https://a/,,\n175,D,4,2025-01-01,https://a/,,\n"
        ),
        "2026-01-01",
    ),
    "as2org": (
        "20161001.txt",
        "# format:org_id|changed|org_name|country|source\nA|20120130|A|US|ARIN\n",
        "2016-10-01",
    ),
    "iana-special": (
        "x.xml",
        (
            '<registry xmlns="http://www.iana.org/assignments" id="iana-ipv4-special-registry">'
            "<updated>2023-03-15</updated></registry>"
        ),
        "2023-03-15",
    ),
    "delegated": (
        "x",
        "# CONDITIONS OF USE\n#\n2|apnic|20260505|1|19830613|20260504|+1000\napnic|JP|asn|173|1|20020801|allocated\n",
        "2026-05-04",
    ),
}


def write(directory: Path, name: str, content: bytes | str) -> Path:
    """Write a file and return its path."""
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def peeringdb(directory: Path) -> Path:
    """A dump of PeeringDB, a page a kind."""
    for name, content in PEERINGDB.items():
        write(directory, name, content)
    return directory
