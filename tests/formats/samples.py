"""Samples of formats: ``tests/samples/NAME`` for the reader of that name."""

from dataclasses import dataclass
from pathlib import Path

from mxpath.formats import READERS

SAMPLES = Path(__file__).parent.parent / "samples"


@dataclass(frozen=True)
class Sample:
    """A file in the format of the reader of that name."""

    name: str
    path: Path

    def __str__(self) -> str:
        return f"{self.name}/{self.path.name}"

    @property
    def content(self) -> bytes:
        return self.path.read_bytes()


def samples(name: str) -> list[Sample]:
    files = sorted(path for path in (SAMPLES / name).glob("*") if path.suffix != ".md")
    return [Sample(name, path) for path in files]


ALL = [sample for name in READERS for sample in samples(name)]


def smallest(name: str) -> Sample:
    return min(samples(name), key=lambda sample: sample.path.stat().st_size)
