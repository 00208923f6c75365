from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.odd_world import TEXT, odd_world
from mxpath.errors import InputError, ParseError
from mxpath.lab.elements import Behaviour, Fault, FaultKind
from mxpath.lab.faults import apply, due, lasting, named, with_link
from mxpath.lab.simulated import SimulatedVantage, simulate, simulated_truth
from mxpath.lab.topology import parse_world
from mxpath.lab.truth import PathTruth
from mxpath.model.dns import DnsStatus

WORLD = odd_world()
NAMES = st.lists(st.sampled_from(list(WORLD.faults)), unique=True)
PORT = 40_000


@given(NAMES)
def test_faults_never_change_a_number(names: list[str]) -> None:
    broken = apply(WORLD, named(WORLD, names))
    assert broken.interfaces == WORLD.interfaces
    assert broken.router_ids == WORLD.router_ids
    assert [(w.number, w.ports, w.exchange) for w in broken.wires] == [
        (w.number, w.ports, w.exchange) for w in WORLD.wires
    ]


@given(NAMES)
def test_what_no_fault_names_stays(names: list[str]) -> None:
    broken = apply(WORLD, named(WORLD, names))
    kinds = {WORLD.faults[name].kind for name in names}
    if not kinds & {FaultKind.LINK_DOWN, FaultKind.LINK_CHANGED, FaultKind.NETWORK_DOWN}:
        assert broken.links == WORLD.links
    if not kinds & {FaultKind.PREFIX_MOVED, FaultKind.MORE_SPECIFIC}:
        assert broken.networks == WORLD.networks
    untouched = {n: h for n, h in WORLD.hosts.items() if n not in {"ns", "mx1"}}
    assert {n: broken.hosts[n] for n in untouched} == untouched
    assert apply(broken, ()) == broken


def test_without_faults_a_world_is_itself() -> None:
    assert apply(WORLD, ()) is WORLD


@given(NAMES, st.randoms(use_true_random=False))
def test_a_fault_that_ends_leaves_what_was_there(names: list[str], chance: object) -> None:
    """Whatever begins and ends, in whatever order: once nothing lasts, nothing is left."""
    by_hand: dict[str, bool] = {}
    for name in names:
        by_hand[name] = True
    chance.shuffle(names)  # type: ignore[attr-defined]
    for name in names:
        by_hand[name] = False
    assert apply(WORLD, named(WORLD, lasting(WORLD.faults, -1.0, by_hand))) == WORLD


def test_a_network_that_is_down_keeps_its_inner_links() -> None:
    broken = apply(WORLD, [Fault(kind=FaultKind.NETWORK_DOWN, network=64497)])
    down = {frozenset(link.ends) for link in broken.links if link.down}
    assert down == {
        frozenset(ends) for ends in (("home1", "alpha1"), ("alpha2", "mail1"), ("alpha2", "beta1"))
    }


@pytest.mark.parametrize(
    ("elapsed_s", "names"), [(0, ()), (2.9, ()), (3.0, ("later",)), (5.9, ("later",)), (6.0, ())]
)
def test_faults_keep_their_time(elapsed_s: float, names: tuple[str, ...]) -> None:
    assert due(WORLD.faults, elapsed_s) == names


def test_a_hand_overrules_the_clock() -> None:
    assert lasting(WORLD.faults, 4.0, {"later": False, "cut": True}) == ("cut",)
    assert lasting(WORLD.faults, 0.0, {"later": True}) == ("later",)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('kind = "link_down"\nends = ["home1", "mail1"]', "no link between 'home1' and 'mail1'"),
        ('kind = "link_down"', "'ends' is missing"),
        (
            'kind = "link_changed"\nends = ["home1", "alpha1"]\nlink = { loss = 1.5 }',
            "between 0 and 1",
        ),
        (
            'kind = "link_changed"\nends = ["home1", "alpha1"]\nlink = { colour = 1 }',
            "colour: Unexpected keyword",
        ),
        ('kind = "network_down"\nnetwork = 1', "unknown network AS1"),
        ('kind = "prefix_moved"\nnetwork = 64504', "'prefix' is missing"),
        ('kind = "smtp_changed"\nhost = "ns"\nsmtp = {}', "'ns' is no mail host"),
        ('kind = "smtp_changed"\nhost = "mx1"\nsmtp = { behaviour = "shy" }', "behaviour"),
        ('kind = "rdap_changed"\nrdap = "down"', "no registry"),
        ('kind = "resolver_down"\nuntil_s = 3.0', "until_s needs an at_s"),
        ('kind = "resolver_down"\nat_s = 4.0\nuntil_s = 3.0', "until_s needs an at_s"),
    ],
)
def test_a_fault_that_does_not_fit_its_world(lines: str, words: str) -> None:
    with pytest.raises(ParseError, match=f"fault 'bad': .*{words}"):
        parse_world(f"{TEXT}\n[faults.bad]\n{lines}\n")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("[answering.home9]\nsilent = true", "'home9' is no router"),
        ('[answering.beta1]\nanswers_from = "LIX"', "'beta1' has no port at 'LIX'"),
        ('[answering.beta1]\nanswers_from = "MIX"', "unknown exchange point 'MIX'"),
        ("[answering.beta1]\nicmp_per_s = 0.0", "a rate above 0"),
        ("[answering.beta1]\nsilent = true\nicmp_per_s = 1.0", "'beta1' is silent"),
    ],
)
def test_a_router_that_cannot_answer_so(lines: str, words: str) -> None:
    with pytest.raises(ParseError, match=words):
        parse_world(f"{TEXT}\n{lines}\n")


