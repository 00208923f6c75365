"""Our own host as a vantage; making one sends nothing."""

from contextlib import nullcontext
from ipaddress import ip_address
from pathlib import Path

import dns.message
import dns.rrset
import pytest

from mxpath.errors import InputError, PrivilegeError, RefusedError
from mxpath.mail.discover import discover
from mxpath.model.dns import DnsStatus
from mxpath.model.mail import PlanKind
from mxpath.model.probe import Protocol
from mxpath.model.session import Outcome
from mxpath.smtp.probe import SmtpOptions, probe
from mxpath.vantage import engines as module
from mxpath.vantage.engines import ENGINES
from mxpath.vantage.ledger import Ledger
from mxpath.vantage.live import live
from mxpath.vantage.ports import EngineTraits
from mxpath.vantage.sources import host_addresses
from play import LOOPBACK, Peer, naming, root, serving


@pytest.fixture(autouse=True)
def _own_book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def test_it_knows_itself() -> None:
    vantage = live(resolver="127.0.0.1:5353", engine="none")
    assert (vantage.name, vantage.player, vantage.engine) == ("live", "live", "none")
    assert vantage.resolver_address == "127.0.0.1:5353"
    assert vantage.workers > 1
    assert vantage.seed is None
    assert vantage.origin.network is None


def test_without_a_resolver_the_systems_is_taken() -> None:
    vantage = live(engine="none")
    assert vantage.resolver_address is None or vantage.resolver_address


def test_the_source_is_the_origin() -> None:
    origin = live(source=(LOOPBACK,), engine="none").origin
    assert origin.address_v4 == LOOPBACK
    assert origin.how.startswith("--source")


def test_without_a_route_the_origin_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mxpath.vantage.sources.SourceFinder._find", lambda *_: None)
    origin = live(engine="none").origin
    assert (origin.address_v4, origin.address_v6, origin.how) == (None, None, "unknown")


def test_the_interface_tells_what_source_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = {4: ip_address("198.18.1.25"), 6: ip_address("2001:db8::25")}
    monkeypatch.setattr(
        "mxpath.vantage.sources.SourceFinder._find", lambda _, target: ours[target.version]
    )
    origin = live(engine="none").origin
    assert (origin.address_v4, origin.address_v6, origin.how) == (ours[4], ours[6], "interface")
    mixed = live(source=(LOOPBACK,), engine="none").origin
    assert (mixed.address_v4, mixed.address_v6) == (LOOPBACK, ours[6])
    assert mixed.how == "--source, interface"


def test_an_address_without_a_route_is_stranded(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = {4: ip_address("198.18.1.25"), 6: None}
    monkeypatch.setattr(
        "mxpath.vantage.sources.SourceFinder._find", lambda _, target: ours[target.version]
    )
    known = tuple(map(ip_address, ("198.18.1.25", "198.18.1.26", "2001:db8::25")))
    monkeypatch.setattr("mxpath.vantage.live.host_addresses", lambda: known)
    origin = live(engine="none").origin
    assert (origin.address_v4, origin.address_v6) == (ours[4], None)
    assert origin.stranded == known[2:]


def test_the_hosts_addresses_are_read_as_linux_lists_them(tmp_path: Path) -> None:
    v4, v6 = tmp_path / "fib_trie", tmp_path / "if_inet6"
    v4.write_text(
        """Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 127.0.0.1
        /32 host LOCAL
           |-- 192.0.2.0
              /24 link UNICAST
           |-- 192.0.2.2
              /32 host LOCAL
Local:
           |-- 192.0.2.2
              /32 host LOCAL
"""
    )
    v6.write_text(
        "fe8000000000000000fc00fffe000001 04 40 20 80     eth0\n"
        "00000000000000000000000000000001 01 80 10 80       lo\n"
        "20010db8000000000000000000000002 04 40 00 82     eth0\n"
    )
    assert host_addresses(v4, v6) == (ip_address("192.0.2.2"), ip_address("2001:db8::2"))
    assert host_addresses(tmp_path / "none", tmp_path / "none") == ()


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (("192.0.2.77",), "address of this host"),
        (("127.0.0.1", "127.0.0.2"), "one source address for each family"),
    ],
)
def test_a_source_must_be_ours(source: tuple[str, ...], words: str) -> None:
    with pytest.raises(InputError, match=words):
        live(source=tuple(map(ip_address, source)), engine="none")


