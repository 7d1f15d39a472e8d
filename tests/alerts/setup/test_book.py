"""The settings file read and written beside whoever edits it: only what the watch would take, and never over others."""

import os
import threading
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from alerts.config import Settings
from alerts.errors import SettingsError, SetupRefused
from alerts.reload import SettingsFile
from alerts.setup.book import Book, Change
from alerts.setup.writing import backup_of

TEXT = """\
# our site
[[cameras]]
name = "shed-1"                   # by the gate
url = "rtsp://user:geheim@camera/1"

[[channels]]
type = "ntfy"
name = "phones"
url = "http://127.0.0.1:9"
topic = "xinan-geheim"

[[people]]
id = "li"
channels = [{ channel = "phones", address = "li-geheim" }]
"""
WANG = {"id": "wang", "channels": [{"channel": "phones"}]}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "xinan.toml"
    path.write_text(TEXT, "utf-8")
    path.chmod(0o640)
    return path


@pytest.fixture
def book(file: Path) -> Book:
    return Book(SettingsFile(file))


def read(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text("utf-8"))


def test_what_is_read_has_no_secret_and_names_all_else(book: Book) -> None:
    sheet = book.read()
    assert "geheim" not in repr(sheet) and sheet.problem == ""
    assert [entry["id"] for entry in sheet.pages["people"].entries] == ["li"]
    assert sheet.pages["cameras"].entries[0]["url"]["shown"] == "rtsp://***@camera/1"


def test_a_person_more_is_written_and_all_else_stays(book: Book, file: Path) -> None:
    draft = book.write(Change("people", None, WANG), book.read().version)
    assert (draft.kind, draft.name, draft.keys) == ("added", "wang", ("id", "channels"))
    assert file.read_text("utf-8").startswith(TEXT[:100]) and "# by the gate" in file.read_text("utf-8")
    assert [one["id"] for one in read(file)["people"]] == ["li", "wang"]


def test_a_change_keeps_what_is_secret(book: Book, file: Path) -> None:
    sheet = book.read()
    entry = sheet.pages["people"].entries[0] | {"language": "en"}
    draft = book.write(Change("people", "li", entry), sheet.version)
    assert draft.keys == ("language",)
    assert read(file)["people"][0] == {
        "id": "li", "language": "en", "channels": [{"channel": "phones", "address": "li-geheim"}],
    }  # fmt: skip


def test_the_text_before_stands_beside_it_with_the_same_permissions(book: Book, file: Path) -> None:
    book.write(Change("people", None, WANG), book.read().version)
    assert backup_of(file).read_text("utf-8") == TEXT
    assert [path.stat().st_mode & 0o777 for path in (file, backup_of(file))] == [0o640, 0o640]
    assert sorted(path.name for path in file.parent.iterdir()) == ["xinan.toml", "xinan.toml.bak"]


def test_a_link_stays_a_link(file: Path) -> None:
    link = file.parent / "linked.toml"
    link.symlink_to(file)
    book = Book(SettingsFile(link))
    book.write(Change("people", None, WANG), book.read().version)
    assert link.is_symlink() and len(read(file)["people"]) == 2


REFUSED = [
    (Change("people", None, {"id": "l i", "channels": []}), "invalid", [["id"], ["channels"]]),
    (Change("people", None, {**WANG, "naem": "x"}), "invalid", [["naem"]]),
    (Change("people", None, {"id": "wang", "channels": [{"channel": "nobody"}]}), "invalid", [None]),
    (Change("people", None, {"id": "li", "channels": [{"channel": "phones"}]}), "invalid", [None]),
    (Change("people", None, {"id": "wang", "channels": [{"channel": "phones", "address": "a b"}]}), "invalid", [None]),
    (Change("channels", None, {"type": "wecom", "name": "w", "url": "x"}), "invalid", [["url"]]),
    (Change("channels", "phones", None), "invalid", [None]),
    (Change("groups", None, {"name": "on_duty", "members": ["li"]}), "invalid", [None]),
    (Change("rota", None, {"shifts": [{"who": ["li"], "begins": "25:00"}]}), "invalid", [["shifts", 0, "begins"]]),
    (Change("cameras", "shed-1", None), "last_camera", []),
    (Change("people", "nobody", WANG), "gone", []),
    (Change("people", None, None), "gone", []),
]


@pytest.mark.parametrize(("change", "code", "paths"), REFUSED)
def test_what_the_settings_would_not_take_changes_nothing(
    book: Book, file: Path, change: Change, code: str, paths: list[Any]
) -> None:
    with pytest.raises(SetupRefused) as refused:
        book.write(change, book.read().version)
    found = [list(one.loc[1:]) if one.loc[:1] == ("",) else None for one in refused.value.problems]
    assert (refused.value.code, found) == (code, paths)
    assert file.read_text("utf-8") == TEXT and not backup_of(file).exists()


def test_what_cannot_be_built_changes_nothing(file: Path) -> None:
    def fits(settings: Settings) -> None:
        raise SettingsError("channels: phones: needs a package")

    book = Book(SettingsFile(file), fits)
    with pytest.raises(SetupRefused, match="needs a package"):
        book.write(Change("people", None, WANG), book.read().version)
    assert file.read_text("utf-8") == TEXT


