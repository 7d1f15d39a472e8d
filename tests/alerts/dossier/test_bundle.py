"""An alert as a zip: what is in it, that it can be checked anywhere, and that every change is found."""

import asyncio
import hashlib
import json
import re
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from reportlab import rl_config
from reportlab.pdfbase.cidfonts import UnicodeCIDFont

from alerts.access.principal import Principal
from alerts.access.roles import Role
from alerts.db.codec import time_text
from alerts.dossier.check import check
from alerts.dossier.sheet import BUILT_IN
from alerts.errors import SettingsError
from alerts.record import records
from alerts.track.step import StepKind
from alerts.web.caller import caller_of
from alerts.words import strings
from streams.clock import SimulatedClock
from tests.alerts.making import at
from tests.alerts.web.console import Parts, some_settings

ROOT = Path(__file__).parents[3]
HOSTILE = "<b>&amp;</b><para>"


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    made = Parts.build(some_settings(tmp_path / "store"), SimulatedClock(at(0)))
    yield made
    made.close()


@pytest.fixture
def alert_id(parts: Parts) -> str:
    return case(parts)


def case(parts: Parts) -> str:
    """One with a remark that looks like markup, a thing in store, and a clip; its id."""
    raised = parts.raise_alert(0, "clutter")
    parts.desk.acknowledge(raised.id, by="王建国")
    parts.desk.step(raised.id, StepKind.NOTE, by=HOSTILE, detail={"note": HOSTILE})
    assert isinstance(parts.clock, SimulatedClock)
    deadline = {"channel": "on the door", "deadline": time_text(at(60))}
    parts.desk.step(raised.id, StepKind.NOTICE_GIVEN, by="Li", detail=deadline)
    parts.clock.step(90)
    parts.desk.step(raised.id, StepKind.MOVED, by="Li", detail={"item": "沙发", "slot": "A-3"})
    key = parts.clips.new_key(raised.id, raised.started_at)
    parts.clips.path(key).parent.mkdir(parents=True)
    parts.clips.path(key).write_bytes(b"a clip")
    parts.desk.attach_clip(raised.id, {"key": key, "sha256": hashlib.sha256(b"a clip").hexdigest(), "duration_s": 1.0})
    return raised.id


async def export(parts: Parts, alert_id: str, **given: Any) -> httpx.Response:
    async with parts.client() as client:
        await parts.enter(client, "Wang")
        return await client.post(f"/api/alerts/{alert_id}/export", json={"reason": "report", **given})


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, set[str]]:
    """A zip, and all rows of the record that it was made beside."""
    parts = Parts.build(some_settings(tmp_path_factory.mktemp("exported") / "store"), SimulatedClock(at(0)))
    content = asyncio.run(export(parts, case(parts))).content
    heads = {f"{row.seq}:{row.hash}" for row in records.oldest(parts.store, 0, 99)}
    parts.close()
    return content, heads


def names(content: bytes) -> set[str]:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name.split("/", 1)[1] for name in archive.namelist()}


def kinds(content: bytes) -> set[str]:
    return {name.rpartition("/")[2].split(".", 1)[-1] for name in names(content) if "/" in name}


@pytest.mark.parametrize(
    ("clear", "files"),
    [(False, {"veiled.jpg", "blurred.jpg"}), (True, {"veiled.jpg", "blurred.jpg", "clean.jpg", "mp4"})],
)
async def test_nobody_is_recognisable_in_it_without_a_reason_for_that(
    parts: Parts, alert_id: str, clear: bool, files: set[str]
) -> None:
    answer = await export(parts, alert_id, clear=clear)
    assert answer.status_code == 200
    at_the_site = f"{parts.clock.now().astimezone(ZoneInfo('Asia/Shanghai')):%Y%m%dT%H}"
    assert f'filename="xinan-{alert_id}-{at_the_site}' in answer.headers["content-disposition"]
    assert kinds(answer.content) == files
    assert {"README.txt", "alert.json", "record.pdf", "record.jsonl", "SHA256SUMS"} <= names(answer.content)


async def test_who_took_it_and_why_is_on_record(parts: Parts, alert_id: str) -> None:
    answer = await export(parts, alert_id, reason="for the court", clear=True, language="en")
    [row] = records.newest(parts.store, subject=alert_id, kinds=["exported"])
    assert (row.by, row.via) == ("Wang", "console")
    assert row.detail["reason"] == "for the court"
    assert row.detail["clear"] is True
    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        data = json.loads(archive.read(f"xinan-{alert_id}/alert.json"))
    assert data["exported"]["by"] == "Wang"
    assert data["alert"]["id"] == alert_id
    assert [one["what"] for one in data["track"]["custody"]] == ["沙发"]
    assert {event["kind"] for event in data["timeline"]} >= {"fired", "verified", "note", "moved"}


@pytest.mark.parametrize(("role", "status"), [("operator", 200), ("auditor", 200), ("volunteer", 403)])
async def test_who_may(parts: Parts, alert_id: str, role: str, status: int) -> None:
    parts.app.dependency_overrides[caller_of] = lambda: Principal("x", "X", Role(role), None, session="s")
    assert (await export(parts, alert_id)).status_code == status


