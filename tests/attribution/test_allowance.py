from mxpath.attribution.allowance import Allowance
from mxpath.vantage.clock import ManualClock


def allowance(clock: ManualClock, most: int = 9) -> Allowance:
    return Allowance(clock, limit_s=6.0, most_questions=most, whom="the service")


def test_when_the_time_is_over_nothing_goes_out() -> None:
    clock = ManualClock()
    book = allowance(clock)
    clock.sleep(2.5)
    assert book.take("a") == (3.5, "")
    clock.sleep(3.5)
    assert book.take("a") == (0.0, "the 6 s for such questions were over")


def test_a_question_that_was_not_needed_is_given_back() -> None:
    book = allowance(ManualClock(), most=1)
    assert book.take("a")[1] == ""
    assert book.take("b")[1] == "1 questions are the most at once"
    book.settle("a", unused=True, useless=False)
    assert book.take("b")[1] == ""


def test_who_fails_twice_is_left_alone_and_nobody_else() -> None:
    book = allowance(ManualClock())
    for _ in range(2):
        book.settle("a", unused=False, useless=True)
    assert book.take("a")[1] == "the service gave no usable answer before"
    assert book.take("b")[1] == ""