def test_who_reads_while_a_change_is_tried_reads_it_as_it_becomes(file: Path) -> None:
    tried, go_on = threading.Event(), threading.Event()

    def fits(settings: Settings) -> None:
        tried.set()
        assert go_on.wait(60)

    book = Book(SettingsFile(file), fits)
    before = book.read().version
    with ThreadPoolExecutor(2) as pool:
        change = Change("people", None, WANG)
        writing = pool.submit(book.write, change, before)
        assert tried.wait(60)
        reading = pool.submit(book.read)
        try:
            with pytest.raises(TimeoutError):
                reading.result(0.3)
        finally:
            go_on.set()
        writing.result(60)
        assert reading.result(60).version == book.read().version != before


def test_a_file_that_somebody_else_has_changed_is_not_written_over(book: Book, file: Path) -> None:
    version = book.read().version
    file.write_text(TEXT + "\n# by hand\n", "utf-8")
    with pytest.raises(SetupRefused) as refused:
        book.write(Change("people", None, WANG), version)
    assert refused.value.code == "changed_meanwhile" and file.read_text("utf-8").endswith("# by hand\n")


def test_a_disk_that_refuses_leaves_the_file(book: Book, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(handle: int) -> None:
        raise OSError(28, "No space left on device")

    version = book.read().version
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(SetupRefused, match="no space left") as refused:
        book.write(Change("people", None, WANG), version)
    assert refused.value.code == "not_written"
    assert [path.name for path in file.parent.iterdir()] == ["xinan.toml"] and file.read_text("utf-8") == TEXT


def test_a_file_that_cannot_be_read_is_told_and_left(book: Book, file: Path) -> None:
    file.write_text("[[people]\n", "utf-8")
    assert "xinan.toml" in book.read().problem
    with pytest.raises(SetupRefused, match=r"xinan\.toml") as refused:
        book.write(Change("people", None, WANG), book.read().version)
    assert refused.value.code == "unreadable"


def test_an_entry_of_an_included_file_is_changed_there(file: Path) -> None:
    more = file.parent / "more.toml"
    more.write_text('# far away\n[[cameras]]\nname = "far"\nurl = "rtsp://camera/2"\n', "utf-8")
    file.write_text(f'include = ["more.toml"]\n{TEXT}', "utf-8")
    book = Book(SettingsFile(file))
    sheet = book.read()
    assert sheet.pages["cameras"].files == ("", "more.toml")
    book.write(Change("cameras", "far", sheet.pages["cameras"].entries[1] | {"place": "b3"}), sheet.version)
    assert "# far away" in more.read_text("utf-8") and read(more)["cameras"][0]["place"] == "b3"
    assert file.read_text("utf-8") == f'include = ["more.toml"]\n{TEXT}'
    with pytest.raises(SetupRefused) as refused:
        book.write(Change("cameras", None, {"name": "x y", "url": "rtsp://c"}), book.read().version)
    assert [one.loc for one in refused.value.problems] == [("", "name")]


def test_a_table_that_there_is_once_is_made_and_changed(book: Book, file: Path) -> None:
    for who in (["li"], []):
        value = {"overrides": [{"begins": "2027-04-04T08:00:00", "ends": "2027-04-06T20:00:00", "who": who}]}
        book.write(Change("rota", None, value), book.read().version)
        assert read(file)["rota"] == value


PLACES = """
[[places]]
id = "b{n}"
name = "Building {n}"
each = ["3-4"]

[[cameras]]
name = "lift"
url = "rtsp://camera/3"
place = "b3"
"""
BUILDINGS = {"id": "b{n}", "name": "Building {n}", "each": ["3-4"]}


@pytest.mark.parametrize("value", [None, BUILDINGS | {"id": "x{n}"}, BUILDINGS | {"each": ["4-5"]}])
def test_a_place_in_which_a_camera_hangs_stays(book: Book, file: Path, value: dict[str, Any] | None) -> None:
    file.write_text(TEXT + PLACES, "utf-8")
    with pytest.raises(SetupRefused, match="hang in b3: lift") as refused:
        book.write(Change("places", "b{n}", value), book.read().version)
    assert [(one.loc, one.code) for one in refused.value.problems] == [(("", "id"), "place_in_use")]
    assert file.read_text("utf-8") == TEXT + PLACES


@pytest.mark.parametrize(("part", "key", "limit"), [("places", "b{n}", "b4"), ("cameras", "lift", "lift")])
def test_what_somebody_is_limited_to_stays(file: Path, part: str, key: str, limit: str) -> None:
    file.write_text(TEXT + PLACES.replace('place = "b3"\n', ""), "utf-8")
    book = Book(SettingsFile(file), limited=lambda: {"王师傅": {limit, "b9"}, "all": set()})
    with pytest.raises(SetupRefused, match=f"王师傅 may see nothing but {limit};") as refused:
        book.write(Change(part, key, None), book.read().version)
    assert [one.code for one in refused.value.problems] == ["limited_to_it"]
    assert file.read_text("utf-8") == TEXT + PLACES.replace('place = "b3"\n', "")


def test_a_place_without_cameras_goes(book: Book, file: Path) -> None:
    file.write_text(TEXT + PLACES, "utf-8")
    book.write(Change("places", "b{n}", BUILDINGS | {"each": ["3"]}), book.read().version)
    assert read(file)["places"][0]["each"] == ["3"]
    book.write(Change("cameras", "lift", {"name": "lift", "url": "rtsp://camera/3"}), book.read().version)
    book.write(Change("places", "b{n}", None), book.read().version)
    assert "places" not in read(file)
