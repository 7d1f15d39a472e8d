"""A new hazard is one new file: nothing else is touched, and it is configured, audited, shown and told of."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.cli import ROOT
from tests.clips import corridor, write_clip

RULE = '''
"""A parcel: the test's own hazard."""

from collections.abc import Sequence

from pydantic import Field

from vision.rule import Finding, HazardParams, HazardRule, Severity, Words
from vision.scene import Scene


class ParcelParams(HazardParams):
    wait_s: float = Field(default=99.0, ge=0)


class ParcelRule(HazardRule):
    kind = "parcel"
    words = Words("包裹", "Parcel")
    needs = frozenset()
    severity = Severity.VIOLATION
    params_type = ParcelParams

    def __init__(self, params: ParcelParams) -> None:
        self._params = params

    def update(self, scene: Scene) -> Sequence[Finding]:
        now_s = scene.monotonic_s
        evidence = {"weighed_kg": 2.5, "wait_s": self._params.wait_s}
        sure = now_s >= self._params.wait_s
        return [
            self.see(scene, zone=scene.zones[0], key="1", confirmed=sure, since_s=0.0, confidence=0.5,
                     box=(0.1, 0.1, 0.4, 0.4), evidence=evidence)
        ]


RULE = ParcelRule
'''


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program with one file more."""
    tree = tmp_path_factory.mktemp("tree")
    for package in ("vision", "alerts"):
        shutil.copytree(ROOT / package, tree / package, ignore=shutil.ignore_patterns("__pycache__"))
    for package in ("streams", "models"):
        (tree / package).symlink_to(ROOT / package)
    shutil.copy(ROOT / "xinan.py", tree)
    (tree / "vision" / "hazards" / "parcel.py").write_text(RULE, "utf-8")
    return tree


def call(tree: Path, *arguments: str) -> str:
    """Python from within the tree; stdout. PYTHONPATH would lead back to this one."""
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=tree, env=env, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_is_configured_audited_and_reported(tree: Path) -> None:
    write_clip(tree / "clip.mp4", corridor(4))
    options = ["--hazards", "parcel", "--set", "hazards.parcel.wait_s=2"]
    told = call(tree, "xinan.py", "audit", "clip.mp4", "--out", "o", *options)
    assert "parcel 1" in told
    (event,) = [json.loads(line) for line in (tree / "o" / "events.jsonl").read_text("utf-8").splitlines()]
    assert (event["hazard"], event["raised_s"]) == ("parcel", 2.0)
    report = (tree / "o" / "report.html").read_text("utf-8")
    for said in ("<span lang=zh>包裹</span><span lang=en>Parcel</span>", "weighed kg", "<dt>wait s<dd>2 s"):
        assert said in report, said
    assert "fired       parcel in corridor" in call(tree, "xinan.py", "replay", "clip.mp4", "--out", "f.mp4", *options)


ASK = """
import asyncio, json
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from alerts.access.principal import Principal
from alerts.access.roles import Role
from alerts.web.caller import caller_of
from alerts.web.hazards_api import hazards_router

async def main():
    app = FastAPI()
    app.include_router(hazards_router())
    app.dependency_overrides[caller_of] = lambda: Principal("", "Li", Role.OPERATOR)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://x") as client:
        print((await client.get("/api/hazards")).text)

asyncio.run(main())
"""


def test_the_console_learns_its_words(tree: Path) -> None:
    said = json.loads(call(tree, "-c", ASK))["hazards"]["parcel"]
    assert said == {
        "words": {"zh": "包裹", "en": "Parcel"},
        "severity": "violation",
        "limits": ["clear_s", "wait_s"],
    }
