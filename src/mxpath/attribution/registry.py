"""Who holds an address, by the registries' own word: what the gazetteer cannot say.

The law:

1. Asked after the trace, never during it.
2. Asked about: every MX address; then hops that no data set gives to a network; then
   AS numbers of MX networks that have no name. Where abuse mailboxes are wanted, those
   networks are asked about too whose holders have none. What is special, or an exchange
   point's, is never asked about.
3. Few questions: addresses that a data set has in one announced prefix are asked about
   one after the other, so that the first answer, kept by its range, serves the rest.
   Different prefixes are asked about side by side where the vantage has workers.
4. All of it ends after ``LIMIT_S`` and ``MOST_QUESTIONS``. What was not asked is said.
5. A new dict comes back; an address nobody could name is as it was.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from mxpath.attribution.allowance import Allowance
from mxpath.attribution.country import country_claim
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.model.address import IPAddress
from mxpath.model.attribution import Attribution
from mxpath.model.evidence import Claim
from mxpath.model.registry import (
    Registration,
    RegistryAnswer,
    RegistryFate,
    RegistryQuestion,
    Resource,
)
from mxpath.vantage.fanout import fan_out
from mxpath.vantage.ports import AsksRegistries, Clock, Registry

LIMIT_S = 6.0
"""For all questions of one study, unless the options say otherwise."""
QUESTION_LIMIT_S = 4.0
"""For one."""
MOST_QUESTIONS = 12
_WORKERS = 4
_USELESS = (RegistryFate.TIMEOUT, RegistryFate.FAILED, RegistryFate.REFUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrichment:
    """What the registries added."""

    owners: dict[IPAddress, Attribution]
    notes: tuple[str, ...] = ()
    """What could not be learnt, and why."""
    questions: int = 0
    """How many went out; what the cache knew is not among them."""
    interrupted: bool = False
    """Ctrl-C ended the asking; what had been answered is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryOptions:
    """How the registries are asked."""

    offline: bool = False
    """Answer from the cache alone: nothing is sent."""
    with_abuse: bool = False
    """Keep the mailbox of the abuse role."""
    limit_s: float = LIMIT_S
    """For all questions together."""
    most_questions: int = MOST_QUESTIONS


def enrich(
    owners: Mapping[IPAddress, Attribution],
    vantage: AsksRegistries,
    gazetteer: Gazetteer,
    *,
    first: Iterable[IPAddress] = (),
    options: RegistryOptions | None = None,
) -> Enrichment:
    """Ask the registries who holds addresses.

    Parameters
    ----------
    owners
        What the gazetteer says; MX addresses and hops.
    vantage
        Asks; one without a registry adds nothing.
    gazetteer
        Says which registry answers for what.
    first
        Addresses to be asked about whether or not the gazetteer knows them: the MX's.
    options
        How; online and without contacts where left out.

    Returns
    -------
    Enrichment
        A new dict in the order of ``owners``, and what is missing.
    """
    options = options or RegistryOptions()
    services = gazetteer.registries
    if vantage.registry is None or not services.hosts:
        return Enrichment(owners=dict(owners))
    asked_first = tuple(dict.fromkeys(first))
    inquiry = _Inquiry(vantage.registry, vantage.clock, gazetteer, options)
    workers = min(vantage.workers, _WORKERS)
    answers = inquiry.ask_all(_wanted(owners, asked_first), workers=workers)
    if options.with_abuse and not inquiry.interrupted:
        silent = _without_mailbox(owners, asked_first, answers)
        answers |= inquiry.ask_all(silent, workers=workers)
    found = {resource: answer.registration for resource, answer in answers.items()}
    return Enrichment(
        owners={address: _enriched(owner, found) for address, owner in owners.items()},
        notes=tuple(_notes(answers)),
        questions=sum(answer.asked for answer in answers.values()),
        interrupted=inquiry.interrupted,
    )


def ask_networks(
    asns: Iterable[int],
    vantage: AsksRegistries,
    gazetteer: Gazetteer,
    *,
    options: RegistryOptions | None = None,
) -> tuple[dict[int, Claim[Registration]], tuple[str, ...]]:
    """Ask the registries who holds AS numbers: what they say, and in words what they did not."""
    if vantage.registry is None:
        return {}, ()
    inquiry = _Inquiry(vantage.registry, vantage.clock, gazetteer, options or RegistryOptions())
    answers = inquiry.ask_all(dict.fromkeys(asns), workers=min(vantage.workers, _WORKERS))
    found = {
        resource: answer.registration
        for resource, answer in answers.items()
        if isinstance(resource, int) and answer.registration is not None
    }
    return found, tuple(_notes(answers))


