"""Our own form: what ``mxpath trace --json`` prints, and studies."""

from mxpath.formats.reading import Reader, check_size
from mxpath.model import codec
from mxpath.model.documents import Studies, Traces
from mxpath.model.study import Study
from mxpath.model.trace import Trace


def read(content: bytes, *, source: str) -> tuple[Trace, ...]:
    """Read the traces of a document of ours.

    Raises
    ------
    ParseError
        When it is none, or a field does not fit.
    """
    check_size(content, source=source)
    if _says(content, codec.schema_name(Study)):
        return codec.load(Study, content, source=source).traces
    if _says(content, codec.schema_name(Studies)):
        studies = codec.load(Studies, content, source=source).studies
        return tuple(trace for study in studies for trace in study.traces)
    return codec.load(Traces, content, source=source).traces


def write(traces: tuple[Trace, ...]) -> bytes:
    """Write traces as a document of ours, without owners and names."""
    return codec.dump(Traces(traces=traces, owners={}))


def _says(content: bytes, schema: str) -> bool:
    return f'"{schema}"'.encode() in content[:512]


def _fits(head: bytes) -> bool:
    return b'"mxpath.' in head[:512]


READER = Reader(title="mxpath's own documents", read=read, fits=_fits)
