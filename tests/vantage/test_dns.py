"""The stub resolver against name servers on loopback that behave in every way."""

import socket
import struct
import threading
import time
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.errors import InputError
from mxpath.model.dns import DnsAnswer, DnsStatus
from mxpath.vantage.clock import SystemClock
from mxpath.vantage.dns import Server, StubResolver, parse_server, system_servers, trusts_ad
from play import LOOPBACK, Answering, closed_port, naming


def server(port: int) -> Server:
    return Server(address=str(LOOPBACK), port=port)


def ask(
    *answers: Answering,
    name: str = "d.example",
    rdtype: str = "MX",
    over_tcp: Answering | None = None,
    timeout_s: float = 0.3,
) -> DnsAnswer:
    """Ask as many servers as there are answers, in order."""

    def nested(left: tuple[Answering, ...], servers: tuple[Server, ...]) -> DnsAnswer:
        if not left:
            return StubResolver(SystemClock(), servers, timeout_s=timeout_s).ask(name, rdtype)
        with naming(left[0], over_tcp=over_tcp) as port:
            return nested(left[1:], (*servers, server(port)))

    return nested(answers, ())


def answering(
    *rrsets: str, rcode: dns.rcode.Rcode = dns.rcode.NOERROR, flags: int = 0
) -> Answering:
    """Answer with RRsets given as ``owner ttl class type rdata|rdata``."""

    def answer(query: dns.message.Message) -> dns.message.Message:
        response = dns.message.make_response(query)
        response.set_rcode(rcode)
        response.flags |= flags
        for rrset in rrsets:
            owner, ttl, rdclass, rdtype, rdata = rrset.split(" ", 4)
            made = dns.rrset.from_text(owner, int(ttl), rdclass, rdtype, *rdata.split("|"))
            (response.authority if rdtype == "SOA" else response.answer).append(made)
        return response

    return answer


def mute(_query: dns.message.Message) -> None:
    return None


def test_records_come_in_presentation_form() -> None:
    rrset = "d.example. 300 IN MX 20 B.example.|10 a.example."
    found = ask(answering(rrset), name="D.Example.")
    assert (found.name, found.rdtype, found.status) == ("d.example", "MX", DnsStatus.NOERROR)
    assert set(found.records) == {"20 b.example.", "10 a.example."}
    assert (found.chain, found.ttl_s, found.authenticated) == ((), 300, False)
    assert 0 < found.elapsed_ms < 300
    assert found.server.startswith("127.0.0.1:")


def test_the_chain_is_followed_and_its_smallest_ttl_counts() -> None:
    found = ask(
        answering(
            "d.example. 300 IN CNAME B.example.",
            "b.example. 20 IN CNAME c.example.",
            "c.example. 100 IN A 192.0.2.1",
        ),
        rdtype="A",
    )
    assert found.records == ("192.0.2.1",)
    assert found.chain == ("b.example", "c.example")
    assert found.ttl_s == 20


def test_a_loop_is_a_value() -> None:
    loop = answering("d.example. 300 IN CNAME b.example.", "b.example. 300 IN CNAME d.example.")
    assert ask(loop).status is DnsStatus.CNAME_LOOP


def test_no_data_is_an_empty_noerror_with_the_negative_ttl() -> None:
    found = ask(answering("example. 900 IN SOA ns.example. h.example. 1 2 3 4 60"))
    assert (found.status, found.records, found.ttl_s) == (DnsStatus.NOERROR, (), 60)


def test_the_ad_bit_is_kept() -> None:
    asked = []

    def answer(query: dns.message.Message) -> dns.message.Message:
        asked.append(query)
        return answering("d.example. 300 IN MX 0 .", flags=dns.flags.AD)(query)  # type: ignore[return-value]

    found = ask(answer)
    assert found.authenticated
    assert found.records == ("0 .",)
    assert asked[0].flags & dns.flags.AD
    assert asked[0].flags & dns.flags.RD
    assert asked[0].payload == 1232


