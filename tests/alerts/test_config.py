import re
import typing
from pathlib import Path

import pytest

from alerts.config import Settings, load_settings
from alerts.errors import SettingsError
from alerts.notifiers.channel_base import ChannelConfig
from alerts.notifiers.channel_config import Channel
from vision.hazards import RULES

EXAMPLE = Path(__file__).parents[2] / "xinan.example.toml"


def test_the_defaults_stand_without_a_file() -> None:
    settings = load_settings()
    assert settings.console.host == "127.0.0.1"
    assert settings.console.login
    assert set(settings.hazards.by_kind) == set(RULES)


def test_the_example_is_valid_and_shows_the_defaults() -> None:
    settings, defaults = load_settings(EXAMPLE), Settings()
    for name in ("hazards", "analysis", "console", "detector", "routing", "tracks"):
        assert getattr(settings, name) == getattr(defaults, name), name


def test_the_example_calls_and_mutes_nobody_before_its_comments_are_made_settings(tmp_path: Path) -> None:
    example = load_settings(EXAMPLE)
    assert not (example.muting.quiet or example.webhooks or example.channels or example.people)
    assert not [place for place in (example.site, *example.places) if place.contacts]
    text = EXAMPLE.read_text("utf-8")
    blocks = [re.search(rf"(?m)^# \[\[{name}\]\].*(?:\n# .*)*", text) for name in (r"muting\.quiet", "webhooks")]
    for shown in [*(block[0] for block in blocks if block), *re.findall("(?m)^# contacts = .*", text)]:
        text = text.replace(shown, re.sub("(?m)^# ", "", shown))
    (tmp_path / "t.toml").write_text(text, "utf-8")
    whole = load_settings(tmp_path / "t.toml")
    assert [one.places for one in whole.muting.quiet] == [("b3",)] and whole.webhooks[0].name == "team"
    assert whole.site.contacts and [place.id for place in whole.places if place.contacts] == ["b3-shed"]
    assert "change me" not in repr(whole)


