"""CAP 1.2: every message held against the standard's own table of elements, and sent to a real server."""

import hashlib
import hmac
import re
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.alert import Alert
from alerts.notifiers.base import Delivered, Notice
from alerts.notifiers.cap import CapNotifier
from alerts.notifiers.cap_xml import NAMESPACE, CapIdentity, cap_message, cap_of_now, cap_time, xml_text
from alerts.notifiers.channel_config import CapChannel
from streams.clock import SimulatedClock
from tests.alerts.making import START, alert, at
from tests.alerts.receiver import Receiver
from vision.rule import Severity

IDENTITY = CapIdentity("xinan@lane12", ("control@district",), "Lane 12", "http://console")

# The standard's section 3.2 as a table: element → (least, most) times, in the order of its schema.
MANY = 10**6
ALERT: dict[str, tuple[int, int]] = {
    "identifier": (1, 1),
    "sender": (1, 1),
    "sent": (1, 1),
    "status": (1, 1),
    "msgType": (1, 1),
    "source": (0, 1),
    "scope": (1, 1),
    "restriction": (0, 1),
    "addresses": (0, 1),
    "code": (0, MANY),
    "note": (0, 1),
    "references": (0, 1),
    "incidents": (0, 1),
    "info": (0, MANY),
}
INFO: dict[str, tuple[int, int]] = {
    "language": (0, 1),
    "category": (1, MANY),
    "event": (1, 1),
    "responseType": (0, MANY),
    "urgency": (1, 1),
    "severity": (1, 1),
    "certainty": (1, 1),
    "audience": (0, 1),
    "eventCode": (0, MANY),
    "effective": (0, 1),
    "onset": (0, 1),
    "expires": (0, 1),
    "senderName": (0, 1),
    "headline": (0, 1),
    "description": (0, 1),
    "instruction": (0, 1),
    "web": (0, 1),
    "contact": (0, 1),
    "parameter": (0, MANY),
    "resource": (0, MANY),
    "area": (0, MANY),
}
PAIR = {"valueName": (1, 1), "value": (1, 1)}
AREA = {"areaDesc": (1, 1)}
CHOICES = {
    "status": {"Actual", "Exercise", "System", "Test", "Draft"},
    "msgType": {"Alert", "Update", "Cancel", "Ack", "Error"},
    "scope": {"Public", "Restricted", "Private"},
    "category": {
        *("Geo", "Met", "Safety", "Security", "Rescue", "Fire"),
        *("Health", "Env", "Transport", "Infra", "CBRNE", "Other"),
    },
    "responseType": {
        *("Shelter", "Evacuate", "Prepare", "Execute", "Avoid"),
        *("Monitor", "Assess", "AllClear", "None"),
    },
    "urgency": {"Immediate", "Expected", "Future", "Past", "Unknown"},
    "severity": {"Extreme", "Severe", "Moderate", "Minor", "Unknown"},
    "certainty": {"Observed", "Likely", "Possible", "Unlikely", "Unknown"},
}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")
TIMES = {"sent", "effective", "onset", "expires"}
NAMES = {"identifier", "sender"}


def checked(xml: bytes) -> ElementTree.Element:
    """The message, once it has passed the table."""
    root = ElementTree.fromstring(xml)
    assert root.tag == f"{{{NAMESPACE}}}alert"
    _check(root, ALERT)
    for info in root.iterfind("{*}info"):
        _check(info, INFO)
        for part, table in (("parameter", PAIR), ("area", AREA)):
            for found in info.iterfind(f"{{*}}{part}"):
                _check(found, table)
    if text(root, "scope") == "Private":
        assert text(root, "addresses")
    if text(root, "msgType") in ("Update", "Cancel"):
        for reference in text(root, "references").split():
            sender, identifier, sent = reference.split(",")
            assert sender and identifier and TIME.fullmatch(sent)
    return root


