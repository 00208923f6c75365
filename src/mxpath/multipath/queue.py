"""The questions of one target that wait, and those under way."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mxpath.multipath.border import Border
from mxpath.multipath.inquiry import Ask
from mxpath.multipath.tempo import Tempo
from mxpath.tracing.plan import is_over

Key = tuple[int, int]
"""Flow and TTL."""


@dataclass(slots=True, eq=False)
class Question:
    """One ask, from when it is put to when it is answered or given up."""

    ask: Ask
    attempts: int = 0
    slowly: int = 0
    """Of these, those at a pace at which a limited router would have answered."""
    sent_s: float = 0.0
    free_s: float = 0.0
    """It does not leave before."""

    @property
    def key(self) -> Key:
        """Flow and TTL."""
        return self.ask.flow, self.ask.ttl


class Queue:
    """Which question may leave now.

    Those that have waited longest for an answer come first: the first that stays without one tells whether
    its hop is silent or slow. Safe ones (``border.py``) come before those that may arrive at the
    target, of which few are under way at a time.
    """

    def __init__(self, border: Border, tempo: Tempo) -> None:
        self._border, self._tempo = border, tempo
        self._again: dict[Key, Question] = {}
        self._safe: dict[Key, Question] = {}
        self._other: dict[Key, Question] = {}
        self.under_way: dict[Key, Question] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits and nothing is under way."""
        return not (self.under_way or self._other or self._safe or self._again)

    def put(self, asks: Sequence[Ask]) -> None:
        """Take new asks."""
        for ask in asks:
            safe = self._border.is_safe(ask.flow, ask.ttl)
            (self._safe if safe else self._other)[ask.flow, ask.ttl] = Question(ask)

    def clear(self) -> None:
        """Forget what waits."""
        for waiting in (self._again, self._safe, self._other):
            waiting.clear()

    def ready(self, now_s: float) -> list[Question]:
        """What may leave now."""
        found: list[Question] = []
        leaving: set[int] = set()
        slow: set[int] = set()
        for question in self._in_turn():
            flow, ttl = question.key
            if not self._border.may(flow, ttl):
                self._drop(question.key)
                continue
            late = max(question.free_s, self._tempo.free_s(ttl))
            if ttl in slow or not is_over(late, now_s):
                continue
            if not self._border.has_room(flow, ttl, leaving):
                if self._border.is_full(leaving) and not self._safe and not self._again:
                    break
                continue
            if not self._border.is_safe(flow, ttl):
                leaving.add(flow)
            if self._tempo.is_slow(ttl):
                slow.add(ttl)
            found.append(question)
        return found

    def sent(self, key: Key, at_s: float) -> None:
        """A question has left."""
        question = self._drop(key)
        assert question is not None
        question.attempts += 1
        question.slowly += self._tempo.is_slowest(key[1])
        question.sent_s = at_s
        self.under_way[key] = question

    def hold(self, key: Key, until_s: float) -> None:
        """A question has no place before some moment."""
        for waiting in (self._again, self._safe, self._other):
            if key in waiting:
                waiting[key].free_s = until_s

    def take(self, key: Key) -> Question | None:
        """Take out a question that was answered."""
        return self.under_way.pop(key, None) or self._drop(key)

    def reconsider(self, flow: int) -> None:
        """A router has answered a flow: what waits of it may be safe now."""
        safe = [key for key in self._other if key[0] == flow and self._border.is_safe(*key)]
        self._safe |= {key: self._other.pop(key) for key in safe}

    def overdue(self, now_s: float) -> list[Question]:
        """Take out what has waited long enough."""
        over = [q for q in self.under_way.values() if is_over(self._given_up_s(q), now_s)]
        for question in over:
            del self.under_way[question.key]
        return over

    def repeat(self, question: Question) -> None:
        """Ask once more."""
        self._again[question.key] = question

    def moments(self) -> Iterator[float]:
        """When something is given up, or may leave."""
        for question in self.under_way.values():
            yield self._given_up_s(question)
        held = {(q.free_s, q.ask.ttl) for q in self._in_turn()}
        for free_s, ttl in held:
            yield max(free_s, self._tempo.free_s(ttl))

    def _given_up_s(self, question: Question) -> float:
        return question.sent_s + self._tempo.wait_s(question.ask.ttl)

    def _in_turn(self) -> list[Question]:
        again = sorted(self._again.values(), key=lambda question: -question.attempts)
        return [*again, *self._safe.values(), *self._other.values()]

    def _drop(self, key: Key) -> Question | None:
        for waiting in (self._again, self._safe, self._other):
            if key in waiting:
                return waiting.pop(key)
        return None
