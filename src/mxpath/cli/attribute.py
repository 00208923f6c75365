"""``mxpath attribute ADDRESS…``: whose addresses these are.

``attribute -`` answers each line of standard input with a line of JSON, as it comes.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from mxpath.attribution.attribute import attribute
from mxpath.cli import options as shared
from mxpath.cli import tables
from mxpath.cli.settings import settle
from mxpath.datasets.gazetteer import Gazetteer
from mxpath.errors import InputError
from mxpath.model.address import IPAddress, parse_address
from mxpath.model.attribution import Attribution
from mxpath.model.foreign_text import printable

_BLOCK_BYTES = 1 << 18
_LONGEST_LINE = 1 << 16
_LIMIT_S, _MOST_QUESTIONS = 60.0, 100
"""Whoever asks for addresses by hand waits longer than a study does."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "addresses",
        nargs="+",
        metavar="ADDRESS",
        help="or - to answer standard input line by line, as NDJSON",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument(
        "--rdap",
        action="store_true",
        help="ask the registries who holds each address (without it nothing is sent)",
    )
    parser.add_argument(
        "--abuse", action="store_true", help="with --rdap: the abuse mailbox of each holder too"
    )
    shared.add_offline(parser)
    shared.add_gazetteer(parser)


def run(options: argparse.Namespace) -> int:
    """Print one block per address; 1 when nothing is known of any."""
    if options.abuse and not options.rdap:
        raise InputError("--abuse: only a registry knows it; give --rdap too")
    gazetteer = shared.gazetteer_of(options)
    texts = options.addresses
    if texts == ["-"] and not options.rdap:
        return _stream(gazetteer)
    if texts == ["-"]:
        texts = sys.stdin.read().split()
    found = attribute([parse_address(text) for text in texts], gazetteer)
    if options.rdap:
        found = _with_holders(found, gazetteer, options)
    if options.json:
        from mxpath.model import codec  # noqa: PLC0415 - loads pydantic
        from mxpath.model.documents import Attributions  # noqa: PLC0415 - loads all of the model

        document = Attributions(as_of=gazetteer.as_of, attributions=tuple(found.values()))
        print(codec.dump(document).decode(), end="")
    else:
        for owner in found.values():
            _print_owner(owner)
    known = (o.network or o.ixp or o.special or o.registration for o in found.values())
    return 0 if any(known) else 1


def _stream(gazetteer: Gazetteer) -> int:
    """Answer standard input line by line, as it comes."""
    from mxpath.attribution.lines import AttributionLines  # noqa: PLC0415 - loads numpy

    answers = AttributionLines(gazetteer)
    try:
        for block in _blocks(sys.stdin.buffer):
            sys.stdout.buffer.write(answers.answer(block))
            sys.stdout.buffer.flush()
    finally:
        if answers.bad:
            words = f"{answers.bad} of {answers.lines} lines are no address"
            print(f"mxpath: {words}", file=sys.stderr)
    return 0 if answers.known else 1


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    """Yield whole lines, as many as there are without waiting; a longer line is cut."""
    begun = b""
    while block := os.read(file.fileno(), _BLOCK_BYTES):
        whole, end, rest = block.rpartition(b"\n")
        if end:
            yield begun + whole + end
            begun = rest
        elif len(begun) < _LONGEST_LINE:
            begun += rest
    if begun:
        yield begun + b"\n"


def _with_holders(
    owners: Mapping[IPAddress, Attribution], gazetteer: Gazetteer, options: argparse.Namespace
) -> dict[IPAddress, Attribution]:
    """Ask the registries about every address, and say what they did not."""
    from mxpath.attribution.registry import RegistryOptions, enrich  # noqa: PLC0415 - as below
    from mxpath.vantage.live import registries  # noqa: PLC0415 - only where it is asked for

    found = enrich(
        owners,
        registries(contact=settle(options).contact, source=settle(options).source),
        gazetteer,
        first=owners,
        options=RegistryOptions(
            offline=options.offline,
            with_abuse=options.abuse,
            limit_s=_LIMIT_S,
            most_questions=_MOST_QUESTIONS,
        ),
    )
    for note in found.notes:
        print(f"mxpath: {printable(note)}", file=sys.stderr)
    return found.owners


def _held(owner: Attribution) -> Iterator[str]:
    """Who holds the address, and the abuse mailbox: the holder's, else the network's."""
    held, operator = owner.registration, owner.operator
    if held is not None:
        yield f"held by {held.value.holder_words}"
    if held is not None and held.value.abuse:
        yield f"abuse: {held.value.abuse}"
    elif operator is not None and operator.value.abuse:
        yield f"abuse: {operator.value.abuse} (of {operator.value.range_words})"


def _print_owner(owner: Attribution) -> None:
    print(f"{owner.address!s:<26} {tables.owner_words(owner)}")
    held = "; ".join(_held(owner))
    if held:
        print(f"{'':<26} {printable(held)}")
    claims = (
        owner.special,
        owner.ixp_port,
        owner.ixp_lan,
        owner.origin,
        owner.rpki,
        owner.registration,
        owner.operator,
    )
    for claim in claims:
        # The origin's own reason has been told when the RPKI's repeats it.
        told = owner.origin.evidence if claim is owner.rpki and owner.origin is not None else ()
        for reason in claim.evidence if claim is not None else ():
            if reason in told:
                continue
            dated = f", {reason.as_of}" if reason.as_of else ""
            words = f"because {reason.source}{dated}: {reason.rule} {reason.detail}"
            print(f"{'':<26} {printable(words)}")
