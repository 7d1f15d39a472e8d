"""What was measured beside what was promised."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of the table. bar: what must be held; goal: what is aimed at (None: the same).

    more: whether more is better.
    """

    what: str
    value: float
    bar: float
    goal: float | None = None
    more: bool = True

    @property
    def verdict(self) -> str:
        """missed, held, or goal."""
        if not self._holds(self.bar):
            return "missed"
        return "goal" if self._holds(self.bar if self.goal is None else self.goal) else "held"

    def _holds(self, limit: float) -> bool:
        return self.value >= limit if self.more else self.value <= limit

    def told(self) -> dict[str, Any]:
        """For a result file."""
        return {
            "what": self.what,
            "measured": round(self.value, 3) if math.isfinite(self.value) else None,
            "bar": f"{'≥' if self.more else '≤'} {self.bar:g}",
            "goal": None if self.goal is None else f"{'≥' if self.more else '≤'} {self.goal:g}",
            "verdict": self.verdict,
        }


def table(bars: Iterable[Bar]) -> Iterator[str]:
    """Lines for the terminal."""
    for bar in bars:
        told = bar.told()
        goal = f", goal {told['goal']}" if told["goal"] else ""
        yield f"{bar.verdict:>6}  {bar.what}: {bar.value:.3g} (bar {told['bar']}{goal})"
