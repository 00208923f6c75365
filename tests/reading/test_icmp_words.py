"""Every ICMP error has words."""

import pytest

from handmade import answer
from mxpath.model.probe import Reply, ReplyKind
from mxpath.reading.icmp_words import icmp_words, is_forbidden

CODES_4 = [(3, code) for code in range(16)] + [(11, 0), (11, 1), (12, 0), (12, 1), (12, 2)]
CODES_6 = [(1, code) for code in range(9)] + [(3, 0), (3, 1), (4, 0), (4, 1), (4, 2)]


@pytest.mark.parametrize(("version", "codes"), [(4, CODES_4), (6, CODES_6)])
def test_every_code_of_the_rfcs_has_words_of_its_own(
    version: int, codes: list[tuple[int, int]]
) -> None:
    words = {icmp_words(version, *pair).split(" (type")[0] for pair in codes}
    assert len(words) == len(codes)


def test_code_13_is_a_filter_and_names_its_numbers() -> None:
    assert icmp_words(4, 3, 13) == "communication administratively filtered (type 3 code 13)"


@pytest.mark.parametrize("version", [4, 6])
def test_what_no_rfc_knows_is_named_by_its_numbers(version: int) -> None:
    assert icmp_words(version, 200, 7) == "ICMP error (type 200 code 7)"
    assert icmp_words(version, 3, None).endswith("(type 3)")


def refusal(word: str, icmp_type: int, code: int) -> Reply:
    return answer(word, kind=ReplyKind.UNREACHABLE, icmp_type=icmp_type, icmp_code=code)


@pytest.mark.parametrize("told", [("r1", 3, 13), ("r1", 3, 10), ("2001:db8::1", 1, 1)])
def test_who_forbids_says_so(told: tuple[str, int, int]) -> None:
    assert is_forbidden(refusal(*told))


@pytest.mark.parametrize(
    "told", [("r1", 3, 1), ("r1", 11, 9), ("2001:db8::1", 1, 0), ("2001:db8::1", 3, 1)]
)
def test_who_cannot_does_not_forbid(told: tuple[str, int, int]) -> None:
    assert not is_forbidden(refusal(*told))
