import pytest

from mxpath.model.evidence import Grade
from mxpath.model.route import IxpCrossing, Route
from paths import IX, address, letters, relations, route

CERTAIN, LIKELY, POSSIBLE = Grade.CERTAIN, Grade.LIKELY, Grade.POSSIBLE


def crossings(found: Route) -> list[tuple[str, Grade | None]]:
    return [(letters([c.value.near, c.value.far]), c.grade) for c in found.crossings]


def test_a_members_port_between_two_members() -> None:
    found = route("a1 5", "x12 9", "b1 10", "t25! 11", ports="ab")
    (claim,) = found.crossings
    crossing: IxpCrossing = claim.value
    assert (crossing.ix_id, crossing.ix_name, crossing.far_ttl) == (IX, "FRA-LIX", 2)
    assert crossing.address == address("x12")
    assert crossing.differential.rtt_ms == 4
    assert claim.grade is CERTAIN
    rules = [evidence.rule for evidence in claim.evidence]
    assert rules == ["ixp-member-port", "ixp-lan", "near-member", "far-follows", "window-rule"]
    assert claim.evidence[-1].detail == (
        "by window rule 1 of traIXroute (M0 - X&M1 - M1) the crossing is on the link before hop 2"
    )
    (border,) = [c.value for c in found.borders if c.value.far == crossing.far]
    assert (border.medium, border.far_ttl) == ("ixp", 2)


@pytest.mark.parametrize(
    ("hops", "found"),
    [
        (("a1", "x12", "t25!"), ("ab", POSSIBLE)),  # neither b nor a known neighbour follows
        (("a1", "x12", "*", "b1"), ("ab", CERTAIN)),  # b follows after a silent hop
        (("a1", "x12", "*", "t25!"), ("ab", LIKELY)),
        (("a1", "x12", "*", "*"), ("ab", LIKELY)),  # nothing follows
        (("a1", "x12"), ("ab", LIKELY)),
        (("a1", "x12", "u1"), ("ab", LIKELY)),
        (("a1", "*", "x12", "b1"), ("ab", LIKELY)),  # near across silence
        (("a1", "p1", "x12", "b1"), ("ab", LIKELY)),
        (("a1", "*", "x12", "*"), ("ab", POSSIBLE)),  # both ends half known
        (("c1", "x12", "b1"), ("cb", POSSIBLE)),  # c is no member
        (("x12", "b1"), ("hb", POSSIBLE)),  # straight from home, which is no member
    ],
)
def test_the_grade_falls_with_what_is_not_known(
    hops: tuple[str, ...], found: tuple[str, Grade]
) -> None:
    assert crossings(route(*hops, ports="ab")) == [found]


def test_nobody_before_it_is_unknown_not_somebody() -> None:
    found = route("*", "x12", "b1", ports="ab", home=None)
    assert crossings(found) == [("-b", POSSIBLE)]
    assert found.certain_crossings() == ()


def test_home_stands_before_the_first_hop() -> None:
    assert crossings(route("x12", "b1", ports="hb")) == [("hb", CERTAIN)]


def test_without_a_member_list_it_is_likely_at_most() -> None:
    assert crossings(route("a1", "x12", "b1", ports="ab", members="")) == [("ab", LIKELY)]


def test_a_silent_target_of_the_members_own_confirms_it() -> None:
    assert crossings(route("a1", "x12", "*", ports="at")) == [("at", CERTAIN)]


def test_a_target_on_the_lan_is_a_crossing() -> None:
    assert crossings(route("a1", "x12!", ports="ab", target="x12")) == [("ab", CERTAIN)]


def test_a_customer_that_follows_the_member_is_likely() -> None:
    known = relations("b>c", "a=b")
    assert crossings(route("a1", "x12", "c1", ports="ab", known=known)) == [("ab", LIKELY)]


def test_two_lans_hops_in_a_row_are_two_crossings() -> None:
    found = route("a1", "x12", "x13", "c1", ports="abc", known=relations("b>c"))
    assert [pair for pair, _ in crossings(found)] == ["ab", "bc"]


class TestAnswersFromOffThePath:
    def test_the_members_own_network_is_already_before_its_port(self) -> None:
        found = route("a1", "b1", "x12", "c1", ports="bbc")
        assert found.crossings == ()
        assert (
            "hop 3: AS2 is already before its own port, so FRA-LIX is not crossed there;"
            " by window rule 2 of traIXroute (M0 - X&M0 - M1)"
            " the crossing is on the link behind hop 3"
        ) in found.notes

    def test_home_answers_from_its_own_port(self) -> None:
        assert route("x11", "a1", ports="ha").crossings == ()

    def test_members_on_both_sides_of_one_router(self) -> None:
        """b is a's customer and answers from its LAN address; c is a member as well."""
        found = route("a1", "x12", "c1", ports="abc", known=relations("a>b", "b>c"))
        assert found.crossings == ()
        assert any("members are on both sides of one router" in note for note in found.notes)

    def test_the_same_without_relations_is_possible_at_most(self) -> None:
        assert crossings(route("a1", "x12", "c1", ports="abc")) == [("ab", POSSIBLE)]

    def test_provider_and_customer_are_possible_at_most(self) -> None:
        known = relations("a>b")
        assert crossings(route("a1", "x12", "b1", ports="ab", known=known)) == [("ab", POSSIBLE)]

    def test_a_possible_crossing_is_no_medium(self) -> None:
        found = route("c1", "x12", "b1", ports="ab", home=None)
        assert [c.value.medium for c in found.borders] == ["unknown"]


class TestNoPortNoCrossing:
    def test_an_address_in_the_lan_alone(self) -> None:
        found = route("a1", "x99", "b1", ports="ab")
        assert found.crossings == ()
        assert "hop 2 (23.0.0.99) is in the LAN of FRA-LIX, at nobody's known port" in found.notes

    def test_what_the_window_rules_make_of_it_is_said(self) -> None:
        found = route("a1", "x99", "c1", ports="ab")
        assert any("by window rule 5 of traIXroute" in note for note in found.notes)

    def test_a_private_address(self) -> None:
        assert route("a1", "p12", "b1", ports="ab").crossings == ()
