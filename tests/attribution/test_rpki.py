from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxpath.attribution.attribute import attribute
from mxpath.attribution.origin import origin_claim
from mxpath.attribution.route_states import RouteStates
from mxpath.attribution.rpki import rpki_claim, validity
from mxpath.datasets.vrps import VrpRow
from mxpath.gazetteer.gazetteer import Gazetteer
from mxpath.gazetteer.vrp_table import VrpTable
from mxpath.lab.published import publish
from mxpath.lab.topology import read_world
from mxpath.model.address import Prefix
from mxpath.model.evidence import Grade
from mxpath.model.rpki import OriginValidity, RpkiReason, RpkiState, Vrp

WORLD = Path(__file__).parents[1] / "topologies" / "rpki_states.toml"


def vrp(text: str, asn: int, max_length: int | None = None) -> Vrp:
    prefix = ip_network(text)
    return Vrp(prefix=prefix, asn=asn, max_length=max_length or prefix.prefixlen)


VALID = OriginValidity(asn=64496, state=RpkiState.VALID)
NOT_FOUND = OriginValidity(asn=64496, state=RpkiState.NOT_FOUND)


def invalid(reason: RpkiReason) -> OriginValidity:
    return OriginValidity(asn=64496, state=RpkiState.INVALID, reason=reason)


@pytest.mark.parametrize(
    ("covering", "expected"),
    [
        ((), NOT_FOUND),
        ((vrp("192.0.2.0/24", 64496),), VALID),
        ((vrp("192.0.0.0/16", 64496, 24),), VALID),
        ((vrp("192.0.0.0/16", 64496, 23),), invalid(RpkiReason.TOO_SPECIFIC)),
        ((vrp("192.0.2.0/24", 64497),), invalid(RpkiReason.WRONG_ORIGIN)),
        ((vrp("192.0.2.0/24", 0),), invalid(RpkiReason.AS0)),
        ((vrp("192.0.2.0/24", 0), vrp("192.0.2.0/24", 64496)), VALID),
        ((vrp("192.0.2.0/24", 0), vrp("192.0.0.0/16", 64497)), invalid(RpkiReason.WRONG_ORIGIN)),
        (
            (vrp("192.0.2.0/24", 64497), vrp("192.0.0.0/16", 64496)),
            invalid(RpkiReason.TOO_SPECIFIC),
        ),
    ],
)
def test_each_state_and_reason(covering: tuple[Vrp, ...], expected: OriginValidity) -> None:
    assert validity(ip_network("192.0.2.0/24"), 64496, covering) == expected


def test_as0_itself_is_never_valid() -> None:
    found = validity(ip_network("192.0.2.0/24"), 0, [vrp("192.0.2.0/24", 0)])
    assert found.reason is RpkiReason.AS0


def by_the_book(prefix: Prefix, asn: int, vrps: list[Vrp]) -> RpkiState:
    """RFC 6811 section 2, word by word, over every VRP there is."""
    covered = matched = False
    for each in vrps:
        bits = prefix.max_prefixlen
        if each.prefix.version != prefix.version or each.prefix.prefixlen > prefix.prefixlen:
            continue
        shift = bits - each.prefix.prefixlen
        if int(prefix[0]) >> shift != int(each.prefix[0]) >> shift:
            continue
        covered = True
        if prefix.prefixlen <= each.max_length and each.asn == asn and asn != 0:
            matched = True
    return RpkiState.VALID if matched else RpkiState.INVALID if covered else RpkiState.NOT_FOUND


@st.composite
def prefixes(draw: st.DrawFn) -> Prefix:
    """Few enough that they often cover one another, in both families."""
    version = draw(st.sampled_from((4, 6)))
    length = draw(st.integers(0, 8))
    bits = draw(st.integers(0, 2**length - 1))
    whole = 32 if version == 4 else 128
    network = IPv4Network if version == 4 else IPv6Network
    return network((bits << whole - length, length))


