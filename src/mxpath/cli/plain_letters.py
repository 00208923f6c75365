"""Letters for terminals that have few: what an encoding lacks is printed as its nearest look-alike.

A locale that is not UTF-8 is no reason to fail after a minute of measuring.
"""

import codecs
import sys
import unicodedata
from io import TextIOWrapper

_LOOK_ALIKES = {
    "─": "-",
    "◇": "<>",
    "±": "+-",
    "·": "|",
    "…": "...",
    "✗": "x",
    "→": "->",
    "“": "'",
    "”": "'",
}


def make_printable(*, as_json: bool = False) -> None:
    """Let standard output and error print everything, whatever their encoding.

    JSON is UTF-8 everywhere (RFC 8259, section 8.1): of a document no letter is changed.
    """
    codecs.register_error("mxpath.look-alikes", _look_alikes)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and codecs.lookup(stream.encoding).name != "utf-8":
            stream.reconfigure(errors="mxpath.look-alikes")
            if as_json and stream is sys.stdout:
                stream.reconfigure(encoding="utf-8")


def _look_alikes(error: UnicodeError) -> tuple[str, int]:
    """Replace letters that cannot be encoded; an error handler of :mod:`codecs`."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_plain(letter) for letter in lacking), error.end


def _plain(letter: str) -> str:
    bare = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode()
    return _LOOK_ALIKES.get(letter) or bare or "?"