@pytest.mark.parametrize(
    ("rcode", "status"),
    [
        (dns.rcode.NXDOMAIN, DnsStatus.NXDOMAIN),
        (dns.rcode.SERVFAIL, DnsStatus.SERVFAIL),
        (dns.rcode.REFUSED, DnsStatus.REFUSED),
        (dns.rcode.FORMERR, DnsStatus.MALFORMED),
        (dns.rcode.NOTIMP, DnsStatus.OTHER),
    ],
)
def test_response_codes_are_values(rcode: dns.rcode.Rcode, status: DnsStatus) -> None:
    assert ask(answering(rcode=rcode)).status is status


def test_silence_is_a_timeout_after_two_tries() -> None:
    asked: list[object] = []
    since = time.monotonic()
    found = ask(asked.append)
    assert found.status is DnsStatus.TIMEOUT
    assert len(asked) == 2
    assert 600 <= found.elapsed_ms < 1500
    assert time.monotonic() - since < 2


def test_a_closed_port_is_unreachable_at_once() -> None:
    resolver = StubResolver(SystemClock(), [server(closed_port())], timeout_s=3.0)
    found = resolver.ask("d.example", "MX")
    assert found.status is DnsStatus.UNREACHABLE
    assert found.elapsed_ms < 1000


def test_no_server_at_all_is_unreachable() -> None:
    found = StubResolver(SystemClock(), []).ask("d.example", "MX")
    assert (found.status, found.server) == (DnsStatus.UNREACHABLE, "")
    assert "no resolver" in found.detail


def test_the_next_server_is_asked_when_one_fails() -> None:
    good = answering("d.example. 300 IN MX 10 a.example.")
    assert ask(answering(rcode=dns.rcode.SERVFAIL), good).status is DnsStatus.NOERROR
    assert ask(mute, good).status is DnsStatus.NOERROR


def test_a_silent_server_is_told_and_asked_last_from_then_on() -> None:
    good = answering("d.example. 300 IN MX 10 a.example.")
    with naming(mute) as dead, naming(good) as alive:
        servers = [server(dead), server(alive)]
        resolver = StubResolver(SystemClock(), servers, timeout_s=0.3)
        first, again = (resolver.ask("d.example", "MX") for _ in range(2))
    assert first.silent == (f"127.0.0.1:{dead}",)
    assert first.elapsed_ms >= 300
    assert (again.silent, again.server) == ((), f"127.0.0.1:{alive}")
    assert again.elapsed_ms < 300


def test_what_a_server_said_outweighs_silence() -> None:
    assert ask(mute, answering(rcode=dns.rcode.SERVFAIL)).status is DnsStatus.SERVFAIL
    assert ask(answering(rcode=dns.rcode.SERVFAIL), mute).status is DnsStatus.SERVFAIL


def failing(*codes: int, unchecked: dns.rcode.Rcode) -> tuple[Answering, list[int]]:
    """Answer SERVFAIL with extended errors, and otherwise where CD is set; collects the flags."""
    flags: list[int] = []

    def answer(query: dns.message.Message) -> dns.message.Message:
        flags.append(query.flags & (dns.flags.CD | dns.flags.AD))
        checked = not query.flags & dns.flags.CD
        rcode = dns.rcode.SERVFAIL if checked else unchecked
        response = answering(rcode=rcode)(query)
        assert isinstance(response, dns.message.Message)
        options: list[dns.edns.Option] = [
            dns.edns.EDEOption(dns.edns.EDECode.make(code), "be\x1b[2Jware") for code in codes
        ]
        response.use_edns(0, options=options)
        return response

    return answer, flags


def test_a_failure_is_asked_for_its_reason_once() -> None:
    answer, flags = failing(unchecked=dns.rcode.SERVFAIL)
    found = ask(answer)
    assert (found.status, found.unchecked) == (DnsStatus.SERVFAIL, DnsStatus.SERVFAIL)
    assert not found.is_bogus
    assert flags == [dns.flags.AD, dns.flags.CD]


