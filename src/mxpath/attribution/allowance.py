"""What the questions of one study may cost: time, number, and patience with who is asked."""

import threading
from collections import Counter
from collections.abc import Hashable

from mxpath.vantage.ports import Clock

MOST_FAILURES = 2
"""Who gave no usable answer so often is not asked again in this study."""


class Allowance:
    """Counts questions that go on side by side.

    Parameters
    ----------
    clock
        The time goes by it, from now on.
    limit_s
        For all questions together.
    most_questions
        How many may go out.
    whom
        What one who is asked is called in words.
    """

    def __init__(self, clock: Clock, *, limit_s: float, most_questions: int, whom: str) -> None:
        self._clock, self._limit_s, self._most, self._whom = clock, limit_s, most_questions, whom
        self._until_s = clock.monotonic_s() + limit_s
        self._lock = threading.Lock()
        self._left = most_questions
        self._failures: Counter[Hashable] = Counter()

    def take(self, asked_one: Hashable) -> tuple[float, str]:
        """Return how long a question may take, in seconds, and why it may not go out; empty if it may."""
        left_s = self._until_s - self._clock.monotonic_s()
        with self._lock:
            spent = self._spent(asked_one, left_s)
            self._left -= not spent
        return max(0.0, left_s), spent

    def settle(self, asked_one: Hashable, *, unused: bool, useless: bool) -> None:
        """Say what became of a question: whether none went out after all, and of what use it was."""
        with self._lock:
            self._left += unused
            self._failures[asked_one] += useless

    def _spent(self, asked_one: Hashable, left_s: float) -> str:
        if left_s <= 0:
            return f"the {self._limit_s:g} s for such questions were over"
        if self._left <= 0:
            return f"{self._most} questions are the most at once"
        if self._failures[asked_one] >= MOST_FAILURES:
            return f"{self._whom} gave no usable answer before"
        return ""
