"""TCP connections of this machine's kernel, and opportunistic TLS on them.

The law of ``start_tls``: one handshake, and the chain judged afterwards.

1. A mail server's certificate must not end the session (RFC 7435), and one
   connection has room for one handshake only. So the handshake runs without
   verification, and nothing secret is ever sent over it.
2. The certificates are then taken from the finished handshake: the server's
   own, and the chain that it sent, as far as Python shows it (``SSLSocket.
   get_unverified_chain``, public since 3.13 and there under the surface since
   3.10). An implementation that shows no chain leaves the server's own
   certificate alone to be judged.
3. The chain is judged by :mod:`mxpath.vantage.certificates`, offline. No second
   connection is made: many servers count them.
4. Old protocol versions and weak ciphers are accepted, because what a server
   offers is what is to be reported.
"""

import errno
import socket
import ssl
from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mxpath.model.address import IPAddress
from mxpath.model.session import TlsFacts
from mxpath.vantage.certificates import TrustStore, judge
from mxpath.vantage.ports import Clock, ConnectionFault, Fault

SEND_TIMEOUT_S = 15.0
SYN_COUNT = 2
"""TCP_SYNCNT of a connection: the kernel gives up after 7 s, with 3 SYNs, or 6 where SYNs are
repeated every second at first (Linux 6.5 and newer; counted in the lab). A mail server that drops
them thus sees no more SYNs of a connection than of a trace."""
_CHUNK_OCTETS = 65536
_DER = 2
"""ENCODING_DER of the ``_ssl`` module, which :func:`_chain` asks for."""

_LEGACY_SERVER_CONNECT = 0x4
"""SSL_OP_LEGACY_SERVER_CONNECT; Python names it from 3.12 on."""

_UNREACHABLE = frozenset(
    {
        errno.ENETUNREACH,
        errno.EHOSTUNREACH,
        errno.ENETDOWN,
        errno.EHOSTDOWN,
        errno.EADDRNOTAVAIL,
        errno.EAFNOSUPPORT,
        errno.EACCES,
        errno.EPERM,
        errno.EPROTO,
        errno.ENOPROTOOPT,
        errno.EINVAL,
    }
)
"""What connect() says of ICMP errors, a missing route, family or address, a local filter."""