def test_what_is_answered_without_validation_is_bogus() -> None:
    found = ask(failing(unchecked=dns.rcode.NOERROR)[0])
    assert (found.status, found.unchecked) == (DnsStatus.SERVFAIL, DnsStatus.NOERROR)
    assert found.is_bogus


def test_an_extended_error_says_why_and_saves_the_second_question() -> None:
    answer, flags = failing(9, unchecked=dns.rcode.NOERROR)
    found = ask(answer)
    assert found.is_bogus
    assert [(e.code, e.text, e.words) for e in found.extended] == [
        (9, "be\x1b[2Jware", "no DNSKEY fits the parent's DS")
    ]
    assert flags == [dns.flags.AD]


def test_an_extended_error_of_another_kind_does_not_make_it_bogus() -> None:
    found = ask(failing(22, 4711, unchecked=dns.rcode.SERVFAIL)[0])
    assert not found.is_bogus
    assert [e.words for e in found.extended][1] == "extended error 4711"


@pytest.mark.parametrize(
    ("address", "trusted", "believed"),
    [
        ("127.0.0.1", False, True),
        ("127.0.0.53", False, True),
        ("::1", False, True),
        ("192.0.2.53", False, False),
        ("192.0.2.53", True, True),
        ("fe80::1%eth0", False, False),
    ],
)
def test_the_ad_bit_counts_over_a_trusted_channel_alone(
    address: str, *, trusted: bool, believed: bool
) -> None:
    assert Server(address=address, trusted=trusted).believed is believed


def test_an_untrusted_resolver_authenticates_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Server, "believed", False)
    found = ask(answering("d.example. 300 IN MX 0 .", flags=dns.flags.AD))
    assert (found.records, found.authenticated, found.trusted) == (("0 .",), False, False)


@pytest.mark.parametrize(
    ("text", "trusted"),
    [
        ("nameserver 192.0.2.53\noptions edns0 trust-ad\n", True),
        ("options trust-ad-not\n# options trust-ad\n", False),
        ("", False),
    ],
)
def test_resolv_conf_may_say_that_the_channel_is_trusted(
    text: str, tmp_path: Path, *, trusted: bool
) -> None:
    (tmp_path / "resolv.conf").write_text(text)
    assert trusts_ad(tmp_path / "resolv.conf") is trusted
    assert not trusts_ad(tmp_path / "none")


def test_a_truncated_answer_is_asked_for_again_over_tcp() -> None:
    found = ask(
        answering(flags=dns.flags.TC),
        over_tcp=answering(
            "d.example. 300 IN MX " + "|".join(f"{n} h{n}.example." for n in range(300))
        ),
    )
    assert found.status is DnsStatus.NOERROR
    assert len(found.records) == 300


def test_truncated_without_tcp_is_unreachable() -> None:
    assert ask(answering(flags=dns.flags.TC)).status is DnsStatus.UNREACHABLE


def wrong_id(query: dns.message.Message) -> bytes:
    wire = answering()(query)
    assert isinstance(wire, dns.message.Message)
    wire.id = (query.id + 1) % 65536
    return wire.to_wire()


@pytest.mark.parametrize(
    "answer", [lambda _: b"", lambda _: b"\xff" * 40, wrong_id, lambda query: query.to_wire()]
)
def test_nonsense_is_malformed(answer: Callable[[dns.message.Message], bytes]) -> None:
    assert ask(answer).status is DnsStatus.MALFORMED


@pytest.mark.parametrize(
    ("name", "rdtype"), [("a" * 64 + ".example", "A"), ("a..b", "A"), ("d.example", "NOTYPE")]
)
def test_what_cannot_be_asked_is_malformed(name: str, rdtype: str) -> None:
    assert ask(mute, name=name, rdtype=rdtype).status is DnsStatus.MALFORMED


def test_any_bytes_after_a_good_header_are_a_value() -> None:
    body = b""

    def answer(query: dns.message.Message) -> bytes:
        return struct.pack("!HHHHHH", query.id, 0x8180, 1, 1, 0, 0) + body

    with naming(answer) as port:
        resolver = StubResolver(SystemClock(), [server(port)], timeout_s=0.5, tries=1)

        @given(st.binary(max_size=80))
        def hold(content: bytes) -> None:
            nonlocal body
            body = content
            assert resolver.ask("d.example", "MX").status in (
                DnsStatus.MALFORMED,
                DnsStatus.NOERROR,
            )

        hold()


