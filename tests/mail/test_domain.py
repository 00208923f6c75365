"""What people type, and the name it becomes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.errors import InputError
from mxpath.mail.domain import MAX_LABEL_OCTETS, MAX_OCTETS
from mxpath.mail.mx import normalise_domain


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("example.org", "example.org"),
        ("Example.ORG.", "example.org"),
        ("  example.org\n", "example.org"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("faß.example", "xn--fa-hia.example"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("ｅｘａｍｐｌｅ．ｏｒｇ", "example.org"),  # noqa: RUF001 - full-width on purpose
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("xn--i-7iq.example", "xn--i-7iq.example"),
        ("_dmarc.example.org", "_dmarc.example.org"),
        ("r3---sn.example", "r3---sn.example"),
        ("de", "de"),
        ("123.example", "123.example"),
        ("a" * MAX_LABEL_OCTETS + ".example", "a" * MAX_LABEL_OCTETS + ".example"),
    ],
)
def test_a_name_becomes_its_a_labels(text: str, name: str) -> None:
    assert normalise_domain(text) == name


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "empty"),
        ("   ", "empty"),
        (".", "root"),
        ("a" * 64 + ".example", "longer than 63"),
        ("a." * 127 + "example", "longer than 253"),
        ("ü." * 200 + "example", "longer than 253"),
        ("exam\x00ple.org", "control"),
        ("exam\x1b[31mple.org", "control"),
        ("example\n.org", "control"),
        ("exam ple.org", "blanks"),
        ("exam\u00a0ple.org", "blanks"),
        ("192.0.2.1", "mxpath trace 192.0.2.1"),
        ("2001:db8::1", "mxpath attribute 2001:db8::1"),
        ("[192.0.2.1]", "mxpath trace 192.0.2.1"),
        ("[IPv6:2001:db8::1]", "mxpath trace 2001:db8::1"),
        ("１９２.0.2.1", "mxpath trace 192.0.2.1"),  # noqa: RUF001 - full-width on purpose
        ("https://www.example.org/a?b", "did you mean 'www.example.org'"),
        ("example.org/path", "did you mean 'example.org'"),
        ("example.org:25", "did you mean 'example.org'"),
        ("http://[broken", "URL"),
        ("user@example.org", "did you mean 'example.org'"),
        ("A User <user@example.org>", "did you mean 'example.org'"),
        ("mailto:user@example.org?subject=x", "did you mean 'example.org'"),
        ("example..org", "empty label"),
        (".example.org", "empty label"),
        ("example.org..", "empty label"),
        ("-a.example", "no domain name"),
        ("a-.example", "no domain name"),
        ("exa!mple.org", "no domain name"),
        ("a\u202eb.example", "internationalised"),
        ("i❤.example", "xn-- form"),
    ],
)
def test_anything_else_is_refused_with_a_hint(text: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        normalise_domain(text)
    assert hint in str(caught.value)


@given(st.text(max_size=80))
def test_any_text_gives_a_name_that_stays_itself_or_an_input_error(text: str) -> None:
    try:
        name, message = normalise_domain(text), ""
    except InputError as error:
        name, message = "", str(error)
    assert message.isascii()
    assert message.isprintable()
    if name:
        assert normalise_domain(name) == name
        assert name.isascii()
        assert name == name.lower()
        assert len(name) <= MAX_OCTETS
    else:
        assert message


_LABELS = st.lists(st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True), min_size=2)


@given(_LABELS.map(lambda labels: "a" + ".".join(labels[:6])))
def test_case_blanks_and_the_trailing_dot_do_not_matter(name: str) -> None:
    assert normalise_domain(f" {name.upper()}. ") == name
