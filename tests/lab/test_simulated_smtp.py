import pytest

from mxpath.lab.elements import SmtpHost
from mxpath.lab.simulated import Faults, SimulatedVantage, simulate, simulated_truth
from mxpath.lab.simulated_script import SmtpScript
from mxpath.lab.topology import World
from mxpath.model.address import IPAddress
from mxpath.vantage.ports import Connection, ConnectionFault, Fault


def address(world: World, host: str, family: int = 0) -> IPAddress:
    return world.addresses_of(host)[family]


def now_ms(vantage: SimulatedVantage) -> float:
    return vantage.clock.monotonic_s() * 1e3


@pytest.mark.parametrize("family", [0, 1])
def test_each_step_of_a_session_costs_one_round_trip(
    world: World, vantage: SimulatedVantage, family: int
) -> None:
    times = []
    with vantage.dialer.dial(address(world, "mx1", family), 25, 30) as connection:
        times.append(now_ms(vantage))
        assert connection.receive(30) == b"220 mx1.bigmail.example ESMTP\r\n"
        times.append(now_ms(vantage))
        connection.send(b"EHLO [198.18.1.25]\r\n")
        capabilities = connection.receive(30)
        times.append(now_ms(vantage))
        connection.send(b"STARTTLS\r\n")
        assert connection.receive(30).startswith(b"220 ")
        times.append(now_ms(vantage))
        facts = connection.start_tls("mx1.bigmail.example", 30)
        times.append(now_ms(vantage))
        connection.send(b"EHLO [198.18.1.25]\r\n")
        assert b"STARTTLS" not in connection.receive(30)
        connection.send(b"QUIT\r\n")
        assert connection.receive(30).startswith(b"221 ")
        assert connection.receive(30) == b""
    assert times == pytest.approx([20.6 * n for n in range(1, 6)])
    for word in (b"STARTTLS", b"PIPELINING", b"SIZE", b"8BITMIME"):
        assert word in capabilities
    assert (facts.version, facts.trusted, facts.name_matches) == ("TLSv1.3", True, True)
    assert facts.issuer == "CN=mxpath lab first_walk"


@pytest.mark.parametrize("dials", range(1, 6))
def test_a_handshake_goes_and_comes_back_the_flows_own_way(world: World, dials: int) -> None:
    vantage = simulate(world)
    target = address(world, "mxfar")
    for _ in range(dials):
        before_ms = now_ms(vantage)
        vantage.dialer.dial(target, 25, 30)
    ((_, port),) = list(vantage.network.syns)[-1:]
    (path,) = simulated_truth(world, [(target, port)], vantage).paths
    took_ms, last = now_ms(vantage) - before_ms, path.hops[-1]
    assert last.rtt_min_ms - 1e-6 <= took_ms <= last.rtt_max_ms + 1e-6


def test_another_name_does_not_match_the_certificate(
    world: World, vantage: SimulatedVantage
) -> None:
    with vantage.dialer.dial(address(world, "mx1"), 25, 30) as connection:
        connection.receive(30)
        connection.send(b"STARTTLS\r\n")
        connection.receive(30)
        facts = connection.start_tls("mx2.bigmail.example", 30)
    assert facts.name_matches is False
    assert facts.names == ("mx1.bigmail.example",)


def test_a_slow_greeting_is_waited_for(world: World, vantage: SimulatedVantage) -> None:
    with vantage.dialer.dial(address(world, "slow"), 25, 30) as connection:
        with pytest.raises(ConnectionFault) as fault:
            connection.receive(1.0)
        assert fault.value.fault is Fault.TIMEOUT
        assert now_ms(vantage) == pytest.approx(1020.6)
        assert connection.receive(30).startswith(b"220 ")
    assert now_ms(vantage) == pytest.approx(20.6 + 20.6 + 4000)


def test_a_reject_still_lets_us_quit(world: World, vantage: SimulatedVantage) -> None:
    with vantage.dialer.dial(address(world, "strict"), 25, 30) as connection:
        assert connection.receive(30).startswith(b"554 ")
        connection.send(b"EHLO x\r\n")
        assert connection.receive(30).startswith(b"503 ")
        connection.send(b"QUIT\r\n")
        assert connection.receive(30).startswith(b"221 ")


@pytest.mark.parametrize(
    ("host", "port", "fault"),
    [
        ("closed", 25, Fault.REFUSED),
        ("mx1", 24, Fault.REFUSED),
        ("dropped", 25, Fault.TIMEOUT),
    ],
)
def test_how_a_dial_fails(world: World, host: str, port: int, fault: Fault) -> None:
    vantage = simulate(world)
    with pytest.raises(ConnectionFault) as found:
        vantage.dialer.dial(address(world, host), port, 3)
    assert found.value.fault is fault
    if fault is Fault.TIMEOUT:
        assert now_ms(vantage) == 3000
    else:
        assert 20 < now_ms(vantage) < 60


def test_a_dial_shorter_than_the_path_times_out(world: World, vantage: SimulatedVantage) -> None:
    with pytest.raises(ConnectionFault) as found:
        vantage.dialer.dial(address(world, "mx1"), 25, 0.01)
    assert found.value.fault is Fault.TIMEOUT
    assert now_ms(vantage) == pytest.approx(10)


def test_an_unused_address_is_unreachable_after_the_routers_word(
    world: World, vantage: SimulatedVantage
) -> None:
    with pytest.raises(ConnectionFault) as found:
        vantage.dialer.dial(address(world, "mx1") + 1000, 25, 30)
    assert found.value.fault is Fault.UNREACHABLE
    assert now_ms(vantage) > 1


@pytest.mark.parametrize(
    "faults", [Faults(no_route=(4,)), Faults(interface_down_after_packets=0)], ids=str
)
def test_without_a_way_out_a_dial_fails_at_once(world: World, faults: Faults) -> None:
    vantage = simulate(world, faults=faults)
    with pytest.raises(ConnectionFault) as found:
        vantage.dialer.dial(address(world, "mx1"), 25, 30)
    assert found.value.fault is Fault.UNREACHABLE
    assert now_ms(vantage) == 0


@pytest.mark.parametrize("hop", [0, 1, 3])
def test_filtered_egress_lets_dials_time_out(world: World, hop: int) -> None:
    vantage = simulate(world, faults=Faults(port_25_filtered_at_hop=hop))
    with pytest.raises(ConnectionFault) as found:
        vantage.dialer.dial(address(world, "mx1"), 25, 7)
    assert found.value.fault is Fault.TIMEOUT
    assert not vantage.network.syns
    with pytest.raises(ConnectionFault) as found:
        vantage.dialer.dial(address(world, "mx1"), 443, 7)
    assert found.value.fault is Fault.REFUSED


def test_an_interrupt_is_felt_once_by_whoever_waits(world: World) -> None:
    vantage = simulate(world, faults=Faults(interrupt_after_packets=1))
    with vantage.dialer.dial(address(world, "mx1"), 25, 30) as connection:
        with pytest.raises(KeyboardInterrupt):
            connection.receive(30)
        assert connection.receive(30).startswith(b"220 ")
    vantage.dialer.dial(address(world, "mx1"), 25, 30)


def test_an_interface_that_goes_down_silences_a_session(world: World) -> None:
    vantage = simulate(world, faults=Faults(interface_down_after_packets=1))
    connection = vantage.dialer.dial(address(world, "mx1"), 25, 30)
    with pytest.raises(ConnectionFault) as found:
        connection.receive(5)
    assert found.value.fault is Fault.TIMEOUT


def test_tls_needs_the_servers_word(world: World, vantage: SimulatedVantage) -> None:
    connection: Connection = vantage.dialer.dial(address(world, "mx1"), 25, 30)
    with pytest.raises(ConnectionFault) as found:
        connection.start_tls("mx1.bigmail.example", 30)
    assert found.value.fault is Fault.CLOSED


def test_all_that_was_said_is_kept(world: World, vantage: SimulatedVantage) -> None:
    with vantage.dialer.dial(address(world, "mx1"), 25, 30) as connection:
        connection.send(b"EHLO x\r\nMAIL FROM:<>\r\n")
    assert vantage.network.commands == [(address(world, "mx1"), ["EHLO x", "MAIL FROM:<>"])]


def test_a_closed_connection_takes_no_more(world: World, vantage: SimulatedVantage) -> None:
    connection = vantage.dialer.dial(address(world, "mx1"), 25, 30)
    connection.send(b"QUIT\r\n")
    with pytest.raises(ConnectionFault) as found:
        connection.send(b"NOOP\r\n")
    assert found.value.fault is Fault.CLOSED


def heard(script: SmtpScript, data: bytes) -> bytes:
    return b"".join(script.hear(data))


def test_the_script_takes_no_mail_and_waits_for_whole_lines() -> None:
    script = SmtpScript(SmtpHost(name="mx.example"))
    assert heard(script, b"MAIL FR") == b""
    refused = b"502 this server takes no mail\r\n" * 3
    assert heard(script, b"OM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n") == refused
    assert heard(script, b"NOOP\r\nRSET\r\nHELO x\r\n").count(b"250 ") == 3


def test_a_server_without_tls_offers_none() -> None:
    script = SmtpScript(SmtpHost(name="mx.example", starttls=False))
    assert b"STARTTLS" not in heard(script, b"EHLO x\r\n")
    assert heard(script, b"STARTTLS\r\n").startswith(b"503 ")
    assert not script.awaits_tls


def test_what_is_sent_behind_starttls_in_the_clear_is_dropped() -> None:
    """RFC 3207 section 6, and the command injection of CVE-2011-0411."""
    script = SmtpScript(SmtpHost(name="mx.example"))
    assert heard(script, b"STARTTLS\r\nNOOP\r\nRSET\r") == b"220 go ahead\r\n"
    script.encrypt()
    assert heard(script, b"NOOP\r\n").count(b"250 ") == 1
