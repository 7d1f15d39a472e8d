"""Folders of labelled pictures: what is finished, what is made again, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.synth.album import Album
from models.synth.world import SynthError


def an_album(out: Path, count: int = 5, digest: str = "abc") -> Album:
    return Album(out, count, 3, "s", digest, 2)


class Work:
    """Writes nothing, remembers what it was asked for. It stays in this process: see `inline`."""

    def __init__(self, album: Album) -> None:
        self.album, self.asked = album, list[int]()

    def __call__(self, number: int, threads: int) -> dict[str, Any]:
        self.asked.append(number)
        return {"pictures": dict.fromkeys(self.album.names(number), 0)}


@pytest.fixture(autouse=True)
def inline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.synth.album.spread", lambda work, jobs, *rest: ((job, work(job, 1)) for job in jobs))


def test_only_what_is_missing_is_made(tmp_path: Path) -> None:
    album, done = an_album(tmp_path), list[int]()
    first = Work(album)
    assert album.fill(first, 1, done.append) == 5
    assert (first.asked, done) == ([0, 1, 2], [0, 2, 4, 5])
    assert album.names(2) == ["s003_00002_0"]
    more = an_album(tmp_path, 8)  # the last scene was made with one picture only
    again = Work(more)
    assert more.fill(again, 1) == 4
    assert again.asked == [2, 3]


def test_a_torn_last_line_counts_for_nothing(tmp_path: Path) -> None:
    album = an_album(tmp_path)
    album.fill(Work(album), 1)
    manifest = tmp_path / "manifest.jsonl"
    manifest.write_bytes(manifest.read_bytes()[:-9])
    again = Work(album)
    assert album.fill(again, 1) == 1
    assert again.asked == [2]
    assert [json.loads(line)["scene"] for line in manifest.read_text().splitlines()] == [0, 1, 2]


@pytest.mark.parametrize("line", [b"{\n", b"[]\n", b'{"sort": "s", "seed": 3}\n', b"\xff\xfe\n"])
def test_a_damaged_manifest_is_named_with_its_line(tmp_path: Path, line: bytes) -> None:
    album = an_album(tmp_path)
    album.fill(Work(album), 1)
    manifest = tmp_path / "manifest.jsonl"
    manifest.write_bytes(manifest.read_bytes() + line)
    with pytest.raises(SynthError, match=r"manifest\.jsonl: line 4 is damaged; take it out, or take a new folder"):
        album.fill(Work(album), 1)


def test_another_order_is_refused_but_another_seed_or_sort_is_welcome(tmp_path: Path) -> None:
    album = an_album(tmp_path)
    album.fill(Work(album), 1)
    with pytest.raises(SynthError, match="holds pictures of seed 3 by another recipe"):
        an_album(tmp_path, digest="xyz").fill(Work(album), 1)
    for other in (Album(tmp_path, 2, 4, "s", "xyz", 2), Album(tmp_path, 2, 3, "c", "xyz")):
        assert other.fill(Work(other), 1) == 2


def test_a_picture_is_three_files(tmp_path: Path) -> None:
    album = an_album(tmp_path)
    album.fill(Work(album), 1)
    album.write("s003_00000_0", np.zeros((40, 60, 3), np.uint8), [], {"place": "lift"}, 80)
    truth = json.loads((tmp_path / "truth" / "s003_00000_0.json").read_text())
    assert truth == {"width": 60, "height": 40, "boxes": [], "place": "lift"}
    assert (tmp_path / "labels" / "s003_00000_0.txt").read_text() == ""
    assert (tmp_path / "images" / "s003_00000_0.jpg").stat().st_size > 100
