"""Every sample has a licence, a date and a source: ``tests/samples/manifest.toml``."""

import hashlib
import tomllib
from typing import Any

import pytest

from formats.samples import ALL, SAMPLES, Sample

LISTED: dict[str, dict[str, Any]] = {
    row["name"]: row
    for row in tomllib.loads((SAMPLES / "manifest.toml").read_text(encoding="utf-8"))["sample"]
}


@pytest.mark.parametrize("sample", ALL, ids=str)
def test_a_sample_is_listed_with_what_it_may_be_used_for(sample: Sample) -> None:
    row = LISTED[str(sample)]
    assert row["kind"] in ("real", "made")
    assert all(row[key] for key in ("as_of", "licence", "source"))
    assert row["kind"] == "made" or row["attribution"]
    assert row["sha256"] == hashlib.sha256(sample.content).hexdigest()


def test_nothing_is_listed_that_is_not_there() -> None:
    assert LISTED.keys() == {str(sample) for sample in ALL}