class TcpDialer:
    """Opens kernel TCP connections; satisfies :class:`mxpath.vantage.ports.Dialer`.

    Parameters
    ----------
    clock
        Says at what time certificates are judged.
    source
        Local addresses to bind to, at most one a family; none lets the kernel choose.
    trust_file
        PEM file of trusted roots; ``None`` takes the system's.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        source: Sequence[IPAddress] = (),
        trust_file: Path | None = None,
    ) -> None:
        self._clock = clock
        self._source = {address.version: str(address) for address in source}
        self._trust = TrustStore(trust_file)
        _ = self._trust.store  # read now, so that no server is charged for the time it takes

    def dial(
        self, address: IPAddress, port: int, timeout_s: float, *, max_segment: int | None = None
    ) -> "TcpConnection":
        """Connect; raises ConnectionFault."""
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        since_s = self._clock.monotonic_s()
        try:
            connected = self._connected(family, (str(address), port), timeout_s, max_segment)
        except OSError as error:
            elapsed_ms = (self._clock.monotonic_s() - since_s) * 1000
            raise _fault(error, dialing_ms=elapsed_ms) from error
        connect_ms = (self._clock.monotonic_s() - since_s) * 1000
        return TcpConnection(connected, self._clock, self._trust, connect_ms=connect_ms)

    def _connected(
        self,
        family: socket.AddressFamily,
        target: tuple[str, int],
        timeout_s: float,
        max_segment: int | None,
    ) -> socket.socket:
        fresh = socket.socket(family, socket.SOCK_STREAM)
        try:
            own = self._source.get(4 if family == socket.AF_INET else 6)
            if own is not None:
                fresh.bind((own, 0))
            fresh.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if hasattr(socket, "TCP_SYNCNT"):  # Linux
                fresh.setsockopt(socket.IPPROTO_TCP, socket.TCP_SYNCNT, SYN_COUNT)
            if max_segment is not None:  # announced in our SYN: it binds the far side too
                fresh.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, max_segment)
            fresh.settimeout(timeout_s)
            fresh.connect(target)
        except BaseException:
            fresh.close()
            raise
        return fresh


class TcpConnection:
    """One established connection; satisfies :class:`mxpath.vantage.ports.Connection`."""

    def __init__(
        self, connected: socket.socket, clock: Clock, trust: TrustStore, *, connect_ms: float
    ) -> None:
        self.connect_ms = connect_ms
        self.source: IPAddress | None = _own_address(connected)
        self._socket = connected
        self._clock = clock
        self._trust = trust

    def send(self, data: bytes) -> None:
        """Write all of ``data``; raises ConnectionFault."""
        try:
            self._socket.settimeout(SEND_TIMEOUT_S)
            self._socket.sendall(data)
        except OSError as error:
            raise _fault(error) from error

    def receive(self, timeout_s: float) -> bytes:
        """Return the next bytes, ``b""`` at end of stream; raises ConnectionFault."""
        try:
            self._socket.settimeout(max(timeout_s, 0.001))  # 0 would mean "do not wait at all"
            return self._socket.recv(_CHUNK_OCTETS)
        except ssl.SSLEOFError:
            return b""  # closed without close_notify, as mail servers do
        except OSError as error:
            raise _fault(error) from error

    def start_tls(self, server_name: str, timeout_s: float) -> TlsFacts:
        """Negotiate TLS and report it; raises ConnectionFault when the handshake fails."""
        plain = self._socket
        plain.settimeout(timeout_s)
        context = _context()
        since_s = self._clock.monotonic_s()
        try:
            secured = context.wrap_socket(
                plain, server_hostname=_sni(server_name), do_handshake_on_connect=False
            )
            self._socket = secured
            secured.do_handshake()
        except (OSError, ValueError) as error:
            raise _handshake_fault(error) from error
        handshake_ms = (self._clock.monotonic_s() - since_s) * 1000
        facts = judge(
            _chain(secured),
            server_name=server_name,
            trust=self._trust,
            now_ns=self._clock.now_ns(),
        )
        cipher, _, _ = secured.cipher() or ("", "", 0)
        return replace(
            facts,
            version=secured.version() or "",
            cipher=cipher,
            handshake_ms=round(handshake_ms, 3),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()


def _own_address(connected: socket.socket) -> IPAddress | None:
    try:
        return ip_address(connected.getsockname()[0].partition("%")[0])
    except (OSError, ValueError):
        return None


def _fault(error: OSError, *, dialing_ms: float | None = None) -> ConnectionFault:
    """Name what went wrong; anything odd on an open connection counts as its end."""
    detail = error.strerror or str(error)
    if isinstance(error, TimeoutError):
        return ConnectionFault(Fault.TIMEOUT, "no answer in time", elapsed_ms=dialing_ms)
    fault = Fault.RESET if isinstance(error, ConnectionResetError) else Fault.CLOSED
    if dialing_ms is not None and isinstance(error, ConnectionRefusedError):
        fault = Fault.REFUSED
    elif dialing_ms is not None and error.errno in _UNREACHABLE:
        fault = Fault.UNREACHABLE
    return ConnectionFault(fault, detail, elapsed_ms=dialing_ms)


def _handshake_fault(error: Exception) -> ConnectionFault:
    if isinstance(error, ssl.SSLError) and not isinstance(error, TimeoutError):
        return ConnectionFault(Fault.CLOSED, f"TLS handshake failed: {_words(error)}")
    if isinstance(error, OSError):
        fault = _fault(error)
        return ConnectionFault(fault.fault, f"TLS handshake failed: {fault.detail}")
    return ConnectionFault(Fault.CLOSED, f"TLS handshake failed: {error}")


def _words(error: ssl.SSLError) -> str:
    """OpenSSL's reason in lower case words, such as ``wrong version number``."""
    return (error.reason or str(error)).lower().replace("_", " ")


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # see the law above: judged afterwards
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.options |= _LEGACY_SERVER_CONNECT
    return context


def _sni(server_name: str) -> str | None:
    """The name for SNI; none where the host has no name that TLS could carry."""
    try:
        ip_address(server_name)
    except ValueError:
        usable = server_name.isascii() and all(
            0 < len(label) < 64 for label in server_name.split(".")
        )
        return server_name if usable and len(server_name) < 254 else None
    return None


def _chain(secured: ssl.SSLSocket) -> tuple[bytes, ...]:
    """The certificates the server sent, in DER, its own first."""
    own = secured.getpeercert(binary_form=True)
    holder: Any = secured if hasattr(secured, "get_unverified_chain") else secured._sslobj  # type: ignore[attr-defined]  # noqa: SLF001 - public only from 3.13 on
    sent = getattr(holder, "get_unverified_chain", lambda: None)() or ()
    ders = tuple(c if isinstance(c, bytes) else c.public_bytes(_DER) for c in sent)
    return ders or ((own,) if own else ())
