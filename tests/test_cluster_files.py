"""The files with which a cluster is set up: of the right form, and nothing in them that the programs do not know."""

import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

import xinan

FOLDER = Path(__file__).parents[1] / "docs" / "guide" / "cluster"
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text("utf-8"))
RAY: dict[str, Any] = yaml.safe_load((FOLDER / "ray-cluster.yaml").read_text("utf-8"))
GUIDE = (FOLDER.parent / "cluster.md").read_text("utf-8")


def commands(service: dict[str, Any]) -> list[str]:
    command = service.get("command", [])
    return [command] if isinstance(command, str) else [str(word) for word in command]


LINES = [
    *(line for service in COMPOSE["services"].values() for text in commands(service) for line in text.split("&&")),
    *RAY["head_start_ray_commands"],
    *RAY["worker_start_ray_commands"],
    *re.findall(r"^ {3}(ray start .*)$", GUIDE, re.MULTILINE),
    *re.findall(r"docker compose exec head (.*)", (FOLDER / "compose.yaml").read_text("utf-8")),
]


def of(program: str) -> list[list[str]]:
    """What is typed for this program, without what stands before it."""
    found = [shlex.split(line) for line in LINES]
    words = [[word.rpartition("/")[2] if word.startswith("/opt") else word for word in one] for one in found]
    return [one[one.index(program) + 1 :] for one in words if program in one]


def test_every_service_has_an_image_a_profile_and_volumes_that_there_are() -> None:
    for name, service in COMPOSE["services"].items():
        assert service["image"] and service["profiles"], name
        named = {one.split(":")[0] for one in service.get("volumes", ()) if not one.startswith((".", "/"))}
        assert named <= set(COMPOSE["volumes"])
        assert set(service.get("depends_on", ())) <= set(COMPOSE["services"])
    for name in ("head", "node"):
        assert COMPOSE["services"][name]["environment"].keys() >= {"RAY_AUTH_TOKEN", "RAY_AUTH_MODE"}


def test_the_cluster_file_is_one_that_ray_takes() -> None:
    ray = pytest.importorskip("ray", reason="Ray, of the extra `scale`, is not installed")
    import jsonschema

    schema = json.loads((Path(ray.__file__).parent / "autoscaler" / "ray-schema.json").read_text("utf-8"))
    jsonschema.validate(RAY, schema)


def test_options_of_ray_in_files_and_guide_exist() -> None:
    pytest.importorskip("ray", reason="Ray, of the extra `scale`, is not installed")
    from ray.scripts.scripts import start

    known = {option for parameter in start.params for option in parameter.opts}
    starts = [line for line in of("ray") if line[0] == "start"]
    assert len(starts) >= 6
    for line in starts:
        assert {word.partition("=")[0] for word in line if word.startswith("--")} <= known, line


def test_commands_in_the_files_are_understood() -> None:
    lines = of("xinan")
    assert {line[0] for line in lines} == {"watch", "audit"}
    for line in lines:
        typer.main.get_group(xinan.app).commands[line[0]].make_context(line[0], line[1:])


def test_the_image_is_built_from_the_package_s_own_files_alone() -> None:
    root = FOLDER.parents[2]
    kept = [
        line[1:]
        for line in (FOLDER / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
        if line.startswith("!")
    ]
    assert all((root / name).exists() for name in kept)
    assert {"alerts", "models", "streams", "vision", "pyproject.toml", "requirements.lock"} <= set(kept)
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    extras = re.search(r"'\.\[([\w,]+)\]'", (FOLDER / "Dockerfile").read_text("utf-8"))
    assert extras and set(extras[1].split(",")) <= set(project["optional-dependencies"])
    assert project["readme"] in kept
