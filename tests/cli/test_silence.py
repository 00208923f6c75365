"""The whole command in a process of its own, watched from within: whom does it ask, and how?

Python reports every socket, every name looked up and every process started to audit hooks
(PEP 578), which cannot be taken away again; what C libraries did on their own would be unseen.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import dns.message
import dns.rdatatype
import dns.rrset
import pytest

import collected
import registries
from loopback_registry import looking_glass_on_loopback, registry_on_loopback
from play import naming

WATCHED = """
import json, sys

seen = []
STARTS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty")

def watch(event, arguments):
    if event.startswith("socket.") or event in STARTS:
        told = arguments[1:] if event.startswith("socket.") and "get" not in event else arguments
        seen.append([event, [str(argument) for argument in told]])

sys.addaudithook(watch)
from mxpath.cli import main

for command in json.loads(sys.argv[1]):
    seen.clear()
    code = main(command)
    print(json.dumps({"code": code, "seen": seen}), file=sys.stderr)
"""
STARTS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty")
ADDRESS = "198.18.33.25"


class Ran(NamedTuple):
    printed: str
    codes: list[int]
    seen: list[list[tuple[str, list[str]]]]
    """Of each command: events and their arguments."""


def run(tmp_path: Path, *commands: list[str]) -> Ran:
    """Run commands one after the other in one watched process."""
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, json.dumps(commands)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env=os.environ | {"XDG_CACHE_HOME": str(tmp_path / "cache")},
    )
    told = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    return Ran(done.stdout, [each["code"] for each in told], [each["seen"] for each in told])


def test_only_the_registry_is_asked_and_offline_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with registry_on_loopback() as (base, server):
        monkeypatch.setattr("mxpath.lab.published.base_urls", lambda _: (base,))
        world = tmp_path / "world"
        registries.gazetteer(world, registries.world(), without=("asnames", "peeringdb"))
        plain = ["attribute", ADDRESS, "--gazetteer", str(world)]
        asking = [*plain, "--rdap", "--abuse"]
        found = run(tmp_path, plain, [*asking, "--offline"], asking, [*asking, "--offline"])
    assert found.codes == [0, 0, 0, 0]
    # Neither without --rdap, nor offline with an empty cache, nor offline with a full one.
    assert [found.seen[n] for n in (0, 1, 3)] == [[], [], []]
    assert found.printed.count("  abuse           abuse@as64503.example   (rdap ") == 2
    # Online: one place, over TCP, and nothing is looked up that is not a number.
    where = ["127.0.0.1", int(base.rstrip("/").rpartition(":")[2])]
    connected = [a for event, a in found.seen[2] if event == "socket.connect"]
    assert connected == [[str(tuple(where))]] * len(server.asked)
    assert {*server.asked} == {f"/ip/{ADDRESS}", "/autnum/64503"}
    assert {a[0] for event, a in found.seen[2] if event == "socket.getaddrinfo"} == {"127.0.0.1"}
    others = {event for event, _ in found.seen[2]} - {"socket.__new__", "socket.connect"}
    assert others <= {"socket.getaddrinfo", "socket.bind"}
    # By urllib3 when it is loaded, to see whether there is IPv6.
    assert all(a == ["('::1', 0)"] for event, a in found.seen[2] if event == "socket.bind")


def mail_of_one_host(query: dns.message.Message) -> dns.message.Message:
    """A zone of one domain with one MX host, which has one address."""
    records = {"MX": "10 mx1.bigmail.example.", "A": ADDRESS}
    question = query.question[0]
    kind = dns.rdatatype.to_text(question.rdtype)
    response = dns.message.make_response(query)
    if kind in records:
        response.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, records[kind]))
    return response


@pytest.mark.slow
def test_a_study_asks_the_looking_glass_once_and_offline_nobody_but_the_dns(tmp_path: Path) -> None:
    with looking_glass_on_loopback() as (service, server), naming(mail_of_one_host) as port:
        world = tmp_path / "world"
        collected.gazetteer(world, collected.world())
        manifest = world / "gazetteer.toml"
        manifest.write_text(re.sub("routing = .*", f'routing = "{service}"', manifest.read_text()))
        there = ["--gazetteer", str(world), "--resolver", f"127.0.0.1:{port}"]
        plain = ["fine.example", *there, "--no-trace", "--no-smtp", "--json"]
        found = run(tmp_path, [*plain, "--offline"], plain, plain, [*plain, "--offline"])
    assert found.codes == [0] * 4
    # One question, whose answer serves the next study and the one offline.
    assert server.asked == [f"/data/looking-glass/data.json?resource={ADDRESS}&sourceapp=mxpath"]
    glass = str(("127.0.0.1", int(service.split(":")[2].split("/")[0])))
    dns_server = str(("127.0.0.1", port))
    # Never written to: they tell which of our addresses the kernel would send from.
    own = {str(("192.0.2.1", 9)), str(("2001:db8::1", 9))}
    spoken = [{a[0] for e, a in seen if e == "socket.connect"} - own for seen in found.seen]
    assert [where - {dns_server} for where in spoken] == [set(), {glass}, set(), set()]
    looked_up = {a[0] for seen in found.seen for e, a in seen if e == "socket.getaddrinfo"}
    assert looked_up == {"127.0.0.1"}
    started = {a[0] for seen in found.seen for e, a in seen if e in STARTS}
    assert started <= {"git", "uname"}  # which commit we are, and on what platform