@pytest.mark.parametrize("kind", sorted(RULES))
def test_the_example_shows_every_setting_of_a_hazard(kind: str) -> None:
    text = EXAMPLE.read_text("utf-8").split(f"[hazards.{kind}]")[1].split("\n[")[0]
    for key in RULES[kind].params_type.model_fields:
        assert f"{key} =" in text, key


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        (
            "[hazard]",
            r"unknown key hazard; allowed: analysis, archive, cameras, channels, console, detector, evidence, groups",
        ),
        ("[hazards.fire]", r"unknown key hazards\.fire; allowed: blocked_exit, clutter, ebike, flame, flying_lead"),
        ("[hazards.flame]\nverify = 3", r"unknown key hazards\.flame\.verify; allowed: clear_s, enabled, verify_s"),
        ("[hazards.flame]\nverify_s = 99", r"hazards\.flame\.verify_s: .*16"),
        ('[hazards.flame]\nverify_s = "soon"', r"hazards\.flame\.verify_s: .*number"),
        ('[[cameras]]\nname = "a"', r"cameras\.0\.url: .*required"),
        ('[[cameras]]\nname = "a b"\nurl = "x"', r"cameras\.0\.name"),
        ('[[cameras]]\nname = ".."\nurl = "x"', r"cameras\.0\.name: needs a letter"),
        ('[[cameras]]\nname="a"\nurl="x"\n[[cameras]]\nname="a"\nurl="y"', r"two cameras are called a"),
        (
            '[[cameras]]\nname="a"\nurl="x"\ncolour=1',
            r"unknown key cameras\.0\.colour; allowed: decode_mpx_per_s, loop, main_url, masks, name",
        ),
        (
            '[[cameras]]\nname="a"\nurl="x"\nzones=[{name="z",type="corridor",polygon=[[0,0],[1,1]]}]',
            r"cameras\.0\.zones\.0\.polygon: a polygon needs at least 3 points, got 2",
        ),
        (
            '[[cameras]]\nname="a"\nurl="x"\nzones=[{name="z",type="corridor",polygon=[[0,0],[0.5,0.5],[1,1]]}]',
            r"on one line",
        ),
        (
            '[[cameras]]\nname="a"\nurl="x"\nmasks=[[[0,0],[0.5,0.5],[1,1]]]',
            r"cameras\.0\.masks\.0: the points lie on one line",
        ),
        (
            '[[cameras]]\nname="a"\nurl="x"\nzones=[{name="z",type="lift",polygon=[[0,0],[1,1],[1,0],[0,0.5]]}]',
            r"polygon: the lines cross: put the points in order round the zone",
        ),
        (
            '[[cameras]]\nname="a"\nurl="x"\nmasks=[[[0,0],[1,1],[1,0],[0,1]]]',
            r"cameras\.0\.masks\.0: the lines cross",
        ),
        (
            '[[cameras]]\nname="a"\nurl="x"\nzones=[{name="z",type="shed",bays=[[[0,0],[1,0],[1,1]],[[0,0],[1,1]]]}]',
            r"cameras\.0\.zones\.0\.bays\.1: a polygon needs at least 3 points, got 2",
        ),
        (
            '[[cameras]]\nname="a"\nurl="x"\nzones=[{name="z",type="corridor",capacity=3}]',
            r"cameras\.0\.zones\.0: bays, aisles and capacity are of a shed, and z is a corridor",
        ),
        (
            '[[cameras]]\nname="a"\nurl="x"\nzones=[{name="z",type="attic"}]',
            r"cameras\.0\.zones\.0\.type: .*'corridor', 'stairwell'",
        ),
        (
            '[[cameras]]\nname="a"\nurl="x"\nzones=[{name="z",type="lift",polygon=[[0,0],[2,0],[1,1]]}]',
            r"cameras\.0\.zones\.0\.polygon\.1\.0: .*1",
        ),
        ('[[cameras]]\nname="a"\nurl="whip:"', r'cameras\.0: url = "whip:" needs a token'),
        ('[[cameras]]\nname="a"\nurl="whip:"\ntoken="too short"', r"cameras\.0\.token: .*16"),
        ('[[cameras]]\nname="a"\nurl="whip:"\ntoken="with a / in the middle"', r"cameras\.0: token: may hold"),
        ("[console]\nport = 0", r"console\.port"),
        ('[[webhooks]]\nname="a"\nurl="nowhere"', r"webhooks\.0\.url"),
        ('[[channels]]\nname="a"', r"channels\.0: .*type"),
        ('[[channels]]\nname="a"\ntype="pigeon"', r"channels\.0: .*'mqtt'"),
        (
            '[[channels]]\nname="a"\ntype="mqtt"\nurl="mqtt://h"\nqos=1',
            r"unknown key channels\.0\.mqtt\.qos; allowed: ca_",
        ),
        ('[[channels]]\nname="a"\ntype="mqtt"\nurl="mqtt://me:pass@h"', r"url: give name and password as username"),
        ('[[channels]]\nname="a"\ntype="mqtt"\nurl="http://h"', r"channels\.0\.mqtt\.url: .*'mqtt' or 'mqtts'"),
        ('[[channels]]\nname="a"\ntype="mqtt"\nurl="mqtt://h"\ntopic="a/#"', r"channels\.0\.mqtt\.topic"),
        ('[[channels]]\nname="a"\ntype="mqtt"\nurl="mqtt://h"\nca_file="x"', r"need an mqtts:// url"),
        ('[[channels]]\nname="push:1"\ntype="mqtt"\nurl="mqtt://h"', r"those of subscribed phones"),
        (
            '[[channels]]\nname="a"\ntype="cap"\nurl="http://h"\nsender="x y"\naddresses=["b"]',
            r"channels\.0\.cap\.sender",
        ),
        (
            '[[webhooks]]\nname="a"\nurl="http://h"\n[[channels]]\nname="a"\ntype="mqtt"\nurl="mqtt://h"',
            r"two webhooks or channels are called a",
        ),
        ("site = ", r"t\.toml: "),
    ],
)
def test_errors_name_the_key_and_what_is_allowed(toml: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "t.toml"
    file.write_text(toml)
    with pytest.raises(SettingsError, match=said) as caught:
        load_settings(file)
    assert "t.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "polygon",
    [
        [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]],
        [[0, 0], [0.5, 0], [1, 0], [1, 1]],
        [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9], [0.102, 0.098]],
    ],
    ids=["first_point_again", "on_a_line", "last_click_beyond_the_first_line"],
)
def test_points_in_order_are_a_zone(polygon: list[list[float]]) -> None:
    [camera] = load_settings(None, [f'cameras=[{{name="a", url="x", masks=[{polygon}]}}]']).cameras
    assert len(camera.masks[0]) == len(polygon)


