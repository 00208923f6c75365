"""One test a rule, and what each rule must not do."""

import pytest

from mxpath.inference.borders import hidden_as
from mxpath.model.evidence import Grade
from mxpath.model.route import Route
from paths import as_path, asn, relations, route, segments


def rules(found: Route, hop: int) -> set[str]:
    """Names of the rules in the evidence of the segment around a hop."""
    (claim,) = [c for c in found.segments if c.value.first_ttl <= hop <= c.value.last_ttl]
    return {evidence.rule for evidence in claim.evidence}


def test_addresses_alone_make_segments() -> None:
    found = route("h1", "a1", "a2", "t1", "t25!")
    assert as_path(found) == "hat"
    assert segments(found) == "h|aa|tt"
    assert [claim.grade for claim in found.segments] == [Grade.CERTAIN] * 3


class TestSeveralOrigins:
    @pytest.mark.parametrize("hops", [("a1", "ab1", "c1"), ("c1", "ab1", "a1")])
    def test_the_one_next_to_it(self, hops: tuple[str, ...]) -> None:
        found = route(*hops, home=None)
        assert as_path(found) == ("ac" if hops[0] == "a1" else "ca")
        assert "several-origins" in rules(found, 2)

    def test_without_such_a_neighbour_it_stays_unknown(self) -> None:
        found = route("c1", "ab1", "d1")
        assert segments(found) == "c|-|d"
        assert "hop 2 (13.1.2.1) has several origins: AS1, AS2" in found.notes


class TestThirdParty:
    def test_between_two_hops_of_one_network_it_is_inside(self) -> None:
        found = route("a1", "c1", "a2", "t25!")
        assert segments(found) == "aaa|t"
        assert "third-party" in rules(found, 2)

    def test_between_related_networks_it_leaves_the_path(self) -> None:
        found = route("a1", "c1", "b1", "t25!", known=relations("a=b"), home=None)
        assert as_path(found) == "abt"
        assert segments(found) == "a|-|b|t"

    def test_it_is_of_the_network_that_it_is_related_to(self) -> None:
        found = route("a1", "c1", "b1", known=relations("a=b", "a=c"), home=None)
        assert segments(found) == "aa|b"

    def test_a_network_related_to_what_follows_is_on_the_path(self) -> None:
        found = route("a1", "c1", "b1", known=relations("a=b", "a=c", "c=b"), home=None)
        assert as_path(found) == "acb"

    def test_without_relations_nothing_is_dropped(self) -> None:
        assert as_path(route("a1", "c1", "b1", home=None)) == "acb"

    def test_a_member_port_is_never_moved(self) -> None:
        found = route("a1", "x11", "b1", ports="c", known=relations("a=b"), home=None)
        assert as_path(found) == "acb"


class TestEnclosed:
    @pytest.mark.parametrize("hidden", ["*", "p1", "u1"])
    def test_between_hops_of_one_network_it_is_inside(self, hidden: str) -> None:
        found = route("a1", hidden, "a2")
        assert segments(found) == "aaa"
        assert "enclosed" in rules(found, 2)

    @pytest.mark.parametrize("hidden", ["*", "p1", "u1"])
    def test_between_two_networks_it_is_a_segment_of_its_own(self, hidden: str) -> None:
        found = route("a1", hidden, hidden, "b1")
        assert segments(found) == "a|--|b"
        assert as_path(found) == "hab"
        assert found.segments[1].value.network is None
        assert found.segments[1].grade is None

    def test_the_first_hops_are_home_when_home_follows(self) -> None:
        assert segments(route("p1", "*", "h1", "a1")) == "hhh|a"

    def test_and_nobodys_when_another_network_follows(self) -> None:
        found = route("p1", "a1")
        assert segments(found) == "-|a"
        assert as_path(found) == "ha"


class TestLastHop:
    def test_the_customer_behind_the_last_answer(self) -> None:
        found = route("a1", "a2", "a3", "*", "*", known=relations("a>t"))
        assert as_path(found) == "hat"
        assert segments(found) == "aa|t|--"
        assert "last-hop" in rules(found, 3)
        assert found.segments[1].grade is Grade.POSSIBLE
        assert not found.complete

    def test_not_when_the_target_answered(self) -> None:
        found = route("a1", "a2", "a3", "t25!", known=relations("a>t"))
        assert "last-hop" not in rules(found, 3)

    def test_not_when_the_provider_would_vanish(self) -> None:
        assert as_path(route("h1", "a1", "*", known=relations("a>t", "a>h"))) == "ha"

    @pytest.mark.parametrize("pair", ["t>a", "a=t", "b>t"])
    def test_only_a_provider_of_the_target(self, pair: str) -> None:
        assert as_path(route("a1", "a2", "*", known=relations(pair))) == "ha"


class TestBorderConvention:
    def test_the_customers_first_router_has_the_providers_address(self) -> None:
        found = route("a1", "a2", "t1", "t25!", known=relations("a>t"))
        assert segments(found) == "a|ttt"
        assert "border-convention" in rules(found, 2)
        assert found.segments[1].grade is Grade.LIKELY
        (border,) = [c for c in found.borders if c.value.far.asn == asn("t")]
        assert border.value.far_ttl == 2
        assert [evidence.rule for evidence in border.evidence] == ["border-convention"]

    def test_not_uphill(self) -> None:
        assert segments(route("a1", "a2", "b1", known=relations("b>a"))) == "aa|b"

    def test_not_between_peers_nor_without_relations(self) -> None:
        assert segments(route("a1", "a2", "b1", known=relations("a=b"))) == "aa|b"
        assert segments(route("a1", "a2", "b1")) == "aa|b"

    def test_not_across_silence(self) -> None:
        assert segments(route("a1", "a2", "*", "b1", known=relations("a>b"))) == "aa|-|b"

    def test_the_provider_keeps_a_hop(self) -> None:
        known = relations("a>h", "a>t")
        assert segments(route("h1", "a1", "t1", "t25!", known=known)) == "h|a|tt"

    def test_two_borders_downhill_move_both(self) -> None:
        known = relations("a>b", "b>t")
        found = route("a1", "a2", "b1", "t25!", known=known, home=None)
        assert as_path(found) == "abt"
        assert segments(found) == "a|b|tt"


class TestHiddenAs:
    def test_the_only_network_that_joins_them_is_put_in(self) -> None:
        found = route("a1", "c1", known=relations("b>a", "c>b"), home=None)
        assert as_path(found) == "abc"
        assert segments(found) == "a|c"
        assert {c.evidence[0].rule for c in found.borders} == {"hidden-as"}
        assert {c.grade for c in found.borders} == {Grade.POSSIBLE}

    def test_downhill_too(self) -> None:
        assert hidden_as(asn("a"), asn("c"), relations=relations("a>b", "b>c")) == asn("b")

    @pytest.mark.parametrize(
        "pairs",
        [
            ("a=c", "b>a", "c>b"),  # they are related
            ("b>a", "c>b", "d>a", "c>d"),  # two networks could join them
            ("b>a", "b>c"),  # their common provider is no customer of either
            (),
        ],
    )
    def test_else_nothing_is_invented(self, pairs: tuple[str, ...]) -> None:
        assert hidden_as(asn("a"), asn("c"), relations=relations(*pairs)) is None

    def test_not_where_an_exchange_point_joins_them(self) -> None:
        known = relations("b>a", "c>b")
        found = route("a1", "x12", "c1", ports="ac", known=known, home=None)
        assert as_path(found) == "ac"
