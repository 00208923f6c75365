"""Text in columns: each text once, and numbers that stand for them."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass

from mxpath.tables.columns import Column, Columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Texts by number; number 0 is no text."""

    offsets: Column
    """Where each text begins in ``text``; one more than there are."""
    text: Column
    """All one after the other, UTF-8."""

    @classmethod
    def of_columns(cls, columns: Columns) -> "Words":
        """Take the columns that :meth:`columns` gave."""
        return cls(offsets=columns["word_offsets"], text=columns["word_text"])

    def columns(self) -> dict[str, Column]:
        """Return all columns by name."""
        return {"word_offsets": self.offsets, "word_text": self.text}

    def get(self, number: int) -> str | None:
        """Return a text, ``None`` for number 0."""
        first, after = self.offsets[number], self.offsets[number + 1]
        return bytes(self.text[first:after]).decode() if number else None


class WordCount:
    """Gives each text a number, in the order in which they come; 0 to none and to the empty one.

    Examples
    --------
    >>> count = WordCount()
    >>> list(count.column(["b", None, "a", "b"]))
    [1, 0, 2, 1]
    >>> [count.words().get(number) for number in range(3)]
    [None, 'b', 'a']
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {"": 0}

    def column(self, texts: Iterable[str | None]) -> Column:
        """Return the numbers of some texts."""
        numbers = self._numbers
        return memoryview(array("I", [numbers.setdefault(t or "", len(numbers)) for t in texts]))

    def words(self) -> Words:
        """Return all texts that have a number."""
        octets = [text.encode() for text in self._numbers]
        offsets = array("I", [0])
        for each in octets:
            offsets.append(offsets[-1] + len(each))
        return Words(offsets=memoryview(offsets), text=memoryview(b"".join(octets)))
