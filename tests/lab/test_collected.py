"""The dump of a running collector becomes a gazetteer, and attribution with it equals the truth."""

from pathlib import Path

import pytest

from lab.collected import Collected
from mxpath.lab.netns import Lab


@pytest.mark.lab
def test_all_origins_of_what_several_networks_announce_are_there(
    policies: Lab, tmp_path: Path
) -> None:
    collected = Collected.of(policies, "rrc0", tmp_path)
    several = {prefix: asns for prefix, asns in collected.told.items() if len(asns) > 1}
    assert {prefix.version for prefix in several} == {4, 6}
    assert all(asns == {64501, 64502} for asns in several.values())
    collected.check(collected.gazetteer(tmp_path))
