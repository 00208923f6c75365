"""One SMTP conversation, phase by phase. There is no MAIL, RCPT or DATA in it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mxpath.model.address import IPAddress


class Outcome(StrEnum):
    """How far the conversation came."""

    ANSWERED = "answered"
    """2xx to the greeting and to EHLO; TLS, when offered, is told apart in ``tls``."""
    REJECTED = "rejected"
    """4xx or 5xx at the greeting or to EHLO/HELO; the code is in the reply."""
    REFUSED = "refused"
    """TCP reset: the port is closed."""
    NO_CONNECTION = "no connection"
    """No answer to the SYN within the time-out."""
    UNREACHABLE = "unreachable"
    """The network said so (ICMP unreachable, no route, no address of this family here)."""
    SILENT = "silent"
    """Connected, then no reply within the time-out."""
    CLOSED = "closed"
    """Connected, then closed or reset by the far side in mid-conversation."""
    GARBLED = "garbled"
    """The far side does not speak SMTP."""
    SKIPPED = "skipped"
    """Not tried: interrupted, or held back by a budget."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpReply:
    """A reply of one or more lines (RFC 5321 section 4.2)."""

    code: int
    lines: tuple[str, ...]
    """Text of each line, decoded leniently, without code; not yet safe for a terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One step of the session and where its time went.

    ``elapsed_ms`` is observed. ``network_ms`` is the step's round trips times
    the path's RTT (that of the TCP handshake), capped by what elapsed;
    ``server_ms`` is the rest: the far side's own waiting.
    """

    name: str
    """``connect``, ``greeting``, ``ehlo``, ``starttls``, ``tls``, ``ehlo2`` or ``quit``."""
    elapsed_ms: float
    round_trips: int
    network_ms: float
    server_ms: float
    complete: bool = True
    """False when the step ended by a time-out, a reset or an interrupt."""


class CertificateFault(StrEnum):
    """Why a client that verifies (RFC 5280, RFC 9525) would not trust a certificate."""

    NONE_SENT = "none sent"
    UNREADABLE = "unreadable"
    EXPIRED = "expired"
    NOT_YET_VALID = "not yet valid"
    SELF_SIGNED = "self-signed"
    UNKNOWN_ISSUER = "unknown issuer"
    """No certificate that was sent or is trusted stands for its issuer."""
    BROKEN_CHAIN = "broken chain"
    """The issuers are known, and the chain still does not verify."""
    NAME_MISMATCH = "name mismatch"


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFacts:
    """What the TLS handshake showed."""

    version: str
    cipher: str
    handshake_ms: float | None = None
    """The handshake on the wire alone, without our own checking of certificates."""
    names: tuple[str, ...] = ()
    """DNS names of the certificate's subjectAltName, else its common name."""
    issuer: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None
    trusted: bool | None = None
    """Chain verified against the trust store; ``None`` when not checked."""
    name_matches: bool | None = None
    faults: tuple[CertificateFault, ...] = ()
    """Everything that speaks against the certificate; the name's mismatch last."""
    problem: str = ""
    """Why the chain or the handshake failed, in the TLS library's words."""
    timed_out: bool = False
    """The handshake failed because nothing more came in time."""

    @property
    def is_established(self) -> bool:
        """Whether the handshake came to its end; if not, nothing was said after it."""
        return bool(self.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondLook:
    """A second conversation with small TCP segments, after the first one stalled.

    Small replies had come and then, where a large one was due, nothing: so looks a
    path that loses large packets. Small segments fit through it.
    """

    max_segment: int
    """Largest TCP segment asked for, in bytes (TCP_MAXSEG)."""
    outcome: Outcome
    reached: str = ""
    """The last phase that was completed; empty when none was."""
    passed: bool = False
    """Whether the step was completed at which the first conversation stalled."""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSession:
    """A conversation with one address of one host."""

    host: str
    address: IPAddress
    port: int
    outcome: Outcome
    started_at: datetime
    source: IPAddress | None = None
    """Our own address of the connection; ``None`` when there was none."""
    helo: str | None = None
    """What was said in EHLO; ``None`` when it did not come to that."""
    phases: tuple[Phase, ...] = ()
    greeting: SmtpReply | None = None
    capabilities: tuple[str, ...] = ()
    """EHLO keywords with parameters, from the last EHLO answered."""
    starttls_offered: bool | None = None
    starttls_reply: SmtpReply | None = None
    """The answer to STARTTLS; a server may offer it and refuse it all the same."""
    tls: TlsFacts | None = None
    last_reply: SmtpReply | None = None
    was_reset: bool = False
    """For ``closed``: the far side cut the connection by RST, not by an orderly end."""
    second_look: SecondLook | None = None
    detail: str = ""

    def phase(self, name: str) -> Phase | None:
        """The phase called ``name``, if the session came to it."""
        return next((phase for phase in self.phases if phase.name == name), None)

    @property
    def total_ms(self) -> float:
        """All phases together."""
        return sum(phase.elapsed_ms for phase in self.phases)

    @property
    def server_ms(self) -> float:
        """The far side's own waiting, all phases together."""
        return sum(phase.server_ms for phase in self.phases)
