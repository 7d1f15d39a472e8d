"""An alert as a message of the Common Alerting Protocol 1.2 (OASIS, 1 July 2010). Pure.

The first message of an alert is an `Alert`; what becomes of it is an `Update` that refers to the first, or a `Cancel`
where nothing was there. Names of messages follow from the alert alone, so that they can be made again at any time.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from xml.etree import ElementTree

from alerts.alert import Alert, AlertState
from alerts.camera_watch import CAMERA
from alerts.lifecycle import ChangeKind
from alerts.notifiers.message import TEST
from alerts.words import words_of_alert
from vision.rule import Severity, Words

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
MEDIA_TYPE = "application/cap+xml"

Status = Literal["Actual", "Exercise", "Test"]

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, escaped or not."""

_SEVERITY = {Severity.FIRE: "Severe", Severity.VIOLATION: "Moderate"}
_STATES = {
    AlertState.PENDING: Words("疑似", "Suspected"),
    AlertState.FIRING: Words("报警", "Alert"),
    AlertState.ACKNOWLEDGED: Words("已有人确认", "Acknowledged"),
    AlertState.RESOLVED: Words("画面已恢复", "Cleared"),
    AlertState.FALSE_ALARM: Words("误报，已撤销", "False alarm, withdrawn"),
    AlertState.LOGGED: Words("仅记录", "Logged only"),
    AlertState.CLOSED: Words("已结案", "Closed"),
}
_UNSEEN = Words("画面中暂时看不到，待现场确认", "Not seen any more, check on site")
_NOTE = Words(
    "由摄像机画面自动识别，须由人核实；本系统不是经认证的火灾探测器。",
    "Seen by a camera; a person has to verify it. This is not a certified fire detector.",
)


@dataclass(frozen=True, slots=True)
class CapIdentity:
    """Who speaks to whom. sender: no spaces, commas, "<" or "&"; addresses: the same, at least one."""

    sender: str
    addresses: tuple[str, ...]
    site: str
    console_url: str
    status: Status = "Actual"


def cap_message(alert: Alert, kind: str, at: datetime, identity: CapIdentity) -> bytes:
    """The XML of what happened to an alert. kind: a `ChangeKind` that is told of, or a `TEST`, which nobody is to act
    on; at: when it happened, aware UTC."""
    first = kind in (ChangeKind.FIRED, TEST)
    root = ElementTree.Element("alert", xmlns=NAMESPACE)
    sent = _first_sent(alert) if first else at
    _add(root, "identifier", _first_id(alert) if first else f"{alert.id}-{kind}-{alert.version}")
    _add(root, "sender", identity.sender)
    _add(root, "sent", cap_time(sent))
    _add(root, "status", "Test" if kind == TEST else "Exercise" if alert.exercise else identity.status)
    _add(root, "msgType", _message_type(alert, first))
    _add(root, "source", "Xin'an 心安")
    _add(root, "scope", "Private")
    _add(root, "addresses", " ".join(identity.addresses))
    if alert.state is AlertState.FALSE_ALARM:
        _add(root, "note", alert.false_alarm_reason or "false alarm")
    if not first:
        _add(root, "references", f"{identity.sender},{_first_id(alert)},{cap_time(_first_sent(alert))}")
    _add(root, "incidents", alert.id)
    for language in ("zh-CN", "en-GB"):
        _add_info(root, alert, identity, language)
    body: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return body + b"\n"


def cap_of_now(alert: Alert, identity: CapIdentity) -> bytes:
    """The message that tells how an alert stands: the same bytes for the same alert."""
    if alert.version == 1 or alert.state in (AlertState.FIRING, AlertState.PENDING, AlertState.LOGGED):
        return cap_message(alert, ChangeKind.FIRED, _first_sent(alert), identity)
    kind, at = {
        AlertState.FALSE_ALARM: (ChangeKind.FALSE_ALARM, alert.false_alarm_at),
        AlertState.RESOLVED: (ChangeKind.RESOLVED, alert.resolved_at),
        AlertState.CLOSED: (ChangeKind.RESOLVED, alert.closed_at),
        AlertState.ACKNOWLEDGED: (ChangeKind.ACKNOWLEDGED, alert.acknowledged_at),
    }[alert.state]
    return cap_message(alert, kind, at or alert.seen_at, identity)


