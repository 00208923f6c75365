"""The MX plan: which hosts a sender tries, in which order. Pure; asks nobody.

The rules, in this order, for the sender model ``rfc5321``:

1. An alias in front of the domain is followed; its target's MX records count
   (RFC 5321 section 5.1). The answer has done that already.
2. NXDOMAIN means there is no such domain. Any other failure means that nothing
   is known. Neither ever falls back to an address: a broken server must not
   turn a web host into a mail host.
3. ``0 .`` alone is the null MX: the domain takes no mail (RFC 7505 section 3).
   The same target with another preference, or beside other records, is not
   valid; its row stays in the plan, with its fault, and is never looked up.
4. An empty NOERROR makes the domain its own host at preference 0, the implicit
   MX, provided that it has an address.
5. Otherwise rows by ascending preference, 0 and 65535 included. Senders take
   equal preferences in random order; here they keep the order of the answer.
6. A target that is an alias (RFC 2181 section 10.3) or an address literal is a
   fault. The alias is followed all the same, as every common sender does; the
   literal is not.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address

from mxpath.errors import InputError
from mxpath.mail.domain import normalise_domain as normalise_domain  # noqa: PLC0414 - offered here
from mxpath.model.address import IPAddress
from mxpath.model.dns import DnsAnswer, DnsStatus
from mxpath.model.mail import MxHost, MxPlan, PlanKind

MAX_HOSTS = 64
"""Rows of a plan that are looked up; a longer list is cut, and a note says so."""

ROOT = "."


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An MX record, or the domain itself where it is its own host."""

    preference: int
    name: str
    faults: tuple[str, ...] = ()
    asked: bool = True
    """Whether a sender would look the target up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The plan before its addresses are known."""

    kind: PlanKind
    rows: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names whose addresses are needed, each once."""
        return tuple(dict.fromkeys(row.name for row in self.rows if row.asked))


def draft(answer: DnsAnswer, *, sender: str = "rfc5321") -> Draft:
    """Make a plan without addresses from the answer to the MX question.

    Raises
    ------
    InputError
        When there is no sender model of that name.
    """
    return sender_model(sender)(answer)


def complete(
    drafted: Draft, lookups: Mapping[str, tuple[DnsAnswer, ...]], *, sender: str = "rfc5321"
) -> MxPlan:
    """Put addresses into a draft.

    Parameters
    ----------
    drafted
        What :func:`draft` made.
    lookups
        For each of ``drafted.names`` its A and AAAA answers.
    sender
        Name of the model the draft was made by; recorded in the plan.
    """
    hosts = tuple(_host(row, lookups.get(row.name, ())) for row in drafted.rows)
    hosts = _each_lookup_once(hosts)
    if drafted.kind is PlanKind.IMPLICIT and not hosts[0].addresses:
        return _without_implicit(drafted, hosts[0], sender)
    return MxPlan(
        kind=drafted.kind, hosts=hosts, sender=sender, notes=drafted.notes + _repeated(hosts)
    )


# -- the sender models ----------------------------------------------------------------------


def _rfc5321(answer: DnsAnswer) -> Draft:
    if answer.status is DnsStatus.NXDOMAIN:
        return Draft(kind=PlanKind.NONE, notes=(f"{answer.name} does not exist (NXDOMAIN)",))
    if answer.status is not DnsStatus.NOERROR:
        detail = f" ({answer.detail})" if answer.detail else ""
        return Draft(
            kind=PlanKind.FAILED, notes=(f"the MX look-up failed: {answer.status}{detail}",)
        )
    if not answer.records:
        return Draft(kind=PlanKind.IMPLICIT, rows=(Row(preference=0, name=answer.name),))
    rows, notes = _rows(answer.records)
    if rows == ((0, ROOT),) and not notes:
        return Draft(kind=PlanKind.NULL, notes=("null MX: the domain takes no mail (RFC 7505)",))
    if not rows:
        return Draft(kind=PlanKind.FAILED, notes=notes)
    notes += _about_root(rows) + _about_length(rows)
    return Draft(kind=PlanKind.MX, rows=tuple(_row(*r) for r in rows[:MAX_HOSTS]), notes=notes)


SENDERS: dict[str, Callable[[DnsAnswer], Draft]] = {"rfc5321": _rfc5321}
"""Sender models by name. Senders differ in what they make of unusual records."""


def sender_model(name: str) -> Callable[[DnsAnswer], Draft]:
    """Look a sender model up.

    Raises
    ------
    InputError
        When there is none of that name.
    """
    if name not in SENDERS:
        raise InputError(f"no sender model {name!r}; there is: {', '.join(sorted(SENDERS))}")
    return SENDERS[name]


# -- rows -----------------------------------------------------------------------------------


def _rows(records: tuple[str, ...]) -> tuple[tuple[tuple[int, str], ...], tuple[str, ...]]:
    """Return (preference, target) in trying order, and notes on what is no MX record."""
    rows, notes = [], []
    for record in records:
        preference, _, target = record.strip().partition(" ")
        if target and preference.isdecimal() and int(preference) <= 0xFFFF:
            rows.append((int(preference), _plain(target)))
        else:
            notes.append(f"unreadable MX record {record[:80]!r}")
    return tuple(sorted(rows, key=lambda row: row[0])), tuple(notes)


def _plain(target: str) -> str:
    """Lower case and without trailing dot; the root stays ``.``."""
    return target.strip().lower().removesuffix(".") or ROOT


def _row(preference: int, name: str) -> Row:
    if name == ROOT:
        fault = "the target '.' means null MX, which is valid only alone and at preference 0"
        return Row(preference=preference, name=name, faults=(fault,), asked=False)
    if _is_address(name):
        fault = "the target is an address, not a host name (RFC 5321 section 5.1)"
        return Row(preference=preference, name=name, faults=(fault,), asked=False)
    return Row(preference=preference, name=name)


def _is_address(name: str) -> bool:
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


_NULL_BESIDE_REAL = (
    "a null MX beside real MX records must not be published (RFC 7505 section 3):"
    " some senders refuse the domain, others use the rest"
)
_NULL_BUT_INVALID = (
    "the only MX target is '.', but not as one record at preference 0: no valid null MX"
    " (RFC 7505 section 3), though common senders read it as one"
)


def _about_root(rows: tuple[tuple[int, str], ...]) -> tuple[str, ...]:
    if all(name != ROOT for _, name in rows):
        return ()
    if any(name != ROOT for _, name in rows):
        return (_NULL_BESIDE_REAL,)
    return (_NULL_BUT_INVALID,)


def _about_length(rows: tuple[tuple[int, str], ...]) -> tuple[str, ...]:
    if len(rows) <= MAX_HOSTS:
        return ()
    return (f"{len(rows)} MX records: only the first {MAX_HOSTS} were looked up",)


def _repeated(hosts: tuple[MxHost, ...]) -> tuple[str, ...]:
    names = [host.name for host in hosts]
    return tuple(
        f"{name} is listed {names.count(name)} times"
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    )


# -- addresses ------------------------------------------------------------------------------


def _host(row: Row, lookups: tuple[DnsAnswer, ...]) -> MxHost:
    addresses = tuple(dict.fromkeys(a for answer in lookups for a in _addresses(answer)))
    return MxHost(
        name=row.name,
        preference=row.preference,
        addresses=tuple(sorted(addresses, key=lambda a: a.version)),
        lookups=lookups,
        faults=row.faults + _faults(lookups, found=bool(addresses)),
    )


def _addresses(answer: DnsAnswer) -> tuple[IPAddress, ...]:
    if answer.status is not DnsStatus.NOERROR:
        return ()
    return tuple(ip_address(record) for record in answer.records if _is_address(record))


def _faults(lookups: tuple[DnsAnswer, ...], *, found: bool) -> tuple[str, ...]:
    """Faults that the address look-ups show; a name that does not exist has no other."""
    if not lookups:
        return ()
    if any(answer.status is DnsStatus.NXDOMAIN for answer in lookups):
        return ("the name does not exist (NXDOMAIN)",)
    faults = [
        f"the {answer.rdtype} look-up failed: {answer.status}"
        for answer in lookups
        if answer.status is not DnsStatus.NOERROR
    ]
    alias = next((answer.chain for answer in lookups if answer.chain), ())
    if alias:
        faults.insert(0, f"the name is an alias of {alias[-1]} (forbidden by RFC 2181 10.3)")
    if not found and len(faults) == bool(alias):
        faults.append("the name has no address")
    return tuple(faults)


def _each_lookup_once(hosts: tuple[MxHost, ...]) -> tuple[MxHost, ...]:
    """A host listed again was not asked for again: its later rows carry no look-ups."""
    seen: set[str] = set()
    kept = []
    for host in hosts:
        kept.append(replace(host, lookups=()) if host.name in seen else host)
        seen.add(host.name)
    return tuple(kept)


def _without_implicit(drafted: Draft, host: MxHost, sender: str) -> MxPlan:
    """Neither MX nor address: no mail host, unless the look-up itself failed."""
    unknown = [a for a in host.lookups if a.status not in (DnsStatus.NOERROR, DnsStatus.NXDOMAIN)]
    if unknown:
        note = f"no MX, and the {unknown[0].rdtype} look-up failed: {unknown[0].status}"
        return MxPlan(
            kind=PlanKind.FAILED, hosts=(host,), sender=sender, notes=(*drafted.notes, note)
        )
    note = f"{host.name} has neither MX nor address"
    return MxPlan(kind=PlanKind.NONE, sender=sender, notes=(*drafted.notes, note))
