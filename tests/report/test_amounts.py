from hypothesis import given
from hypothesis import strategies as st

from mxpath.model.route import Differential
from mxpath.report.amounts import differential_ms, milliseconds, percent


@given(st.floats(0, 1e7))
def test_a_figure_is_true_to_its_last_digit(value: float) -> None:
    shown = milliseconds(value)
    digit = 0.1 if "." in shown else 1.0
    assert abs(float(shown.replace(",", "")) - value) <= digit / 2 + 1e-6
    assert len(shown.replace(",", "").split(".")[0]) == 1 or "." not in shown


def test_uncertainty_is_shown_where_the_digits_do_not_say_it() -> None:
    assert differential_ms(Differential(rtt_ms=18.1, plus_minus_ms=0.2)) == "18"
    assert differential_ms(Differential(rtt_ms=1.9, plus_minus_ms=0.2)) == "1.9 ±0.2"
    assert differential_ms(Differential(rtt_ms=34.0, plus_minus_ms=2.0)) == "34 ±2.0"
    assert differential_ms(Differential(rtt_ms=None, plus_minus_ms=3.0)) == "?"
    assert differential_ms(None) == ""


def test_a_share_never_rounds_to_nothing() -> None:
    assert [percent(x) for x in (0.0, 0.001, 0.5, 1.0)] == ["0 %", "< 1 %", "50 %", "100 %"]
