"""Make the shipped RDAP bootstrap documents from IANA's (RFC 9224).

    python data/make_rdap_bootstrap.py asn.json ipv4.json ipv6.json data/snapshots/rdap-bootstrap/DATE

The documents are kept as they were published, on fewer lines: one for each registry.
"""

import json
import sys
from pathlib import Path


def shortened(document: bytes) -> str:
    """Return a bootstrap document with one line a service."""
    told = json.loads(document)
    services = told.pop("services")
    head = [f" {json.dumps(key)}: {json.dumps(value)}," for key, value in told.items()]
    lines = ",\n".join(f"  {json.dumps(service)}" for service in services)
    return "\n".join(["{", *head, ' "services": [', lines, " ]", "}"]) + "\n"


def main(arguments: list[str]) -> int:
    """Write one document for each that is named, into the directory named last."""
    if len(arguments) != 4:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    directory = Path(arguments[-1])
    directory.mkdir(parents=True, exist_ok=True)
    for source in map(Path, arguments[:-1]):
        (directory / source.name).write_text(shortened(source.read_bytes()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
