"""``mxpath mx DOMAIN``: the MX plan."""

import argparse

from mxpath.cli import options as shared
from mxpath.mail.discover import discover
from mxpath.mail.mx import normalise_domain
from mxpath.model import codec
from mxpath.model.dns import Security
from mxpath.model.mail import MailDomain, PlanKind


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("domain", metavar="DOMAIN")
    parser.add_argument("--sender", default="rfc5321", metavar="MODEL", help="sender model")
    shared.add_output(parser)
    shared.add_families(parser)
    shared.add_vantage(parser)
    shared.add_gazetteer(parser)


def run(options: argparse.Namespace) -> int:
    """Print the plan; 1 when there is nowhere to deliver to."""
    domain = normalise_domain(options.domain)
    with shared.opened(options) as (vantage, _gazetteer):
        mail = discover(domain, vantage, sender=options.sender, families=shared.families(options))
    if options.json:
        print(codec.dump(mail).decode(), end="")
    else:
        _print_plan(mail)
    return 0 if mail.addresses else 1


_KINDS = {
    PlanKind.MX: "by its MX records",
    PlanKind.IMPLICIT: "implicit MX: no MX record, but the name has an address (RFC 5321 §5.1)",
    PlanKind.NULL: "null MX: the domain takes no mail (RFC 7505)",
    PlanKind.NONE: "no mail: the name does not exist, or has neither MX nor address",
    PlanKind.SELF: "this host itself is the best of its mail hosts: mail is kept here",
    PlanKind.FAILED: "no plan: the DNS gave no usable answer",
}


_SECURITY = {
    Security.SECURE: "DNSSEC secure: the resolver has validated the MX records",
    Security.INSECURE: "DNSSEC insecure: the resolver validates, and the MX records are not signed",
    Security.BOGUS: "DNSSEC bogus: the signatures do not hold, so the resolver withholds the answer",
    Security.UNKNOWN: "DNSSEC unknown: the resolver does not validate, or its word does not count",
}


def _print_plan(mail: MailDomain) -> None:
    from mxpath.model.foreign_text import printable  # noqa: PLC0415

    answer = mail.mx_lookup
    print(f"{mail.domain}: {_KINDS[mail.plan.kind]}")
    detail = f" ({printable(answer.detail)})" if answer.detail else ""
    print(f"  MX {answer.status}{detail} from {answer.server or '?'}, {answer.elapsed_ms:.0f} ms")
    print(f"  {_SECURITY[mail.dnssec]}")
    for host in mail.plan.hosts:
        addresses = "  ".join(str(address) for address in host.addresses) or "no address"
        print(f"  {host.preference:>5}  {printable(host.name):<32} {addresses}")
        for fault in host.faults:
            print(f"         ! {printable(fault)}")
    for note in mail.plan.notes:
        print(f"  note: {printable(note)}")
