"""``mxpath attribute ADDRESS|AS64496|PREFIX…``: whose these are, since when, and who says so.

``attribute -`` answers each line of standard input with a line of JSON, as it comes.
"""

import argparse
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import BinaryIO

from mxpath.attribution.attribute import attribute, attribute_network
from mxpath.attribution.prefix import attribute_prefix
from mxpath.cli import options as shared
from mxpath.cli.owner_block import address_block, network_block, prefix_block
from mxpath.cli.settings import settle
from mxpath.datasets.catalog import Section
from mxpath.errors import InputError
from mxpath.gazetteer.filling import commands
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.model.address import IPAddress, Prefix, parse_address
from mxpath.model.attribution import AsAttribution, Attribution
from mxpath.model.foreign_text import printable

_BLOCK_BYTES = 1 << 18
_LONGEST_LINE = 1 << 16
_AS_NUMBER = re.compile(r"[Aa][Ss]([0-9]{1,10})")
_MAX_ASN = 2**32 - 1
_LIMIT_S, _MOST_QUESTIONS = 60.0, 100
"""Whoever asks for addresses by hand waits longer than a study does."""

Question = IPAddress | int | Prefix
"""What can be asked about; a number is an AS number."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "addresses",
        nargs="+",
        metavar="ADDRESS|AS64496|PREFIX",
        help="or - to answer the addresses of standard input line by line, as NDJSON",
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
    """Print one block for each question; 1 when nothing is known of any."""
    if options.abuse and not options.rdap:
        raise InputError("--abuse: only a registry knows it; give --rdap too")
    gazetteer = shared.gazetteer_of(options)
    texts = options.addresses
    if texts == ["-"] and not options.rdap:
        return _stream(gazetteer)
    if texts == ["-"]:
        texts = sys.stdin.read().split()
    questions = [_question(text) for text in texts]
    addresses = [q for q in questions if isinstance(q, IPv4Address | IPv6Address)]
    owners = attribute(addresses, gazetteer)
    networks = {q: attribute_network(q, gazetteer) for q in questions if isinstance(q, int)}
    prefixes = {
        q: attribute_prefix(q, gazetteer)
        for q in questions
        if isinstance(q, IPv4Network | IPv6Network)
    }
    if options.rdap:
        owners, networks = _with_holders(owners, networks, gazetteer, options)
    if options.json:
        from mxpath.model import codec  # noqa: PLC0415 - loads pydantic
        from mxpath.model.documents import Attributions  # noqa: PLC0415 - loads all of the model

        document = Attributions(
            as_of=gazetteer.as_of,
            attributions=tuple(owners.values()),
            networks=tuple(networks.values()),
            prefixes=tuple(prefixes.values()),
        )
        print(codec.dump(document).decode(), end="")
    else:
        blocks: dict[Question, str] = {a: address_block(owner) for a, owner in owners.items()}
        blocks |= {asn: network_block(found) for asn, found in networks.items()}
        blocks |= {prefix: prefix_block(found) for prefix, found in prefixes.items()}
        print("\n\n".join(blocks[question] for question in dict.fromkeys(questions)))
        _say_missing(gazetteer)
    known = [
        *(
            o.ixp or o.special or o.origin or o.delegation or o.registration
            for o in owners.values()
        ),
        *(
            n.delegation or n.organisation or n.network.name or n.registration
            for n in networks.values()
        ),
        *(
            p.special or p.ixp_lan or p.covering or p.covered or p.delegations
            for p in prefixes.values()
        ),
    ]
    return 0 if any(known) else 1


def _question(text: str) -> Question:
    """Read an address, an AS number or a prefix."""
    if (number := _AS_NUMBER.fullmatch(text.strip())) is not None and int(number[1]) <= _MAX_ASN:
        return int(number[1])
    if "/" in text:
        try:
            return ip_network(text.strip())
        except ValueError as error:
            raise InputError(f"no prefix: {printable(str(error))}{_meant(text)}") from error
    try:
        return parse_address(text)
    except InputError as error:
        raise InputError(
            f"{printable(text)!r} is no IPv4 or IPv6 address, no AS number (AS64496) and no prefix"
        ) from error


def _meant(text: str) -> str:
    """Name the prefix that an address with a length lies in."""
    try:
        return f"; give {ip_network(text.strip(), strict=False)}, or the address alone"
    except ValueError:
        return ""


_WITHOUT = {
    Section.ORIGINS: "origins",
    Section.EXCHANGES: "exchange points",
    Section.DELEGATIONS: "delegations",
    Section.ORGANISATIONS: "organisations",
    Section.RPKI: "RPKI states",
}


def _say_missing(gazetteer: Gazetteer) -> None:
    """Say what no data set here can answer, so that nobody takes it for absent."""
    lacking = [words for section, words in _WITHOUT.items() if section in gazetteer.missing]
    if lacking:
        told, fill = ", ".join(lacking), " and ".join(commands(gazetteer.missing, among=_WITHOUT))
        print(
            f"mxpath: unknown here, for no data set tells: {told} ({fill} would)", file=sys.stderr
        )


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
            are = "is" if answers.bad == 1 else "are"
            words = f"{answers.bad:,} of {answers.lines:,} lines {are} no address"
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
    owners: Mapping[IPAddress, Attribution],
    networks: Mapping[int, AsAttribution],
    gazetteer: Gazetteer,
    options: argparse.Namespace,
) -> tuple[dict[IPAddress, Attribution], dict[int, AsAttribution]]:
    """Ask the registries about every address and AS number, and say what they did not."""
    from mxpath.attribution.registry import (  # noqa: PLC0415 - as below
        RegistryOptions,
        ask_networks,
        enrich,
    )
    from mxpath.vantage.live import registries  # noqa: PLC0415 - only where it is asked for

    asking = registries(contact=settle(options).contact, source=settle(options).source)
    limits = RegistryOptions(
        offline=options.offline,
        with_abuse=options.abuse,
        limit_s=_LIMIT_S,
        most_questions=_MOST_QUESTIONS,
    )
    found = enrich(owners, asking, gazetteer, first=owners, options=limits)
    held, notes = ask_networks(networks, asking, gazetteer, options=limits)
    for note in (*found.notes, *notes):
        print(f"mxpath: {printable(note)}", file=sys.stderr)
    told = {asn: replace(one, registration=held.get(asn)) for asn, one in networks.items()}
    return found.owners, told