def _check(element: ElementTree.Element, table: dict[str, tuple[int, int]]) -> None:
    names = [child.tag.removeprefix(f"{{{NAMESPACE}}}") for child in element]
    order = list(table)
    assert [order.index(name) for name in names] == sorted(order.index(name) for name in names)
    for name, (least, most) in table.items():
        assert least <= names.count(name) <= most, name
    for child, name in zip(element, names, strict=True):
        said = child.text or ""
        assert name not in CHOICES or said in CHOICES[name], (name, said)
        assert name not in TIMES or TIME.fullmatch(said), (name, said)
        assert name not in NAMES or re.fullmatch(r"[^\s,<&]+", said), (name, said)


def text(element: ElementTree.Element, path: str) -> str:
    """Of the first element at a path such as "info/event"."""
    found = element.find("/".join(f"{{*}}{name}" for name in path.split("/")))
    return "" if found is None else found.text or ""


@pytest.mark.parametrize(
    ("kind", "changes", "said"),
    [
        ("fired", {}, ("Alert", "Immediate", "Likely", "Execute")),
        ("acknowledged", {"acknowledged_at": at(5)}, ("Update", "Immediate", "Observed", "Execute")),
        ("resolved", {"resolved_at": at(9)}, ("Update", "Expected", "Likely", "Assess")),
        ("resolved", {"resolved_at": at(9), "hazard": "clutter"}, ("Update", "Past", "Likely", "AllClear")),
        ("reopened", {}, ("Update", "Immediate", "Likely", "Execute")),
        ("false_alarm", {"false_alarm_at": at(9)}, ("Cancel", "Past", "Unlikely", "AllClear")),
    ],
)
def test_what_each_step_says(kind: str, changes: dict[str, Any], said: tuple[str, ...]) -> None:
    root = checked(cap_message(alert("01A", version=3, **changes), kind, at(9), IDENTITY))
    paths = ("msgType", "info/urgency", "info/certainty", "info/responseType")
    assert tuple(text(root, path) for path in paths) == said
    assert text(root, "scope") == "Private"
    assert text(root, "addresses") == "control@district"


@pytest.mark.parametrize(
    ("hazard", "severity", "category", "level"),
    [
        ("flame", "fire", "Fire", "Severe"),
        ("clutter", "violation", "Safety", "Moderate"),
        ("flying_lead", "violation", "Safety", "Moderate"),
        ("camera", "fault", "Infra", "Minor"),
    ],
)
def test_what_each_hazard_is(hazard: str, severity: str, category: str, level: str) -> None:
    given = alert("01A", hazard=hazard, severity=Severity(severity), evidence={"cause": "covered"})
    root = checked(cap_message(given, "fired", START, IDENTITY))
    assert (text(root, "info/category"), text(root, "info/severity")) == (category, level)


@pytest.mark.parametrize("exercise", [False, True])
def test_a_test_notice_is_a_first_message_that_nobody_acts_on(exercise: bool) -> None:
    root = checked(cap_message(alert("01A", exercise=exercise), "test", START, IDENTITY))
    assert (text(root, "msgType"), text(root, "status"), text(root, "references")) == ("Alert", "Test", "")


def test_it_speaks_both_languages() -> None:
    root = checked(cap_message(alert("01A"), "fired", START, IDENTITY))
    infos = {text(info, "language"): info for info in root.iterfind("{*}info")}
    assert list(infos) == ["zh-CN", "en-GB"]
    assert text(infos["zh-CN"], "headline").startswith("明火")
    assert text(infos["en-GB"], "headline") == "Flame – Lane 12, shed 1 – Alert"
    assert {text(info, "area/areaDesc") for info in infos.values()} == {"Lane 12, shed 1"}


def test_a_fire_out_of_sight_is_not_all_clear() -> None:
    root = checked(cap_message(alert("01A", version=3, resolved_at=at(9)), "resolved", at(9), IDENTITY))
    assert text(root, "info/headline").endswith("画面中暂时看不到，待现场确认")


