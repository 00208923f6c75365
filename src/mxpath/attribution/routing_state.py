"""Which routes lead to the mail hosts right now, as route collectors see it.

The law:

1. Asked after the traces and conversations, never during them.
2. Asked about: the addresses in the MX plan, each announced prefix once, as the gazetteer knows
   it. A range may hold many prefixes: where it knows no more, each address is asked about. What
   is special, or an exchange point's, is never asked about.
3. Side by side where the vantage has workers, and all of it ends after ``LIMIT_S`` and
   ``MOST_QUESTIONS``; a service that gave no usable answer twice is not asked again. What was not
   asked is said. Ctrl-C keeps what was heard.
4. Of all routes ``MOST_ROUTES`` are kept in a study, shared evenly by the answers; those told by
   networks nearest to us come first. What was left out is counted and said.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from mxpath.attribution.allowance import Allowance
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.model.address import IPAddress, Prefix
from mxpath.model.attribution import Attribution
from mxpath.model.bgp import RoutingAnswer, RoutingFate, RoutingQuestion
from mxpath.vantage.fanout import fan_out
from mxpath.vantage.ports import AsksCollectors, Clock, Routing

LIMIT_S = 6.0
"""For all questions of one study, unless the options say otherwise."""
QUESTION_LIMIT_S = 5.0
"""For one."""
MOST_QUESTIONS = 12
MOST_ROUTES = 2000
"""Some 200 kB of a study: full tables of 350 peers for half a dozen prefixes."""
_WORKERS = 4
_USELESS = (
    RoutingFate.TIMEOUT,
    RoutingFate.FAILED,
    RoutingFate.REFUSED,
    RoutingFate.LIMITED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingState:
    """What the collectors told."""

    answers: tuple[RoutingAnswer, ...] = ()
    notes: tuple[str, ...] = ()
    """What could not be learnt, and why."""
    questions: int = 0
    """How many went out; what the cache knew is not among them."""
    interrupted: bool = False
    """Ctrl-C ended the asking; what had been answered is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingOptions:
    """How the collectors are asked."""

    offline: bool = False
    """Answer from what is kept alone: nothing is sent."""
    limit_s: float = LIMIT_S
    """For all questions together."""
    most_questions: int = MOST_QUESTIONS


def ask_collectors(
    owners: Iterable[Attribution],
    vantage: AsksCollectors,
    gazetteer: Gazetteer,
    *,
    near: Collection[int] = (),
    options: RoutingOptions | None = None,
) -> RoutingState:
    """Ask route collectors for the routes to mail hosts.

    Parameters
    ----------
    owners
        What the gazetteer says of their addresses, in the order of the MX plan.
    vantage
        Asks; one without collectors tells nothing.
    gazetteer
        Says which service may be asked.
    near
        Networks whose routes are kept before others': ours, and those that the traces pass.
    options
        How; online where left out.
    """
    if vantage.routing is None or not gazetteer.routing:
        return RoutingState()
    groups = _groups(owners)
    inquiry = _Inquiry(vantage.routing, vantage.clock, gazetteer.routing, options)
    answers = inquiry.ask_all(groups, workers=min(vantage.workers, _WORKERS))
    kept = _within(answers, near)
    return RoutingState(
        answers=kept,
        notes=tuple(_notes(kept)),
        questions=sum(answer.asked for answer in answers),
        interrupted=inquiry.interrupted,
    )


Group = tuple[IPAddress, Prefix | None]
"""An address to ask about, and the announced prefix around it, as far as a data set knows."""


def _groups(owners: Iterable[Attribution]) -> tuple[Group, ...]:
    """What to ask about, in order (rule 2)."""
    found: dict[object, Group] = {}
    for owner in owners:
        if owner.special is None and owner.ixp is None:
            origin = owner.origin.value if owner.origin is not None else None
            prefix = origin.prefix if origin is not None and origin.announced else None
            found.setdefault(prefix or owner.address, (owner.address, prefix))
    return tuple(found.values())


class _Inquiry:
    """The questions of one study, with what they may cost."""

    def __init__(
        self, routing: Routing, clock: Clock, service: str, options: RoutingOptions | None
    ) -> None:
        self._routing, self._clock, self._service = routing, clock, service
        self._options = options or RoutingOptions()
        self.interrupted = False
        self._allowance = Allowance(
            clock,
            limit_s=self._options.limit_s,
            most_questions=self._options.most_questions,
            whom="the service",
        )

    def ask_all(self, groups: tuple[Group, ...], *, workers: int) -> tuple[RoutingAnswer, ...]:
        """Ask about everything, side by side (rule 3)."""
        heard: dict[int, RoutingAnswer] = {}
        try:
            for number, answer in fan_out(self._ask, groups, workers, clock=self._clock):
                heard |= {number: answer}
        except KeyboardInterrupt:
            self.interrupted = True
        return tuple(heard[number] for number in sorted(heard))

    def _ask(self, group: Group) -> RoutingAnswer:
        address, prefix = group
        left_s, spent = self._allowance.take(self._service)
        answer = self._routing.routes(
            RoutingQuestion(
                address=address,
                service=self._service,
                expected=prefix,
                timeout_s=min(left_s, QUESTION_LIMIT_S),
                # What is spent ends the questions, not the answers that are there already.
                offline=self._options.offline or bool(spent),
            )
        )
        self._allowance.settle(
            self._service,
            unused=not spent and not answer.asked,
            useless=answer.fate in _USELESS,
        )
        if spent and not self._options.offline and answer.fate is RoutingFate.OFFLINE:
            return replace(answer, fate=RoutingFate.NOT_ASKED, detail=spent)
        return answer


def _within(answers: tuple[RoutingAnswer, ...], near: Collection[int]) -> tuple[RoutingAnswer, ...]:
    """Let all answers together have ``MOST_ROUTES`` routes (rule 4)."""
    if sum(len(answer.entries) for answer in answers) <= MOST_ROUTES:
        return answers
    share = MOST_ROUTES // len(answers)
    kept = []
    for answer in answers:
        nearest = sorted(answer.entries, key=lambda entry: entry.peer_asn not in near)[:share]
        left_out = answer.left_out + len(answer.entries) - len(nearest)
        kept.append(replace(answer, entries=tuple(nearest), left_out=left_out))
    return tuple(kept)


def _notes(answers: tuple[RoutingAnswer, ...]) -> Iterator[str]:
    """One line for each reason why routes are not known, with one example of it."""
    missing: dict[RoutingFate, list[RoutingAnswer]] = {}
    for answer in answers:
        if answer.fate is not RoutingFate.FOUND:
            missing.setdefault(answer.fate, []).append(answer)
    for fate, unknown in missing.items():
        names = [str(answer.address) for answer in unknown]
        whose = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        told = next((answer.detail for answer in unknown if answer.detail), "")
        because = f" ({told})" if told else ""
        yield f"routes of collectors to {whose} unknown: {fate.value}{because}"
    left_out = sum(answer.left_out for answer in answers)
    if left_out:
        yield f"{left_out} routes of collectors are left out: more than are kept, or not to be read"
