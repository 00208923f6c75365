"""Lines on a terminal."""

import re
import textwrap

_AMOUNT = re.compile(r"(?<=\d) (?=(?:ms|s|min|h|%|bytes|MB)\b|%)")


def wrap(text: str, width: int, *, head: str = "", hang: str = "") -> list[str]:
    """Return ``text`` in lines of at most ``width`` columns.

    It is wrapped at plain spaces only; no-break spaces hold together what belongs
    together, and so does each amount and its unit. What is held together but longer than a line is let go again.

    Parameters
    ----------
    head, hang
        What the first line, and every other, begins with.
    """
    room = width - len(hang)
    text = _AMOUNT.sub("\u00a0", text)
    held = (word if len(word) <= room else word.replace("\u00a0", " ") for word in text.split(" "))
    lines = textwrap.wrap(
        " ".join(held),
        width=width,
        initial_indent=head,
        subsequent_indent=hang,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )
    return [line.replace("\u00a0", " ") for line in lines] or [""]
