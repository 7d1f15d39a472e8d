"""How sure a rate is that was counted over hours, and the ratio of two such rates. Pure.

The bounds of a rate are exact for a Poisson number (Garwood, Biometrika 28, 1936): half a chi-square quantile, which is
a quantile of the gamma distribution, found here by bisection of the regularised incomplete gamma function (series and
continued fraction of DLMF 8.11.4 and 8.9.2, https://dlmf.nist.gov/8). The ratio of two rates is bounded by the share of
the first number among both, which is binomial once their sum is given (Przyborowski and Wilenski, Biometrika 31, 1940),
by the exact interval of Clopper and Pearson.

Both take events to come independently of each other. Where one thing is raised again and again they do not, and the
truth may lie further off than the bounds say.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from alerts.shift.exact import interval

TAIL = 0.025
"""Of either side of a 95 % interval."""
_TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Rate:
    """Events in so many hours. per_h: None where no hour was seen; low, high: its 95 % bounds, events an hour."""

    events: int
    hours: float
    per_h: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, events: int, hours: float) -> "Rate":
        """Counted events and the hours in which they could have been."""
        if hours <= 0:
            return cls(events, 0.0, None, None, None)
        low, high = poisson_bounds(events)
        return cls(events, hours, events / hours, low / hours, high / hours)


@dataclass(frozen=True, slots=True)
class Ratio:
    """Of a rate to an earlier one. value: None where the earlier is zero or either is unknown. low, high: 95 % bounds;
    high is None where none can be given."""

    value: float | None
    low: float
    high: float | None

    @property
    def differs(self) -> bool:
        """Whether one and the same rate is too unlikely to have given both."""
        return self.low > 1.0 or (self.high is not None and self.high < 1.0)


@lru_cache(4096)
def poisson_bounds(number: int) -> tuple[float, float]:
    """Lower and upper bound of the expected number where this many were counted, 95 %."""
    low = 0.0 if number == 0 else _quantile(number, TAIL)
    return low, _quantile(number + 1, 1.0 - TAIL)


def ratio_of(before: Rate, after: Rate) -> Ratio:
    """How many times as often as before."""
    both = before.events + after.events
    if before.hours <= 0 or after.hours <= 0 or both == 0:
        return Ratio(None, 0.0, None)
    low, high = interval(after.events, both)
    scale = before.hours / after.hours
    value = after.events / before.events * scale if before.events else None
    return Ratio(value, low / (1.0 - low) * scale, high / (1.0 - high) * scale if high < 1.0 else None)


def _quantile(shape: float, share: float) -> float:
    """Of the gamma distribution with scale 1."""
    above = shape + 10.0
    while _gamma(shape, above) < share:
        above *= 2.0
    return _where(lambda x: _gamma(shape, x) - share, above)


def _where(rising: Callable[[float], float], above: float) -> float:
    low, high = 0.0, above
    for _ in range(80):
        middle = (low + high) / 2.0
        low, high = (low, middle) if rising(middle) > 0.0 else (middle, high)
    return (low + high) / 2.0


def _gamma(a: float, x: float) -> float:
    """The regularised lower incomplete gamma function P(a, x)."""
    if x <= 0.0:
        return 0.0
    front = math.exp(a * math.log(x) - x - math.lgamma(a))
    return _series(a, x) * front if x < a + 1.0 else 1.0 - _fraction(a, x) * front


def _series(a: float, x: float) -> float:
    term = total = 1.0 / a
    step = a
    while term > total * 1e-15:
        step += 1.0
        term *= x / step
        total += term
    return total


def _fraction(a: float, x: float) -> float:
    """By the method of Lentz."""
    b = x + 1.0 - a
    upper, lower = 1.0 / _TINY, 1.0 / b
    value = lower
    for number in range(1, 100_000):
        step = number * (a - number)
        b += 2.0
        lower = 1.0 / ((step * lower + b) or _TINY)
        upper = (b + step / upper) or _TINY
        value *= upper * lower
        if abs(upper * lower - 1.0) < 1e-15:
            break
    return value
