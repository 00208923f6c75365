"""A world in which little is as it should be, played by the kernel, and changed while it runs."""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from statistics import mean

import pytest

from lab.asking import SCRIPT, at_sender
from lab.odd_world import odd_world
from mxpath.cli import lab_changes
from mxpath.errors import InputError, MxpathError
from mxpath.lab.netns import Lab, kernel_lab_missing
from mxpath.lab.simulated import simulate, simulated_truth
from mxpath.lab.truth import PathTruth
from mxpath.lab.wanted_flow import WantedFlow
from mxpath.model import codec
from mxpath.model.address import IPAddress
from mxpath.model.documents import LabFaults, LabLinks
from mxpath.model.probe import Protocol

pytestmark = pytest.mark.lab

WORLD = odd_world()
FAMILIES = pytest.mark.parametrize("family", [4, 6])
PORT = 40_000


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    missing = kernel_lab_missing()
    if missing is not None:
        pytest.skip(missing)
    with Lab.up(WORLD) as lab:
        yield lab


@pytest.fixture(autouse=True)
def _as_it_was(lab: Lab, request: pytest.FixtureRequest) -> Iterator[None]:
    """Each test leaves the world as it found it; the clock's own fault is for one of them."""
    if request.function is not test_faults_come_and_go_by_the_clock:
        lab.mend("later")
    yield
    for name in lab.faults:
        lab.mend(name)


def address(host: str, family: int) -> IPAddress:
    found = WORLD.address_of(host, family)
    assert found is not None
    return found


def truth(lab: Lab, host: str, family: int, port: int = PORT) -> PathTruth:
    (path,) = lab.truth([(address(host, family), port)]).paths
    return path


def in_memory(host: str, family: int, *active: str) -> PathTruth:
    vantage = simulate(WORLD, active=active)
    (path,) = simulated_truth(WORLD, [(address(host, family), PORT)], vantage).paths
    return path


def delay_ms(lab: Lab) -> float:
    return lab.link("home1", "alpha1")[0].delay_ms


def test_faults_come_and_go_by_the_clock(lab: Lab) -> None:
    """The first test of this file: the world's clock runs since the lab is up."""
    seen, deadline = [delay_ms(lab)], time.monotonic() + 9
    while seen[-2:] != [52.0, 2.0] and time.monotonic() < deadline:
        time.sleep(0.1)
        if delay_ms(lab) != seen[-1]:
            seen.append(delay_ms(lab))
    assert seen == [2.0, 52.0, 2.0]


@FAMILIES
def test_odd_routers_answer_as_they_are_said_to(lab: Lab, family: int) -> None:
    path = truth(lab, "mx1", family)
    marks = [(hop.silent, hop.limited, hop.third_party) for hop in path.hops]
    assert marks == [
        (False, False, False),
        (True, False, False),  # alpha1
        (False, True, False),  # alpha2
        (False, False, True),  # mail1, from its port at an exchange point that is not crossed
        (False, False, False),
    ]
    expected = ["silent" if hop.silent else str(hop.address) for hop in path.hops]
    assert at_sender(lab, "hops", address("mx1", family), PORT) == expected
    lan = WORLD.exchanges["LIX"].lan_v4 if family == 4 else WORLD.exchanges["LIX"].lan_v6
    assert lan is not None
    assert path.hops[3].address in lan
    assert path.crossings == ()


@FAMILIES
def test_both_players_tell_one_truth(lab: Lab, family: int) -> None:
    rows = [
        WantedFlow(address(host, family), PORT, protocol)
        for host in ("mx1", "mxbig", "mxhid")
        for protocol in Protocol
    ]
    assert lab.truth(rows).paths == simulated_truth(WORLD, rows).paths


def test_a_limited_router_answers_a_burst_of_six(lab: Lab) -> None:
    time.sleep(3.5)  # two a second: the buckets are full again
    for family in (4, 6):
        target = address("mx1", family)
        assert 6 <= at_sender(lab, "burst", target, 3, 30) <= 8
        time.sleep(1.6)  # and what takes its time to start: some two seconds, four answers
        assert 3 <= at_sender(lab, "burst", target, 3, 30) <= 6
        assert at_sender(lab, "burst", target, 2, 30) == 0
        assert at_sender(lab, "burst", target, 1, 30) == 30


