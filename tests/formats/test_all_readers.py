"""What every reader keeps to. A new one is tested here once it is in READERS and has a sample."""

import bz2
import gzip
import lzma
import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.samples import ALL, Sample, samples, smallest
from mxpath.errors import ParseError
from mxpath.formats import READERS, guessing, reading
from mxpath.model import codec
from mxpath.model.documents import Traces
from mxpath.model.trace import Trace

NAMES = pytest.mark.parametrize("name", READERS)
EACH = pytest.mark.parametrize("sample", ALL, ids=str)

HOSTILE = (
    b'""', b'"x"', b'"\\ud800"', b"-1", b"0", b"256", b"65536", b"4294967296", b"1e999", b"NaN",
    b"0.5", b"9" * 30, b"9" * 5000, b"null", b"true", b"[]", b"{}", b"[[]]", b"[" * 5000,
    b'"::1"', b'"255.255.255.255"', b"fe80::1%eth0", b"*", b"\xff", b"\x00", "\u0661".encode(),
)  # fmt: skip
"""What a value is replaced with: of another type, out of range, or no text at all."""
VALUE = re.compile(rb'"[^"\n]{0,80}"|-?\d+(?:\.\d+)?')


def kept(traces: tuple[Trace, ...]) -> tuple[Trace, ...]:
    """What is left of them when they have been written and read again."""
    document = codec.dump(Traces(traces=traces, owners={}))
    return codec.load(Traces, document).traces


def read(name: str, content: bytes) -> None:
    """Read what may be anything: traces come out that can be kept, or a ParseError."""
    refused: ParseError | None = None
    traces: tuple[Trace, ...] = ()
    try:
        traces = READERS[name].read(content, source="bad.file")
    except ParseError as error:
        refused = error
    assert refused is None or (refused.source == "bad.file" and names_place(refused, name))
    assert not traces or kept(traces) == traces


def names_place(error: ParseError, name: str) -> bool:
    """Whether it says where: a line, a record or an offset; documents of ours name the field."""
    place = re.search(r"(record|byte) \d", str(error))
    return name == "mxpath" or error.line is not None or place is not None


@NAMES
def test_it_has_a_sample(name: str) -> None:
    assert samples(name)


@EACH
def test_a_sample_holds_traces(sample: Sample) -> None:
    traces = READERS[sample.name].read(sample.content, source=sample.path.name)
    assert traces
    for trace in traces:
        assert trace.flow is None or gapless(trace)
        assert sample.name == "mxpath" or comes_from(trace, sample)


def gapless(trace: Trace) -> bool:
    ttls = [hop.ttl for hop in trace.hops]
    return ttls == list(range(ttls[0], ttls[0] + len(ttls))) if ttls else True


def comes_from(trace: Trace, sample: Sample) -> bool:
    return trace.imported is not None and trace.imported.source == sample.path.name


@EACH
def test_a_sample_keeps_everything_through_our_own_form(sample: Sample) -> None:
    traces = READERS[sample.name].read(sample.content, source=sample.path.name)
    assert kept(traces) == traces


@EACH
def test_the_format_of_a_sample_is_guessed(sample: Sample) -> None:
    assert guessing.guess(sample.content) == sample.name


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_packed_sample_is_read_too(pack: Callable[[bytes], bytes]) -> None:
    sample = ALL[0]
    assert guessing.read(pack(sample.content), source="x") == guessing.read(
        sample.content, source="x"
    )


@NAMES
@pytest.mark.parametrize("content", [b"", b"\n", b"\0" * 64, b"[" * 100_000, b'{"a":' * 50_000])
def test_nothing_and_nonsense(name: str, content: bytes) -> None:
    read(name, content)


@NAMES
def test_a_file_that_is_too_large_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_BYTES", 100)
    with pytest.raises(ParseError, match=r"big\.file: larger than 100 bytes"):
        READERS[name].read(smallest(name).content, source="big.file")


@NAMES
@settings(max_examples=20)
@given(content=st.binary(max_size=300))
def test_any_bytes(name: str, content: bytes) -> None:
    read(name, content)


@NAMES
@settings(max_examples=15)
@given(share=st.floats(0, 1))
def test_a_sample_that_is_cut(name: str, share: float) -> None:
    content = smallest(name).content
    read(name, content[: int(share * len(content))])


@NAMES
@settings(max_examples=40)
@given(share=st.floats(0, 1, exclude_max=True), other=st.sampled_from(HOSTILE))
def test_a_sample_with_a_hostile_value(name: str, share: float, other: bytes) -> None:
    content = smallest(name).content
    values = list(VALUE.finditer(content))
    if values:
        start, end = values[int(share * len(values))].span()
        read(name, content[:start] + other + content[end:])


@NAMES
@settings(max_examples=20)
@given(share=st.floats(0, 1), removed=st.integers(0, 20), other=st.binary(max_size=8))
def test_a_sample_with_foreign_bytes(name: str, share: float, removed: int, other: bytes) -> None:
    content = smallest(name).content
    start = int(share * len(content))
    read(name, content[:start] + other + content[start + removed :])