def cap_time(at: datetime) -> str:
    """To the second, with the zone as a number: the only form that CAP knows."""
    return at.isoformat(timespec="seconds") if at.utcoffset() else f"{at:%Y-%m-%dT%H:%M:%S}-00:00"


def xml_text(text: str) -> str:
    """As XML can hold it: other control characters and halves of pairs become U+FFFD."""
    return _FORBIDDEN.sub("\ufffd", text)


def _first_id(alert: Alert) -> str:
    return f"{alert.id}-{ChangeKind.FIRED}"


def _first_sent(alert: Alert) -> datetime:
    return alert.fired_at or alert.started_at


def _message_type(alert: Alert, first: bool) -> str:
    if first:
        return "Alert"
    return "Cancel" if alert.state is AlertState.FALSE_ALARM else "Update"


def _add_info(root: ElementTree.Element, alert: Alert, identity: CapIdentity, language: str) -> None:
    """One language. The order of the elements is the schema's."""
    zh = language.startswith("zh")
    stands = _UNSEEN if alert.state is AlertState.RESOLVED and alert.out_of_sight else _STATES[alert.state]
    word, state, note = (_in(words, zh) for words in (words_of_alert(alert), stands, _NOTE))
    info = ElementTree.SubElement(root, "info")
    place = alert.place or alert.camera
    _add(info, "language", language)
    _add(info, "category", _category(alert))
    _add(info, "event", word)
    _add(info, "responseType", _response(alert))
    _add(info, "urgency", _urgency(alert))
    _add(info, "severity", _SEVERITY.get(alert.severity, "Minor"))
    _add(info, "certainty", _certainty(alert))
    _add(info, "onset", cap_time(alert.started_at))
    _add(info, "senderName", identity.site)
    _add(info, "headline", f"{word} – {place} – {state}")
    _add(info, "description", note)
    _add(info, "web", f"{identity.console_url}/#alert={alert.id}")
    for name, value in (("camera", alert.camera), ("zone", alert.zone), ("state", alert.state.value)):
        parameter = ElementTree.SubElement(info, "parameter")
        _add(parameter, "valueName", name)
        _add(parameter, "value", value)
    _add(ElementTree.SubElement(info, "area"), "areaDesc", place)


def _in(words: Words, zh: bool) -> str:
    return words.zh if zh else words.en


def _category(alert: Alert) -> str:
    if alert.hazard == CAMERA:
        return "Infra"
    return "Fire" if alert.severity is Severity.FIRE else "Safety"


def _response(alert: Alert) -> str:
    if alert.out_of_sight:
        return "Assess"
    if not alert.open or alert.state is AlertState.FALSE_ALARM:
        return "AllClear"
    return "Execute" if alert.severity is Severity.FIRE else "Assess"


def _urgency(alert: Alert) -> str:
    if alert.out_of_sight:
        return "Expected"
    if not alert.open or alert.state is AlertState.FALSE_ALARM:
        return "Past"
    return "Immediate" if alert.severity is Severity.FIRE else "Expected"


def _certainty(alert: Alert) -> str:
    """A camera's word is likely at most until a person has said so."""
    if alert.state is AlertState.FALSE_ALARM:
        return "Unlikely"
    if alert.state is AlertState.PENDING or alert.hazard == "flying_lead":
        return "Possible"
    return "Observed" if alert.acknowledged_at is not None or alert.hazard == CAMERA else "Likely"


def _add(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, name).text = xml_text(text)
