"""Replies out of bytes, however they were cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.errors import ParseError
from mxpath.model.session import SmtpReply
from mxpath.smtp.replies import MAX_LINE_OCTETS, MAX_LINES, ReplyParser


def parsed(*pieces: bytes) -> tuple[list[SmtpReply], str | None]:
    """All replies, and the error that ended them."""
    parser, replies = ReplyParser(), []
    for piece in pieces:
        parser.feed(piece)
        try:
            while (reply := parser.next_reply()) is not None:
                replies.append(reply)
        except ParseError as error:
            return replies, str(error)
    return replies, None


@pytest.mark.parametrize(
    ("data", "code", "lines"),
    [
        (b"220 mx.example ESMTP\r\n", 220, ("mx.example ESMTP",)),
        (b"220-wait\r\n220-for\r\n220 it\r\n", 220, ("wait", "for", "it")),
        (b"250\r\n", 250, ("",)),
        (b"250 \r\n", 250, ("",)),
        (b"250-\r\n250\r\n", 250, ("", "")),
        (b"250 bare line feed\n", 250, ("bare line feed",)),
        (b"220 caf\xe9\r\n", 220, ("caf\\xe9",)),
        ("220 café\r\n".encode(), 220, ("café",)),
        (b"554 5.7.1 \x1b[31mno\r\n", 554, ("5.7.1 \x1b[31mno",)),
        (b"250 a\rb\r\n", 250, ("a\rb",)),
    ],
)
def test_a_reply_is_read(data: bytes, code: int, lines: tuple[str, ...]) -> None:
    assert parsed(data) == ([SmtpReply(code=code, lines=lines)], None)


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 400 Bad Request\r\n",
        b"\r\n",
        b"\n",
        b"25\r\n",
        b"2500 x\r\n",
        b"250x\r\n",
        b"150 preliminary\r\n",
        b"650 x\r\n",
        b"\x16\x03\x01\x02\x00",
        b"S",
        b"25x",
        b"250-a\r\n550 b\r\n",
        b"250-a\r\nb\r\n",
    ],
)
def test_what_is_no_reply_is_a_parse_error(data: bytes) -> None:
    replies, error = parsed(data)
    assert replies == []
    assert error


def test_an_error_comes_again_and_keeps_the_replies_before_it() -> None:
    parser = ReplyParser()
    parser.feed(b"250 fine\r\nnonsense\r\n250 too late\r\n")
    assert parser.next_reply() == SmtpReply(code=250, lines=("fine",))
    for _ in range(2):
        with pytest.raises(ParseError, match="nonsense"):
            parser.next_reply()


def test_a_line_may_be_long_but_not_endless() -> None:
    longest = b"250 " + b"x" * (MAX_LINE_OCTETS - 6) + b"\r\n"
    assert len(longest) == MAX_LINE_OCTETS
    assert len(parsed(longest)[0]) == 1
    assert parsed(b"250 x" + longest[4:]) == ([], f"a line of more than {MAX_LINE_OCTETS} octets")
    assert parsed(b"250 " + b"x" * MAX_LINE_OCTETS)[1]


def test_a_reply_may_have_many_lines_but_not_endless_ones() -> None:
    most = b"250-x\r\n" * (MAX_LINES - 1) + b"250 x\r\n"
    assert len(parsed(most)[0][0].lines) == MAX_LINES
    assert parsed(b"250-x\r\n" * MAX_LINES) == ([], f"a reply of more than {MAX_LINES} lines")


def test_discarding_forgets_half_a_reply() -> None:
    parser = ReplyParser()
    parser.feed(b"250-a\r\n25")
    assert parser.next_reply() is None
    assert parser.discard()
    assert not parser.discard()
    parser.feed(b"220 b\r\n")
    assert parser.next_reply() == SmtpReply(code=220, lines=("b",))


_CODES = st.integers(200, 599)
_TEXTS = st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), max_size=20)
_REPLIES = st.lists(
    st.builds(
        lambda code, lines: SmtpReply(code=code, lines=tuple(lines)),
        _CODES,
        st.lists(_TEXTS, min_size=1, max_size=4),
    ),
    max_size=4,
)


def written(reply: SmtpReply) -> bytes:
    last = len(reply.lines) - 1
    return b"".join(
        f"{reply.code}{' ' if n == last else '-'}{line}\r\n".encode()
        for n, line in enumerate(reply.lines)
    )


@given(_REPLIES)
def test_reading_is_the_inverse_of_writing(replies: list[SmtpReply]) -> None:
    assert parsed(b"".join(map(written, replies))) == (replies, None)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({min(place, len(data)) for place in places} | {len(data)})
    return [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]


_NEARLY_SMTP = st.lists(
    st.sampled_from(
        [b"2", b"5", b"50", b"250", b"250-", b"220 ", b"\r\n", b"\n", b"\r", b"x", b"\xff"]
    ),
    max_size=20,
).map(b"".join)


@given(
    data=st.one_of(st.binary(max_size=60), _NEARLY_SMTP),
    places=st.lists(st.integers(0, 80), max_size=6),
)
def test_any_bytes_cut_anywhere_give_the_same(data: bytes, places: list[int]) -> None:
    replies, error = parsed(data)
    in_pieces, error_in_pieces = parsed(*cut(data, places))
    assert in_pieces == replies
    assert (error is None) == (error_in_pieces is None)
