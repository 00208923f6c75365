"""A thousand targets on the wire: the rate holds, and every answer that is due finds its probe."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mxpath.lab import capability


@pytest.mark.lab
def test_a_thousand_targets_on_the_wire_keep_to_the_rate_and_lose_no_answer() -> None:
    missing = capability.kernel_lab_missing()
    if missing is not None:
        pytest.skip(missing)
    user = ["-Ur"] if capability.needs_user_namespace() else []
    script = str(Path(__file__).with_name("inside_crowd.py"))
    done = subprocess.run(
        ["unshare", *user, "-n", sys.executable, script, "1000", "1000"],
        capture_output=True, text=True, check=True, timeout=60, env=capability.environment(),
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert found["right"] == 1000
    assert found["hops_answered"] == found["hops"] == 2000
    assert found["answered"] == found["packets"]
    # Never faster than asked; how near to it a busy machine comes is its own affair.
    assert 800 < found["packets"] / found["length_s"] < 1050
    assert found["grown_octets"] < 64e6