def test_an_unknown_engine_names_those_there_are() -> None:
    with pytest.raises(InputError, match="raw, scapy, unprivileged"):
        live(engine="magic")


def test_without_an_engine_probes_say_what_to_do() -> None:
    vantage = live(engine="none")
    with pytest.raises(PrivilegeError, match="cap_net_raw"), vantage.probes():
        pass


def refusing(_source: object) -> nullcontext[None]:
    raise PrivilegeError("no")


class Opened:
    """So much of an engine as the choice looks at."""

    traits = EngineTraits(name="opened", protocols=frozenset({Protocol.TCP, Protocol.UDP}))


def opening(_source: object) -> nullcontext[Opened]:
    return nullcontext(Opened())


def test_the_best_engine_that_opens_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ENGINES", {"raw": refusing, "scapy": opening, "none": refusing})
    assert live().engine == "scapy"
    monkeypatch.setattr(module, "ENGINES", {"raw": opening, "scapy": opening, "none": refusing})
    assert live().engine == "raw"
    monkeypatch.setattr(module, "ENGINES", {"raw": refusing, "scapy": refusing, "none": refusing})
    assert live().engine == "none"


def test_an_engine_that_cannot_send_it_is_not_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ENGINES", {"raw": opening, "none": refusing})
    assert live(protocol=Protocol.UDP).engine == "raw"
    assert live(protocol=Protocol.ICMP).engine == "none"


def test_an_engine_asked_for_by_name_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ENGINES", {**ENGINES, "raw": refusing})
    vantage = live(engine="raw")
    assert vantage.engine == "raw"
    with pytest.raises(PrivilegeError), vantage.probes():
        pass


def test_a_bad_trust_file_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read"):
        live(engine="none", trust_file=tmp_path / "missing.pem")


def test_a_domain_is_discovered_and_probed_over_loopback(tmp_path: Path) -> None:
    """The whole live half: a real name server, a real mail server, the default wrappers."""

    def answer(query: dns.message.Message) -> dns.message.Message:
        response = dns.message.make_response(query)
        asked = query.question[0]
        rdata = {"MX": "10 mx.example.", "A": "127.0.0.1"}.get(dns.rdatatype.to_text(asked.rdtype))
        if rdata is not None:
            found = dns.rrset.from_text(asked.name, 60, "IN", asked.rdtype, rdata)
            response.answer.append(found)
        return response

    def script(peer: Peer) -> None:
        peer.say(b"220 mx.example\r\n")
        peer.answer(b"250 mx.example\r\n", b"221 bye\r\n")

    (tmp_path / "roots.pem").write_bytes(root().pem)
    with naming(answer) as dns_port, serving(script) as stage:
        vantage = live(
            resolver=f"127.0.0.1:{dns_port}",
            source=(ip_address("127.0.0.2"),),
            engine="none",
            trust_file=tmp_path / "roots.pem",
        )
        mail = discover("d.example", vantage)
        assert mail.plan.kind is PlanKind.MX
        assert mail.addresses == (LOOPBACK,)
        assert mail.mx_lookup.status is DnsStatus.NOERROR
        hosts = [(host.name, address) for host in mail.plan.hosts for address in host.addresses]
        (session,) = probe(hosts, vantage, options=SmtpOptions(port=stage.port))
        assert stage.heard == b"EHLO [127.0.0.2]\r\nQUIT\r\n"
    assert session.outcome is Outcome.ANSWERED


def test_dials_are_counted_in_the_book() -> None:
    def greet(peer: Peer) -> None:
        peer.say(b"554 no\r\n")

    with serving(greet) as stage:
        vantage = live(engine="none", ledger=Ledger(None))
        for _ in range(2):
            vantage.dialer.dial(LOOPBACK, stage.port, 2.0).__exit__(None, None, None)
        with pytest.raises(RefusedError, match="budget"):
            vantage.dialer.dial(LOOPBACK, stage.port, 2.0)