def test_loss_and_jitter_are_what_the_link_is_told(lab: Lab) -> None:
    lab.fault("shaky")
    rtts_ms = at_sender(lab, "echoes", address("mx1", 6), 600, 0.005)
    lab.mend("shaky")
    heard = [rtt_ms for rtt_ms in rtts_ms if rtt_ms is not None]
    lost = 1 - len(heard) / len(rtts_ms)
    assert 0.14 < lost < 0.24  # 0.19 there and back, within 3 standard deviations of 600
    assert min(heard) > 12.2  # 12.4 without jitter, less what the wire takes off too much
    assert max(heard) < 12.4 + 8 + 3
    assert 15.4 < mean(heard) < 18.4  # 16.4: half of 4 ms each way
    assert None not in at_sender(lab, "echoes", address("mx1", 6), 100, 0.005)


@FAMILIES
def test_a_narrow_link_is_told_of_and_a_black_hole_is_not(lab: Lab, family: int) -> None:
    big, hidden = address("mxbig", family), address("mxhid", family)
    assert at_sender(lab, "path_mtu", big, 1450) == 1400
    assert at_sender(lab, "path_mtu", hidden, 1450) == 1500
    lab.link("beta1", "hid1", mtu=1400, mtu_hidden=False)
    assert at_sender(lab, "path_mtu", hidden, 1450) == 1400
    lab.link("beta1", "hid1", mtu=1400, mtu_hidden=True)


def test_a_narrow_link_is_told_of_to_every_probe_whatever_the_kernel_knows_by_then(
    lab: Lab,
) -> None:
    """The second one of 1401 leaves, though the kernel has heard that 1400 is the path's MTU."""
    targets = [str(address("mxbig", family)) for family in (4, 6)]
    script = str(SCRIPT.with_name("sized_probes.py"))
    command = [sys.executable, script, "[1401, 1401, 1400]", json.dumps(targets)]
    done = lab.run(WORLD.sender, command, timeout_s=60)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert len(rows) == 2 * 2 * 2 * 3
    for engine, target, protocol, size, word, responder, mtu in rows:
        words = f"{engine}, {protocol} to {target}, {size}"
        if size == 1400:
            fits = "echo reply" if protocol == "icmp" else "unreachable"
            assert (word, responder) == (fits, target), words
        else:
            assert (word, mtu) == ("packet too big", 1400), words
            assert responder != str(WORLD.address_of(WORLD.sender, 6 if ":" in target else 4))


@FAMILIES
def test_what_is_blocked_vanishes(lab: Lab, family: int) -> None:
    target = address("mxbig", family)
    lab.link("home1", "beta1", blocks=["tcp/25"])
    assert at_sender(lab, "connect", target, 50_000, 0.5) == "silent"
    assert not truth(lab, "mxbig", family).arrives
    lab.link("home1", "beta1", blocks=["icmp"])
    path = truth(lab, "mxbig", family)
    assert [hop.silent for hop in path.hops] == [False, True, True, False]
    assert at_sender(lab, "hops", target, 50_001)[1:3] == ["silent", "silent"]
    lab.link("home1", "beta1", blocks=[f"ipv{family}"])
    assert at_sender(lab, "connect", target, 50_002, 0.5) == "silent"
    other = address("mxbig", 10 - family)
    assert at_sender(lab, "connect", other, 50_003, 2) == "open"
    lab.link("home1", "beta1", blocks=[])
    assert at_sender(lab, "connect", target, 50_004, 2) == "open"


