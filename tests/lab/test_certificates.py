import ssl
import stat
from pathlib import Path

import pytest

from mxpath.lab.certificates import Authority
from mxpath.lab.elements import SmtpHost

HOST = SmtpHost(name="mx.example")


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> None:
    """Let two TLS ends talk in memory until the client has checked the certificate."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    here = client.wrap_bio(to_client, to_server, server_hostname=name)
    there = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for end in (here, there):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue


@pytest.fixture
def server(tmp_path: Path) -> tuple[ssl.SSLContext, Authority]:
    authority = Authority.create("test")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.issue(HOST).write(tmp_path / "mx.pem"))
    return context, authority


def test_the_authority_vouches_for_its_servers_strictly(
    server: tuple[ssl.SSLContext, Authority],
) -> None:
    client = ssl.create_default_context(cadata=server[1].pem.decode())
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    handshake(server[0], client, "mx.example")


def test_another_name_is_refused(server: tuple[ssl.SSLContext, Authority]) -> None:
    client = ssl.create_default_context(cadata=server[1].pem.decode())
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        handshake(server[0], client, "mx.other")


def test_another_authority_is_refused(server: tuple[ssl.SSLContext, Authority]) -> None:
    client = ssl.create_default_context(cadata=Authority.create("other").pem.decode())
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(server[0], client, "mx.example")


def test_a_key_is_for_us_alone(tmp_path: Path) -> None:
    path = Authority.create("test").issue(HOST).write(tmp_path / "mx.pem")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
