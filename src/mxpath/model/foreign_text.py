"""Text from strangers (banners, names, DNS data) made safe to show.

The law: what comes out holds no character that a terminal, a bidirectional
renderer or an XML parser would *act* on; each is replaced by something a reader
can see. Nothing is silently dropped, and doing it twice changes nothing.
"""

import unicodedata

_CONTROL_PICTURES = 0x2400
_DELETE = 0x7F
MAX_COMBINING = 2
"""More combining marks than this on one character are shown as code points: they climb over lines."""


def printable(text: str, *, limit: int | None = None) -> str:
    r"""Return ``text`` with controls, escapes and invisible characters made visible.

    Parameters
    ----------
    text
        Anything, lone surrogates included.
    limit
        Longest result in characters; what is longer is cut and ends in ``…``.

    Examples
    --------
    >>> printable("220 mx\x1b[2J ready\r\n")
    '220 mx␛[2J ready␍␊'
    >>> printable("abc\u202edef")
    'abc<U+202E>def'
    >>> printable("a long name", limit=6)
    'a lon…'
    """
    shown: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        shown.append(_visible(character) if marks <= MAX_COMBINING else _code_point(character))
    return cut("".join(shown), limit) if limit is not None else "".join(shown)


def cut(text: str, limit: int) -> str:
    """Return ``text`` in at most ``limit`` characters, the last one ``…`` when it was longer."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)].rstrip() + "…"


def _visible(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(_CONTROL_PICTURES + code)
    if code == _DELETE:
        return "␡"
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
        return _code_point(character)
    return character


def _code_point(character: str) -> str:
    return f"<U+{ord(character):04X}>"