def _wanted(
    owners: Mapping[IPAddress, Attribution], first: tuple[IPAddress, ...]
) -> Iterator[Resource]:
    """What to ask about, the most important first (rule 2)."""
    askable = {a: o for a, o in owners.items() if o.special is None and o.ixp is None}
    yield from (address for address in first if address in askable)
    nameless: dict[int, None] = {}
    for address in first:
        network = askable[address].network if address in askable else None
        if network is not None and network.name is None:
            nameless[network.asn] = None
    yield from (a for a, o in askable.items() if a not in first and o.origin is None)
    yield from nameless


def _without_mailbox(
    owners: Mapping[IPAddress, Attribution],
    first: Iterable[IPAddress],
    answers: Mapping[Resource, RegistryAnswer],
) -> list[int]:
    """AS numbers of networks that announce addresses whose holders told no abuse mailbox."""
    numbers: dict[int, None] = {}
    for address in first:
        network = owners[address].network if address in owners else None
        answer = answers.get(address)
        claim = answer.registration if answer is not None else None
        told = claim is not None and claim.value.abuse is not None
        if answer is not None and network is not None and not told:
            numbers[network.asn] = None
    return [asn for asn in numbers if asn not in answers]


class _Inquiry:
    """The questions of one study, with what they may cost."""

    def __init__(
        self, registry: Registry, clock: Clock, gazetteer: Gazetteer, options: RegistryOptions
    ) -> None:
        self._registry, self._clock, self._gazetteer = registry, clock, gazetteer
        self._options = options
        self.interrupted = False
        self._allowance = Allowance(
            clock,
            limit_s=options.limit_s,
            most_questions=options.most_questions,
            whom="that registry",
        )

    def ask_all(
        self, wanted: Iterable[Resource], *, workers: int
    ) -> dict[Resource, RegistryAnswer]:
        """Ask about everything, one announced prefix after or beside the other (rule 3)."""
        groups: dict[object, list[Resource]] = {}
        for resource in wanted:
            groups.setdefault(self._group(resource), []).append(resource)
        answers: dict[Resource, RegistryAnswer] = {}
        parts = list(groups.values())
        calls = fan_out(
            lambda part: [self._ask(r) for r in part], parts, workers, clock=self._clock
        )
        try:
            for _, heard in calls:
                answers |= {answer.resource: answer for answer in heard}
        except KeyboardInterrupt:
            self.interrupted = True
        return {r: answers[r] for part in parts for r in part if r in answers}

    def _group(self, resource: Resource) -> object:
        if isinstance(resource, int):
            return resource
        known = self._gazetteer.origin(resource)
        return known[0].prefix if known is not None else resource

    def _ask(self, resource: Resource) -> RegistryAnswer:
        servers = self._gazetteer.registries.servers(resource)
        left_s, spent = self._allowance.take(servers)
        answer = self._registry.holder(
            RegistryQuestion(
                resource=resource,
                servers=servers,
                hosts=self._gazetteer.registries.hosts,
                timeout_s=min(left_s, QUESTION_LIMIT_S),
                # What is spent ends the questions, not the answers that are there already.
                offline=self._options.offline or bool(spent),
                with_abuse=self._options.with_abuse,
            )
        )
        self._allowance.settle(
            servers, unused=not spent and not answer.asked, useless=answer.fate in _USELESS
        )
        if spent and not self._options.offline and answer.fate is RegistryFate.OFFLINE:
            return replace(answer, fate=RegistryFate.NOT_ASKED, detail=spent)
        return answer


def _enriched(
    owner: Attribution, found: Mapping[Resource, Claim[Registration] | None]
) -> Attribution:
    asn = owner.network.asn if owner.network is not None else None
    registration = found.get(owner.address, owner.registration)
    return replace(
        owner,
        registration=registration,
        country=owner.country or country_claim(None, None, registration),
        operator=found.get(asn, owner.operator) if asn is not None else owner.operator,
    )


def _notes(answers: Mapping[Resource, RegistryAnswer]) -> Iterator[str]:
    """One line for each reason why holders are not known, with one example of it."""
    missing: dict[RegistryFate, list[RegistryAnswer]] = {}
    for answer in answers.values():
        if answer.fate is not RegistryFate.FOUND:
            missing.setdefault(answer.fate, []).append(answer)
    for fate, unknown in missing.items():
        names = [_name(answer.resource) for answer in unknown]
        whose = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        told = next((answer.detail for answer in unknown if answer.detail), "")
        because = f" ({told})" if told else ""
        yield f"registered holder of {whose} unknown: {fate.value}{because}"


def _name(resource: Resource) -> str:
    return f"AS{resource}" if isinstance(resource, int) else str(resource)
