"""`xinan models synth`: what goes wrong is one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.synth import cli


def test_a_missing_renderer_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "bpy" else object())
    assert cli.main(["stills", "--out", str(tmp_path)]) == 1
    said = "xinan models synth: bpy missing: rendering has an environment of its own, make it with `make synth`\n"
    assert capsys.readouterr().err == said


def test_a_full_disk_is_told_before_anything_is_rendered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    monkeypatch.setattr(cli, "LEAST_FREE", 10**18)
    assert cli.main(["stills", "--out", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"xinan models synth: {tmp_path}: ")
    assert said.endswith("MB needed\n")
    assert said.count("\n") == 1


def test_an_unknown_name_in_a_recipe_is_told_before_anything_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = tmp_path / "r.toml"
    recipe.write_text("[machines]\nhovercraft = 1\n")
    assert cli.main(["stills", "--out", str(tmp_path / "out"), "--recipe", str(recipe)]) == 1
    said = capsys.readouterr().err
    assert "r.toml: machines.hovercraft: there is no such thing; known: " in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["stills", "--count", "0"], ["stills", "--seed", "-1"], ["stills", "--processes", "0"],
        ["scenarios", "--processes", "0"], ["composites", "--backgrounds", ".", "--count", "-5"],
        ["composites", "--backgrounds", ".", "--seed", "x"], ["sheet", ".", "--count", "0"],
    ],
)  # fmt: skip
def test_numbers_that_make_no_sense_are_wrong_usage(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([*words, "--out", str(tmp_path / "out")])
    assert ended.value.code == 2
    assert f"argument {words[-2]}: '{words[-1]}' is not a whole number from " in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_damaged_picture_stops_a_sheet_with_its_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.jpg").write_bytes(b"torn")
    assert cli.main(["sheet", str(tmp_path), "--out", str(tmp_path / "s.jpg")]) == 1
    assert capsys.readouterr().err == f"xinan models synth: {tmp_path}/images/a.jpg: not a picture\n"


def test_the_list_names_what_recipes_may_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["list"]) == 0
    told = capsys.readouterr().out
    for line, name in (("places: ", "stairwell"), ("things: ", "ebike"), ("fires: ", "bike"), ("scenarios: ", "demo")):
        assert any(row.startswith(line) and name in row for row in told.splitlines())


def test_a_sheet_needs_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["sheet", str(tmp_path), "--out", str(tmp_path / "s.jpg")]) == 1
    assert capsys.readouterr().err == f"xinan models synth: {tmp_path}: no pictures in images/\n"
