"""The path MTU of whole paths: told, hidden, of this host, and where the target is mute."""

from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest

from handmade import answer, arrived, made
from mxpath.lab.simulated import simulate
from mxpath.lab.topology import World, read_world
from mxpath.model.path_mtu import BlackHole, PathMtu
from mxpath.model.probe import Protocol, Reply, ReplyKind
from mxpath.model.trace import Imported, Trace
from mxpath.tracing.course import Shot
from mxpath.tracing.path_mtu import MtuCourse, measure_path_mtu
from mxpath.tracing.tracer import trace

WORLD = Path(__file__).parents[1] / "topologies" / "small_mtu.toml"


@pytest.fixture(scope="module")
def world() -> World:
    return read_world(WORLD)


def measured(world: World, host: str, version: int) -> tuple[Trace, PathMtu]:
    vantage, target = simulate(world), world.address_of(host, version)
    assert target is not None
    found = trace([target], vantage)
    (with_mtu,) = measure_path_mtu(found, vantage)
    assert with_mtu.path_mtu is not None
    return with_mtu, with_mtu.path_mtu


@pytest.mark.parametrize("version", [4, 6])
def test_a_router_that_says_what_fits_is_believed_and_named(world: World, version: int) -> None:
    _, found = measured(world, "mxopen", version)
    assert (found.mtu_bytes, found.fails_bytes, found.told_ttl) == (1300, 1301, 2)
    assert found.is_exact
    assert found.black_hole is None
    assert found.probes == 3


@pytest.mark.parametrize("version", [4, 6])
def test_a_black_hole_is_measured_and_located(world: World, version: int) -> None:
    """The world hides 1,300 bytes on the link from core1, hop 2, to tight1, hop 3."""
    before, found = measured(world, "mxtight", version)
    assert (found.mtu_bytes, found.fails_bytes, found.told_by) == (1300, 1301, None)
    assert found.black_hole == BlackHole(size_bytes=1301, passes_ttl=2, fails_ttl=3)
    assert found.reached
    assert found.probes_to_target <= 12
    assert before.packets_sent is not None
    assert before.packets_sent >= found.probes


def test_imported_traces_and_empty_ones_are_left_alone(world: World) -> None:
    given = (made(answer(), imported=Imported(tool="mtr", source="file")), made())
    assert measure_path_mtu(given, simulate(world)) == given


def test_an_engine_that_may_fragment_measures_nothing_and_says_so(world: World) -> None:
    vantage = replace(simulate(world), engine="system")
    (found,) = measure_path_mtu([made(answer())], vantage)
    assert found.path_mtu is None
    assert "path MTU not measured" in found.notes[0]


# The course by itself, against a path in a few lines.


class Played:
    """Drives a course without a socket: every probe is answered at once, or never."""

    def __init__(self, course: MtuCourse, *, own_mtu: int = 9000) -> None:
        self.course, self.own_mtu = course, own_mtu
        self.now_s = 0.0
        self.sent: list[Shot] = []
        self.sent_s: list[float] = []

    def run(self) -> PathMtu:
        for _ in range(500):
            due = self.course.due(self.now_s)
            if due:
                self.send(due[0])
            elif (wake_s := self.course.wake_s(self.now_s)) is None:
                return self.course.result
            else:
                self.now_s = wake_s
        raise AssertionError("the course does not end")

    def send(self, shot: Shot) -> None:
        assert shot.size is not None
        if shot.size > self.own_mtu:
            self.course.failed("cannot send to 198.18.32.25: Message too long")
            return
        self.course.sent(shot, sequence=0, at_s=self.now_s, at_ns=0)
        self.sent.append(shot)
        self.sent_s.append(self.now_s)
        reply = self.reply(shot.ttl, shot.size)
        if reply is not None:
            self.course.answered(shot.place, reply)

    def reply(self, ttl: int, size: int) -> Reply | None:
        del size
        if ttl > 3:
            return arrived(kind=ReplyKind.ECHO_REPLY, protocol=Protocol.ICMP)
        return answer(f"r{ttl}")


PATH = made(answer("r1"), answer("r2"), answer("r3"), arrived())


def test_the_first_link_of_this_host_is_told_apart() -> None:
    found = Played(MtuCourse(PATH), own_mtu=1400).run()
    assert (found.mtu_bytes, found.fails_bytes, found.of_this_host) == (1400, 1401, True)
    assert found.told_by is None
    assert found.black_hole is None


class Mute(Played):
    """The target answers no echo; the routers answer six times, then once a second."""

    def reply(self, ttl: int, size: int) -> Reply | None:
        recent = [s for s, shot in zip(self.sent_s, self.sent, strict=True) if shot.ttl == ttl]
        within = sum(self.now_s - 1 < moment for moment in recent[:-1])
        limited = len(recent) > 6 and within > 0
        return answer(f"r{ttl}") if ttl <= 3 and size <= 1476 and not limited else None


def test_a_mute_target_leaves_the_path_as_far_as_the_last_hop() -> None:
    played = Mute(MtuCourse(PATH))
    found = played.run()
    assert (found.reached, found.as_far_as_ttl) == (False, 3)
    assert (found.mtu_bytes, found.fails_bytes) == (1476, 1477)
    assert found.probes_to_target == 2
    assert found.black_hole == BlackHole(size_bytes=1477, passes_ttl=None, fails_ttl=1)


def test_a_path_that_answers_nothing_is_unknown() -> None:
    class Silent(Played):
        def reply(self, ttl: int, size: int) -> Reply | None:
            del ttl, size
            return None

    found = Silent(MtuCourse(PATH)).run()
    assert (found.mtu_bytes, found.fails_bytes, found.reached) == (None, None, False)
    assert found.probes <= 4


def test_a_refusal_ends_it() -> None:
    class Refused(Played):
        def reply(self, ttl: int, size: int) -> Reply | None:
            del ttl, size
            return answer("r2", kind=ReplyKind.UNREACHABLE, icmp_type=3, icmp_code=13)

    played = Refused(MtuCourse(PATH))
    assert played.run().probes == 1
    assert "198.18.200.2" in played.course.notes[0]


def test_a_fault_of_this_host_and_an_interrupt_end_it() -> None:
    for stop in (lambda c: c.failed("cannot send: Network is unreachable"), MtuCourse.interrupt):
        course = MtuCourse(PATH)
        assert course.due(0.0)
        stop(course)
        assert course.due(0.0) == ()
        assert course.wake_s(0.0) is None
        assert course.notes


def test_an_address_that_is_no_hop_may_tell_the_mtu_too() -> None:
    class Told(Played):
        def reply(self, ttl: int, size: int) -> Reply | None:
            if size <= 1400:
                return super().reply(ttl, size)
            return answer("192.0.2.7", kind=ReplyKind.PACKET_TOO_BIG, mtu=1400)

    found = Told(MtuCourse(PATH)).run()
    assert (found.mtu_bytes, found.told_by, found.told_ttl) == (1400, ip_address("192.0.2.7"), None)