def test_later_messages_refer_to_the_first() -> None:
    first = checked(cap_message(alert("01A"), "fired", at(0.25), IDENTITY))
    later = checked(cap_message(alert("01A", resolved_at=at(60), version=4), "resolved", at(60), IDENTITY))
    assert text(later, "references") == ",".join(text(first, name) for name in ("sender", "identifier", "sent"))
    assert text(later, "identifier") != text(first, "identifier")


def test_the_same_notice_makes_the_same_message() -> None:
    """A repeat on the ladder, or a second attempt: the receiver knows it by its identifier."""
    again = [cap_message(alert("01A", version=2), "fired", at(s), IDENTITY) for s in (0, 60)]
    assert again[0] == again[1]


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (alert("01A"), "Alert"),
        (alert("01A", fired_at=None), "Alert"),
        (alert("01A", version=2, acknowledged_at=at(3)), "Update"),
        (alert("01A", version=3, resolved_at=at(3)), "Update"),
        (alert("01A", version=4, resolved_at=at(3), acknowledged_at=at(4), closed_at=at(5)), "Update"),
        (alert("01A", version=3, false_alarm_at=at(3), false_alarm_reason="<mirror> & sun"), "Cancel"),
    ],
)
def test_how_an_alert_stands(given: Alert, kind: str) -> None:
    root = checked(cap_of_now(given, IDENTITY))
    assert text(root, "msgType") == kind
    assert cap_of_now(given, IDENTITY) == cap_of_now(given, IDENTITY)


def test_a_time_is_to_the_second_with_a_numeric_zone() -> None:
    assert cap_time(at(1.75)) == "2026-03-01T08:00:01-00:00"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ('车棚 <1> & "2"', None),
        ("a\x00b\x1b[0m", "a\ufffdb\ufffd[0m"),
        ("\ud800", "\ufffd"),
        ("\ufffe", "\ufffd"),
        ("🔥", None),
    ],
)
def test_text_survives_or_is_replaced(given: str, kept: str | None) -> None:
    place = alert("01A", place=given)
    root = checked(cap_message(place, "fired", START, IDENTITY))
    assert text(root, "info/area/areaDesc") == (given if kept is None else kept)


@given(words=st.text(max_size=60), kind=st.sampled_from(["fired", "resolved", "false_alarm"]))
def test_no_text_breaks_the_message(words: str, kind: str) -> None:
    judged = START if kind == "false_alarm" else None
    broken = alert("01A", place=words, camera=words, zone=words, false_alarm_reason=words, false_alarm_at=judged)
    root = checked(cap_message(broken, kind, START, IDENTITY))
    zones = [text(pair, "value") for pair in root.iterfind(".//{*}parameter") if text(pair, "valueName") == "zone"]
    assert zones == [xml_text(words).replace("\r\n", "\n").replace("\r", "\n")] * 2


async def send(url: str, notice: Notice, **config: Any) -> object:
    """One attempt."""
    base = {"type": "cap", "name": "cap", "url": url, "sender": "xinan@lane12", "addresses": ["control@district"]}
    notifier = CapNotifier(
        CapChannel.model_validate({**base, **config}),
        site="Lane 12",
        console_url="http://console",
        clock=SimulatedClock(START),
    )
    try:
        return await notifier.send(notice)
    finally:
        await notifier.close()


@pytest.mark.parametrize(
    ("config", "exercise", "status"),
    [
        ({}, False, "Actual"),
        ({}, True, "Exercise"),
        ({"status": "Test"}, False, "Test"),
        ({"status": "Test"}, True, "Exercise"),
    ],
)
async def test_sent_to_a_server(config: dict[str, Any], exercise: bool, status: str) -> None:
    with Receiver() as receiver:
        notice = Notice("01NOTICE", "fired", at(1), alert("01A", exercise=exercise))
        assert await send(receiver.url, notice, secret="k3y", **config) == Delivered()
    [got] = receiver.got
    assert text(checked(got.body), "status") == status
    assert got.id == "01NOTICE"
    assert got.headers["Content-Type"] == "application/cap+xml"
    assert got.headers["X-Xinan-Signature"] == "sha256=" + hmac.new(b"k3y", got.body, hashlib.sha256).hexdigest()
