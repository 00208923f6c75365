"""Names of addresses by PTR: asked after everything was measured, never during it.

The law:

1. Every address is asked for once, at most :data:`MAX_NAMES` of them, all side by side.
2. One deadline holds for all. What has not been answered by then has no name; it is
   not worth waiting for.
3. Of several names the first by the alphabet counts, so that equal zones give equal
   studies.
4. Whoever holds an address may write any name there. A name whose own records hold
   the address again is certain (RFC 8499, "forward-confirmed"); another is possible.
"""

from collections.abc import Iterable, Sequence

from mxpath.model.address import IPAddress
from mxpath.model.dns import DnsAnswer, DnsStatus
from mxpath.model.evidence import Claim, Evidence, Grade
from mxpath.vantage.fanout import FanOut
from mxpath.vantage.ports import Vantage

DEADLINE_S = 3.0
MAX_NAMES = 256
_MAX_OCTETS = 255
_WORKERS_FOR_EACH = 4
"""Questions to our own resolver are cheaper than conversations with strangers."""

Question = tuple[str, str]


def name_addresses(
    addresses: Iterable[IPAddress], vantage: Vantage, *, deadline_s: float = DEADLINE_S
) -> dict[IPAddress, Claim[str]]:
    """Ask for the names of addresses.

    Parameters
    ----------
    addresses
        What wants a name; the first :data:`MAX_NAMES` of them are asked for.
    vantage
        Its resolver is asked.
    deadline_s
        After so many seconds nothing is waited for any more.

    Returns
    -------
    dict of IPAddress to Claim of str
        Names without trailing dot, of those addresses that have one: a stranger's text.
    """
    until_s = vantage.clock.monotonic_s() + deadline_s
    wanted = tuple(dict.fromkeys(addresses))[:MAX_NAMES]
    asked = {address: (address.reverse_pointer, "PTR") for address in wanted}
    answers = _ask(tuple(asked.values()), vantage, until_s)
    names = {a: name for a, question in asked.items() if (name := _name(answers.get(question)))}
    forward = {address: (name, _rdtype(address)) for address, name in names.items()}
    back = _ask(tuple(dict.fromkeys(forward.values())), vantage, until_s)
    return {a: _claim(a, name, back.get(forward[a])) for a, name in names.items()}


def _ask(
    questions: Sequence[Question], vantage: Vantage, until_s: float
) -> dict[Question, DnsAnswer]:
    workers = vantage.workers * _WORKERS_FOR_EACH if vantage.workers > 1 else 1
    asking = FanOut(
        lambda question: vantage.resolver.ask(*question), questions, workers, clock=vantage.clock
    )
    return {questions[number]: answer for number, answer in asking.until(until_s)}


def _name(answer: DnsAnswer | None) -> str | None:
    if answer is None or answer.status is not DnsStatus.NOERROR:
        return None
    names = sorted(record.lower().removesuffix(".") for record in answer.records)
    return next((name for name in names if 0 < len(name) <= _MAX_OCTETS), None)


def _rdtype(address: IPAddress) -> str:
    return "A" if address.version == 4 else "AAAA"


def _claim(address: IPAddress, name: str, back: DnsAnswer | None) -> Claim[str]:
    """Rule 4."""
    evidence = [Evidence(source="dns", rule="ptr", detail=f"{address.reverse_pointer} PTR {name}")]
    confirmed = back is not None and str(address) in back.records
    if confirmed:
        detail = f"{name} {_rdtype(address)} {address}"
        evidence.append(Evidence(source="dns", rule="forward-confirmed", detail=detail))
    grade = Grade.CERTAIN if confirmed else Grade.POSSIBLE
    return Claim(value=name, evidence=tuple(evidence), grade=grade)
