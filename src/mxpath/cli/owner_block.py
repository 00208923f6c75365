"""What ``mxpath attribute`` prints of an address, an AS number or a prefix.

One row a fact: what it is, the fact, and who says so as of when. Where a country is told
it is where somebody is *registered*; a place is what somebody says.
"""

from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import Any

from mxpath.attribution.delegation import delegation_words
from mxpath.cli import tables
from mxpath.model.address import Prefix
from mxpath.model.attribution import (
    AsAttribution,
    Attribution,
    Delegation,
    OriginRange,
    PrefixAttribution,
)
from mxpath.model.evidence import Claim, Evidence
from mxpath.model.foreign_text import printable
from mxpath.model.network import Network
from mxpath.model.registry import Registration

_LABEL = 16
"""Columns of the left-hand label."""
_MOST_HOLDER_ID = 40
"""Characters of a holder's opaque name."""

Row = tuple[str, str, tuple[Evidence, ...]]
"""What it is, the fact, and why."""


def address_block(owner: Attribution) -> str:
    """Return all that is known of an address."""
    return _block(f"{owner.address}   {tables.owner_words(owner)}", _address_rows(owner))


def network_block(found: AsAttribution) -> str:
    """Return all that is known of an AS number."""
    rows = list(_network_rows(found))
    unknown = "" if rows or found.network.name else "   unknown network"
    return _block(f"{found.network}{unknown}", rows)


def prefix_block(found: PrefixAttribution) -> str:
    """Return all that is known of a prefix."""
    rows = list(_prefix_rows(found))
    return _block(f"{found.prefix}{'' if rows else '   nothing is known of it'}", rows)


def _block(title: str, rows: Iterable[Row]) -> str:
    lines = _wrapped(printable(title.rstrip()), "")
    for label, words, why in rows:
        text = f"{printable(words)}   ({_sources(why)})" if why else printable(words)
        lines += _wrapped(text, f"  {label:<{_LABEL}}")
    return "\n".join(lines).replace("\u00a0", " ")


def _wrapped(text: str, head: str) -> list[str]:
    return wrap(
        text,
        tables.WIDTH,
        initial_indent=head,
        subsequent_indent=" " * (_LABEL + 4),
        break_on_hyphens=False,
        break_long_words=False,
    )


def _sources(why: Iterable[Evidence]) -> str:
    """Name data sets with their dates, each once."""
    told = (
        f"{printable(one.source)} {one.as_of}" if one.as_of else printable(one.source)
        for one in why
    )
    # A date stays beside its data set.
    return ", ".join(dict.fromkeys(told)).replace(" ", "\u00a0").replace(",\u00a0", ", ")


def _fact(label: str, claim: Claim[Any] | None, words: str | None = None) -> Iterator[Row]:
    if claim is not None:
        grade = f" ({claim.grade})" if claim.grade is not None else ""
        yield label, f"{claim.value if words is None else words}{grade}", claim.evidence


def _address_rows(owner: Attribution) -> Iterator[Row]:
    if owner.special is not None:
        yield "special", owner.special.evidence[0].detail, owner.special.evidence
    if owner.ixp_port is not None:
        port = owner.ixp_port.value
        words = f"{port.ix_name}: port of {port.member}"
        yield "exchange point", words, owner.ixp_port.evidence
    if owner.ixp_lan is not None:
        lan = owner.ixp_lan.value
        yield "peering LAN", f"{lan.prefix} of {lan.ix_name}", owner.ixp_lan.evidence
    if owner.origin is not None:
        origin = owner.origin.value
        what = "announced" if origin.announced else "originated"
        numbers = ", ".join(f"AS{network.asn}" for network in origin.networks)
        yield what, f"{origin.prefix} by {numbers}", owner.origin.evidence
    if owner.is_bogon:
        yield "bogon", "it is announced, and nobody holds it", ()
    yield from _given(owner.delegation)
    yield from _fact("RPKI", _without(owner.rpki, owner.origin))
    yield from _fact("organisation", owner.organisation)
    yield from _fact("siblings", owner.siblings)
    yield from _fact("registered in", owner.country)
    yield from _places(owner)
    yield from _held("held by", owner.registration)
    yield from _held("AS held by", owner.operator)
    yield from _abuse(owner)


