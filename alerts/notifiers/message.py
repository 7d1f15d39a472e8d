"""What a notice says: one wording for every channel, in Chinese or English. Pure.

It must be enough to move within a minute: the hazard first, the place in human words, when, how sure, what is at hand
there, who has accepted, and the links. What came to an end or was judged is told in few lines.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from alerts.alert import Alert
from alerts.notifiers import markup
from alerts.notifiers.base import Notice
from alerts.notifiers.markup import Escape, clean
from alerts.registry.config import SITE
from alerts.registry.registry import Place, Safety
from alerts.wall_clock import local_text
from alerts.words import words_of_alert, zone_name
from vision.rule import Severity

TEST = "test"
"""Kind of a notice that only tries a channel."""

UPDATES = frozenset({"resolved", "acknowledged", "false_alarm", "recalled"})
"""Kinds that are told in few lines: nobody has to move."""

SURE, FAIRLY_SURE = 0.75, 0.5
"""From these confidences on the words say so."""

LONGEST_PLACE = 80
"""Characters of the place in the title."""

MOST_CONTACTS = 3

LENGTHS = (200, 60, 24)
"""Characters that each value may have, tried one after the other until a text fits."""

Words = tuple[str, str]
"""Chinese, English."""

Going = tuple[tuple[str, str], ...]
"""Who goes there: (name, how far that person is: a word of `ANSWERS`)."""

_HEADS: Mapping[str, Words] = {
    "fired": ("{hazard}", "{hazard}"),
    "reopened": ("{hazard}：再次出现", "{hazard}: it is back"),
    "resolved": ("{hazard}：画面已恢复", "{hazard}: cleared"),
    "unseen": ("{hazard}：画面中暂时看不到，待现场确认", "{hazard}: not seen any more, check on site"),
    "acknowledged": ("{hazard}：已有人确认", "{hazard}: acknowledged"),
    "false_alarm": ("{hazard}：误报", "{hazard}: false alarm"),
    "dispatched": ("{hazard}：已派人前往", "{hazard}: somebody is sent"),
    "recalled": ("{hazard}：派遣已取消", "{hazard}: nobody is sent any more"),
    "sent_you": ("请您前往：{hazard}", "You are sent: {hazard}"),
    "recalled_you": ("您不用去了：{hazard}", "You need not go: {hazard}"),
    TEST: ("测试通知", "Test notice"),
}
_TO_YOU = {"dispatched": "sent_you", "recalled": "recalled_you"}
"""What is said to the person whom it is about."""
ANSWERS: Mapping[str, Words] = {
    "accepted": ("收到", "Accepted"),
    "on_the_way": ("已出发", "On the way"),
    "there": ("到场", "There"),
    "dealt_with": ("已处置", "Dealt with"),
    "false_alarm": ("误报", "False alarm"),
}
"""What may be answered to a notice: words of the buttons."""

_SAYS: Mapping[str, Words] = {
    "drill": ("【演练】", "[DRILL] "),
    "drill_note": ("这是演练，不是真实警情。", "This is a drill, not a real alert."),
    "test_note": ("通道测试，无需处理。", "This only tries the channel; nothing is to be done."),
    "again": ("（无人响应）", " (nobody has answered)"),
    "place": ("地点", "Place"),
    "time": ("时间", "Time"),
    "confirmed_by": ("确认起火", "Confirmed by"),
    "somebody": ("值班人员", "somebody at the console"),
    "sure": ("把握", "Sureness"),
    "sure_high": ("较高", "high"),
    "sure_fair": ("中等，请核实", "fair: please verify"),
    "sure_low": ("较低，请先核实", "low: verify first"),
    "also": ("一并通知", "Also"),
    "accepted_by": ("已响应", "Accepted by"),
    "nobody": ("尚无人响应", "nobody yet"),
    "extinguisher": ("灭火器", "Extinguisher"),
    "hydrant": ("消火栓", "Hydrant"),
    "power_cutoff": ("断电开关", "Power cut-off"),
    "contact": ("联系人", "Contact"),
    "call": ("报警", "Emergency"),
    "call_119": ("确认火情请立即拨打 119", "call 119 at once if it is a fire"),
    "call_119_drill": ("演练，仅在发生真实火情时拨打 119", "a drill: call 119 only if there is a real fire"),
    "by": ("操作人", "By"),
    "sent_to": ("被派人", "Sent"),
    "sent_by": ("派遣人", "Sent by"),
    "note": ("备注", "Remark"),
    "reason": ("原因", "Reason"),
    "lasted": ("持续", "Lasted"),
    "last_seen": ("最后看到", "Last seen"),
    "site": ("小区", "Site"),
    "open": ("查看警情", "Open the alert"),
    "colon": ("：", ": "),
    "comma": ("、", ", "),
    "now": ("刚刚", "just now"),
    "ago": ("{span}前", "{span} ago"),
    "seconds": ("{n} 秒", "{n} s"),
    "minutes": ("{n} 分钟", "{n} min"),
    "hours": ("{n} 小时", "{n} h"),
    "days": ("{n} 天", "{n} days"),
}


@dataclass(frozen=True, slots=True)
class Frame:
    """What a wording needs beside the notice. console_url: without a slash at the end. zone: of the times shown;
    None: the machine's. now: aware UTC. going: who goes there; None: not known."""

    language: str
    site: str
    console_url: str
    now: datetime
    zone: tzinfo | None = None
    going: Going | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A notice in words. Texts are single lines, not escaped yet; renderers do that.

    head: the title. note: a line that must stand first, such as that it is a drill. rows: (label, value).
    url: of the alert in the console. open_label: its words. answers: (label, url). update: nobody has to move. unseen:
    an update that is no end: a fire is out of sight, and people see to it there.
    """

    head: str
    note: str
    rows: tuple[tuple[str, str], ...]
    url: str
    open_label: str
    answers: tuple[tuple[str, str], ...]
    colon: str
    language: str
    severity: Severity
    update: bool
    unseen: bool = False

    @property
    def links(self) -> tuple[tuple[str, str], ...]:
        """The alert first, then the answers."""
        return ((self.open_label, self.url), *self.answers) if self.url else self.answers


def word(notice: Notice, frame: Frame) -> Message:
    """The notice in words. Language: the recipient's own, else the frame's."""
    language = notice.recipient.language or frame.language
    say = Say(language)
    update = notice.kind in UPDATES
    rows = _update_rows(notice, frame, say) if update else _rows(notice, frame, say)
    note = "drill_note" if _is_drill(notice) else "test_note" if notice.kind == TEST else ""
    url = "" if notice.kind == TEST else f"{frame.console_url}/#alert={notice.alert.id}"
    return Message(
        head=_head(notice, frame, say),
        note=say(note) if note else "",
        rows=tuple((label, value) for label, value in ((label, clean(value)) for label, value in rows) if value),
        url=markup.link(url),
        open_label=say("open"),
        answers=tuple(
            (say.answer(name), sound) for name, target in notice.answers.items() if (sound := markup.link(target))
        ),
        colon=say("colon"),
        language=language,
        severity=notice.alert.severity,
        update=update,
        unseen=_is_unseen(notice),
    )


def is_urgent(notice: Notice) -> bool:
    """Whether it may use what is kept for fires. All that a fire brings may: later notices of it wait for earlier."""
    return notice.alert.severity is Severity.FIRE


class Say:
    """Words of one language: `say("place")`."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._which = 1 if language == "en" else 0

    def __call__(self, key: str, **values: object) -> str:
        """A phrase, filled in."""
        return self.of(_SAYS[key]).format(**values)

    def of(self, words: Words) -> str:
        """One of two."""
        return words[self._which]

    def answer(self, name: str) -> str:
        """The label of a button; a name that has no words is shown as it is."""
        return self.of(ANSWERS.get(name, (clean(name, 20), clean(name, 20))))

    def hazard(self, alert: Alert) -> str:
        """What the alert is of: of a camera's trouble its cause."""
        words = words_of_alert(alert)
        return clean(self.of((words.zh, words.en)), 40)

    def span(self, seconds: float) -> str:
        """A length of time with its largest unit that makes at least two, and seconds below."""
        for unit, name in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
            if seconds >= 2 * unit:
                return self(name, n=int(seconds // unit))
        return self("seconds", n=int(seconds))

    def ago(self, seconds: float) -> str:
        """How old something is."""
        return self("ago", span=self.span(seconds)) if seconds >= 1 else self("now")


def where(alert: Alert, place: Place | None = None, language: str = "zh") -> str:
    """The place in human words, with the zone where that says more. place: the registered one."""
    english = place.path_en if place and place.id != SITE and language == "en" else ""
    named = clean(english or alert.place) or clean(alert.camera)
    zone = clean(zone_name(alert, language))
    return f"{named} · {zone}" if zone and zone not in named else named


def _is_drill(notice: Notice) -> bool:
    return notice.exercise or notice.alert.exercise


def _is_unseen(notice: Notice) -> bool:
    """Whether it tells that a fire which nobody has ended is out of sight: what the console says, and never an end."""
    return notice.kind == "resolved" and notice.alert.out_of_sight


def _head(notice: Notice, frame: Frame, say: Say) -> str:
    one = notice.recipient.person and notice.recipient.number is None
    kind = "unseen" if _is_unseen(notice) else _TO_YOU.get(notice.kind, notice.kind) if one else notice.kind
    head = say.of(_HEADS.get(kind, _HEADS["fired"])).format(hazard=say.hazard(notice.alert))
    again = say("again") if notice.rung > 1 and notice.kind not in UPDATES else ""
    drill = say("drill") if _is_drill(notice) else ""
    place = clean(frame.site) if notice.kind == TEST else where(notice.alert, notice.where, say.language)
    return f"{drill}{head}{again} · {markup.cut(place, LONGEST_PLACE)}"


def _rows(notice: Notice, frame: Frame, say: Say) -> Iterator[tuple[str, str]]:
    alert = notice.alert
    yield from _sent_rows(notice, say)
    if notice.kind != TEST:
        yield say("place"), where(alert, notice.where, say.language)
    yield say("time"), _time(alert.called_at or notice.at, frame, say)
    if alert.confirmed_by is not None:
        yield say("confirmed_by"), alert.confirmed_by or say("somebody")
    elif alert.severity is not Severity.FAULT:
        yield say("sure"), say(_sureness(alert.confidence))
    if alert.severity is Severity.FIRE:
        yield say("call"), say("call_119_drill" if _is_drill(notice) else "call_119")
    if frame.going is not None and notice.kind != TEST:
        people = (f"{clean(name, 40)} {say.answer(progress)}" for name, progress in frame.going)
        yield say("accepted_by"), say("comma").join(people) or say("nobody")
    if notice.where is not None:
        yield from _at_hand(notice.where.safety, say)
    if notice.also:
        others = dict.fromkeys(f"{say.hazard(other)} {where(other, language=say.language)}" for other in notice.also)
        yield say("also"), say("comma").join(others)
    yield say("site"), frame.site


def _sent_rows(notice: Notice, say: Say) -> Iterator[tuple[str, str]]:
    if notice.sent is not None:
        yield say("sent_to"), notice.sent.to
        yield say("sent_by"), notice.sent.by
        yield say("note"), notice.sent.note


def _at_hand(safety: Safety, say: Say) -> Iterator[tuple[str, str]]:
    yield say("extinguisher"), safety.extinguisher or ""
    yield say("hydrant"), safety.hydrant or ""
    yield say("power_cutoff"), safety.power_cutoff or ""
    contacts = (" ".join(filter(None, (one.name, one.role, one.phone))) for one in safety.contacts[:MOST_CONTACTS])
    yield say("contact"), say("comma").join(clean(contact, 80) for contact in contacts)


def _update_rows(notice: Notice, frame: Frame, say: Say) -> Iterator[tuple[str, str]]:
    alert = notice.alert
    yield say("place"), where(alert, notice.where, say.language)
    yield say("time"), _time(notice.at, frame, say)
    match notice.kind:
        case "resolved" if _is_unseen(notice):
            yield say("last_seen"), _time(alert.seen_at, frame, say)
        case "resolved":
            yield say("lasted"), say.span(max(0.0, (notice.at - alert.started_at).total_seconds()))
        case "acknowledged":
            yield say("by"), alert.acknowledged_by
        case "recalled":
            yield say("sent_to"), notice.sent.to if notice.sent else ""
            yield say("by"), notice.sent.by if notice.sent else ""
        case _:
            yield say("by"), alert.false_alarm_by
            yield say("reason"), alert.false_alarm_reason


def _time(at: datetime, frame: Frame, say: Say) -> str:
    shown = local_text(at, frame.zone, "%m-%d %H:%M:%S")
    return f"{shown} ({say.ago((frame.now - at).total_seconds())})"


def _sureness(confidence: float) -> str:
    return "sure_high" if confidence >= SURE else "sure_fair" if confidence >= FAIRLY_SURE else "sure_low"


# Renderers


def as_text(message: Message, escape: Escape = markup.plain, most_bytes: int = 1 << 20, *, links: bool = True) -> str:
    """Lines of text without markup; the title is not among them.

    links: with the addresses, for channels that have no buttons.
    """

    def render(longest: int, shown: tuple[tuple[str, str], ...]) -> str:
        lines = [escape(message.note)] if message.note else []
        lines += [f"{label}{message.colon}{escape(markup.cut(value, longest))}" for label, value in message.rows]
        lines += [f"{escape(label)}{message.colon}{url}" for label, url in shown]
        return "\n".join(lines)

    return _fitted(message, render, most_bytes, links=links)


def as_markdown(message: Message, most_bytes: int, *, line_end: str = "\n") -> str:
    """Markdown as the chats know it, title first. line_end: what makes a new line there."""

    def render(longest: int, shown: tuple[tuple[str, str], ...]) -> str:
        lines = [f"### {markup.markdown(message.head)}"]
        lines += [f"**{markup.markdown(message.note)}**"] if message.note else []
        lines += [
            f"**{label}**{message.colon}{markup.markdown(markup.cut(value, longest))}" for label, value in message.rows
        ]
        lines += ["　".join(f"[{markup.markdown(label)}]({url})" for label, url in shown)] if shown else []
        return line_end.join(lines)

    return _fitted(message, render, most_bytes, links=True)


def as_html(message: Message, picture: str = "") -> str:
    """A whole page for a mail. picture: address of the inline picture, such as "cid:snapshot"."""
    escape = markup.in_html
    colour = {Severity.FIRE: "#b00020", Severity.VIOLATION: "#8a5a00", Severity.FAULT: "#444444"}[message.severity]
    rows = "".join(
        f'<tr><th align="left" style="padding:2px 12px 2px 0;white-space:nowrap">{escape(label)}</th>'
        f"<td>{escape(value)}</td></tr>"
        for label, value in message.rows
    )
    links = "".join(
        f'<a href="{escape(url)}" style="display:inline-block;margin:4px 8px 4px 0;padding:8px 14px;'
        f'border:1px solid #888;border-radius:6px">{escape(label)}</a>'
        for label, url in message.links
    )
    shown = f'<p><img src="{escape(picture)}" alt="" style="max-width:100%"></p>' if picture else ""
    note = f"<p><strong>{escape(message.note)}</strong></p>" if message.note else ""
    return (
        f'<!doctype html><html lang="{escape(message.language)}"><head><meta charset="utf-8">'
        f"<title>{escape(message.head)}</title></head><body>"
        f'<h2 style="color:{colour}">{escape(message.head)}</h2>{note}'
        f"<table>{rows}</table>{shown}<p>{links}</p></body></html>"
    )


def _fitted(
    message: Message,
    render: Callable[[int, tuple[tuple[str, str], ...]], str],
    most_bytes: int,
    *,
    links: bool,
) -> str:
    """The longest version that fits: shorter values first, then fewer links, at last cut."""
    alone = ((message.open_label, message.url),) if message.url else ()
    tries = [(longest, message.links if links else ()) for longest in LENGTHS]
    tries += [(LENGTHS[-1], alone if links else ()), (LENGTHS[-1], ())]
    text = ""
    for longest, shown in tries:
        text = render(longest, shown)
        if len(text.encode()) <= most_bytes:
            return text
    return markup.cut_bytes(text, most_bytes)
