import unicodedata
import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from mxpath.model.foreign_text import MAX_COMBINING, cut, printable

ANYTHING = st.text(st.characters(codec=None))


@given(ANYTHING)
def test_doing_it_twice_changes_nothing(text: str) -> None:
    assert printable(printable(text)) == printable(text)


@given(ANYTHING)
def test_nothing_that_a_terminal_acts_on_is_left(text: str) -> None:
    assert not any(unicodedata.category(c).startswith("C") for c in printable(text))
    assert not set(printable(text)) & {"\u2028", "\u2029"}


@given(ANYTHING)
def test_what_comes_out_can_stand_in_xml_and_utf8(text: str) -> None:
    element = ET.Element("x")
    element.text = printable(text)
    assert ET.fromstring(ET.tostring(element, encoding="utf-8")).text == (printable(text) or None)


@given(st.text(st.characters(categories=["L", "N", "P", "S"])))
def test_ordinary_text_passes_untouched(text: str) -> None:
    assert printable(text) == text


@given(ANYTHING, st.integers(1, 40))
def test_a_limit_holds(text: str, limit: int) -> None:
    assert len(printable(text, limit=limit)) <= limit


def test_nothing_is_silently_dropped() -> None:
    assert printable("a\x1b]0;title\x07b\x7fc\x9bd") == "a␛]0;title␇b␡c<U+009B>d"
    assert printable("\ud800\u200b\ufeff") == "<U+D800><U+200B><U+FEFF>"


def test_marks_do_not_climb_over_other_lines() -> None:
    tower = "e" + "\u0301" * 50
    assert printable(tower).count("\u0301") == MAX_COMBINING
    assert printable("e\u0301") == "e\u0301"


def test_cutting_shows_that_it_was_cut() -> None:
    assert cut("exactly", 7) == "exactly"
    assert cut("a bit longer", 6) == "a bit…"