def test_mail_finds_another_way_within_three_seconds(lab: Lab) -> None:
    family = 4
    target, script = address("mx1", family), str(SCRIPT)
    pinger = lab.popen(
        WORLD.sender, [sys.executable, script, "echoes", str(target), "400", "0.01"],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    time.sleep(1.0)
    lab.fault("cut")
    out, _ = pinger.communicate(timeout=30)
    rtts_ms = json.loads(out)
    lost = [number for number, rtt_ms in enumerate(rtts_ms) if rtt_ms is None]
    assert lost, "a cut is felt"
    assert (lost[-1] - lost[0]) * 0.01 < 3.0
    assert rtts_ms[-1] == pytest.approx(20.4, abs=3)  # over Beta
    hops = [str(hop.address) for hop in truth(lab, "mx1", family).hops]
    assert at_sender(lab, "hops", target, 51_000) == hops
    assert truth(lab, "mx1", family) == in_memory("mx1", family, "cut")


@pytest.mark.parametrize("fault", ["moved", "stolen", "beta_down"])
def test_routes_change_alike_in_both_players(lab: Lab, fault: str) -> None:
    rows = [(a, PORT) for host in ("mx1", "mxbig", "mxhid") for a in WORLD.addresses_of(host)]
    before = lab.truth(rows).paths
    lab.fault(fault)
    assert (
        lab.truth(rows).paths
        == simulated_truth(WORLD, rows, simulate(WORLD, active=(fault,))).paths
    )
    lab.mend(fault)
    assert lab.truth(rows).paths == before


def test_a_taken_prefix_ends_in_the_other_network(lab: Lab) -> None:
    lab.fault("moved")
    path = truth(lab, "mx1", 4)
    assert (path.as_path, path.arrives) == ((64496, 64498, 64504), False)
    assert at_sender(lab, "connect", address("mx1", 4), 52_000, 2) == "unreachable"
    assert at_sender(lab, "connect", address("mx1", 6), 52_001, 2) == "open"


def test_a_resolver_dies_by_halves(lab: Lab) -> None:
    four, six = address("ns", 4), address("ns", 6)
    lab.fault("half")
    assert at_sender(lab, "ask", six, "fine.example", "MX") == ["10 mx1.mail.example."]
    assert at_sender(lab, "ask", four, "fine.example", "MX") == ["LifetimeTimeout"]
    lab.mend("half")
    assert at_sender(lab, "ask", four, "fine.example", "MX") == ["10 mx1.mail.example."]


def test_a_mail_host_changes_and_the_truth_with_it(lab: Lab) -> None:
    target = address("mx1", 6)
    lab.fault("slow")
    assert at_sender(lab, "converse", target, 5)["waited_s"] > 1.9
    assert lab.truth([]).smtp[target].greeting_delay_s == 2.0
    lab.mend("slow")
    assert at_sender(lab, "converse", target, 5)["waited_s"] < 1.0


def said(lab: Lab, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What ``mxpath lab …`` prints for this lab."""
    parser = argparse.ArgumentParser()
    lab_changes.configure(parser.add_subparsers(dest="action"))
    options = parser.parse_args([*words[:1], lab.state.name, *words[1:]])
    assert lab_changes.ACTIONS[options.action](lab, options) == 0
    return capsys.readouterr().out


def test_the_commands_show_and_change(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    changed = said(
        lab, capsys, "link", "alpha1", "home1", "--delay", "3", "--loss", "2%", "--block", "udp/53"
    )
    assert " ".join(changed.split()) == "home1 - alpha1 3 ms, loss 2.000%, blocks udp/53"
    printed = said(
        lab,
        capsys,
        "link",
        "home1",
        "alpha1",
        "--delay",
        "2",
        "--loss",
        "0",
        "--block",
        "none",
        "--json",
    )
    document = codec.load(LabLinks, printed.encode())
    assert [(row.delay_ms, row.loss, row.blocks) for row in document.links] == [(2.0, 0.0, ())]
    assert len(said(lab, capsys, "link").splitlines()) == len(WORLD.links)
    began = codec.load(LabFaults, said(lab, capsys, "fault", "shaky", "--json").encode())
    assert [row.name for row in began.faults if row.active] == ["shaky"]
    assert said(lab, capsys, "fault", "shaky", "--end").split() == ["shaky", "link_changed"]
    assert "later" in said(lab, capsys, "fault")
    with pytest.raises(InputError, match="two ends"):
        said(lab, capsys, "link", "home1")


def test_what_is_not_there_is_an_error(lab: Lab) -> None:
    with pytest.raises(MxpathError, match="no link between 'home1' and 'mail1'"):
        lab.link("home1", "mail1", delay_ms=1.0)
    with pytest.raises(MxpathError, match="no fault 'rain'"):
        lab.fault("rain")
    with pytest.raises(MxpathError, match="between 0 and 1"):
        lab.link("home1", "alpha1", loss=3.0)
    assert delay_ms(lab) == 2.0


def test_the_daemons_live_through_it_all(lab: Lab) -> None:
    lab.check()
