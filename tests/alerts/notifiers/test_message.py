"""What notices say. The whole texts are compared: a word that goes missing is seen."""

import html.parser
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from alerts.notifiers import markup
from alerts.notifiers.base import Notice, Sent
from alerts.notifiers.message import Frame, Message, as_html, as_markdown, as_text, where, word
from alerts.routing.recipient import Recipient
from tests.alerts.making import alert, at
from tests.alerts.told import ANSWERS, CONSOLE, KINDS, NASTY, REGISTRY, SHANGHAI, SITE, notice, spoilt, violation
from vision.rule import Severity

GOING = (("张三", "on_the_way"), ("王芳", "accepted"))
SHED = REGISTRY.places["shed-7"]
FRAMES = {language: Frame(language, SITE, CONSOLE, at(30), SHANGHAI) for language in ("zh", "en")}


def test_a_fire_in_chinese() -> None:
    message = word(notice(where=SHED, answers=ANSWERS), replace(FRAMES["zh"], going=GOING))
    assert message.head == "明火 · 7号车棚 · 通道"
    assert as_text(message) == (
        "地点：7号车棚 · 通道\n"
        "时间：03-01 16:00:00 (30 秒前)\n"
        "把握：中等，请核实\n"
        "报警：确认火情请立即拨打 119\n"
        "已响应：张三 已出发、王芳 收到\n"
        "灭火器：门内左侧\n"
        "消火栓：12弄口\n"
        "断电开关：配电箱 B2\n"
        "联系人：王师傅 车棚管理员 138 0000 0000、Control room 021 5555 0119\n"
        "小区：Xin'an 心安\n"
        "查看警情：https://xinan.example/#alert=01ALERT\n"
        "收到：https://xinan.example/a/accepted-t0ken\n"
        "已出发：https://xinan.example/a/on_the_way-t0ken\n"
        "到场：https://xinan.example/a/there-t0ken\n"
        "误报：https://xinan.example/a/false_alarm-t0ken"
    )


def test_a_fire_in_english() -> None:
    message = word(notice(where=SHED, rung=2), replace(FRAMES["en"], going=()))
    assert message.head == "Flame (nobody has answered) · Shed 7 · 通道"
    assert as_text(message, links=False) == (
        "Place: Shed 7 · 通道\n"
        "Time: 03-01 16:00:00 (30 s ago)\n"
        "Sureness: fair: please verify\n"
        "Emergency: call 119 at once if it is a fire\n"
        "Accepted by: nobody yet\n"
        "Extinguisher: 门内左侧\n"
        "Hydrant: 12弄口\n"
        "Power cut-off: 配电箱 B2\n"
        "Contact: 王师傅 车棚管理员 138 0000 0000, Control room 021 5555 0119\n"
        "Site: Xin'an 心安"
    )


@pytest.mark.parametrize(
    ("kind", "zh", "en"),
    [
        (
            "resolved",
            "明火：画面中暂时看不到，待现场确认 · 7号车棚 · 通道\n"
            "地点：7号车棚 · 通道\n时间：03-01 16:03:05 (刚刚)\n最后看到：03-01 16:00:00 (30 秒前)\n"
            "查看警情：https://xinan.example/#alert=01ALERT",
            "Flame: not seen any more, check on site · 7号车棚 · 通道\nPlace: 7号车棚 · 通道\n"
            "Time: 03-01 16:03:05 (just now)\nLast seen: 03-01 16:00:00 (30 s ago)\n"
            "Open the alert: https://xinan.example/#alert=01ALERT",
        ),
        (
            "acknowledged",
            "明火：已有人确认 · 7号车棚 · 通道\n"
            "地点：7号车棚 · 通道\n时间：03-01 16:00:20 (10 秒前)\n操作人：张三\n查看警情：https://xinan.example/#alert=01ALERT",
            "Flame: acknowledged · 7号车棚 · 通道\nPlace: 7号车棚 · 通道\nTime: 03-01 16:00:20 (10 s ago)\nBy: 张三\n"
            "Open the alert: https://xinan.example/#alert=01ALERT",
        ),
        (
            "false_alarm",
            "明火：误报 · 7号车棚 · 通道\n"
            "地点：7号车棚 · 通道\n时间：03-01 16:00:20 (10 秒前)\n操作人：李四\n原因：灯\n"
            "查看警情：https://xinan.example/#alert=01ALERT",
            "Flame: false alarm · 7号车棚 · 通道\nPlace: 7号车棚 · 通道\nTime: 03-01 16:00:20 (10 s ago)\nBy: 李四\n"
            "Reason: 灯\nOpen the alert: https://xinan.example/#alert=01ALERT",
        ),
    ],
)
def test_what_is_over_is_told_in_few_lines(kind: str, zh: str, en: str) -> None:
    for language, text in (("zh", zh), ("en", en)):
        message = word(notice(kind, where=SHED if language == "zh" else None), FRAMES[language])
        assert f"{message.head}\n{as_text(message)}" == text