def test_an_answer_from_elsewhere_is_not_heard() -> None:
    """A stranger who guesses the port has the wrong address, and the kernel drops the packet."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind((str(LOOPBACK), 0))
        udp.settimeout(2)

        def forge() -> None:
            wire, client = udp.recvfrom(4096)
            query = dns.message.from_wire(wire)
            forged = answering("d.example. 300 IN MX 10 evil.example.")(query)
            honest = answering("d.example. 300 IN MX 10 good.example.")(query)
            assert isinstance(forged, dns.message.Message)
            assert isinstance(honest, dns.message.Message)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
                stranger.bind(("127.0.0.2", 0))
                stranger.sendto(forged.to_wire(), client)
            udp.sendto(honest.to_wire(), client)

        thread = threading.Thread(target=forge)
        thread.start()
        resolver = StubResolver(SystemClock(), [server(udp.getsockname()[1])], timeout_s=1.0)
        found = resolver.ask("d.example", "MX")
        thread.join()
    assert found.records == ("10 good.example.",)


@pytest.mark.parametrize(
    ("text", "address", "port"),
    [
        ("192.0.2.1", "192.0.2.1", 53),
        (" 192.0.2.1:5353 ", "192.0.2.1", 5353),
        ("2001:db8::1", "2001:db8::1", 53),
        ("[2001:db8::1]", "2001:db8::1", 53),
        ("[2001:db8::1]:5353", "2001:db8::1", 5353),
    ],
)
def test_a_server_is_an_address_and_perhaps_a_port(text: str, address: str, port: int) -> None:
    parsed = parse_server(text)
    assert (parsed.address, parsed.port) == (address, port)
    assert parse_server(str(parsed)) == parsed


@pytest.mark.parametrize(
    "text", ["", "ns.example", "192.0.2.1:", "192.0.2.1:99999", "1.2.3.4:5x", "[::1]x"]
)
def test_what_is_no_server_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="resolver"):
        parse_server(text)


def test_reading_the_systems_configuration_asks_nobody() -> None:
    assert all(found.port > 0 and found.address for found in system_servers())


@pytest.mark.parametrize(
    ("source", "client"),
    [
        (("127.0.0.5", "2001:db8::5"), "127.0.0.5"),
        (("2001:db8::5",), "127.0.0.1"),
        # An address of the outside is no nearer to a resolver on this host.
        (("192.0.2.5",), "127.0.0.1"),
    ],
)
def test_questions_leave_from_our_address_of_the_servers_family(
    source: tuple[str, ...], client: str
) -> None:
    clients = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind((str(LOOPBACK), 0))
        udp.settimeout(2.0)

        def serve() -> None:
            wire, (address, port) = udp.recvfrom(4096)
            clients.append(address)
            udp.sendto(
                dns.message.make_response(dns.message.from_wire(wire)).to_wire(), (address, port)
            )

        thread = threading.Thread(target=serve)
        thread.start()
        ours = tuple(map(ip_address, source))
        resolver = StubResolver(SystemClock(), (server(udp.getsockname()[1]),), source=ours)
        assert resolver.ask("d.example", "MX").status is DnsStatus.NOERROR
        thread.join(2.0)
    assert clients == [client]


def test_a_truncated_answer_is_asked_for_again_from_the_same_address() -> None:
    def cut(query: dns.message.Message) -> dns.message.Message:
        response = dns.message.make_response(query)
        response.flags |= dns.flags.TC
        return response

    whole = answering("d.example. 60 IN MX 10 mx.example.")
    with naming(cut, over_tcp=whole) as port:
        resolver = StubResolver(
            SystemClock(), (server(port),), source=(ip_address("127.0.0.5"),), timeout_s=2.0
        )
        assert resolver.ask("d.example", "MX").records == ("10 mx.example.",)
