r"""SMTP replies out of a stream of bytes, however it was cut into pieces.

The rules (RFC 5321 section 4.2), with their reasons:

1. A line is three digits, then ``-`` (more to come), a blank, or the end. The
   first digit is 2 to 5: SMTP never says 1yz.
2. All lines of one reply carry the same code; another one means that the two
   sides no longer agree where a reply begins, so it is an error.
3. Lines end in CRLF; a bare LF is taken too, since real servers send it.
4. Texts are decoded leniently: a greeting in Latin-1 is no reason to fail.
5. The RFC limits a line to 512 octets. Up to 8 KiB are taken, and at most 128
   lines a reply, so that no server can make us store without bound.
6. What cannot become a reply fails at the first octet that shows it, not at the
   time-out: an SSH banner or an HTTP error is told apart from silence.

Pieces do not matter: every way of cutting the same bytes gives the same replies
and the same error after them.
"""

import re

from mxpath.errors import ParseError
from mxpath.model.session import SmtpReply

MAX_LINE_OCTETS = 8192
"""Longest line taken, line end included."""

MAX_LINES = 128

_LINE = re.compile(rb"([2-5][0-9]{2})(?:([- ])(.*))?", re.DOTALL)
_START = re.compile(rb"[2-5]?|[2-5][0-9]|[2-5][0-9]{2}(?:[- \r\n].*)?", re.DOTALL)


class ReplyParser:
    r"""Collects bytes and hands out replies.

    Examples
    --------
    >>> parser = ReplyParser()
    >>> parser.feed(b"250-mx.example\r\n25")
    >>> parser.next_reply() is None
    True
    >>> parser.feed(b"0 SIZE\r\n")
    >>> parser.next_reply().lines
    ('mx.example', 'SIZE')
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._code: bytes | None = None
        self._lines: list[str] = []
        self._error: ParseError | None = None

    def feed(self, data: bytes) -> None:
        """Append what came from the far side."""
        self._buffer += data

    @property
    def pending(self) -> bool:
        """Whether bytes are waiting that no complete reply has claimed."""
        return bool(self._buffer or self._lines)

    def next_reply(self) -> SmtpReply | None:
        """Return the next complete reply, ``None`` while more bytes are needed.

        Raises
        ------
        ParseError
            When the bytes cannot be SMTP, or run over a limit. It repeats itself
            when asked again: there is no way back into such a stream.
        """
        if self._error is not None:
            raise self._error
        try:
            return self._assemble()
        except ParseError as error:
            self._error = error
            raise

    def discard(self) -> bool:
        """Forget all that is pending; tell whether there was anything."""
        found = self.pending
        self._buffer.clear()
        self._lines.clear()
        self._code = None
        return found

    def _assemble(self) -> SmtpReply | None:
        while (line := self._next_line()) is not None:
            match = _LINE.fullmatch(line)
            if match is None:
                raise ParseError(f"not an SMTP reply: {line[:40]!r}")
            code, separator, text = match.groups()
            if self._code not in (None, code):
                raise ParseError(f"the code changes within a reply: {line[:40]!r}")
            self._code = code
            self._lines.append((text or b"").decode("utf-8", "backslashreplace"))
            if separator != b"-":
                return self._finish(int(code))
            if len(self._lines) >= MAX_LINES:
                raise ParseError(f"a reply of more than {MAX_LINES} lines")
        return None

    def _next_line(self) -> bytes | None:
        """Take the next line out of the buffer, without its end."""
        end = self._buffer.find(b"\n", 0, MAX_LINE_OCTETS)
        if end >= 0:
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            return line.removesuffix(b"\r")
        if len(self._buffer) >= MAX_LINE_OCTETS:
            raise ParseError(f"a line of more than {MAX_LINE_OCTETS} octets")
        if not _START.fullmatch(self._buffer):
            raise ParseError(f"not an SMTP reply: {bytes(self._buffer[:40])!r}")
        return None

    def _finish(self, code: int) -> SmtpReply:
        reply = SmtpReply(code=code, lines=tuple(self._lines))
        self._lines.clear()
        self._code = None
        return reply
