"""The MX plan: which hosts a sender tries, in which order. Pure; asks nobody.

The rules, in this order; where senders differ, ``senders`` says how:

1. An alias in front of the domain is followed; its target's MX records count
   (RFC 5321 section 5.1). The answer has done that already.
2. NXDOMAIN means there is no such domain. Any other failure means that nothing
   is known. Neither ever falls back to an address: a broken server must not
   turn a web host into a mail host.
3. ``0 .`` alone is the null MX: the domain takes no mail (RFC 7505 section 3).
   The same target with another preference, or beside other records, is not
   valid: a row with a fault, which is never looked up, or what the sender makes of it.
4. An empty NOERROR makes the domain its own host at preference 0, the implicit
   MX, provided that it has an address.
5. Otherwise rows by ascending preference, 0 and 65535 included. Senders take
   equal preferences in random order; here they keep the order of the answer, and
   ``attempts`` says what is tried in which order and what at random.
6. A target that is an alias (RFC 2181 section 10.3) or an address literal is a
   fault. The alias is followed all the same, as every common sender does; the
   literal is used by those senders that use it.
7. Where one of our own addresses is among those of a host, that host's preference
   and all that are no better are left out, or mail would turn in a circle.
8. Where the models do not agree on the plan, a note says what each of them does.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address

from mxpath.mail.domain import normalise_domain as normalise_domain  # noqa: PLC0414 - offered here
from mxpath.mail.senders import POSTFIX, RFC5321, Sender, sender_model
from mxpath.model.address import IPAddress
from mxpath.model.dns import DnsAnswer, DnsStatus
from mxpath.model.mail import MxHost, MxPlan, PlanKind

MAX_HOSTS = 64
"""Rows of a plan that are looked up; a longer list is cut, and a note says so."""

ROOT = "."

Rows = tuple[tuple[int, str], ...]
"""(preference, target) in trying order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An MX record, or the domain itself where it is its own host."""

    preference: int
    name: str
    faults: tuple[str, ...] = ()
    asked: bool = True
    """Whether a sender would look the target up."""
    literal: tuple[IPAddress, ...] = ()
    """The target itself, where it is an address and the sender connects to such."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The plan before its addresses are known."""

    kind: PlanKind
    sender: Sender = RFC5321
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
    return replace(_draft(answer, sender_model(sender)), sender=sender_model(sender))


def complete(
    drafted: Draft,
    lookups: Mapping[str, tuple[DnsAnswer, ...]],
    *,
    own: Collection[IPAddress] = (),
) -> MxPlan:
    """Put addresses into a draft.

    Parameters
    ----------
    drafted
        What :func:`draft` made.
    lookups
        For each of ``drafted.names`` its A and AAAA answers.
    own
        Addresses of the sending host itself (rule 7).
    """
    hosts = tuple(_host(row, lookups.get(row.name, ())) for row in drafted.rows)
    hosts = _each_lookup_once(hosts)
    if drafted.kind is PlanKind.IMPLICIT and not hosts[0].addresses:
        return _without_implicit(drafted, hosts[0])
    kept, about_us = _without_us(hosts, own)
    attempts = _attempts(kept, drafted.sender)
    return MxPlan(
        kind=drafted.kind if kept or not hosts else PlanKind.SELF,
        hosts=kept,
        sender=drafted.sender.name,
        attempts=attempts,
        notes=(*drafted.notes, *about_us, *_about_limits(attempts)),
    )


# -- the answer to the MX question ----------------------------------------------------------


def _draft(answer: DnsAnswer, sender: Sender) -> Draft:
    if answer.status is DnsStatus.NXDOMAIN:
        return Draft(kind=PlanKind.NONE, notes=(f"{answer.name} does not exist (NXDOMAIN)",))
    if answer.status is not DnsStatus.NOERROR:
        detail = f" ({answer.detail})" if answer.detail else ""
        return Draft(
            kind=PlanKind.FAILED, notes=(f"the MX look-up failed: {answer.status}{detail}",)
        )
    if not answer.records:
        return Draft(kind=PlanKind.IMPLICIT, rows=(Row(preference=0, name=answer.name),))
    return _listed(answer.records, sender)


def _listed(records: tuple[str, ...], sender: Sender) -> Draft:
    """Rules 3 and 5."""
    rows, notes = _rows(records)
    if rows == ((0, ROOT),) and not notes:
        return Draft(kind=PlanKind.NULL, notes=("null MX: the domain takes no mail (RFC 7505)",))
    if not rows:
        return Draft(kind=PlanKind.FAILED, notes=notes)
    notes += _peculiarities(rows)
    if _is_refused(rows, sender):
        return Draft(kind=PlanKind.NULL, notes=notes)
    made = [_row(*row, sender) for row in _used(rows, sender)[:MAX_HOSTS]]
    return Draft(kind=PlanKind.MX, rows=tuple(made), notes=notes)


def _is_refused(rows: Rows, sender: Sender) -> bool:
    """Whether the sender takes the records for a null MX (rule 3)."""
    roots = sum(name == ROOT for _, name in rows)
    if roots == len(rows):
        return sender.lone_root == "null"
    return bool(roots) and sender.root_beside == "refuse"


