"""Is this chain trusted, and is it for this host? Judged offline, after the handshake.

The rules, in their order; the first that fails gives ``problem`` its words:

1. Dates: a certificate outside its own dates is not trusted, whoever signed it.
2. A certificate that signed itself is not trusted, unless it is in the store.
3. The chain must lead to the store. The verifier is that of ``cryptography``
   (RFC 5280 with the Web PKI's profile, which is stricter than mail servers'
   own libraries: it wants a subjectAltName, for one).
4. Where the verifier cannot judge - no store, no subjectAltName, an issuer that
   Python does not show us - the answer is "not checked", never "untrusted".
5. The name is matched apart from the chain (RFC 9525): only DNS names of the
   subjectAltName count, ``*`` stands for exactly the first label.
"""

import ssl
import threading
import warnings
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import ExtensionOID, NameOID
from cryptography.x509.verification import PolicyBuilder, ServerVerifier, Store, VerificationError

from mxpath.errors import InputError
from mxpath.model.session import CertificateFault, TlsFacts

_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
MAX_CHAIN = 16
"""Certificates looked at; a server may send any number."""

MAX_NAMES = 256
"""Names kept of one certificate."""

_UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What ``cryptography`` raises for bytes that are no proper certificate."""

_QUIET = threading.Lock()
"""Warning filters belong to the whole process: one thread at a time may change them."""


class TrustStore:
    """Root certificates of a PEM file, or the system's.

    Parameters
    ----------
    path
        PEM file; ``None`` takes what OpenSSL would (``SSL_CERT_FILE`` included).

    Raises
    ------
    InputError
        When ``path`` is given and holds no certificate.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        if path is not None and not self.roots:
            raise InputError(f"{path} holds no certificate in PEM form")

    @classmethod
    def of(cls, *roots: x509.Certificate) -> "TrustStore":
        """Return a store of the given roots, without a file."""
        made = cls()
        made.__dict__["roots"] = roots  # where the cached property would put them
        return made

    @cached_property
    def roots(self) -> tuple[x509.Certificate, ...]:
        """The roots; empty when there are none on this system."""
        found = self._path or ssl.get_default_verify_paths().cafile
        if found is None:
            return ()
        try:
            text = Path(found).read_text("ascii", "replace")
        except OSError as error:
            if self._path is None:
                return ()
            raise InputError(f"cannot read {found}: {error.strerror}") from error
        return tuple(root for block in _pem_blocks(text) if (root := _read_pem(block)) is not None)

    @cached_property
    def store(self) -> Store | None:
        """The roots as the verifier wants them; ``None`` without any."""
        return Store(list(self.roots)) if self.roots else None


def judge(
    chain: tuple[bytes, ...],
    *,
    server_name: str,
    trust: TrustStore,
    now_ns: int,
) -> TlsFacts:
    """Say what the certificates of a finished handshake are worth.

    Parameters
    ----------
    chain
        Certificates in DER as sent, the server's own first; may be empty.
    server_name
        The host's name, as the MX record gives it.
    trust
        The roots to judge by.
    now_ns
        The time to judge at, nanoseconds since the epoch.

    Returns
    -------
    TlsFacts
        Without protocol version and cipher, which no certificate tells.
    """
    read = [_read_der(der) for der in chain[:MAX_CHAIN]]
    own = read[0] if read else None
    if own is None:
        problem = "the certificate cannot be read" if chain else "no certificate was sent"
        fault = CertificateFault.UNREADABLE if chain else CertificateFault.NONE_SENT
        return TlsFacts(version="", cipher="", faults=(fault,), problem=problem)
    now = datetime.fromtimestamp(now_ns / 1e9, tz=UTC)
    sent = [certificate for certificate in read[1:] if certificate is not None]
    trusted, problem = _trusted(own, sent, trust, now)
    facts = TlsFacts(
        version="",
        cipher="",
        names=names_of(own),
        issuer=_issuer(own),
        not_before=own.not_valid_before_utc,
        not_after=own.not_valid_after_utc,
        trusted=trusted,
        name_matches=name_matches(_dns_names(own), server_name),
        problem=problem,
    )
    return replace(facts, faults=tuple(_faults(facts, own, sent, trust.roots, now)))


def _faults(
    facts: TlsFacts,
    own: x509.Certificate,
    sent: list[x509.Certificate],
    roots: tuple[x509.Certificate, ...],
    now: datetime,
) -> Iterator[CertificateFault]:
    """Everything that is wrong, where ``problem`` names the first alone."""
    if now > own.not_valid_after_utc:
        yield CertificateFault.EXPIRED
    if now < own.not_valid_before_utc:
        yield CertificateFault.NOT_YET_VALID
    if own not in roots:
        if _self_signed(own):
            yield CertificateFault.SELF_SIGNED
        elif roots and not _is_known(own, sent, roots):
            yield CertificateFault.UNKNOWN_ISSUER
        elif facts.trusted is False and own.not_valid_before_utc <= now <= own.not_valid_after_utc:
            yield CertificateFault.BROKEN_CHAIN
    if not facts.name_matches:
        yield CertificateFault.NAME_MISMATCH