def test_it_is_checked_without_the_console(exported: tuple[bytes, set[str]], tmp_path: Path) -> None:
    file = tmp_path / "out.zip"
    file.write_bytes(exported[0])
    found = check(file)
    assert found.faults == []
    assert found.rows >= 4
    assert set(found.heads) <= exported[1], "`xinan verify --head` knows each of its rows"
    with zipfile.ZipFile(file) as archive:
        archive.extractall(tmp_path / "there")
    [folder] = (tmp_path / "there").iterdir()
    done = subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=folder, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


def changed(content: bytes, change: Callable[[str, bytes], bytes | None], **more: bytes) -> bytes:
    """change: (name, content) → the new content; None: it is left out."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            now = change(name, old.read(name))
            if now is not None:
                new.writestr(name, now)
        for name, added in more.items():
            new.writestr(f"{old.namelist()[0].split('/')[0]}/{name}", added)
    return out.getvalue()


def _in(part: str, change: Callable[[bytes], bytes | None]) -> Callable[[str, bytes], bytes | None]:
    return lambda name, content: change(content) if part in name else content


TAMPERINGS: list[tuple[str, Callable[[str, bytes], bytes | None], dict[str, bytes]]] = [
    ("alert.json: was changed", _in("alert.json", lambda content: content.replace(b"clutter", b"nothing")), {}),
    ("veiled.jpg: was changed", _in("veiled.jpg", lambda content: content[:-1] + b"x"), {}),
    ("record.pdf: is missing", _in("record.pdf", lambda _: None), {}),
    ("more.txt: is not in the list", lambda _, content: content, {"more.txt": b"x"}),
    (
        "was changed after it was sealed",
        _in("record.jsonl", lambda content: content.replace("王建国".encode(), b"Li")),
        {},
    ),
    ("is no row of a record", _in("record.jsonl", lambda content: content + b'{"seq": 1}\n'), {}),
]


@pytest.mark.parametrize(("said", "change", "more"), TAMPERINGS, ids=[said for said, _, _ in TAMPERINGS])
def test_what_was_changed_is_named(
    exported: tuple[bytes, set[str]],
    tmp_path: Path,
    said: str,
    change: Callable[[str, bytes], bytes | None],
    more: dict[str, bytes],
) -> None:
    file = tmp_path / "out.zip"
    file.write_bytes(changed(exported[0], change, **more))
    assert any(said in str(fault) for fault in check(file).faults)


def test_a_picture_that_was_exchanged_with_its_line_in_the_list_is_found_by_the_record(
    exported: tuple[bytes, set[str]], tmp_path: Path
) -> None:
    content, _ = exported
    forged = b"another picture"
    with zipfile.ZipFile(BytesIO(content)) as archive:
        name = next(name for name in archive.namelist() if name.endswith("veiled.jpg"))
        old, new = hashlib.sha256(archive.read(name)).hexdigest(), hashlib.sha256(forged).hexdigest()

    def change(part: str, kept: bytes) -> bytes:
        return forged if part == name else kept.replace(old.encode(), new.encode()) if part.endswith("SUMS") else kept

    (tmp_path / "out.zip").write_bytes(changed(content, change))
    [fault] = check(tmp_path / "out.zip").faults
    assert "is not what record" in str(fault)


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04"])
def test_what_is_no_export_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(SettingsError, match=r"x\.zip"):
        check(tmp_path / "x.zip")


def test_a_zip_of_something_else_is_said(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a.txt", "x")
    with pytest.raises(SettingsError, match="not an export"):
        check(tmp_path / "x.zip")


async def test_what_is_gone_is_said_and_the_rest_is_there(parts: Parts, alert_id: str) -> None:
    for path in (parts.settings.store.path / "snapshots").rglob("*.veiled.jpg"):
        path.unlink()
    answer = await export(parts, alert_id)
    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        data = json.loads(archive.read(f"xinan-{alert_id}/alert.json"))
    assert len(data["missing"]) == 1 and data["missing"][0].endswith(".veiled.jpg")
    assert kinds(answer.content) == {"blurred.jpg"}


@pytest.mark.parametrize(("language", "said"), [("zh", "楼道堆物"), ("en", "Clutter")])
async def test_the_record_is_in_the_reader_s_language(
    parts: Parts, alert_id: str, language: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rl_config, "pageCompression", 0)
    answer = await export(parts, alert_id, language=language)
    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        pdf = archive.read(f"xinan-{alert_id}/record.pdf")
    assert pdf.startswith(b"%PDF-")
    coded = UnicodeCIDFont(BUILT_IN).formatForPdf
    for text in (said, HOSTILE, "沙发"):  # a name is text, never markup
        assert coded(text).encode("latin-1") in pdf
    assert BUILT_IN.encode() in pdf


def test_every_word_of_the_record_is_there() -> None:
    used: set[str] = set()
    for path in (ROOT / "alerts" / "dossier").glob("*.py"):
        used |= set(
            re.findall(r'"((?:pdf|page|detail|track|letters|records|app|mute|false)\.\w+)"', path.read_text("utf-8"))
        )
    left = {key for key in strings() if key.startswith("pdf.")} - used - {"pdf.when", "pdf.what", "pdf.who", "pdf.whom"}
    assert used and not used - set(strings())
    assert left <= {"pdf.said", "pdf.answer", "pdf.title"}
