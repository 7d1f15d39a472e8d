"""Notices for the tests of channels that people read, and the context they are sent in."""

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from alerts.notifiers.base import Notice, Sent
from alerts.notifiers.context import TextContext
from alerts.registry.config import ContactConfig, PlaceConfig, SiteConfig
from alerts.registry.registry import Registry
from streams.clock import Clock, SimulatedClock
from tests.alerts.making import START, alert, at, jpeg
from vision.rule import Severity

SITE = "Xin'an 心安"
CONSOLE = "https://xinan.example"
SHANGHAI = ZoneInfo("Asia/Shanghai")

REGISTRY = Registry.build(
    SiteConfig(name=SITE, contacts=(ContactConfig(name="Control room", phone="021 5555 0119"),)),
    [
        PlaceConfig(
            id="shed-7",
            name="7号车棚",
            name_en="Shed 7",
            extinguisher="门内左侧",
            hydrant="12弄口",
            power_cutoff="配电箱 B2",
            contacts=(ContactConfig(name="王师傅", role="车棚管理员", phone="138 0000 0000"),),
        )
    ],
)

KINDS = ("fired", "reopened", "resolved", "acknowledged", "false_alarm", "dispatched", "recalled", "test")

ANSWERS = {name: f"https://xinan.example/a/{name}-t0ken" for name in ("accepted", "on_the_way", "there", "false_alarm")}

NASTY = {
    "mentions": '<@all> @all @everyone <at user_id="all">所有人</at> <!channel>',
    "markup": "**b** _i_ [x](http://evil.example) ![y](http://evil.example) `c` # h ~~s~~ | t | \\ &amp;",
    "html": "<script>alert(1)</script><img src=x onerror=\"a('b')\"> ' \" &",
    "lines": "a\r\nBcc: evil@example.org\r\n\r\n# head\n> quote\x00\x1b[31m\x85\u2028\u2029",
    "unseen": "\u202edetrever\u2066 \u200b\ufeff \ud800 \U000e0041",
    "long": "A" * 5000,
    "long Chinese": "火" * 5000,
    "emoji": "🔥" * 3000,
    "coded": "=?UTF-8?B?ZXZpbA==?= {hazard} %s {0} ${x} %0a",
    "empty": "",
    "spaces": " \t  ",
}


def notice(kind: str = "fired", name: str = "01NOTICE", **given: Any) -> Notice:
    """Of a fire in shed 7, unless told otherwise."""
    of = given.pop("of", None) or alert("01ALERT", place="7号车棚", zone="通道", snapshot="kept")
    if kind == "resolved":
        of = replace(of, resolved_at=at(185))
    if kind == "acknowledged":
        of = replace(of, acknowledged_at=at(20), acknowledged_by=of.acknowledged_by or "张三")
    if kind == "false_alarm":
        of = replace(of, false_alarm_at=at(20), false_alarm_by="李四", false_alarm_reason=of.false_alarm_reason or "灯")
    return Notice(name, kind, at(185 if kind == "resolved" else 20), of, **given)


def violation(kind: str = "fired", name: str = "01NOTICE", **given: Any) -> Notice:
    """Of clutter."""
    of = alert("01CLUTTER", hazard="clutter", severity=Severity.VIOLATION, snapshot="kept")
    return notice(kind, name, of=of, **given)


def spoilt(kind: str, text: str, *, exercise: bool = False) -> Notice:
    """A notice in which every text that comes from outside is this one."""
    of = replace(
        alert("01ALERT", snapshot="kept"),
        place=text,
        camera=text or "camera",
        zone=text,
        hazard=text or "flame",
        acknowledged_by=text,
        false_alarm_reason=text,
    )
    place = REGISTRY.places["shed-7"]
    safety = replace(place.safety, extinguisher=text, hydrant=text, power_cutoff=text)
    return notice(
        kind,
        of=of,
        also=(of, of),
        where=replace(place, path=text, path_en=text, safety=safety),
        answers=ANSWERS | {text: "javascript:alert(1)", "evil": "http://evil.example/)](<x"},
        sent=Sent(text, text, text),
        exercise=exercise,
    )


def context(clock: Clock | None = None, picture: bytes | None = None, **given: Any) -> TextContext:
    """At second 30 after the start. picture: of every alert; None: the one of `making.jpeg`."""
    if clock is None:
        clock = SimulatedClock(START)
        clock.step(30)
    shown = jpeg() if picture is None else picture
    return TextContext(SITE, CONSOLE, clock, SHANGHAI, lambda of: shown or None, cold=False, **given)
