"""A certificate authority that lives as long as a world is played, and the servers' certificates.

Both players show certificates made here, so that the analyzer judges real ones in
memory too.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mxpath.lab.elements import Certificate, SmtpHost
from mxpath.lab.mail_words import certificate_names

LIFE = timedelta(days=30)
EXPIRED_FOR = timedelta(days=3)
"""How long ago an expired certificate ended."""

_SLACK = timedelta(days=1)
"""Certificates begin a day ago: clocks differ."""


def authority_title(world: str) -> str:
    """Return the common name of a world's authority.

    Examples
    --------
    >>> authority_title("first_walk")
    'mxpath lab first_walk'
    """
    return f"mxpath lab {world}"


@dataclass(frozen=True, slots=True)
class Issued:
    """A server's certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def der(self) -> bytes:
        """The certificate as it goes over the wire."""
        return self.certificate.public_bytes(Encoding.DER)

    def write(self, path: Path) -> Path:
        """Write key and certificate into one PEM file, readable by us alone."""
        path.touch(mode=0o600)
        path.write_bytes(
            self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + self.certificate.public_bytes(Encoding.PEM)
        )
        return path


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority whose key never leaves this process."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    now: datetime
    """What validity is counted from."""

    @classmethod
    def create(cls, title: str, *, now: datetime | None = None) -> "Authority":
        """Make a new authority; without ``now`` it lives by this machine's clock."""
        now = now or datetime.now(UTC)
        key, name = ec.generate_private_key(ec.SECP256R1()), _name(title)
        # It begins before the expired certificates that it once gave out.
        certificate = (
            _builder(name, name, key.public_key(), begins=now - 2 * LIFE, ends=now + LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(authority=True), critical=True)
            .sign(key, hashes.SHA256())
        )
        return cls(key, certificate, now)

    @property
    def pem(self) -> bytes:
        """Its own certificate."""
        return self.certificate.public_bytes(Encoding.PEM)

    def issue(self, host: SmtpHost) -> Issued:
        """Make the certificate that a host shows: of the kind and for the names it says."""
        key = ec.generate_private_key(ec.SECP256R1())
        own = host.certificate is Certificate.SELF_SIGNED
        signer = key if own else self.key
        names = certificate_names(host)
        ends = self.now + LIFE
        if host.certificate is Certificate.EXPIRED:
            ends = self.now - EXPIRED_FOR
        subject = _name(names[0])
        certificate = (
            _builder(
                subject,
                subject if own else self.certificate.subject,
                key.public_key(),
                begins=min(self.now - _SLACK, ends - LIFE),
                ends=ends,
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
                critical=False,
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False
            )
            .sign(signer, hashes.SHA256())
        )
        return Issued(certificate, key)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    *,
    begins: datetime,
    ends: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )
