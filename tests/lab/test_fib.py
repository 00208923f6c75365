from ipaddress import IPv4Address, IPv4Network, IPv6Address

from hypothesis import given
from hypothesis import strategies as st

from mxpath.lab.fib import Fib, Step, _route

PREFIXES = st.builds(
    lambda address, length: IPv4Network((address >> (32 - length) << (32 - length), length)),
    st.integers(0, 2**32 - 1),
    st.integers(1, 32),
)


@given(prefixes=st.lists(PREFIXES, unique=True, max_size=12), address=st.ip_addresses(v=4))
def test_the_longest_prefix_decides(prefixes: list[IPv4Network], address: IPv4Address) -> None:
    routes = tuple((prefix, (Step(str(prefix), None),)) for prefix in prefixes)
    found = Fib({}, {}, routes).steps(address)
    lengths = [prefix.prefixlen for prefix in prefixes if address in prefix]
    if not lengths:
        assert found == ()
    else:
        chosen = IPv4Network(found[0].device)
        assert address in chosen
        assert chosen.prefixlen == max(lengths)


def test_families_do_not_mix() -> None:
    fib = Fib({}, {}, ((IPv4Network("0.0.0.0/0"), (Step("eth0", None),)),))
    assert fib.steps(IPv6Address("::1")) == ()


def test_rows_are_read_as_the_kernel_prints_them() -> None:
    hops = [
        {"gateway": "2001:db8::2", "dev": "eth1", "weight": 1, "flags": []},
        {"gateway": "2001:db8::6", "dev": "eth2", "weight": 1, "flags": []},
    ]
    _, steps = _route({"dst": "2001:db8:4000::/36", "nexthops": hops}, "-6")
    assert steps == (
        Step("eth1", IPv6Address("2001:db8::2")),
        Step("eth2", IPv6Address("2001:db8::6")),
    )
    assert _route({"dst": "default", "dev": "eth0"}, "-4") == (
        IPv4Network("0.0.0.0/0"),
        (Step("eth0", None),),
    )
    over_v6 = {"dst": "198.18.0.0/20", "dev": "eth0", "via": {"family": "inet6", "host": "fe80::1"}}
    assert _route(over_v6, "-4")[1] == (Step("eth0", IPv6Address("fe80::1")),)
    assert _route({"type": "unreachable", "dst": "198.18.0.0/20", "dev": "lo"}, "-4")[1] == ()
