"""Settings in several files."""

from pathlib import Path

import pytest

from alerts.config import load_settings
from alerts.errors import SettingsError

CAMERA = '[[cameras]]\nname = "{0}"\nurl = "{0}.mp4"\n'


def write(folder: Path, **files: str) -> Path:
    """Write NAME.toml each, in `parts/` all but main; the main one's path."""
    (folder / "parts").mkdir(exist_ok=True)
    for name, text in files.items():
        path = folder / "xinan.toml" if name == "main" else folder / "parts" / f"{name}.toml"
        path.write_text(text, "utf-8")
    return folder / "xinan.toml"


def test_cameras_and_places_go_on_in_further_files(tmp_path: Path) -> None:
    main = write(
        tmp_path,
        main='include = ["parts/*.toml"]\n' + CAMERA.format("one"),
        b='[[places]]\nid = "b"\nname = "B"\n' + CAMERA.format("two"),
        a='[[places]]\nid = "a"\nname = "A"\nwithin = "b"\n' + CAMERA.format("three"),
    )
    settings = load_settings(main)
    assert [camera.name for camera in settings.cameras] == ["one", "three", "two"]
    assert settings.registry().place("a").path == "B A"
    assert load_settings(main, ["cameras.1.place=a"]).registry().text_of("three") == "B A"


def test_a_file_that_two_patterns_name_is_read_once(tmp_path: Path) -> None:
    main = write(tmp_path, main='include = ["parts/a.toml", "parts/*.toml", "*.toml", "parts/a.toml"]', a="", b="")
    (tmp_path / "parts" / "b.toml").write_text(CAMERA.format("x"), "utf-8")
    with pytest.raises(SettingsError, match=r"include: \*\.toml: no such file"):  # the main file is none of its own
        load_settings(main)
    main.write_text('include = ["parts/b.toml", "parts/*.toml"]', "utf-8")
    assert [camera.name for camera in load_settings(main).cameras] == ["x"]


@pytest.mark.parametrize(
    ("main", "part", "said"),
    [
        ('include = ["parts/b.toml"]', "", r"xinan\.toml: include: parts/b\.toml: no such file"),
        ('include = ["sheds/*.toml"]', "", r"xinan\.toml: include: sheds/\*\.toml: no such file"),
        ('include = "parts/a.toml"', "", r"include: expected a list of files"),
        ("include = [1]", "", r"include: expected a list of files"),
        ('include = ["parts/a.toml"]', "[console]\nport = 1", r"a\.toml: unknown key console; .* \[\[places\]\] only"),
        ('include = ["parts/a.toml"]', "[cameras]\nname = 'x'", r"a\.toml: cameras: expected \[\[cameras\]\]"),
        ('include = ["parts/a.toml"]', "[[cameras]", r"a\.toml: "),
        ('include = ["parts/a.toml"]\n[cameras]\nx = 1', CAMERA.format("x"), r"xinan\.toml: cameras: "),
        (
            'include = ["parts/a.toml"]\n' + CAMERA.format("one"),
            CAMERA.format("two") + '[[cameras]]\nname = "bad name"\nurl = "x"',
            r"parts/a\.toml: camera bad name: cameras\.1\.name: ",
        ),
        (
            'include = ["parts/a.toml"]\n' + CAMERA.format("one"),
            CAMERA.format("two") + "colour = 1",
            r"parts/a\.toml: camera two: unknown key cameras\.0\.colour; allowed: decode",
        ),
        ('include = ["parts/a.toml"]\n' + CAMERA.format("x"), CAMERA.format("x"), "two cameras are called x"),
    ],
)
def test_errors_name_the_file(tmp_path: Path, main: str, part: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load_settings(write(tmp_path, main=main, a=part))


def test_what_is_included_is_not_set_from_the_command_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="--set include: stands in the settings file only"):
        load_settings(write(tmp_path, main=""), ['include=["a.toml"]'])
