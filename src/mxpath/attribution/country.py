"""In which country the holder of an address or a network is registered: never where it is.

The first that names one: delegation statistics (of the block; of a network's number),
then the organisation that runs the network, then the registry's own entry (RDAP). The
registries also write ``EU`` and ``AP``.
"""

from mxpath.model.attribution import Delegation
from mxpath.model.evidence import Claim, Evidence
from mxpath.model.registry import Organisation, Registration


def country_claim(
    delegation: Claim[Delegation] | None,
    organisation: Claim[Organisation] | None,
    registration: Claim[Registration] | None = None,
) -> Claim[str] | None:
    """Return the country of registration, ``None`` where nobody names one."""
    if delegation is not None and delegation.value.country is not None:
        what = delegation.value.range_words
        return _claim(delegation.value.country, delegation.evidence, "delegated-country", what)
    if organisation is not None and organisation.value.country is not None:
        what = str(organisation.value)
        return _claim(
            organisation.value.country, organisation.evidence, "organisation-country", what
        )
    if registration is not None and registration.value.country is not None:
        what = registration.value.range_words
        return _claim(registration.value.country, registration.evidence, "registered-country", what)
    return None


def _claim(country: str, why: tuple[Evidence, ...], rule: str, what: str) -> Claim[str]:
    evidence = Evidence(
        source=why[0].source,
        as_of=why[0].as_of,
        rule=rule,
        detail=f"{what} is registered in {country}",
    )
    return Claim(value=country, evidence=(evidence,))
