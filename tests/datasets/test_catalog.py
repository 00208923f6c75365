"""The list of data sets: it names code that is there, and loads none of it by itself."""

import subprocess
import sys
from inspect import signature

import pytest

from mxpath.datasets.catalog import DATASETS


@pytest.mark.parametrize("name", sorted(DATASETS))
def test_the_parser_of_a_data_set_is_there(name: str) -> None:
    dataset = DATASETS[name]
    content, *others = signature(dataset.parse).parameters
    assert content == ("document" if dataset.whole else "lines")
    assert {"source", "tally"} <= set(others)


def test_what_reads_otherwise_is_found_by_its_name() -> None:
    assert {name for name, one in DATASETS.items() if one.columns} == {"pfx2as", "iplocation"}
    assert {name for name, one in DATASETS.items() if one.stream} == {"mrt"}


def test_to_open_a_gazetteer_loads_no_parser() -> None:
    said = "import sys; from mxpath import Gazetteer; Gazetteer.shipped(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    parsers = {f"mxpath.datasets.{one.parser.partition('.')[0]}" for one in DATASETS.values()}
    assert "mxpath.datasets.catalog" in done.stdout.split()
    assert parsers & set(done.stdout.split()) == set()
