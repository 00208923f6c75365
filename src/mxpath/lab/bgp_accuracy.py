"""BGP paths of studies against the table of the sender's own router, by whose word they are."""

from collections.abc import Iterator

from mxpath.lab.smtp_accuracy import Fact
from mxpath.lab.truth import Truth
from mxpath.model.bgp import PathGrade
from mxpath.model.study import Study


def bgp_facts(study: Study, truth: Truth) -> Iterator[tuple[PathGrade, Fact]]:
    """One fact for what is told of each target, and one for what is predicted."""
    for view in study.bgp:
        told = view.path if view.path is not None and view.path != view.predicted else None
        for claim in (told, view.predicted):
            if claim is not None and view.target in truth.bgp:
                truly = truth.bgp[view.target]
                found = claim.value.asns
                words = f"{view.target}: BGP path ({claim.value.grade}) {found}, truly {truly}"
                yield claim.value.grade, (found == truly, words)
