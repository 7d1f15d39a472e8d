"""What a measurement yields: a share of a count with its interval, or an area under a curve."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

Z95: Final = 1.959964  # standard normal quantile of a two-sided 95 % interval


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `of`: a recall or a share of false pictures."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        """0–1; NaN where there was nothing to count."""
        return self.hits / self.of if self.of else math.nan

    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % score interval (E. B. Wilson, JASA 22, 1927); it takes the counted things for independent."""
        if not self.of:
            return math.nan, math.nan
        spread = Z95**2 / self.of
        middle = (self.value + spread / 2) / (1 + spread)
        half = math.sqrt(spread * (self.value * (1 - self.value) + spread / 4)) / (1 + spread)
        return max(0.0, middle - half), min(1.0, middle + half)

    def entry(self) -> dict[str, Any]:
        """For the results file."""
        low, high = self.interval()
        numbers = {"value": rounded(self.value), "low": rounded(low), "high": rounded(high)}
        return {**numbers, "hits": self.hits, "of": self.of}


@dataclass(frozen=True, slots=True)
class Area:
    """An average precision over `of` true boxes; NaN for none."""

    value: float
    of: int

    def entry(self) -> dict[str, Any]:
        """For the results file."""
        return {"value": rounded(self.value), "of": self.of}


Figure = Share | Area


def finite(values: Mapping[str, float]) -> dict[str, float]:
    """Rounded, without those that have nothing behind them: JSON has no NaN."""
    return {name: rounded(value) for name, value in values.items() if math.isfinite(value)}


def rounded(value: float) -> float:
    """Four digits: more than any of our counts carries."""
    return round(value, 4)
