"""Branches of unlike delay are told by flows that took another one."""

from mxpath.inference.branches import branch_spreads
from mxpath.inference.steps import Step, steps_of
from paths import address, owner, trace


def steps(*hops: str, target: str = "t25") -> tuple[Step, ...]:
    words = [hop.split(" ")[0].rstrip("!") for hop in hops]
    owners = {address(word): owner(word, "") for word in words if word != "*"}
    return steps_of(trace(*hops, target=target), owners)


def test_a_hop_that_two_flows_pass_in_unlike_times_tells_of_branches() -> None:
    one = steps("a1 5", "a2 20", "b1 30", "t25! 40")
    other = steps("a1 5.1", "a3 22", "b1 32", "t26! 41", target="t26")
    assert branch_spreads(one, [other]) == {3: 2.0}


def test_one_flow_alone_and_other_paths_say_nothing() -> None:
    one = steps("a1 5", "b1 30", "t25! 40")
    assert branch_spreads(one, []) == {}
    assert branch_spreads(one, [steps("a1 5", "c1 60", "t26! 90", target="t26")]) == {}


def test_a_handshake_that_was_faster_tells_and_a_slower_one_does_not() -> None:
    one = steps("a1 5", "b1 30", "t25! 40")
    assert branch_spreads(one, [], handshake_ms=37.0) == {3: 3.0}
    assert branch_spreads(one, [], handshake_ms=43.0) == {}
