"""What is said of the holders of addresses, in words: registered, claimed or hinted, as it is."""

from collections.abc import Iterator, Sequence
from typing import Any

from mxpath.attribution.delegation import delegation_words
from mxpath.model.address import IPAddress
from mxpath.model.attribution import Attribution
from mxpath.model.evidence import Claim
from mxpath.model.foreign_text import printable
from mxpath.model.place import RefutedPlace
from mxpath.model.study import Study

Said = tuple[str, str, Claim[Any]]
"""What kind of fact, the sentence, and the claim behind it; text of strangers stands in it."""


def about_owner(owner: Attribution) -> Iterator[Said]:
    """Yield what is claimed of the holder of an address and of its place; not what is refuted."""
    here = owner.address
    if owner.delegation is not None:
        block = owner.delegation.value
        bogon = ", and it is announced all the same: a bogon" if owner.is_bogon else ""
        words = f"{block.range_words}, which holds {here}, is delegated {delegation_words(block)}"
        yield "delegation", f"{words}{bogon}.", owner.delegation
    if owner.organisation is not None:
        words = f"The network of {here} is run by {owner.organisation.value}."
        yield "organisation", words, owner.organisation
    if owner.siblings is not None:
        words = f"Other networks of the organisation behind {here}: {owner.siblings.value}."
        yield "siblings", words, owner.siblings
    if owner.country is not None:
        words = f"The holder of {here} is registered in {owner.country.value}: no proof of place."
        yield "country", words, owner.country
    for place in owner.places:
        yield "place", f"{here} is said to be in {place.value}.", place


def refuted_words(refuted: RefutedPlace) -> str:
    """Say why a place cannot be, in a few words."""
    return (
        f"not in {refuted.place.value} as was said (answers in {refuted.rtt_ms:.1f} ms,"
        f" light needs {refuted.least_rtt_ms:.1f} ms)"
    )


def hosts_words(study: Study) -> str:
    """Say of the mail hosts who runs them, where that is registered and where they may be."""
    hosts: dict[str, list[str]] = {}
    for host in study.mail.plan.hosts:
        facts: dict[str, list[IPAddress]] = {}
        for address in host.addresses:
            for fact in _about(study, host.name, address):
                facts.setdefault(printable(fact), []).append(address)
        alike: dict[str, list[str]] = {}
        for fact, addresses in facts.items():
            alike.setdefault(_of_which(addresses, host.addresses), []).append(fact)
        words = " · ".join(which + " · ".join(alike[which]) for which in sorted(alike))
        if words:
            hosts.setdefault(words, []).append(_short(study, host.name))
    return "; ".join(
        f"{', '.join(dict.fromkeys(names))}: {words}" for words, names in hosts.items()
    )


def _of_which(addresses: Sequence[IPAddress], all_of_host: Sequence[IPAddress]) -> str:
    """Name the addresses that a fact holds for; nothing where it holds for all of the host's."""
    if set(addresses) == set(all_of_host):
        return ""
    for version in (4, 6):
        if set(addresses) == {a for a in all_of_host if a.version == version}:
            return f"IPv{version} "
    return f"{', '.join(map(str, addresses))} "


def _short(study: Study, host: str) -> str:
    """The first label of a name where no other host begins with it."""
    first = host.split(".", maxsplit=1)[0]
    alike = {h.name for h in study.mail.plan.hosts if h.name.split(".")[0] == first}
    return printable(first if len(alike) == 1 else host)


def _about(study: Study, host: str, address: IPAddress) -> Iterator[str]:
    """What the line on registered holders has not said already."""
    provider = study.providers.get(host)
    if provider is not None:
        yield f"{provider.value.title} by its name"
    owner = study.owners.get(address)
    if owner is None:
        return
    held = owner.registration.value if owner.registration is not None else None
    names = (held.organisation.name, held.name) if held and held.organisation else ()
    if owner.organisation is not None and owner.organisation.value.name not in names:
        yield owner.organisation.value.name
    if owner.country is not None and (held is None or held.country != owner.country.value):
        yield f"registered in {owner.country.value}"
    for place in owner.places:
        yield f"said to be in {place.value} ({place.grade})"
    for refuted in owner.refuted_places:
        yield refuted_words(refuted)
    if owner.is_bogon:
        yield "announced although nobody holds it (bogon)"
