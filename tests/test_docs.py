"""What the documents say is so."""

import argparse
import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import typer.main
from pydantic import BaseModel
from typer.testing import CliRunner

import xinan
from alerts.config import load_settings
from models.synth.script import STEPS, CameraChoice, PlaceChoice, Script, Standing, load
from streams.source import SCHEMES
from vision.hazards import RULES
from vision.zones import ZoneType

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def commands() -> list[str]:
    group = typer.main.get_group(xinan.app)
    return sorted(group.commands)


@pytest.mark.parametrize("command", commands())
def test_the_readme_names_every_command(command: str) -> None:
    assert f"`xinan {command}" in README


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`xinan (\w+)", README))))
def test_every_command_in_the_readme_exists(name: str) -> None:
    assert name in commands()


@pytest.mark.parametrize("zone_type", list(ZoneType))
def test_the_readme_and_the_example_name_every_zone_type(zone_type: ZoneType) -> None:
    assert f"`{zone_type}`" in README
    assert zone_type in (ROOT / "xinan.example.toml").read_text("utf-8")


def test_the_readme_tells_the_default_times() -> None:
    hazards = load_settings().hazards
    ebike, clutter = hazards["ebike"].model_dump(), hazards["clutter"].model_dump()
    assert f"parked ≥ {ebike['parked_s']:.0f} s" in README
    assert f"after {ebike['lift_s']:.0f} s" in README
    assert f"≥ {clutter['dwell_s'] / 60:.0f} min" in README


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)\)", README))))
def test_links_of_the_readme_lead_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


DESIGN = ROOT / "docs" / "design"
NOTES = {path.name for path in DESIGN.glob("*.md")} - {"README.md"}


def test_the_index_of_design_notes_names_each() -> None:
    linked = re.findall(r"\]\((\S+?\.md)\)", (DESIGN / "README.md").read_text("utf-8"))
    assert {name for name in linked if "/" not in name} == NOTES
    assert len(linked) == len(set(linked))


@pytest.mark.parametrize("note", sorted(NOTES))
def test_a_design_note_says_whether_it_holds(note: str) -> None:
    assert (DESIGN / note).read_text("utf-8").splitlines()[2].startswith("Status: in force.")


@pytest.mark.parametrize("path", sorted((ROOT / "docs").rglob("*.md")), ids=lambda path: path.name)
def test_links_of_the_documents_lead_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\(([^)#\s]+)\)", path.read_text("utf-8")):
        assert link.startswith(("http:", "https:")) or (path.parent / link).exists(), link


@pytest.mark.parametrize("word", [*sorted(RULES), *sorted(SCHEMES)])
def test_words_of_the_code_appear_in_the_documents(word: str) -> None:
    documents = "".join(path.read_text("utf-8") for path in [*ROOT.glob("docs/**/*.md"), ROOT / "xinan.example.toml"])
    assert word in documents + README


SCRIPTS = (ROOT / "docs" / "ref" / "scenario-scripts.md").read_text("utf-8")


@pytest.mark.parametrize("do", STEPS)
def test_the_reference_of_scripts_names_every_step_and_key(do: str) -> None:
    (row,) = [line for line in SCRIPTS.splitlines() if line.startswith(f"| `{do}` ")]
    told = set(re.findall(r"`(\w+)`", row.split("|")[3]))
    assert set(STEPS[do].model_fields) - {"at_s", "allowed", "do"} <= told


@pytest.mark.parametrize(
    ("table", "model"), [("top", Script), ("`place`", PlaceChoice), ("`camera`", CameraChoice), ("`things`", Standing)]
)
def test_the_reference_of_scripts_names_every_table_and_key(table: str, model: type[BaseModel]) -> None:
    (row,) = [line for line in SCRIPTS.splitlines() if line.startswith(f"| {table} |")]
    assert set(model.model_fields) <= set(re.findall(r"`(\w+)`", row.split("|")[2]))


def test_the_script_in_the_reference_is_sound(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", SCRIPTS, re.DOTALL)
    (tmp_path / "mine.toml").write_text(example, "utf-8")
    assert load(tmp_path / "mine.toml").steps[1].do == "lead"


GUIDES = "".join((ROOT / "docs" / "guide" / name).read_text("utf-8") for name in ("training.md", "site-learning.md"))


def test_the_options_that_the_guides_explain_exist() -> None:
    helps = ""
    for verb in ["synth stills", "data", "mine", "train", "soup", "export", "evaluate", "quantize", "site"]:
        helps += CliRunner().invoke(xinan.app, ["models", *verb.split(), "--help"]).output
    helps += CliRunner().invoke(xinan.app, ["verdicts", "--help"]).output
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", GUIDES))
    assert named - set(re.findall(r"--[a-z][a-z-]+", helps)) == set()
    assert {"--add", "--fold", "--hard", "--device", "--replay"} <= named


def lines_to_type() -> Iterator[tuple[str, str]]:
    """(document, `xinan …`): the commands in the code blocks, variables of the block filled in, comments cut off."""
    folders = ["docs/**/*.md", "benchmarks/**/*.md", "models/**/*.md"]
    for path in [ROOT / "README.md", *sorted(path for folder in folders for path in ROOT.glob(folder))]:
        for block in re.findall(r"^```(?:sh)?\n(.*?)^```", path.read_text("utf-8"), re.DOTALL | re.MULTILINE):
            block = block.replace("\\\n", " ")
            for name, value in re.findall(r'^([A-Z]+)="(.*)"$', block, re.MULTILINE):
                block = block.replace(f"${name}", value)
            for line in re.findall(r"^xinan .*", block, re.MULTILINE):
                yield path.relative_to(ROOT).as_posix(), shlex.join(shlex.split(line, comments=True))


class Parsed(Exception):
    """The command line of a verb of the workshop is in order."""


@pytest.mark.parametrize(("document", "line"), list(lines_to_type()))
def test_what_the_documents_tell_to_type_is_understood(
    document: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The parser of the very verb takes it; nothing is run."""
    words = shlex.split(line)[1:]
    parse = argparse.ArgumentParser.parse_args

    def only_parse(parser: argparse.ArgumentParser, argv: Sequence[str] | None = None) -> None:
        raise Parsed(parse(parser, argv))

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", only_parse)
    if words[0] == "models" and words[1] != "list":
        result = CliRunner().invoke(xinan.app, words)
        assert isinstance(result.exception, Parsed), f"{document}: {line}\n{result.output}"
    else:
        command = typer.main.get_group(xinan.app).commands[words[0]]
        command.make_context(words[0], words[1:])


def test_a_line_with_an_option_of_another_verb_is_not_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    line = "xinan models mine --set runs/set --out hard.json --fold 2"
    with pytest.raises(AssertionError, match="unrecognized arguments: --fold 2"):
        test_what_the_documents_tell_to_type_is_understood("a.md", line, monkeypatch)


def test_every_changelog_line_says_what_kind_it_is() -> None:
    lines = (ROOT / "CHANGELOG.md").read_text("utf-8").splitlines()
    assert all(re.match(r"- \[(CHANGE|FEATURE|FIX)\] ", line) for line in lines if line.startswith("-"))


def test_the_two_commands_are_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in ("demo:", "test:"):
        assert re.search(rf"^{target}", makefile, re.MULTILINE)