def test_a_link_changed_by_hand_is_checked_too() -> None:
    assert with_link(WORLD, ("alpha1", "home1"), {"mtu": 1300}).links[0].mtu == 1300
    for changes in ({"mtu": 100}, {"blocks": ["cheese"]}, {"mtu_hidden": True}, {"loss": "much"}):
        with pytest.raises(InputError):
            with_link(WORLD, ("home1", "alpha1"), changes)


# -- played in memory --------------------------------------------------------------------------


def path(vantage: SimulatedVantage, host: str, family: int = 4) -> PathTruth:
    target = WORLD.address_of(host, family)
    assert target is not None
    (found,) = simulated_truth(WORLD, [(target, PORT)], vantage).paths
    return found


def nodes(vantage: SimulatedVantage, host: str, family: int = 4) -> list[str]:
    return [hop.node for hop in path(vantage, host, family).hops]


@pytest.mark.parametrize("family", [4, 6])
def test_a_link_that_is_down_is_gone_round(family: int) -> None:
    assert nodes(simulate(WORLD), "mx1", family) == ["home1", "alpha1", "alpha2", "mail1", "mx1"]
    cut = simulate(WORLD, active=("cut",))
    assert nodes(cut, "mx1", family) == ["home1", "beta1", "mail1", "mx1"]


@pytest.mark.parametrize("fault", ["moved", "stolen"])
def test_a_taken_prefix_ends_in_the_other_network(fault: str) -> None:
    vantage = simulate(WORLD, active=(fault,))
    found = path(vantage, "mx1")
    assert not found.arrives
    assert found.as_path == (64496, 64498, 64504)
    assert nodes(vantage, "mx1", 6)[-1] == "mx1"  # the IPv6 prefix is where it was


def test_the_clock_brings_faults_and_takes_them() -> None:
    vantage = simulate(WORLD)
    network, began_ns = vantage.network, vantage.clock.now_ns()
    for at_s, rtt_ms in ((0.0, 4.2), (3.5, 104.2), (7.0, 4.2), (4.0, 104.2)):  # a clock may turn
        network.move_to(began_ns + round(at_s * 1e9))
        assert path(vantage, "mx1").hops[1].rtt_min_ms == pytest.approx(rtt_ms)


def test_a_fault_is_felt_by_what_begins_after_it() -> None:
    vantage, target = simulate(WORLD), WORLD.addresses_of("mx1")[0]
    with vantage.dialer.dial(target, 25, 10) as connection:
        assert connection.connect_ms == pytest.approx(12.4)
        connection.receive(10)
        vantage.clock.sleep(4.0)
        before_s = vantage.clock.monotonic_s()
        connection.send(b"NOOP\r\n")
        connection.receive(10)
        assert vantage.clock.monotonic_s() - before_s == pytest.approx(0.1124)


@pytest.mark.parametrize("fault", ["deaf", "half"])
def test_a_resolver_dies_behind_its_link(fault: str) -> None:
    answer = simulate(WORLD, active=(fault,)).resolver.ask("fine.example", "MX")
    half_alive = fault == "half" and answer.status is DnsStatus.NOERROR
    assert half_alive or answer.status is DnsStatus.TIMEOUT
    plans = simulated_truth(WORLD, [], simulate(WORLD, active=(fault,))).mx
    assert (plans["fine.example"] is None) is (fault == "deaf")
    assert simulate(WORLD).resolver.ask("fine.example", "MX").status is DnsStatus.NOERROR


def test_a_mail_host_changes_while_it_is_played() -> None:
    fault = replace(WORLD.faults["slow"], at_s=1.0)
    vantage = simulate(replace(WORLD, faults={"slow": fault}))
    target = WORLD.addresses_of("mx1")[0]
    waited = []
    for _ in range(2):
        with vantage.dialer.dial(target, 25, 10) as connection:
            before_s = vantage.clock.monotonic_s()
            connection.receive(10)
            waited.append(vantage.clock.monotonic_s() - before_s)
        vantage.clock.sleep(2.0)
    assert waited == pytest.approx([0.0124, 2.0124])
    truth = simulated_truth(WORLD, [], vantage).smtp[target]
    assert truth.behaviour is Behaviour.SLOW_GREETING


def test_an_unknown_fault_is_an_input_error() -> None:
    with pytest.raises(InputError, match="no fault 'rain'"):
        simulate(WORLD, active=("rain",))
