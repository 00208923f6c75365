"""Make the shipped origins table from ip-location-db's ASN files.

    python data/make_origins.py IPV4.csv.xz IPV6.csv.xz data/snapshots/origins/DATE

Each input row is ``start,end,asn,"organisation"``. The organisation is dropped,
for it can be the name of a person; start, end and AS number stay as they are
and in their order. Equal inputs give equal bytes (with the same liblzma). The
addresses stay text: packed with xz they are smaller than whole numbers.
"""

import csv
import io
import lzma
import sys
from pathlib import Path


def trimmed(packed: bytes) -> bytes:
    """Return the first three columns of an xz-packed CSV, packed again."""
    rows = csv.reader(io.StringIO(lzma.decompress(packed).decode()))
    text = "".join(f"{start},{end},{asn}\n" for start, end, asn, *_ in rows)
    return lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME)


def main(arguments: list[str]) -> int:
    """Write ``ipv4.csv.xz`` and ``ipv6.csv.xz`` into the directory named last."""
    if len(arguments) != 3:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    directory = Path(arguments[2])
    directory.mkdir(parents=True, exist_ok=True)
    for source, name in zip(arguments, ("ipv4", "ipv6"), strict=False):
        (directory / f"{name}.csv.xz").write_bytes(trimmed(Path(source).read_bytes()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
