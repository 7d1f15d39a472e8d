"""Files are the old ones or the new ones."""

import errno
from pathlib import Path

import pytest

from models.errors import WorkshopError
from models.files import read_json, replacing, spare, write_json, write_text


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ValueError, OSError(errno.ENOSPC, "No space left on device")])
def test_what_ends_early_leaves_the_old_file(tmp_path: Path, stop: type[BaseException]) -> None:
    file = tmp_path / "new" / "a.txt"
    write_text(file, "旧")
    with pytest.raises(BaseException) as ended, replacing(file) as staged:
        assert staged.suffix == ".txt"
        staged.write_text("half")
        raise stop
    assert [path.name for path in file.parent.iterdir()] == ["a.txt"]
    assert file.read_text("utf-8") == "旧"
    if isinstance(ended.value, OSError):
        assert ended.value.filename == str(file)


def test_json_comes_back_and_damage_is_named(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    write_json(file, {"灯": [1, None]})
    assert read_json(file) == {"灯": [1, None]}
    file.write_bytes(b"\xff{")
    with pytest.raises(WorkshopError, match=r"a\.json: no JSON: "):
        read_json(file)


def test_what_is_read_is_never_written_over(tmp_path: Path) -> None:
    source = tmp_path / "a.onnx"
    spare(tmp_path / "b.onnx", source, None)
    source.touch()
    (tmp_path / "link.onnx").symlink_to(source)
    for out in (source, tmp_path / "link.onnx"):
        with pytest.raises(WorkshopError, match="choose another file"):
            spare(out, tmp_path / "other.pt", source)
