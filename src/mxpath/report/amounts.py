"""Numbers as a reader wants them: three digits at most, thousands marked, ± only where it matters."""

from mxpath.model.route import Differential


def milliseconds(value_ms: float) -> str:
    """Return a figure without its unit: ``0.4``, ``4.2``, ``41``, ``4,102``.

    Examples
    --------
    >>> [milliseconds(value) for value in (0.04, 4.2, 41.2, 4102.3)]
    ['0.0', '4.2', '41', '4,102']
    """
    return f"{value_ms:.1f}" if round(value_ms, 1) < 10 else f"{value_ms:,.0f}"


def differential_ms(differential: Differential | None) -> str:
    """Return ``15 ±1``; ``?`` when it is not resolvable; nothing when there is none.

    Examples
    --------
    >>> differential_ms(Differential(rtt_ms=15.2, plus_minus_ms=0.9))
    '15 ±0.9'
    >>> differential_ms(Differential(rtt_ms=None, plus_minus_ms=2.0))
    '?'
    """
    if differential is None:
        return ""
    if differential.rtt_ms is None:
        return "?"
    value = milliseconds(differential.rtt_ms)
    # Less than half of the last digit shown is said by the digit itself.
    digit = 0.1 if "." in value else 1.0
    around = differential.plus_minus_ms
    return value if around < digit / 2 else f"{value} ±{milliseconds(around)}"


def percent(share: float) -> str:
    """Return a share in [0, 1] as per cent: ``83 %``, ``< 1 %``.

    Examples
    --------
    >>> percent(0.832), percent(0.002)
    ('83 %', '< 1 %')
    """
    return "< 1 %" if 0 < share < 0.01 else f"{share:.0%}".replace("%", " %")
