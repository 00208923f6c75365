import asyncio
import socket
import struct
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.asking import at_sender
from mxpath.lab.elements import Behaviour, SmtpHost
from mxpath.lab.netns import Lab

pytest.importorskip("aiosmtpd", reason="the lab's mail servers need mxpath[lab]")

from mxpath.lab.mail_server import MailDoor, MailServer
from mxpath.lab.services import SynCounter, drop_everything

TARGET = ip_address("198.18.33.25")


@given(
    source=st.integers(0, 65_535),
    port=st.sampled_from([25, 443]),
    flags=st.integers(0, 255),
    rest=st.binary(max_size=20),
)
def test_only_pure_syns_to_port_25_count(source: int, port: int, flags: int, rest: bytes) -> None:
    counter = SynCounter()
    counter.count(struct.pack("!HHIIBB", source, port, 1, 0, 0x50, flags) + rest, TARGET)
    is_syn = port == 25 and flags & 0x02 and not flags & 0x10
    assert counter.rows() == ([(str(TARGET), source, 1)] if is_syn else [])


@given(st.binary(max_size=13))
def test_a_cut_off_segment_is_no_syn(segment: bytes) -> None:
    counter = SynCounter()
    counter.count(segment, TARGET)
    assert not counter.counts


async def _talk(host: SmtpHost, *lines: bytes) -> list[bytes]:
    """What a host says to a client that waits for a line after each of its own."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: MailDoor(host, None, {}), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        said = [await reader.readline()]
        for line in lines:
            writer.write(line + b"\r\n")
            said.append(await reader.readline())
        writer.close()
        await writer.wait_closed()
        return said


@pytest.mark.parametrize(("behaviour", "code"), [("reject", b"554"), ("busy", b"451")])
def test_a_server_that_rejects_still_answers_quit(behaviour: str, code: bytes) -> None:
    host = SmtpHost(name="mx.example", behaviour=Behaviour(behaviour))
    said = asyncio.run(_talk(host, b"EHLO x", b"QUIT"))
    assert [line[:3] for line in said] == [code, b"503", b"221"]


def test_a_server_takes_no_mail() -> None:
    said = asyncio.run(_talk(SmtpHost(name="mx.example"), b"HELO x", b"MAIL FROM:<>", b"QUIT"))
    assert said[0].startswith(b"220 mx.example")
    assert [line[:3] for line in said[1:]] == [b"250", b"550", b"221"]


def test_a_server_that_takes_mail_takes_all_of_it() -> None:
    host = SmtpHost(name="mx.example", takes_mail=True)
    lines = (b"HELO x", b"MAIL FROM:<>", b"RCPT TO:<a@mx.example>", b"DATA", b".", b"QUIT")
    said = asyncio.run(_talk(host, *lines))
    assert [line[:3] for line in said] == [b"220", b"250", b"250", b"250", b"354", b"250", b"221"]


def test_more_connections_than_the_limit_are_sent_away() -> None:
    async def play() -> list[bytes]:
        host = SmtpHost(name="mx.example", behaviour=Behaviour.LIMITED, connections_at_once=1)
        guests: dict[str, set[MailServer]] = {}
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: MailDoor(host, None, guests), "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            said = []
            first = await asyncio.open_connection("127.0.0.1", port)
            said.append(await first[0].readline())
            second = await asyncio.open_connection("127.0.0.1", port)
            said.append(await second[0].read())
            for writer in (first[1], second[1]):
                writer.close()
                await writer.wait_closed()
            async with asyncio.timeout(5):
                while any(guests.values()):  # noqa: ASYNC110 - the server has no event to wait for
                    await asyncio.sleep(0.01)
            third = await asyncio.open_connection("127.0.0.1", port)
            said.append(await third[0].readline())
            third[1].close()
            await third[1].wait_closed()
        return said

    said = asyncio.run(play())
    assert [line[:3] for line in said] == [b"220", b"421", b"220"]


def test_a_listener_can_drop_everything() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        drop_everything(listener)
        with socket.socket() as client:
            client.settimeout(0.2)
            with pytest.raises(TimeoutError):
                client.connect(listener.getsockname())


@pytest.mark.lab
@pytest.mark.parametrize("family", [0, 1], ids=["v4", "v6"])
class TestBehaviours:
    def address(self, lab: Lab, host: str, family: int) -> str:
        return str(lab.world.addresses_of(host)[family])

    def test_fine_greets_at_once_and_offers_starttls(self, kernel: Lab, family: int) -> None:
        answer = at_sender(
            kernel, "converse", self.address(kernel, "mx1", family), 5, "EHLO x.example", "QUIT"
        )
        assert answer["said"][0].startswith("220 mx1.bigmail.example")
        assert "STARTTLS" in answer["said"][1]
        assert answer["said"][2].startswith("221")
        assert answer["waited_s"] < 1

    def test_its_certificate_is_the_lab_authority_s(self, kernel: Lab, family: int) -> None:
        address = self.address(kernel, "mx1", family)
        version = at_sender(kernel, "tls", address, "mx1.bigmail.example", kernel.trust_file)
        assert version == "TLSv1.3"

    def test_slow_greeting_waits_as_long_as_told(self, kernel: Lab, family: int) -> None:
        answer = at_sender(kernel, "converse", self.address(kernel, "slow", family), 8, "QUIT")
        assert 4.0 <= answer["waited_s"] < 5.0

    def test_reject_greets_with_554_and_answers_quit(self, kernel: Lab, family: int) -> None:
        answer = at_sender(kernel, "converse", self.address(kernel, "strict", family), 5, "QUIT")
        assert [said[:3] for said in answer["said"]] == ["554", "221"]

    def test_closed_refuses_and_dropped_is_silent(self, kernel: Lab, family: int) -> None:
        port = 44_000 + family
        for host, outcome in (("closed", "refused"), ("dropped", "silent")):
            address = self.address(kernel, host, family)
            assert at_sender(kernel, "connect", address, port, 0.5) == outcome
            counted = {
                (str(row.target), row.source_port): row.count for row in kernel.truth([]).syns
            }
            assert counted[address, port] == 1
