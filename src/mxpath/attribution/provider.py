"""Who runs a mail host, by its name: the provider of the server, not of the mailbox behind it."""

from collections.abc import Iterable

from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.model.evidence import Claim, Evidence, Grade
from mxpath.model.mail import MailProvider, MxHost


def provider_claims(
    hosts: Iterable[MxHost], gazetteer: Gazetteer
) -> dict[str, Claim[MailProvider]]:
    """Return who runs each mail host, by name; hosts of unknown providers are left out."""
    found = {}
    for host in hosts:
        known = gazetteer.provider(host.name)
        if known is None:
            continue
        pattern, snapshot = known
        evidence = Evidence(
            source=snapshot.name,
            as_of=snapshot.as_of,
            rule="mx-name-pattern",
            detail=f"{host.name} fits {pattern.pattern} of {pattern.title}",
        )
        value = MailProvider(name=pattern.provider, title=pattern.title, kind=pattern.kind)
        found[host.name] = Claim(value=value, evidence=(evidence,), grade=Grade.LIKELY)
    return found