@pytest.mark.parametrize(
    ("told", "over"),
    [
        (violation("resolved"), True),
        (notice("resolved", of=alert("01A", closed_at=at(9), acknowledged_at=at(8))), True),
        (notice("resolved", of=alert("01A", acknowledged_at=at(8), dealt_with_at=at(9))), False),
        (notice("resolved"), False),
    ],
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_only_what_has_ended_is_told_as_cleared(told: Notice, over: bool, language: str) -> None:
    message = word(told, FRAMES[language])
    assert (message.unseen, "画面已恢复" in message.head or "cleared" in message.head) == (not over, over)
    assert message.update


def test_who_has_seen_that_it_burns_is_named_in_place_of_how_sure_the_camera_is() -> None:
    burns = alert("01A", fired_at=at(3), acknowledged_at=at(3), acknowledged_by="王建国", confidence=0.1)
    rows = dict(word(notice(of=burns), FRAMES["zh"]).rows)
    assert rows["确认起火"] == "王建国" and "把握" not in rows


def test_a_test_looks_like_nothing_else() -> None:
    message = word(notice("test", of=alert(severity=Severity.FAULT)), FRAMES["zh"])
    assert (message.head, message.note, message.links) == ("测试通知 · Xin'an 心安", "通道测试，无需处理。", ())


@pytest.mark.parametrize("told", [{"exercise": True}, {"of": alert(exercise=True)}])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("language", "mark"), [("zh", "【演练】"), ("en", "[DRILL] ")])
def test_a_drill_says_so_before_anything_else(told: dict[str, Any], kind: str, language: str, mark: str) -> None:
    message = word(notice(kind, **told), FRAMES[language])
    assert message.head.startswith(mark)
    assert as_text(message).startswith(("这是演练", "This is a drill"))
    shown = as_markdown(message, 4096)
    assert shown.splitlines()[1].startswith(("**这是演练", "**This is a drill"))
    assert message.note in as_html(message)
    assert "立即拨打" not in as_text(message)
    assert "at once" not in as_text(message)


def test_a_person_s_own_language_goes_before() -> None:
    message = word(notice(recipient=Recipient("zhang", "张三", language="en")), FRAMES["zh"])
    assert message.head.startswith("Flame")


@pytest.mark.parametrize(
    ("kind", "person", "head"),
    [
        ("dispatched", "zhang", "请您前往：明火"),
        ("dispatched", "", "明火：已派人前往"),
        ("dispatched", "#2", "明火：已派人前往"),
        ("recalled", "zhang", "您不用去了：明火"),
        ("recalled", "", "明火：派遣已取消"),
    ],
)
def test_whoever_is_sent_is_addressed(kind: str, person: str, head: str) -> None:
    sent = Sent("张三", "王五", "带灭火毯")
    message = word(notice(kind, recipient=Recipient(person), sent=sent), FRAMES["zh"])
    assert message.head.startswith(head)
    rows = dict(message.rows)
    assert (rows["被派人"], rows["操作人" if kind == "recalled" else "派遣人"]) == ("张三", "王五")
    assert message.update == (kind == "recalled")


@pytest.mark.parametrize(("confidence", "said"), [(0.9, "较高"), (0.75, "较高"), (0.5, "中等"), (0.3, "较低")])
def test_how_sure_in_words(confidence: float, said: str) -> None:
    message = word(notice(of=alert(confidence=confidence)), FRAMES["zh"])
    assert dict(message.rows)["把握"].startswith(said)


@pytest.mark.parametrize(
    ("age_s", "said"),
    [
        (0, "刚刚"),
        (-5, "刚刚"),
        (59, "59 秒前"),
        (119, "119 秒前"),
        (180, "3 分钟前"),
        (7300, "2 小时前"),
        (2e5, "2 天前"),
    ],
)
def test_how_old(age_s: float, said: str) -> None:
    frame = Frame("zh", SITE, CONSOLE, at(age_s), SHANGHAI)
    assert dict(word(notice(), frame).rows)["时间"] == f"03-01 16:00:00 ({said})"


def test_only_fires_call_119_and_a_camera_s_trouble_is_called_by_its_cause() -> None:
    assert "119" not in as_text(word(violation(), FRAMES["zh"]))
    trouble = alert(hazard="camera", severity=Severity.FAULT, evidence={"cause": "covered"})
    message = word(notice(of=trouble), FRAMES["zh"])
    assert message.head.startswith("镜头被遮挡")
    assert "把握" not in dict(message.rows)