def _used(rows: Rows, sender: Sender) -> Rows:
    """The rows that the sender has in its list."""
    if sender.root_beside == "skip" and any(name != ROOT for _, name in rows):
        rows = tuple(row for row in rows if row[1] != ROOT)
    if sender.repeats:
        return rows
    first = {name: row for row in reversed(rows) for name in (row[1],)}
    return tuple(row for row in rows if first[row[1]] == row)


# -- rows -----------------------------------------------------------------------------------


def _rows(records: tuple[str, ...]) -> tuple[Rows, tuple[str, ...]]:
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


def _row(preference: int, name: str, sender: Sender) -> Row:
    if name == ROOT:
        fault = "the target '.' means null MX, which is valid only alone and at preference 0"
        return Row(preference=preference, name=name, faults=(fault,), asked=False)
    if _is_address(name):
        fault = "the target is an address, not a host name (RFC 5321 section 5.1)"
        used = (ip_address(name.strip("[]")),) if sender.literal == "connect" else ()
        return Row(preference=preference, name=name, faults=(fault,), asked=False, literal=used)
    return Row(preference=preference, name=name)


def _is_address(name: str) -> bool:
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


_NULL_BESIDE_REAL = (
    "a null MX beside real MX records must not be published (RFC 7505 section 3):"
    " Postfix refuses the domain, Exim uses the others"
)
_NULL_BUT_INVALID = (
    "the only MX target is '.', but not as one record at preference 0: no valid null MX"
    " (RFC 7505 section 3), though Postfix and Exim read it as one"
)


def _peculiarities(rows: Rows) -> tuple[str, ...]:
    """What is unusual, with what each sender makes of it (rule 8)."""
    names = [name for _, name in rows]
    notes = []
    if ROOT in names:
        notes.append(_NULL_BUT_INVALID if set(names) == {ROOT} else _NULL_BESIDE_REAL)
    notes += [
        f"the MX target {name} is an address: Postfix connects to it, others do not"
        for name in dict.fromkeys(names)
        if _is_address(name)
    ]
    notes += [
        f"{name} is listed {names.count(name)} times: Postfix tries it each time, Exim once"
        for name in dict.fromkeys(names)
        if name != ROOT and names.count(name) > 1
    ]
    if len(rows) > MAX_HOSTS:
        notes.append(f"{len(rows)} MX records: only the first {MAX_HOSTS} were looked up")
    return tuple(notes)


# -- addresses ------------------------------------------------------------------------------


def _host(row: Row, lookups: tuple[DnsAnswer, ...]) -> MxHost:
    found = [a for answer in lookups for a in _addresses(answer)]
    addresses = tuple(dict.fromkeys((*row.literal, *found)))
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


def _without_us(
    hosts: tuple[MxHost, ...], own: Collection[IPAddress]
) -> tuple[tuple[MxHost, ...], tuple[str, ...]]:
    """Rule 7: the hosts that are better than ourselves, and what there is to say."""
    ours = [host for host in hosts if not set(own).isdisjoint(host.addresses)]
    if not ours:
        return hosts, ()
    limit = min(host.preference for host in ours)
    note = (
        f"this host is {ours[0].name} itself: it and all hosts that are no better than {limit}"
        f" are left out (RFC 5321 section 5.1)"
    )
    return tuple(host for host in hosts if host.preference < limit), (note,)


def _attempts(hosts: tuple[MxHost, ...], sender: Sender) -> tuple[tuple[IPAddress, ...], ...]:
    """Groups of addresses in the order tried; those of one group come in random order."""
    groups = []
    for preference in dict.fromkeys(host.preference for host in hosts):
        here = [a for h in hosts if h.preference == preference for a in h.addresses]
        if sender.families == "v6 first":
            groups += [[a for a in here if a.version == version] for version in (6, 4)]
        else:
            groups.append(here)
    return tuple(tuple(dict.fromkeys(group)) for group in groups if group)


def _about_limits(attempts: tuple[tuple[IPAddress, ...], ...]) -> tuple[str, ...]:
    count, most = sum(map(len, attempts)), POSTFIX.most_addresses
    if most is None or count <= most:
        return ()
    return (f"of these {count} addresses Postfix tries {most} at most for one message",)


def _without_implicit(drafted: Draft, host: MxHost) -> MxPlan:
    """Neither MX nor address: no mail host, unless the look-up itself failed."""
    sender = drafted.sender.name
    unknown = [a for a in host.lookups if a.status not in (DnsStatus.NOERROR, DnsStatus.NXDOMAIN)]
    if unknown:
        note = f"no MX, and the {unknown[0].rdtype} look-up failed: {unknown[0].status}"
        return MxPlan(
            kind=PlanKind.FAILED, hosts=(host,), sender=sender, notes=(*drafted.notes, note)
        )
    note = f"{host.name} has neither MX nor address"
    return MxPlan(kind=PlanKind.NONE, sender=sender, notes=(*drafted.notes, note))