def _network_rows(found: AsAttribution) -> Iterator[Row]:
    yield from _given(found.delegation)
    yield from _fact("organisation", found.organisation)
    yield from _fact("siblings", found.siblings)
    yield from _fact("registered in", found.country)
    yield from _held("held by", found.registration)
    if found.registration is not None and found.registration.value.abuse:
        yield "abuse", found.registration.value.abuse, found.registration.evidence


def _prefix_rows(found: PrefixAttribution) -> Iterator[Row]:
    if found.special is not None:
        yield "special", found.special.evidence[0].detail, found.special.evidence
    if found.ixp_lan is not None:
        lan = found.ixp_lan.value
        yield "peering LAN", f"{lan.prefix} of {lan.ix_name}", found.ixp_lan.evidence
    yield from _ranges("around it", found.covering, itself=found.prefix)
    yield from _fact("RPKI", found.rpki)
    yield from _ranges("inside it", found.covered)
    if found.covered is not None and found.covered_count > len(found.covered.value):
        yield "", f"and {found.covered_count - len(found.covered.value):,} more", ()
    for block in found.delegations:
        country = f", registered in {block.value.country}" if block.value.country else ""
        yield from _given(block, also=country)
    last = found.delegations[-1].value.last if found.delegations else None
    if last is not None and int(last) < int(found.prefix.broadcast_address):
        yield "", f"of what lies behind {last} nothing is told here", ()


def _places(owner: Attribution) -> Iterator[Row]:
    """Where it is said to be; several places are several words, one of which is wrong at least."""
    for number, claim in enumerate(owner.places):
        label = "said to be in" if not number else "or in"
        yield label, f"{claim.value} ({claim.grade})", claim.evidence
    for refuted in owner.refuted_places:
        words = f"{refuted.place.value}: {refuted.counter_evidence[0].detail}"
        yield "not in", words, (*refuted.place.evidence, *refuted.counter_evidence)


def _ranges(
    label: str, claim: Claim[tuple[OriginRange, ...]] | None, *, itself: Prefix | None = None
) -> Iterator[Row]:
    """One row a range; who says so stands behind the last, and the label where it changes."""
    before = ""
    for number, one in enumerate(claim.value if claim is not None else (), start=1):
        assert claim is not None
        why = claim.evidence if number == len(claim.value) else ()
        said = _of_itself(one, itself) or label
        yield ("" if said == before else said), f"{one} by {_names(one.networks)}", why
        before = said


def _of_itself(one: OriginRange, prefix: Prefix | None) -> str:
    """What a range says of the very prefix that is asked about; nothing where it is another."""
    if prefix is None or (one.first, one.last) != (prefix[0], prefix[-1]):
        return ""
    return "announced" if one.prefix is not None else "originated"


def _given(claim: Claim[Delegation] | None, *, also: str = "") -> Iterator[Row]:
    if claim is None:
        return
    block = claim.value
    holder = f", holder {block.holder_id[:_MOST_HOLDER_ID]}" if block.holder_id else ""
    yield (
        "delegated",
        f"{delegation_words(block)}{also}: {block.range_words}{holder}",
        claim.evidence,
    )


def _held(label: str, claim: Claim[Registration] | None) -> Iterator[Row]:
    if claim is not None:
        held = claim.value
        yield label, f"{held.holder_words}: {held.range_words}", claim.evidence


def _abuse(owner: Attribution) -> Iterator[Row]:
    """The abuse mailbox: the holder's, else the network's."""
    held, operator = owner.registration, owner.operator
    if held is not None and held.value.abuse:
        yield "abuse", held.value.abuse, held.evidence
    elif operator is not None and operator.value.abuse:
        words = f"{operator.value.abuse} (of {operator.value.range_words})"
        yield "abuse", words, operator.evidence


def _without(claim: Claim[Any] | None, other: Claim[Any] | None) -> Claim[Any] | None:
    """A claim without the reasons that another has told already."""
    if claim is None or other is None:
        return claim
    evidence = tuple(one for one in claim.evidence if one not in other.evidence)
    return Claim(value=claim.value, evidence=evidence, grade=claim.grade)


def _names(networks: Iterable[Network]) -> str:
    return "; ".join(map(str, networks))
