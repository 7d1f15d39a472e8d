"""Files that take another's place as a whole."""

from pathlib import Path

import pytest

from streams.disk import replace_text, replacing


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    for text in ("old", "new"):
        replace_text(path, text)
        assert path.read_text("utf-8") == text
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("problem", [OSError(28, "No space left on device"), KeyboardInterrupt(), ValueError()])
def test_what_was_there_stands_when_it_cannot_be_replaced(tmp_path: Path, problem: BaseException) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(type(problem)), replacing(path) as staged:
        staged.write_text("ha")
        raise problem
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