def test_alerts_told_together_are_named() -> None:
    other = alert("01B", hazard="clutter", place="5号楼 3层")
    assert dict(word(violation(also=(other,)), FRAMES["zh"]).rows)["一并通知"] == "楼道堆物 5号楼 3层 · 走廊"


@pytest.mark.parametrize(("language", "said"), [("zh", "3号楼 · 走廊"), ("en", "3号楼 · Corridor")])
def test_a_zone_that_nobody_has_named_is_called_by_its_type_in_the_reader_s_language(language: str, said: str) -> None:
    assert where(alert(place="3号楼"), language=language) == said
    assert where(alert(place="3号楼", zone="东侧"), language=language) == "3号楼 · 东侧"


def test_a_kind_that_is_not_known_is_told_in_full() -> None:
    message = word(notice("escalated", where=SHED), FRAMES["zh"])
    assert message.head == "明火 · 7号车棚 · 通道"
    assert "灭火器" in dict(message.rows)


# What comes from outside


def messages() -> list[tuple[str, str, str, Message]]:
    return [
        (
            name,
            kind,
            language,
            word(spoilt(kind, text, exercise=kind == "reopened"), replace(FRAMES[language], going=((text, text),))),
        )
        for name, text in NASTY.items()
        for kind in KINDS
        for language in FRAMES
    ]


@pytest.mark.parametrize(("name", "kind", "language", "message"), messages())
def test_texts_from_outside_are_harmless_and_fit(name: str, kind: str, language: str, message: Message) -> None:
    for text, most in ((as_markdown(message, 4096), 4096), (as_text(message, markup.unmentioned, 2048), 2048)):
        assert len(text.encode("utf-8", "strict")) <= most
        assert "@" not in text.replace("https://xinan.example", "")
        assert "<" not in text
    lines = as_markdown(message, 1 << 20).splitlines()
    assert len(lines) == 1 + bool(message.note) + len(message.rows) + bool(message.links)
    assert all(line.startswith(("### ", "**", "[")) for line in lines)
    targets = re.findall(r"\]\(([^)]*)\)", "\n".join(lines))
    assert targets == [url for _, url in message.links]
    assert all(url.startswith(("https://xinan.example/", "http://evil.example/%29%5D%28%3Cx")) for url in targets)
    assert as_text(message, links=False).count("\n") == len(message.rows) - (not message.note)
    assert "\n" not in message.head


class Page(html.parser.HTMLParser):
    """The tags and where they lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.targets: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not any(name.startswith("on") for name, _ in attrs)
        self.targets += [value or "" for name, value in attrs if name in ("href", "src")]


@pytest.mark.parametrize(("name", "kind", "language", "message"), messages())
def test_no_text_from_outside_is_a_tag(name: str, kind: str, language: str, message: Message) -> None:
    page = Page(as_html(message, "cid:picture"))
    ours = {"html", "head", "meta", "title", "body", "h2", "p", "strong", "table", "tr", "th", "td", "img", "a"}
    assert page.tags <= ours
    assert page.targets == ["cid:picture", *(url for _, url in message.links)]


@given(text=some.text(), most=some.integers(3, 40))
def test_cut_text_is_short_enough_and_the_start_of_the_whole(text: str, most: int) -> None:
    text = text.encode(errors="ignore").decode()
    shown = markup.cut_bytes(text, most)
    assert len(shown.encode()) <= most
    assert text.startswith(shown.removesuffix("…"))
    assert shown == text or shown.endswith("…")


@given(text=some.text(some.characters(exclude_categories=())))
def test_clean_text_is_one_visible_line(text: str) -> None:
    shown = markup.clean(text)
    assert shown == " ".join(shown.split())
    assert len(shown) <= markup.LONGEST_VALUE
    assert shown.encode("utf-8", "strict").decode() == shown
    assert len(shown.splitlines()) <= 1


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/#alert=01", "https://a.example/#alert=01"),
        ("https://a.example/x)y", "https://a.example/x%29y"),
        ('https://a.example/"><script>', "https://a.example/%22%3E%3Cscript%3E"),
        ("javascript:alert(1)", ""),
        ("//a.example", ""),
        ("http://[", ""),
        ("", ""),
        ("https://例.example/火", "https://%E4%BE%8B.example/%E7%81%AB"),
    ],
)
def test_links(url: str, shown: str) -> None:
    assert markup.link(url) == shown


def test_a_text_that_does_not_fit_loses_its_links_last_but_for_the_alert_s() -> None:
    message = word(spoilt("fired", NASTY["long Chinese"]), FRAMES["zh"])
    text = as_text(message, most_bytes=1024)
    assert len(text.encode()) <= 1024
    assert "https://xinan.example/#alert=01ALERT" in text
