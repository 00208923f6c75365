from dataclasses import replace

from mxpath.inference.steps import steps_of
from mxpath.model.trace import Flow
from paths import address, probe, trace


def test_an_empty_trace_has_no_steps() -> None:
    assert steps_of(trace(), {}) == ()
    assert steps_of(replace(trace(), flows=()), {}) == ()


def test_silence_is_a_step() -> None:
    silent, answered = steps_of(trace("*", "a1 3/2"), {})
    assert (silent.address, silent.rtts_ms) == (None, ())
    assert (answered.address, answered.rtts_ms) == (address("a1"), (2.0, 3.0))


def test_a_bare_ack_answers_no_hop() -> None:
    (step,) = steps_of(trace("t25? 5"), {})
    assert step.address is None


def test_steps_end_at_the_target_although_hops_go_on() -> None:
    steps = steps_of(trace("a1 3", "t25! 9", "t25! 8"), {})
    assert [step.ttl for step in steps] == [1, 2]
    assert steps[-1].is_target


def test_every_answer_of_the_target_is_a_sample_of_it() -> None:
    first = trace("a1 3", "t25! 9", "t25! 8")
    (flow,) = first.flows
    beyond = probe(4, 0, "t25!", "7", first.target)
    flows = (Flow(source_port=1, destination_port=25, hops=flow.hops, beyond=(beyond,)),)
    steps = steps_of(replace(first, flows=flows), {})
    assert steps[-1].rtts_ms == (7.0, 8.0, 9.0)


def test_a_missing_ttl_is_silence() -> None:
    first = trace("a1", "*", "b1")
    (flow,) = first.flows
    flows = (replace(flow, hops=(flow.hops[0], flow.hops[2])),)
    assert [step.address for step in steps_of(replace(first, flows=flows), {})] == [
        address("a1"),
        None,
        address("b1"),
    ]


def test_a_time_below_zero_is_no_measurement() -> None:
    (step,) = steps_of(trace("a1 -5"), {})
    assert step.address == address("a1")
    assert step.rtts_ms == ()
