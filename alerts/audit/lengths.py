"""How long something was, in words, so that nobody has to count noughts."""

from alerts.audit.hours import HOUR_S
from alerts.audit.page import number
from vision.rule import Words

MINUTE_S = 60.0
LEAST_H = 0.1
"""Fewer hours are told in minutes."""


def time_word(seconds: float) -> Words:
    """With its unit: seconds, minutes or hours."""
    if 0 < seconds < MINUTE_S:
        return Words(f"{number(seconds)} 秒", f"{number(seconds)} s")
    if 0 < seconds < LEAST_H * HOUR_S:
        return _minutes(seconds)
    return Words(f"{number(seconds / HOUR_S)} 小时", f"{number(seconds / HOUR_S)} h")


def lasted_word(seconds: float) -> Words:
    """Of an event, which is told in minutes until it lasts for hours."""
    return _minutes(seconds) if MINUTE_S <= seconds < 2 * HOUR_S else time_word(seconds)


def hours_word(hours: float) -> Words:
    """Under a head that says hours; only what is told in minutes or seconds has a unit."""
    if 0 < hours < LEAST_H:
        return time_word(hours * HOUR_S)
    return Words(number(hours), number(hours))


def _minutes(seconds: float) -> Words:
    return Words(f"{number(seconds / MINUTE_S)} 分钟", f"{number(seconds / MINUTE_S)} min")
