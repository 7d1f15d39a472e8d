"""`xinan places`."""

from pathlib import Path

from typer.testing import CliRunner

import xinan
from tests.alerts.registry.test_registry import COMMUNITY


def test_the_tree_in_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "xinan.toml"
    file.write_text(COMMUNITY, "utf-8")
    result = CliRunner().invoke(xinan.app, ["places", "-c", str(file)])
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert "    东侧 自行车棚  b3-shed (shed)  missing: power cut-off" in lines
    assert "        Old Wang shed manager 138" in lines
    assert "        extinguisher: left of the door" in lines
    assert "        camera shed: bays (shed, 2 bays)" in lines
    assert "      走廊  b3-6-corridor (corridor)  missing: camera" in lines
    assert "camera yard: the yard, by the old tree (not a registered place)" in lines
    assert "camera typo: b3shed (not a registered place; did you mean b3-shed?)" in lines
    assert lines[-1] == "12 places, 4 cameras, 6 things missing"