HALL = '[[cameras]]\nname="gate"\nurl="x"\n[[cameras]]\nname="hall"\nurl="x"\n'
ZONE = '[[cameras.zones]]\nname="走道"\ntype="corridor"\n'


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        (HALL + ZONE + "polygon=[[0,0],[1,1]]", "camera hall, zone 走道: cameras.1.zones.0.polygon: a polygon needs"),
        (HALL + "colour=1", "camera hall: unknown key cameras.1.colour; allowed: "),
        (HALL + '[[cameras]]\nurl="y"', "camera number 3: cameras.2.name: "),
        (HALL + "[[cameras]]\nname=7", "camera number 3: cameras.2.name: "),
        ('[[people]]\nid="li"\nlanguage="fr"', "person li: people.0.language: "),
        ('[[places]]\nid="b 3"\nkind="attic"', "place b 3: places.0.kind: "),
        (
            '[[channels]]\nname="home"\ntype="mqtt"\nurl="mqtt://h"\nqos=1',
            "channel home: unknown key channels.0.mqtt.q",
        ),
        ('[[muting.quiet]]\nname="夜间"\nopens="22:00"', "quiet hours 夜间: muting.quiet.0.closes: "),
        ("cameras = 3", ": cameras: "),
    ],
)
def test_errors_call_an_entry_by_its_name(toml: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_text(toml, "utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(tmp_path / "t.toml")
    assert said in str(caught.value)


def test_an_entry_of_a_further_file_is_called_by_its_name_too(tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_text(f'include = ["more.toml"]\n{HALL}', "utf-8")
    (tmp_path / "more.toml").write_text('[[cameras]]\nname="attic"\n[[cameras]]\nurl="z"', "utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(tmp_path / "t.toml")
    assert "more.toml: camera attic: cameras.0.url: " in str(caught.value)
    assert "more.toml: camera number 2: cameras.1.name: " in str(caught.value)


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("a = 1\nb = [[0, 0], [1, 1]\n", "(at end of document); the [ of line 2, column 5 is not closed"),
        ("a = 1\nb = [[0, 0], [1, 1]\n[[cameras]]\n", "; is the [ of line 2, column 5 closed?"),
        ('# a [ here\na = "["\nb = [ # and [\n', "(at end of document); the [ of line 3, column 5 is not closed"),
        ("a = 1\r\n  b = '''text\r\n[", "the ''' of line 2, column 7 is not closed"),
        ("a = [[0, 0], [1, x]]\n", "(at line 1, column 18)"),
        ("a = [\n1]\nb = x", "(at line 3, column 5)"),
        ("site = ", "(at end of document)"),
    ],
)
def test_a_bracket_that_is_not_closed_is_found(toml: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_bytes(toml.encode())
    with pytest.raises(SettingsError) as caught:
        load_settings(tmp_path / "t.toml")
    assert str(caught.value).endswith(said)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.toml: no such file"):
        load_settings(Path("nowhere.toml"))


@pytest.mark.parametrize(
    ("override", "kind", "key", "value"),
    [
        ("hazards.flame.verify_s=4", "flame", "verify_s", 4.0),
        ("hazards.ebike.parked_s=5.5", "ebike", "parked_s", 5.5),
        ("hazards.clutter.dwell_s=5", "clutter", "dwell_s", 5.0),
        ("hazards.flying_lead.dwell_s=3", "flying_lead", "dwell_s", 3.0),
        ("hazards.flame.enabled=false", "flame", "enabled", False),
    ],
)
def test_set_overrides_one_key(override: str, kind: str, key: str, value: object) -> None:
    assert getattr(load_settings(None, [override]).hazards[kind], key) == value


def test_set_takes_plain_text_where_it_is_no_toml(tmp_path: Path) -> None:
    assert load_settings(None, ["site.name=North Court"]).site.name == "North Court"
    assert load_settings(EXAMPLE, ["cameras.0.name=gate"]).cameras[0].name == "gate"


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("verify_s", "expected KEY=VALUE"),
        ("=3", "expected KEY=VALUE"),
        ("hazards.flame.speed=3", r"unknown key hazards\.flame\.speed; allowed: .*verify_s"),
        ("site.name.first=3", r"site\.name"),
        ("cameras.x.name=gate", "x"),
        ("cameras.7.name=gate", "7"),
    ],
)
def test_a_wrong_override_is_explained(override: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load_settings(EXAMPLE, [override])


CHANNELS = re.findall(r"(?m)^# (\[\[channels\]\].*(?:\n# .*)*)", EXAMPLE.read_text("utf-8"))


@pytest.mark.parametrize("model", typing.get_args(typing.get_args(Channel)[0]))
def test_the_example_shows_every_setting_of_a_channel(model: type[ChannelConfig], tmp_path: Path) -> None:
    kind = typing.get_args(model.model_fields["type"].annotation)[0]
    [shown] = [text.replace("\n# ", "\n") for text in CHANNELS if f'type = "{kind}"' in text]
    for key in model.model_fields:
        assert re.search(rf"(?m)^(# )?{key} = ", shown), key
    (tmp_path / "t.toml").write_text(shown, "utf-8")
    [channel] = load_settings(tmp_path / "t.toml").channels
    assert channel.type == kind
    assert "change me" not in repr(channel)


def test_passwords_are_not_in_the_settings_text() -> None:
    assert "password" not in repr(load_settings(EXAMPLE))
