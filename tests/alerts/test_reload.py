"""A settings file that is changed while the watch runs."""

import os
from pathlib import Path

import pytest

from alerts.config import Settings, load_settings
from alerts.reload import SettingsFile

ONE = '[[cameras]]\nname = "one"\nurl = "one.mp4"\n'
TWO = '[[cameras]]\nname = "two"\nurl = "two.mp4"\n'


class Edited:
    """A settings file in the hands of somebody who edits it."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path / "xinan.toml"
        self.write(text)
        self.settings = self.load()
        self.file = SettingsFile(self.path)

    def load(self) -> Settings:
        return load_settings(self.path)

    def write(self, text: str) -> None:
        self.path.write_text(text, "utf-8")
        # Two edits within the clock's grain are still two.
        stat = self.path.stat()
        os.utime(self.path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000 * len(text)))

    def names(self) -> list[str] | None:
        fresh = self.file.newer(self.settings)
        return None if fresh is None else [camera.name for camera in fresh.cameras]


@pytest.fixture
def edited(tmp_path: Path) -> Edited:
    return Edited(tmp_path, ONE)


def test_nothing_changed_is_nothing_to_do(edited: Edited) -> None:
    assert edited.names() is None


def test_a_camera_that_is_added_is_told_once(edited: Edited) -> None:
    edited.write(ONE + TWO)
    assert edited.names() == ["one", "two"]
    assert edited.names() is None


def test_a_file_that_cannot_be_used_leaves_the_old_settings(edited: Edited) -> None:
    edited.write(ONE + "[[cameras]]\nnaem = 'x'\n")
    assert edited.names() is None
    assert "naem" in edited.file.problem
    assert [one.code for one in edited.file.problems] == ["missing", "missing", "extra_forbidden"]
    edited.write(ONE + TWO)
    assert edited.names() == ["one", "two"]
    assert (edited.file.problem, edited.file.problems) == ("", ())


def test_a_file_without_cameras_or_gone_for_a_moment_changes_nothing(edited: Edited) -> None:
    edited.write("[site]\nname = 'x'\n")
    assert edited.names() is None
    assert "no cameras" in edited.file.problem
    edited.path.unlink()
    assert edited.names() is None


def test_the_first_camera_of_a_watch_without_any_is_followed(tmp_path: Path) -> None:
    edited = Edited(tmp_path, "[site]\nname = 'x'\n")
    edited.write("[site]\nname = 'y'\n")
    assert edited.names() == [] and edited.file.problem == ""
    edited.write("[site]\nname = 'y'\n" + ONE)
    assert edited.names() == ["one"]


def test_what_is_not_about_cameras_waits_and_is_told(edited: Edited) -> None:
    edited.write(ONE + TWO + "[console]\nport = 9999\n")
    assert edited.names() == ["one", "two"]
    assert (edited.file.waiting, edited.file.problem) == (("console",), "")
    edited.write(ONE + TWO)
    assert edited.names() is not None and edited.file.waiting == ()


def test_asked_to_it_reads_an_unchanged_file(edited: Edited) -> None:
    fresh = edited.file.newer(edited.settings.model_copy(update={"cameras": ()}), force=True)
    assert fresh is not None and [camera.name for camera in fresh.cameras] == ["one"]


class Community(Edited):
    """With further files, one for each building."""

    def __init__(self, path: Path) -> None:
        self.folder = path / "places"
        self.folder.mkdir()
        self.put("b1", "1号楼")
        super().__init__(path, 'include = ["places/*.toml"]\n' + ONE)

    def put(self, name: str, text: str) -> None:
        (self.folder / f"{name}.toml").write_text(f'[[places]]\nid = "{name}"\nname = "{text}"\n', "utf-8")

    def places(self) -> list[str] | None:
        fresh = self.file.newer(self.settings)
        return None if fresh is None else [place.name for place in fresh.places]


@pytest.fixture
def community(tmp_path: Path) -> Community:
    return Community(tmp_path)


def test_an_included_file_that_changes_or_comes_is_seen(community: Community) -> None:
    assert community.places() is None
    community.put("b1", "一号楼 (renamed)")
    assert community.places() == ["一号楼 (renamed)"]
    community.put("b2", "2号楼")
    assert community.places() == ["一号楼 (renamed)", "2号楼"]
    assert community.places() is None
    assert community.file.problem == ""


def test_an_included_file_that_goes_is_believed_at_the_second_glance(community: Community) -> None:
    community.put("b2", "2号楼")
    assert community.places() == ["1号楼", "2号楼"]
    community.settings = community.load()
    (community.folder / "b2.toml").unlink()
    assert community.places() is None  # perhaps an editor is just writing it
    community.put("b2", "2号楼 (new)")
    assert community.places() == ["1号楼", "2号楼 (new)"]
    (community.folder / "b2.toml").unlink()
    assert community.places() is None
    assert community.places() == ["1号楼"]


def test_a_broken_included_file_is_mended_later(community: Community) -> None:
    (community.folder / "b1.toml").write_text("[[places", "utf-8")
    assert community.places() is None
    assert "b1.toml" in community.file.problem
    community.put("b1", "1号楼 (mended)")
    assert community.places() == ["1号楼 (mended)"]
    assert community.file.problem == ""


def test_a_main_file_that_begins_to_include_is_followed(edited: Edited, tmp_path: Path) -> None:
    edited.write('include = ["more.toml"]\n' + ONE)
    assert edited.names() is None
    assert "more.toml: no such file" in edited.file.problem
    (tmp_path / "more.toml").write_text(TWO, "utf-8")
    assert edited.names() == ["one", "two"]
