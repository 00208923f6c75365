"""What cannot be traced is refused before anything leaves."""

from dataclasses import replace
from typing import Any, cast

import pytest

from mxpath.errors import InputError
from mxpath.tracing.options import TraceOptions


@pytest.mark.parametrize(
    ("name", "value"),
    [("port", 0), ("port", 65536), ("max_ttl", 64), ("max_past_target", 6), ("attempts", 0)],
)
def test_values_out_of_range_are_refused(name: str, value: int) -> None:
    with pytest.raises(InputError, match=f"{name} = {value} must lie between"):
        replace(TraceOptions(), **cast("Any", {name: value}))


def test_the_default_gives_a_silent_target_no_more_syns_than_one_that_answers() -> None:
    default = TraceOptions()
    assert default.max_silent_hops == 1 + default.max_past_target == 6
