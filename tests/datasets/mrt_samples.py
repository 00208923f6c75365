"""MRT files that the tests read: small ones here, large ones beside the repository."""

import lzma
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent.parent / "samples" / "mrt"
_EXPECTED = ".expect.txt.xz"


@dataclass(frozen=True)
class Sample:
    """A file, and what bgpdump prints for it."""

    path: Path
    expectation: Path | None

    def __str__(self) -> str:
        return self.path.name

    @property
    def content(self) -> bytes:
        return self.path.read_bytes()

    @property
    def expected(self) -> list[str]:
        assert self.expectation is not None
        return lzma.open(self.expectation, "rt").read().splitlines()


def samples(directory: Path) -> list[Sample]:
    """Every MRT file of a directory."""
    found = []
    for path in sorted(directory.iterdir()):
        if path.suffix in (".toml", ".xz"):
            continue
        name = path.name.removesuffix(".gz").removesuffix(".bz2")
        expectation = path.with_name(name + _EXPECTED)
        found.append(Sample(path, expectation if expectation.exists() else None))
    return found


def beside() -> Path | None:
    """Where the collection of large files lies beside the repository, if it does."""
    for parent in Path(__file__).resolve().parents:
        directory = parent / "shared" / "data" / "open" / "mrt"
        if directory.is_dir():
            return directory
    return None


def large() -> list[Sample]:
    """Large files for which there is an expectation."""
    directory = beside()
    return samples(directory / "bgpdump") if directory else []


ALL = samples(HERE)
EXPECTED = [sample for sample in ALL if sample.expectation]
