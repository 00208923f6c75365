"""Files of registries: small ones here, large ones beside the repository."""

from pathlib import Path

import pytest

from mxpath.datasets.snapshot import unpack

HERE = Path(__file__).parent.parent / "samples" / "registries"


def sample(name: str) -> bytes:
    """Return a sample, unpacked."""
    return unpack((HERE / name).read_bytes(), source=name)


def beside(*parts: str) -> Path:
    """Return a file of the open collection; skip the test where that does not lie beside this."""
    for parent in HERE.parents:
        directory = parent / "shared" / "data" / "open"
        if directory.is_dir():
            return directory.joinpath(*parts)
    pytest.skip("the open collection of real data is not beside this repository")
