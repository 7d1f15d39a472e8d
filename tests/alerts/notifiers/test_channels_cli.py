"""`xinan channels test`."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import xinan
from streams.clock import SystemClock
from tests.alerts.receiver import Answer, Receiver, free_port
from tests.alerts.vendors import KEY, Ntfy, Wecom


def channels_test(folder: Path, toml: str, *names: str) -> Result:
    file = folder / "xinan.toml"
    file.write_text(toml, "utf-8")
    return CliRunner().invoke(xinan.app, ["channels", "test", *names, "-c", str(file)])


def test_every_channel_gets_a_marked_notice(tmp_path: Path) -> None:
    vendor, fires, phones = Wecom(SystemClock()), Wecom(SystemClock()), Ntfy()
    with Receiver(vendor) as bot, Receiver(fires) as fire_bot, Receiver(phones) as ntfy, Receiver() as plain:
        toml = f"""
            [[webhooks]]
            name = "hook"
            url = "{plain.url}"
            [[channels]]
            type = "cap"
            name = "district"
            url = "{plain.url}"
            sender = "xinan@lane12.example"
            addresses = ["control@district.example"]
            [[channels]]
            type = "wecom"
            name = "group"
            url = "http://127.0.0.1:{bot.port}/send?key={KEY}"
            fire_url = "http://127.0.0.1:{fire_bot.port}/send?key={KEY}"
            [[channels]]
            type = "ntfy"
            name = "phones"
            url = "http://127.0.0.1:{ntfy.port}"
            topic = "t0pic"
            language = "en"
            [[channels]]
            type = "push"
            name = "browsers"
            contact = "mailto:duty@lane12.example"
        """
        result = channels_test(tmp_path, toml)
    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == [
        "hook: delivered",
        "district: delivered",
        "group: delivered",
        "group for fires: delivered",
        "phones: delivered",
        "browsers: every phone has a button in the console that tries it",
    ]
    assert [one["msgtype"] for one in vendor.taken] == ["markdown", "image"]
    assert len(fires.taken) == 2
    assert vendor.taken[0]["markdown"]["content"].startswith("### 【演练】测试通知")
    assert phones.taken[0].title.startswith("[DRILL] Test notice")
    hook, cap = plain.got
    event: dict[str, Any] = json.loads(hook.body)
    assert (event["type"], event["data"]["hazard"]) == ("org.xinan.alert.test", "test")
    assert b"<status>Test</status><msgType>Alert</msgType>" in cap.body


def test_what_is_not_delivered_is_told_in_one_line_without_secrets(tmp_path: Path) -> None:
    with Receiver(Wecom(SystemClock())) as bot, Receiver(lambda _: Answer(403)) as ntfy:
        toml = f"""
            [[channels]]
            type = "wecom"
            name = "group"
            url = "http://127.0.0.1:{bot.port}/send?key=wr0ng"
            [[channels]]
            type = "ntfy"
            name = "phones"
            url = "http://127.0.0.1:{ntfy.port}"
            topic = "t0pic"
            [[channels]]
            type = "mqtt"
            name = "home"
            url = "mqtt://127.0.0.1:{free_port()}"
            timeout_s = 0.5
        """
        result = channels_test(tmp_path, toml)
        alone = channels_test(tmp_path, toml, "phones")
    assert result.exit_code == 1
    first, second, third = result.output.splitlines()
    wrong = "code 93000: the bot's address is wrong, or the bot was removed"
    assert first == f"xinan: group: not delivered: http://127.0.0.1: {wrong}"
    assert second == "xinan: phones: not delivered: http://127.0.0.1: HTTP 403"
    assert third.startswith("xinan: home: not delivered: mqtt://127.0.0.1: ")
    assert "wr0ng" not in result.output
    assert "t0pic" not in result.output
    assert alone.output.splitlines() == [second]


@pytest.mark.parametrize(
    ("toml", "names", "said"),
    [
        ("", (), "no channels: name some"),
        ('[[webhooks]]\nname = "a"\nurl = "http://127.0.0.1:1/"', ("b",), "no channel is called b; there are: a"),
        ('[[channels]]\ntype = "apprise"\nname = "a"\nurl = "no://x"', (), "channels: a: url: Apprise does not know"),
        ('[[channels]]\ntype = "icq"\nname = "a"', (), "channels.0: "),
        (
            '[[channels]]\ntype = "wecom"\nname = "a"\nurl = "http://x"\ncolour = 1',
            (),
            "unknown key channels.0.wecom.colour",
        ),
        ('[[channels]]\ntype = "wecom"\nname = "a"\nurl = "t0ken"', (), "channels.0.wecom.url: "),
        ('[[channels]]\ntype = "wecom"\nname = "a"\nurl = "http://x"\nper_minute = 5', (), "fire_reserve: at most 3"),
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_settings_that_cannot_be_used(tmp_path: Path, toml: str, names: tuple[str, ...], said: str) -> None:
    result = channels_test(tmp_path, toml, *names)
    assert result.exit_code == 2
    [line] = result.output.splitlines()
    assert said in line
    assert "t0ken" not in line


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_check_names_a_channel_that_cannot_be_used(tmp_path: Path) -> None:
    file = tmp_path / "xinan.toml"
    file.write_text(
        '[[cameras]]\nname = "a"\nurl = "0"\n[[channels]]\ntype = "apprise"\nname = "b"\nurl = "no://x"', "utf-8"
    )
    result = CliRunner().invoke(xinan.app, ["check", "--no-connect", "-c", str(file)])
    assert (result.exit_code, result.output) == (2, "xinan: channels: b: url: Apprise does not know such an address\n")