def _is_known(
    own: x509.Certificate, sent: list[x509.Certificate], roots: tuple[x509.Certificate, ...]
) -> bool:
    """Whether the names of the issuers lead from the certificate to a root."""
    try:
        anchors = {root.subject for root in roots}
        above, issuer = {c.subject: c.issuer for c in sent}, own.issuer
    except _UNREADABLE:
        return False
    for _ in range(MAX_CHAIN):
        if issuer in anchors:
            return True
        if issuer not in above:
            return False
        issuer = above[issuer]
    return False


def _trusted(
    own: x509.Certificate, sent: list[x509.Certificate], trust: TrustStore, now: datetime
) -> tuple[bool | None, str]:
    if now > own.not_valid_after_utc:
        return False, f"the certificate expired on {own.not_valid_after_utc:%Y-%m-%d}"
    if now < own.not_valid_before_utc:
        return False, f"the certificate is not valid before {own.not_valid_before_utc:%Y-%m-%d}"
    if own in trust.roots:
        return True, ""
    if _self_signed(own):
        return False, "the certificate is self-signed"
    if trust.store is None:
        return None, "not checked: there is no trust store on this system"
    return _verified(own, sent, trust.store, now)


def _verified(
    own: x509.Certificate, sent: list[x509.Certificate], store: Store, now: datetime
) -> tuple[bool | None, str]:
    verifier = _verifier(own, PolicyBuilder().store(store).time(now))
    if verifier is None:
        return None, "not checked: the certificate has no usable subjectAltName"
    try:
        verifier.verify(own, sent)
    except (VerificationError, *_UNREADABLE) as error:
        return False, f"the chain does not verify: {error}"
    return True, ""


def _verifier(own: x509.Certificate, policy: PolicyBuilder) -> ServerVerifier | None:
    """A verifier for a name that the certificate itself claims: the host's name is rule 5."""
    names = _alternative_names(own)
    if names is None:
        return None
    claimed: list[x509.DNSName | x509.IPAddress] = [
        x509.DNSName(name.replace("*", "wildcard", 1))
        for name in names.get_values_for_type(x509.DNSName)
    ]
    claimed += [x509.IPAddress(ip) for ip in names.get_values_for_type(x509.IPAddress)]
    for subject in claimed[:MAX_NAMES]:
        try:
            return policy.build_server_verifier(subject)
        except ValueError:
            continue
    return None


def _self_signed(own: x509.Certificate) -> bool:
    try:
        own.verify_directly_issued_by(own)
    except (InvalidSignature, *_UNREADABLE):
        return False
    return True


# -- names ----------------------------------------------------------------------------------


def names_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return the DNS names of the subjectAltName, else the subject's common name."""
    return _dns_names(certificate) or _common_names(certificate.subject)


def name_matches(names: tuple[str, ...], server_name: str) -> bool:
    """Whether a DNS name of the certificate stands for the host (RFC 9525 section 6.3).

    Examples
    --------
    >>> name_matches(("*.example.org",), "mx1.example.org")
    True
    >>> name_matches(("*.example.org",), "a.mx1.example.org")
    False
    """
    host = server_name.lower().removesuffix(".")
    first, _, rest = host.partition(".")
    accepted = {host, f"*.{rest}"} if first and "." in rest else {host}
    return any(name.lower().removesuffix(".") in accepted for name in names)


def _dns_names(certificate: x509.Certificate) -> tuple[str, ...]:
    names = _alternative_names(certificate)
    return () if names is None else tuple(names.get_values_for_type(x509.DNSName)[:MAX_NAMES])


def _alternative_names(certificate: x509.Certificate) -> x509.SubjectAlternativeName | None:
    try:
        found = certificate.extensions.get_extension_for_oid(
            ExtensionOID.SUBJECT_ALTERNATIVE_NAME
        ).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, *_UNREADABLE):
        return None
    return found if isinstance(found, x509.SubjectAlternativeName) else None


def _common_names(name: x509.Name) -> tuple[str, ...]:
    return tuple(str(a.value) for a in name.get_attributes_for_oid(NameOID.COMMON_NAME))


def _issuer(certificate: x509.Certificate) -> str:
    try:
        return certificate.issuer.rfc4514_string()
    except _UNREADABLE:
        return ""


# -- reading --------------------------------------------------------------------------------


def _pem_blocks(text: str) -> list[bytes]:
    bodies = [part.partition(_END)[0] for part in text.split(_BEGIN)[1:]]
    return [f"{_BEGIN}{body}{_END}\n".encode() for body in bodies]


def _read_pem(block: bytes) -> x509.Certificate | None:
    with _QUIET, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one odd root of the system is not the user's business
        try:
            return x509.load_pem_x509_certificate(block)
        except _UNREADABLE:
            return None


def _read_der(der: bytes) -> x509.Certificate | None:
    with _QUIET, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an odd certificate is a finding, not a warning
        try:
            return x509.load_der_x509_certificate(der)
        except _UNREADABLE:
            return None
