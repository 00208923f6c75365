"""``mxpath attribute ADDRESS…``: whose addresses these are."""

import argparse
import sys

from mxpath.attribution.attribute import attribute
from mxpath.cli import options as shared
from mxpath.cli import tables
from mxpath.model import codec
from mxpath.model.address import parse_address
from mxpath.model.attribution import Attribution
from mxpath.model.documents import Attributions


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("addresses", nargs="+", metavar="ADDRESS", help="or - for standard input")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    shared.add_gazetteer(parser)


def run(options: argparse.Namespace) -> int:
    """Print one block per address; 1 when nothing is known of any."""
    gazetteer = shared.gazetteer_of(options)
    texts = options.addresses
    if texts == ["-"]:
        texts = sys.stdin.read().split()
    found = attribute([parse_address(text) for text in texts], gazetteer)
    if options.json:
        document = Attributions(as_of=gazetteer.as_of, attributions=tuple(found.values()))
        print(codec.dump(document).decode(), end="")
    else:
        for owner in found.values():
            _print_owner(owner)
    return 0 if any(o.network or o.ixp or o.special for o in found.values()) else 1


def _print_owner(owner: Attribution) -> None:
    print(f"{owner.address!s:<26} {tables.owner_words(owner)}")
    for claim in (owner.special, owner.ixp_port, owner.ixp_lan, owner.origin, owner.rpki):
        # The origin's own reason has been told when the RPKI's repeats it.
        told = owner.origin.evidence if claim is owner.rpki and owner.origin is not None else ()
        for reason in claim.evidence if claim is not None else ():
            if reason in told:
                continue
            dated = f", {reason.as_of}" if reason.as_of else ""
            print(f"{'':<26} because {reason.source}{dated}: {reason.rule} {reason.detail}")
