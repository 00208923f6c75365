"""How right a study is about holders and places: each address held against the truth, counted.

A place is right where the machine stands in the city that is named likeliest. One that is
refuted is *rightly* so where it does not stand there. A wrong claim that light allows is
nobody's mistake, and a figure of its own.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mxpath.lab.smtp_accuracy import Fact
from mxpath.lab.truth import Truth
from mxpath.model.attribution import Attribution
from mxpath.model.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceTally:
    """Cities that were claimed of addresses, and what became of the claims."""

    right: int
    wrong: int
    """Believed, and not so."""
    refuted_rightly: int
    refuted_wrongly: int


def organisation_facts(studies: Iterable[Study], truth: Truth) -> Iterator[Fact]:
    """One fact an address whose network has a known organisation."""
    for owner in _owners(studies):
        true = truth.owners.get(owner.address)
        if true is None or true.organisation is None:
            continue
        found = owner.organisation.value.name if owner.organisation is not None else None
        words = f"{owner.address}: organisation {found}, truly {true.organisation}"
        yield found == true.organisation, words


def country_facts(studies: Iterable[Study], truth: Truth) -> Iterator[Fact]:
    """One fact an address whose holder is registered in a known country."""
    for owner in _owners(studies):
        true = truth.owners.get(owner.address)
        if true is None or true.country is None:
            continue
        found = owner.country.value if owner.country is not None else None
        words = f"{owner.address}: registered in {found}, truly in {true.country}"
        yield found == true.country, words


def tally_places(studies: Iterable[Study], truth: Truth) -> tuple[PlaceTally, tuple[str, ...]]:
    """Count places, and say in words which were refuted although true."""
    counts: Counter[str] = Counter()
    mistakes = []
    for owner in _owners(studies):
        true = truth.owners.get(owner.address)
        if true is None or not true.cities:
            continue
        if owner.place is not None and owner.place.value.city is not None:
            counts["right" if owner.place.value.city in true.cities else "wrong"] += 1
        for refuted in owner.refuted_places:
            wrongly = refuted.place.value.city in true.cities
            counts["refuted wrongly" if wrongly else "refuted rightly"] += 1
            if wrongly:
                city = refuted.place.value.city
                mistakes.append(f"{owner.address}: {city} is refuted, and it is there")
    tally = PlaceTally(
        right=counts["right"],
        wrong=counts["wrong"],
        refuted_rightly=counts["refuted rightly"],
        refuted_wrongly=counts["refuted wrongly"],
    )
    return tally, tuple(mistakes)


def _owners(studies: Iterable[Study]) -> Iterator[Attribution]:
    return (owner for study in studies for owner in study.owners.values())
