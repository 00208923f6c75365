"""Scripted peers on loopback: mail servers and name servers that do exactly what a test says."""

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import IPv4Address, ip_address
from pathlib import Path

import dns.flags
import dns.message
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LOOPBACK = IPv4Address("127.0.0.1")
PATIENCE_S = 5.0


class Peer:
    """The server's end of one connection."""

    def __init__(self, connected: socket.socket) -> None:
        connected.settimeout(PATIENCE_S)
        self.socket = connected
        self.heard = b""

    def say(self, data: bytes) -> None:
        self.socket.sendall(data)

    def hear(self) -> bytes:
        """One line, with its end; less at the end of the stream."""
        line = b""
        while not line.endswith(b"\n"):
            octet = self.socket.recv(1)
            if not octet:
                break
            line += octet
        self.heard += line
        return line

    def answer(self, *replies: bytes) -> None:
        """Hear a line before each reply."""
        for reply in replies:
            self.hear()
            self.say(reply)

    def wait(self, duration_s: float) -> None:
        time.sleep(duration_s)

    def encrypt(self, context: ssl.SSLContext) -> None:
        self.socket = context.wrap_socket(self.socket, server_side=True)

    def reset(self) -> None:
        """Close with RST instead of FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


@dataclass
class Stage:
    """A running server: where it listens, and what every client said."""

    port: int
    peers: list[Peer] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    @property
    def heard(self) -> bytes:
        """All that clients said; waits until the scripts have played out."""
        for thread in self.threads:
            thread.join(PATIENCE_S)
        return b"".join(peer.heard for peer in self.peers)


@contextlib.contextmanager
def serving(*scripts: Callable[[Peer], None]) -> Iterator[Stage]:
    """Serve: the n-th connection plays the n-th script, later ones the last."""
    with socket.create_server((str(LOOPBACK), 0)) as listener:
        listener.settimeout(0.05)
        stage = Stage(port=listener.getsockname()[1])
        over = threading.Event()

        def accept() -> None:
            while not over.is_set():
                try:
                    connected, _ = listener.accept()
                except TimeoutError:
                    continue
                peer = Peer(connected)
                script = scripts[min(len(stage.peers), len(scripts) - 1)]
                stage.peers.append(peer)
                playing = threading.Thread(target=_play, args=(script, peer))
                stage.threads.append(playing)
                playing.start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield stage
        finally:
            over.set()
            accepting.join(PATIENCE_S)
            for playing in stage.threads:
                playing.join(PATIENCE_S)


def _play(script: Callable[[Peer], None], peer: Peer) -> None:
    with contextlib.suppress(OSError):
        script(peer)
    peer.socket.close()


def closed_port() -> int:
    """A port on which nothing listens."""
    with socket.create_server((str(LOOPBACK), 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


# -- name servers ---------------------------------------------------------------------------

Answering = Callable[[dns.message.Message], "dns.message.Message | bytes | None"]


@contextlib.contextmanager
def naming(answer: Answering, *, over_tcp: Answering | None = None) -> Iterator[int]:
    """Serve DNS over UDP, and over TCP when ``over_tcp`` is given; yields the port."""
    with contextlib.ExitStack() as stack:
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind((str(LOOPBACK), 0))
        udp.settimeout(0.05)
        port: int = udp.getsockname()[1]
        over = threading.Event()
        threads = [threading.Thread(target=_name_udp, args=(udp, answer, over))]
        if over_tcp is not None:
            tcp = stack.enter_context(socket.create_server((str(LOOPBACK), port)))
            tcp.settimeout(0.05)
            threads.append(threading.Thread(target=_name_tcp, args=(tcp, over_tcp, over)))
        for thread in threads:
            thread.start()
        try:
            yield port
        finally:
            over.set()
            for thread in threads:
                thread.join(PATIENCE_S)


def _name_udp(udp: socket.socket, answer: Answering, over: threading.Event) -> None:
    while not over.is_set():
        try:
            wire, client = udp.recvfrom(4096)
        except TimeoutError:
            continue
        reply = answer(dns.message.from_wire(wire))
        if reply is not None:
            udp.sendto(reply if isinstance(reply, bytes) else reply.to_wire(), client)


def _name_tcp(tcp: socket.socket, answer: Answering, over: threading.Event) -> None:
    while not over.is_set():
        try:
            connected, _ = tcp.accept()
        except TimeoutError:
            continue
        with connected:
            connected.settimeout(PATIENCE_S)
            (length,) = struct.unpack("!H", connected.recv(2, socket.MSG_WAITALL))
            reply = answer(dns.message.from_wire(connected.recv(length, socket.MSG_WAITALL)))
            if reply is not None:
                wire = reply if isinstance(reply, bytes) else reply.to_wire(max_size=65535)
                connected.sendall(struct.pack("!H", len(wire)) + wire)


# -- certificates ---------------------------------------------------------------------------

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Issued:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def server(self, directory: Path, *chain: "Issued") -> ssl.SSLContext:
        """A TLS server that shows this certificate and then ``chain``."""
        file = directory / f"{self.certificate.serial_number}.pem"
        key = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        file.write_bytes(self.pem + b"".join(c.pem for c in chain) + key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def issue(
    name: str,
    *,
    by: Issued | None = None,
    names: tuple[str, ...] = (),
    authority: bool = False,
    start: datetime = NOW - DAY,
    end: datetime = NOW + 90 * DAY,
) -> Issued:
    """Issue a certificate; without ``by`` it signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer = key if by is None else by.key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if by is None else by.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if names:
        builder = builder.add_extension(_alternative(names), critical=False)
    if authority:
        builder = builder.add_extension(_signing_usage(), critical=True)
    return Issued(builder.sign(signer, hashes.SHA256()), key)


def _alternative(names: tuple[str, ...]) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([_general_name(name) for name in names])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _signing_usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )


@cache
def root() -> Issued:
    """An authority of our own."""
    return issue("Test Root", authority=True, start=NOW - 900 * DAY, end=NOW + 900 * DAY)


@cache
def intermediate() -> Issued:
    """An authority below :func:`root`."""
    return issue(
        "Test Intermediate",
        by=root(),
        authority=True,
        start=NOW - 800 * DAY,
        end=NOW + 800 * DAY,
    )
