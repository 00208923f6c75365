"""The system engine, over programs that speak like the traceroutes of Linux and of the BSDs."""

import os
import shutil
import sys
import time
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import pytest

from mxpath.errors import PrivilegeError
from mxpath.model.probe import ProbeSpec, Protocol, ReplyKind
from mxpath.vantage.ports import ProbeSocket
from mxpath.vantage.system import DIALECTS, open_system

TARGET = ip_address("198.18.33.25")
USAGE = (
    "Version 1.4a12+Darwin\\nUsage: traceroute [-adDeFInrSvx] [-A as_server] [-f first_ttl]"
    " [-M first_ttl] [-m max_ttl] [-p port] [-P proto] host [packetlen]"
)

Install = Callable[[str], Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put a program of that name, written in Python, before all others; it notes what it is told."""

    def installing(body: str) -> Path:
        program, notes = tmp_path / "traceroute", tmp_path / "notes"
        program.write_text(
            f"#!{sys.executable} -SE\nimport sys, time\nwords = sys.argv[1:]\n"
            f"open({str(notes)!r}, 'a').write(' '.join(words) + '\\n')\n"
            "def option(name): return words[words.index(name) + 1] if name in words else ''\n"
            "target = words[-1]\n"
            f"{body}\n"
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        return notes

    return installing


BSD = f"""
if words == ['--version']:
    print("traceroute: illegal option -- -\\n{USAGE}")
    sys.exit(1)
print(f"traceroute to {{target}} ({{target}}), {{option('-m')}} hops max, 40 byte packets", file=sys.stderr)
print(f" {{option('-m')}}  {{target}}  20.5 ms")
"""

LINUX = """
if words == ['--version']:
    print("Modern traceroute for Linux, version 2.1.2")
    sys.exit()
if '-T' in words:
    print("You do not have enough privileges to use this traceroute method.", file=sys.stderr)
    sys.exit(1)
ttl = int(option('-m'))
print(f"traceroute to {target} ({target}), {ttl} hops max, 60 byte packets", flush=True)
if ttl == 2:
    time.sleep(60)
who = target if ttl > 4 or target.startswith('127') else f"198.18.16.{ttl}"
print(f" {ttl}  {who} <MPLS:L=24001,E=0,S=1,T=1>  {ttl}.25 ms" + (" !X" if ttl == 4 else "") if ttl != 3 else " 3  *")
"""


def spec(ttl: int, protocol: Protocol = Protocol.UDP, *, port: int = 61234) -> ProbeSpec:
    return ProbeSpec(
        target=TARGET,
        source=ip_address("198.18.1.25"),
        source_port=port,
        destination_port=33434,
        ttl=ttl,
        sequence=ttl << 10,
        protocol=protocol,
    )


def test_a_silent_program_and_a_talkative_one_are_both_understood(install: Install) -> None:
    notes = install(LINUX)
    with open_system() as probes:
        assert probes.traits.protocols == {Protocol.UDP, Protocol.ICMP}
        assert probes.traits.serial == {Protocol.UDP}
        (sent,) = probes.send([spec(5)])
        (reply,) = probes.receive(time.monotonic() + 5)
        assert (reply.kind, reply.icmp_type, reply.icmp_code) == (ReplyKind.UNREACHABLE, 3, 3)
        assert reply.is_from_target
        assert reply.received_ns is not None
        assert (reply.received_ns - sent.sent_ns) / 1e6 == pytest.approx(5.25)
        assert (reply.sequence, reply.source_port, reply.protocol) == (5 << 10, 61234, Protocol.UDP)
    told = notes.read_text().splitlines()[-1]
    assert (
        told
        == "-4 -n -e -q 1 -N 1 -f 5 -m 5 -w 2 -s 198.18.1.25 -U --sport=61234 -p 33434 198.18.33.25"
    )


def test_routers_their_labels_their_refusals_and_their_silence(install: Install) -> None:
    install(LINUX)
    with open_system() as probes:
        (_, expired, refused) = (answered(probes, spec(ttl, Protocol.ICMP)) for ttl in (5, 1, 4))
        assert answered(probes, spec(3, Protocol.ICMP)) is None
    assert expired == (ReplyKind.TIME_EXCEEDED, "198.18.16.1", 11, 0, [24001])
    assert refused == (ReplyKind.UNREACHABLE, "198.18.16.4", 3, 13, [24001])


def answered(probes: ProbeSocket, probe: ProbeSpec) -> tuple[object, ...] | None:
    probes.send([probe])
    wait_s = 0.3 if probe.ttl == 3 else 5
    for reply in probes.receive(time.monotonic() + wait_s):
        labels = [each.label for each in reply.mpls]
        return (reply.kind, str(reply.responder), reply.icmp_type, reply.icmp_code, labels)
    return None


def test_the_next_probe_of_a_flow_ends_the_one_before_and_leaving_ends_all(
    install: Install,
) -> None:
    install(LINUX)
    since_s = time.monotonic()
    with open_system() as probes:
        probes.send([spec(2), spec(5), spec(2, port=61235)])
        (reply,) = probes.receive(time.monotonic() + 5)
        assert reply.source_port == 61234
    assert time.monotonic() - since_s < 5
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_a_traceroute_of_the_bsds_is_spoken_to_in_its_own_words(install: Install) -> None:
    notes = install(BSD)
    with open_system() as probes:
        assert probes.traits.protocols == {Protocol.UDP, Protocol.ICMP}
        assert any(words.startswith("one flow") for words in probes.traits.unseen)
        assert answered(probes, spec(7, Protocol.ICMP)) == (
            ReplyKind.ECHO_REPLY,
            "198.18.33.25",
            None,
            None,
            [],
        )
    told = notes.read_text().splitlines()[-1]
    assert told == "-n -q 1 -f 7 -m 7 -w 2 -s 198.18.1.25 -P icmp 198.18.33.25"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("print('busybox')", "needs a traceroute of Linux"),
        ("print('Modern traceroute for Linux')", "may send nothing"),
    ],
)
def test_a_program_that_does_not_help_is_refused(install: Install, body: str, reason: str) -> None:
    install(body)
    with pytest.raises(PrivilegeError, match=reason), open_system():
        pass


def test_without_a_traceroute_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("mxpath.vantage.system._PLACES", ())
    with pytest.raises(PrivilegeError, match="apt install traceroute"), open_system():
        pass


@pytest.mark.skipif(
    shutil.which("traceroute", path=os.defpath + ":/usr/sbin") is None, reason="no traceroute"
)
def test_the_installed_traceroute_reaches_this_host() -> None:
    with open_system() as probes:
        assert Protocol.UDP in probes.traits.protocols


def test_the_dialects_differ_in_what_they_say_of_themselves() -> None:
    assert len({dialect.words for dialect in DIALECTS}) == len(DIALECTS)
