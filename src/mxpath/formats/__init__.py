"""Other people's traces, and our own: readers and writers, one file a format.

A reader is a pure function from the bytes of a whole file to traces, and raises
:class:`~mxpath.errors.ParseError`, with source and line, on whatever it cannot read. A writer
turns traces into the bytes of a file.
"""

from mxpath.formats import (
    atlas,
    atlas_writer,
    dublin,
    globalping,
    lft,
    mtr,
    native,
    scamper,
    scamper_writer,
    tcptraceroute,
    traceroute,
    tracert,
    warts,
)
from mxpath.formats.reading import Reader, Writer

READERS: dict[str, Reader] = {
    "mxpath": native.READER,
    "atlas": atlas.READER,
    "scamper": scamper.READER,
    "warts": warts.READER,
    "dublin": dublin.READER,
    "globalping": globalping.READER,
    "mtr": mtr.READER,
    "traceroute": traceroute.READER,
    "tcptraceroute": tcptraceroute.READER,
    "tracert": tracert.READER,
    "lft": lft.READER,
}
"""By name; the order is that in which a file of unknown format is tried."""

WRITERS: dict[str, Writer] = {
    "mxpath": native.write,
    "atlas": atlas_writer.write,
    "scamper": scamper_writer.write,
}
"""By name."""
