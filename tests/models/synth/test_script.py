"""Scripts: every bundled one is sound, every mistake is one line that says where, what, and what is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.synth.script import SCENARIOS, bundled, find, load
from models.synth.world import SynthError

HEAD = """
title = "A"
title_zh = "甲"
length_s = 20
place = { kind = "corridor", seed = 3, light = "night" }
"""
PUSH = '[[steps]]\nat_s = 2\ndo = "push_in"\nwhat = "ebike"\nname = "bike"\nto = "bay 1"\n'
BURN = '[[steps]]\nat_s = 10\ndo = "burn"\nsort = "bike"\non = "bike"\n'
OUT = '[[steps]]\nat_s = 15\ndo = "put_out"\n'
LEAD = '[[steps]]\nat_s = 10\ndo = "lead"\nname = "l"\nto = "bike"\noutlet = "door"\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", sorted(bundled()))
def test_bundled_scripts_are_sound(name: str) -> None:
    script = load(bundled()[name])
    assert script.name == name
    assert script.title_zh != script.title


def test_there_are_enough_of_every_sort() -> None:
    names = sorted(bundled())
    assert len(names) >= 40
    assert sum(name.startswith("quiet_") for name in names) >= 12


@pytest.mark.parametrize(
    ("hazard", "kinds"),
    [
        ("ebike", ("corridor", "lobby", "stairwell", "lift", "shed")),
        ("lead", ("corridor", "lobby", "stairwell", "shed", "yard")),
        ("clutter", ("corridor", "lobby", "stairwell", "shed")),
        ("flame", ("corridor", "lobby", "stairwell", "lift", "shed", "yard")),
    ],
)
def test_every_hazard_happens_by_day_and_in_the_dark_in_every_place_that_has_a_rule_for_it(
    hazard: str, kinds: tuple[str, ...]
) -> None:
    scripts = find([name for name in bundled() if name.startswith(f"{hazard}_")])
    found = {(script.place.kind, "day" if script.place.light == "day" else "dark") for script in scripts}
    assert found >= {(kind, time) for kind in kinds for time in ("day", "dark")}
    assert "ir" in {script.place.light for script in scripts}


def test_a_small_script_has_defaults(tmp_path: Path) -> None:
    script = load(written(tmp_path, HEAD + PUSH))
    assert (script.camera.width, script.camera.height, script.camera.fps) == (640, 360, 8)
    assert script.steps[0].do == "push_in"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD.replace("corridor", "cellar"), "place.kind: there is no 'cellar'; known: corridor, "),
        (HEAD.replace("night", "noon"), "place.light: there is no 'noon'; known: day, "),
        (HEAD.replace("20", "200"), "length_s: input should be less than or equal to 120"),
        (HEAD + "colour = 3\n", "colour: there is no such key; known: name, title"),
        (HEAD + "camera = { mount = 99 }\n", "camera.mount: there is no mount 99; known: 1 to "),
        (HEAD + "camera = { width = 641 }\n", "camera.width: input should be a multiple of 2"),
        (HEAD + PUSH.replace('"push_in"', '"fly"'), "steps[1].do: there is no 'fly'; known: push_in, walk"),
        (HEAD + PUSH.replace('do = "push_in"\n', ""), "steps[1].do: is missing; known: push_in"),
        (HEAD + PUSH.replace('name = "bike"\n', ""), "steps[1].name: is missing"),
        (HEAD + PUSH + "speed = 3\n", "steps[1].speed: there is no such key; known: at_s, allowed, who, do, what"),
        (HEAD + PUSH.replace('"ebike"', '"rocket"'), "steps[1].what: there is no 'rocket'; known: "),
        (HEAD + PUSH.replace("bay 1", "bay 99"), "steps[1].to: there is no bay 99; known: 1 to "),
        (HEAD + PUSH.replace("bay 1", "the moon"), "steps[1].to: 'the moon' is no spot; known: [x, y], bay N"),
        (HEAD + PUSH.replace('"bay 1"', "3"), 'steps[1].to: a spot is [x, y] in metres or a text such as "bay 2"'),
        (HEAD + PUSH + 'along = "up"\n', "steps[1].along: there is no 'up'; known: in, "),
        (HEAD + PUSH.replace("at_s = 2", "at_s = 20"), "steps[1].at_s: 20.0 s is not before the end, 20.0 s"),
        (HEAD + PUSH.replace("at_s = 2", "at_s = 9") + PUSH, "steps[2].at_s: 2.0 s is before the step above it"),
        (HEAD + PUSH + PUSH, "steps[2].name: bike is there already, or was; take another name"),
        (HEAD + '[[steps]]\nat_s = 1\ndo = "take"\nname = "it"\n', "steps[1].name: there is no 'it'; known: none"),
        (HEAD + '[[steps]]\nat_s = 1\ndo = "put_out"\n', "steps[1].name: there is no 'fire'; known: none"),
        (HEAD + '[[steps]]\nat_s = 1\ndo = "burn"\nsort = "paper"\n', "steps[1]: a fire is either `on` a thing or "),
        (HEAD + '[[steps]]\nat_s = 1\ndo = "burn"\nsort = "x"\non = "y"\n', "steps[1].sort: there is no 'x'; known: "),
        (HEAD + '[[steps]]\nat_s = 1\ndo = "lamp"\nname = "sun"\nhow = "on"\n', "there is no 'sun'; known: room"),
        (HEAD + '[[steps]]\nat_s = 1\ndo = "light"\nto = "x"\n', "steps[1].to: there is no 'x'; known: day, dim"),
        (
            HEAD + PUSH + '[[steps]]\nat_s = 9\ndo = "lead"\nname = "l"\nto = "bike"\noutlet = "plug"\n',
            "steps[2].outlet: there is no 'plug'; known: door, ",
        ),
        (
            HEAD + PUSH + '[[steps]]\nat_s = 9\ndo = "lead"\nname = "l"\nto = "bike"\noutlet = "pile"\n',
            "steps[2].outlet: this corridor has no pile; known: ",
        ),
        (HEAD + 'camera = { clock = "tomorrow" }\n', 'camera.clock: a clock is a text such as "2026-03-14 21:05:00"'),
        (HEAD + 'name = "../x"\n', 'name: letters, digits, space, "_", "." and "-" (default: the file name'),
        (HEAD + PUSH + LEAD.replace("10", "3"), "steps[2].at_s: bike stands from 9.0 s on"),
        (HEAD + PUSH + BURN.replace("10", "3"), "steps[2].at_s: bike stands from 9.0 s on"),
        (HEAD + PUSH + BURN + '[[steps]]\nat_s = 12\ndo = "take"\nname = "bike"\n', "bike burns; put it out first"),
        (HEAD + PUSH + BURN + OUT + OUT, "steps[4].name: there is no 'fire'; known: none"),
        (HEAD + PUSH.replace('"ebike"', '"sofa"'), "steps[1].what: there is no 'sofa'; known: bicycle, ebike"),
        (HEAD + '[[steps]]\nat_s = 1\ndo = "walk"\nride = "sofa"\n', "steps[1].ride: there is no 'sofa'; known: "),
        (HEAD + '[[steps]]\nat_s = 1\ndo = "walk"\nalong = [[0, 0], [nan, 0]]\n', "along: points are at least two"),
        (HEAD + PUSH.replace('"bike"', '"person 1"'), "steps[1].name: 'person 1' is no name for a thing"),
        (HEAD + PUSH.replace("bay 1", "bay ²"), "steps[1].to: there is no bay ²; known: 1 to "),
        (HEAD + '[[steps]]\nat_s = 1\ndo = "cut"\nskip_s = inf\n', "steps[1].skip_s: input should be less than or"),
        (HEAD + PUSH.replace('"bay 1"', "[500, 500]"), "steps[1].to: a spot lies within 60 m"),
        (HEAD + PUSH.replace('"bay 1"', "[nan, 1]"), "steps[1].to: a spot lies within 60 m"),
        (HEAD + PUSH.replace("bay 1", "wall 1 at 0.4.5"), "steps[1].to: there is no wall 1 at 0.4.5; known: 1 to"),
        (HEAD + PUSH + "turn_deg = nan\n", "steps[1].turn_deg: input should be "),
        (HEAD + PUSH.replace('"bike"', '"walls"'), "steps[1].name: walls is there already, or was"),
        (HEAD + PUSH + '[[steps]]\nat_s = 3\ndo = "take"\nname = "bike"\n', "steps[2].at_s: bike stands from 9.0 s on"),
        (HEAD + PUSH + LEAD + '[[steps]]\nat_s = 12\ndo = "take"\nname = "bike"\n', "bike hangs on l; unplug it first"),
        (HEAD + '[[steps]]\nat_s = 1\ndo = "burn"\nsort = "paper"\nname = "room"\nat = "bay 1"\n', "room is there"),
        ("length_s = \n", "not TOML: "),
    ],
)
def test_mistakes_are_one_clear_line(tmp_path: Path, text: str, says: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(SynthError) as caught:
        load(path)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert says in line
    assert "\n" not in line


def test_missing_file_and_unknown_name(tmp_path: Path) -> None:
    with pytest.raises(SynthError, match="No such file or directory"):
        load(tmp_path / "none.toml")
    with pytest.raises(SynthError, match=r"nothing_like_it: no such script; known: .*demo"):
        find(["demo", "nothing_like_it"])


def test_every_file_of_the_folder_is_bundled() -> None:
    assert set(bundled()) == {path.stem for path in SCENARIOS.iterdir()}
