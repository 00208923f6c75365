"""``mxpath explain STUDY [WHAT…]``: why do you say so?"""

import argparse
from collections.abc import Iterable, Iterator

from mxpath.cli.kept import read_study
from mxpath.model import codec
from mxpath.model.documents import Explained, Explanation
from mxpath.model.evidence import Evidence
from mxpath.model.foreign_text import cut, printable
from mxpath.report.explain import asked_for, claims_of

_LISTED = 88
"""Characters of a sentence in the list."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("study", metavar="STUDY", help="a study's file, last, or DOMAIN@WHEN")
    parser.add_argument(
        "questions",
        nargs="*",
        metavar="WHAT",
        help="a verdict, an address, a crossing, a name; without any: what can be asked",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(options: argparse.Namespace) -> int:
    """Print the claims that are meant, each with its reasons; or what can be asked."""
    study = read_study(options.study)
    every = tuple(claims_of(study))
    found = [claim for question in options.questions for claim in asked_for(study, question)]
    claims = tuple(dict.fromkeys(found)) if options.questions else every
    if options.json:
        print(codec.dump(Explanation(domain=study.domain, claims=claims)).decode(), end="")
    elif options.questions:
        print("\n\n".join("\n".join(_words(claim)) for claim in claims))
    else:
        print("\n".join(_list(every)))
    return 0


def _list(every: Iterable[Explained]) -> Iterator[str]:
    kind = None
    for claim in every:
        if (new := claim.key.partition(":")[0]) != kind and ":" in claim.key:
            kind = new
            yield f"\n{kind}"
        yield claim.key + (f"   [{claim.grade}]" if claim.grade else "")
        yield f"    {cut(printable(claim.sentence), _LISTED)}"
    yield "\nask with any of these, the beginning of one, an address, or a name"


def _words(claim: Explained) -> Iterator[str]:
    tags = [tag.value for tag in (claim.grade, claim.owner) if tag is not None]
    yield claim.key + (f"   [{' · '.join(tags)}]" if tags else "")
    yield f"  {printable(claim.sentence)}"
    yield from _reasons("because", claim.evidence)
    yield from _reasons("against", claim.counter_evidence)
    if claim.cost_ms is not None:
        yield f"  costs a delivery {claim.cost_ms:,.0f} ms"
    if claim.next_step:
        yield f"  next: {printable(claim.next_step)}"


def _reasons(word: str, reasons: Iterable[Evidence]) -> Iterator[str]:
    for reason in reasons:
        dated = f" of {reason.as_of}" if reason.as_of else ""
        detail = f": {printable(reason.detail)}" if reason.detail else ""
        yield f"  {word} {reason.source}{dated}, rule {reason.rule}{detail}"
