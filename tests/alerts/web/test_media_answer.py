"""What lies only in the object store is shown as what lies in the folder: whole, in ranges, to those who may."""

import hashlib
import random

import httpx
import pytest

from alerts.evidence.media_rows import MediaRows
from alerts.evidence.names import clip_name, picture_name
from alerts.evidence.objects import Stored
from alerts.web import media_answer
from tests.alerts.evidence.stores import MemoryObjects
from tests.alerts.making import START
from tests.alerts.web.console import Parts

CLIP = random.Random(1).randbytes(5000)
MARK = f'"{hashlib.sha256(CLIP).hexdigest()}"'


@pytest.fixture
def objects(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> MemoryObjects:
    """An object store of the console's, asked in small blocks."""
    monkeypatch.setattr(media_answer, "BLOCK", 1000)
    made = MemoryObjects()
    parts.media.rows, parts.media.objects = MediaRows(parts.store), made
    return made


def moved(parts: Parts, objects: MemoryObjects, name: str, content: bytes) -> None:
    """There, and no longer here."""
    path = parts.media.path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    rows = MediaRows(parts.store)
    assert rows.begin([name]) == [name]
    [stored] = objects.put([(name, path)])
    assert isinstance(stored, Stored)
    rows.arrived([stored], START)
    parts.media.drop_copy(name)


@pytest.fixture
async def url(parts: Parts, objects: MemoryObjects, operator: httpx.AsyncClient) -> str:
    """Of an alert's clip that is in the object store only; why it is looked at is said."""
    raised = parts.raise_alert()
    key = parts.clips.new_key(raised.id, raised.started_at)
    moved(parts, objects, clip_name(key), CLIP)
    parts.desk.attach_clip(raised.id, {"key": key, "sha256": "ab" * 32, "duration_s": 25.0, "trouble": ""})
    await operator.post(f"/api/alerts/{raised.id}/clear", json={"reason": "verify"})
    return f"/api/alerts/{raised.id}/clip"


@pytest.mark.parametrize(
    ("wanted", "status", "start", "end"),
    [
        ("", 200, 0, 5000),
        ("bytes=0-", 206, 0, 5000),
        ("bytes=100-109", 206, 100, 110),
        ("bytes=999-3001", 206, 999, 3002),
        ("bytes=4990-9999", 206, 4990, 5000),
        ("bytes=-10", 206, 4990, 5000),
        ("bytes=-9999", 206, 0, 5000),
        ("bytes=0-1,5-6", 200, 0, 5000),
        ("bytes=9-3", 200, 0, 5000),
        ("bytes=-", 200, 0, 5000),
        ("lines=1-2", 200, 0, 5000),
    ],
)
async def test_a_clip_comes_whole_and_in_ranges(
    operator: httpx.AsyncClient, url: str, wanted: str, status: int, start: int, end: int
) -> None:
    answer = await operator.get(url, headers={"Range": wanted} if wanted else {})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "video/mp4")
    assert answer.content == CLIP[start:end] and answer.headers["content-length"] == str(end - start)
    said = f"bytes {start}-{end - 1}/5000" if status == 206 else None
    assert answer.headers.get("content-range") == said and answer.headers["etag"] == MARK


@pytest.mark.parametrize("wanted", ["bytes=5000-", "bytes=9999-10000", "bytes=-0"])
async def test_there_is_no_such_part(operator: httpx.AsyncClient, url: str, wanted: str) -> None:
    answer = await operator.get(url, headers={"Range": wanted})
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */5000")


@pytest.mark.parametrize(("mark", "status"), [(MARK, 206), ('"another"', 200)])
async def test_the_rest_only_of_the_same_file(operator: httpx.AsyncClient, url: str, mark: str, status: int) -> None:
    answer = await operator.get(url, headers={"Range": "bytes=0-9", "If-Range": mark})
    assert answer.status_code == status


async def test_a_store_that_is_away_is_said_and_one_that_lost_it(
    operator: httpx.AsyncClient, objects: MemoryObjects, url: str
) -> None:
    objects.away = True
    answer = await operator.get(url)
    assert answer.status_code == 503 and "object store" in answer.json()["detail"] and "memory" not in answer.text
    assert answer.headers["retry-after"]
    objects.away = False
    objects.kept.clear()
    assert (await operator.get(url)).status_code == 410


async def test_a_picture_too(parts: Parts, objects: MemoryObjects, operator: httpx.AsyncClient) -> None:
    raised = parts.raise_alert()
    name = picture_name(raised.snapshot, "blurred")
    content = parts.media.read(name)
    moved(parts, objects, name, content)
    answer = await operator.get(f"/api/alerts/{raised.id}/snapshot")
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, "image/jpeg", content)


async def test_nobody_gets_it_who_may_not(parts: Parts, url: str, stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get(url)).status_code == 401
    async with parts.client() as colleague:
        await parts.enter(colleague, "Li")
        assert (await colleague.get(url)).status_code == 403, "without a reason"
