"""How sure a share is that was counted: the exact interval of Clopper and Pearson (Biometrika 26, 1934). Pure.

Its bounds are quantiles of beta distributions, found here by bisection of the regularised incomplete beta function,
whose continued fraction is DLMF 8.17.22 (https://dlmf.nist.gov/8.17), evaluated by the method of Lentz.
"""

import math
from collections.abc import Callable

_TINY = 1e-300


def interval(hits: int, of: int, confidence: float = 0.95) -> tuple[float, float]:
    """Lower and upper bound of the true share, each exceeded with at most half of what is left of `confidence`.

    of: how many were judged; of none nothing is known: (0, 1). Raises ValueError when hits is not one of 0 … of.
    """
    if not 0 <= hits <= of:
        raise ValueError(f"{hits} of {of}")
    if of == 0:
        return 0.0, 1.0
    tail = (1.0 - confidence) / 2.0
    low = 0.0 if hits == 0 else _where(lambda share: _beta(share, hits, of - hits + 1) - tail)
    high = 1.0 if hits == of else _where(lambda share: _beta(share, hits + 1, of - hits) - (1.0 - tail))
    return low, high


def _where(rising: Callable[[float], float]) -> float:
    """Where a function that grows from 0 to 1 meets zero."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (low, middle) if rising(middle) > 0.0 else (middle, high)
    return (low + high) / 2.0


def _beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b)."""
    if x <= 0.0 or x >= 1.0:
        return min(1.0, max(0.0, x))
    if x > (a + 1.0) / (a + b + 2.0):  # where the fraction converges slowly
        return 1.0 - _beta(1.0 - x, b, a)
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(front) / (a * _fraction(x, a, b))


def _fraction(x: float, a: float, b: float) -> float:
    """1 + d1/(1 + d2/(1 + …)) of DLMF 8.17.22."""
    value = upper = 1.0
    lower = 0.0
    for number in range(1, 10_000):
        m = number // 2
        if number % 2:
            step = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            step = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        lower = 1.0 / ((1.0 + step * lower) or _TINY)
        upper = (1.0 + step / upper) or _TINY
        value *= upper * lower
        if abs(upper * lower - 1.0) < 1e-14:
            break
    return value
