"""``mxpath explain STUDY [CLAIM]``: why do you say so?"""

import argparse
from collections.abc import Iterable

from mxpath.cli.kept import read_study
from mxpath.errors import InputError
from mxpath.model import codec
from mxpath.model.documents import Explained, Explanation
from mxpath.model.evidence import Evidence
from mxpath.model.foreign_text import printable
from mxpath.report.explain import claims_of


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("study", metavar="STUDY", help="a study's file, last, or DOMAIN@WHEN")
    parser.add_argument("claim", nargs="?", metavar="CLAIM", help="a key, or the start of some")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(options: argparse.Namespace) -> int:
    """Print the claims that match, each with its reasons."""
    study = read_study(options.study)
    every = tuple(claims_of(study))
    found = tuple(c for c in every if c.key.startswith(options.claim or ""))
    if not found:
        known = ", ".join(dict.fromkeys(claim.key.partition(":")[0] for claim in every))
        raise InputError(f"{study.domain} makes no claim {options.claim!r}; it has {known}")
    if options.json:
        print(codec.dump(Explanation(domain=study.domain, claims=found)).decode(), end="")
    else:
        print("\n\n".join(_words(claim) for claim in found))
    return 0


def _words(claim: Explained) -> str:
    grade = f"   [{claim.grade}]" if claim.grade else ""
    lines = [f"{claim.key}{grade}", f"  {printable(claim.sentence)}"]
    lines += _reasons("because", claim.evidence)
    lines += _reasons("against", claim.counter_evidence)
    return "\n".join(lines)


def _reasons(word: str, reasons: Iterable[Evidence]) -> list[str]:
    return [
        f"  {word} {r.source}{f' of {r.as_of}' if r.as_of else ''}, rule {r.rule}"
        + (f": {printable(r.detail)}" if r.detail else "")
        for r in reasons
    ]