@st.composite
def payloads(draw: st.DrawFn) -> Vrp:
    prefix = draw(prefixes())
    longest = draw(st.integers(prefix.prefixlen, 10))
    return Vrp(prefix=prefix, asn=draw(st.integers(0, 3)), max_length=longest)


@given(vrps=st.lists(payloads(), max_size=12), prefix=prefixes(), asn=st.integers(0, 3))
def test_the_table_and_the_rule_agree_with_the_book(
    vrps: list[Vrp], prefix: Prefix, asn: int
) -> None:
    rows = [
        VrpRow(v.prefix.version, int(v.prefix[0]), v.prefix.prefixlen, v.max_length, v.asn)
        for v in vrps
    ]
    table = VrpTable.of(rows, version=prefix.version)
    found = validity(prefix, asn, table.covering(prefix))
    assert found.state is by_the_book(prefix, asn, vrps)
    assert (found.reason is not None) is (found.state is RpkiState.INVALID)


def test_a_world_has_all_states(tmp_path: Path) -> None:
    world = read_world(WORLD)
    publish(world, tmp_path)
    gazetteer = Gazetteer.open(tmp_path)
    expected = {
        "mxvalid": "valid",
        "mxstolen": "invalid (wrong origin)",
        "mxdeep": "invalid (too specific)",
        "mxzero": "invalid (AS0)",
        "mxbare": "not found",
    }
    for host, state in expected.items():
        for address in world.addresses_of(host):
            claim = attribute([address], gazetteer)[address].rpki
            assert claim is not None
            assert str(claim.value) == state
            assert claim.grade is Grade.CERTAIN
            assert claim.evidence[0].source == "vrps"
            assert claim.evidence[0].as_of == world.as_of


def test_of_a_range_the_state_is_only_possible(tmp_path: Path) -> None:
    world = read_world(WORLD)
    publish(world, tmp_path)
    gazetteer = Gazetteer.open(tmp_path)
    origin = origin_claim(world.addresses_of("mxvalid")[0], gazetteer)
    assert origin is not None
    cut = replace(origin, value=replace(origin.value, announced=False))
    grades = [claim and claim.grade for claim in (rpki_claim(o, gazetteer) for o in (origin, cut))]
    assert grades == [Grade.CERTAIN, Grade.POSSIBLE]


def test_without_vrps_nothing_is_said(tmp_path: Path) -> None:
    world = read_world(WORLD)
    publish(world, tmp_path)
    manifest = tmp_path / "gazetteer.toml"
    kept, _, _ = manifest.read_text().rpartition("[[snapshot]]")
    assert "vrps.json" not in kept
    manifest.write_text(kept)
    address = world.addresses_of("mxvalid")[0]
    assert attribute([address], Gazetteer.open(tmp_path))[address].rpki is None


@given(st.data())
def test_many_states_at_once_are_those_of_the_book(data: st.DataObject) -> None:
    version = data.draw(st.sampled_from([4, 6]))
    bits, kind = (32, IPv4Network) if version == 4 else (128, IPv6Network)
    lengths = st.sampled_from([0, 1, 8, 24, 25, bits])
    rows = []
    for _ in range(data.draw(st.integers(0, 12))):
        length = data.draw(lengths)
        start = data.draw(st.sampled_from([0, 10, 2**8 + 10, 2 ** (bits - 8), 2**bits - 1]))
        longest = data.draw(st.integers(length, bits))
        rows.append(
            VrpRow(
                version,
                start >> bits - length << bits - length,
                length,
                longest,
                data.draw(st.integers(0, 3)),
            )
        )
    states = RouteStates(VrpTable.of(rows, version=version))
    table = VrpTable.of(rows, version=version)
    for row in [*rows, VrpRow(version, 0, 0, 0, 1), VrpRow(version, 0, bits, bits, 1)]:
        prefix = kind((row.start, row.length))
        for asn in range(4):
            expected = validity(prefix, asn, table.covering(prefix)).state
            assert states.state(row.start, row.length, asn) is expected
