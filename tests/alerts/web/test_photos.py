"""Photos that people add to a case: once, without EXIF, with heads hidden, on record with who added them, and as the
proof that a place which no camera sees is clear."""

import base64
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest

from alerts.access.roles import Role
from alerts.desk.photos import MOST_PHOTOS
from alerts.evidence.kept import Role as Picture
from alerts.evidence.kept import pictures_of
from alerts.record import records
from alerts.record.sealed import files_of
from alerts.track.fold import Stage
from alerts.track.step import StepKind
from streams.clock import SimulatedClock
from tests.alerts.web.console import Parts
from tests.alerts.web.painting import jpeg, paint
from tests.alerts.web.test_phone import PHOTO, become, report, settings
from vision.blur import Private

K = StepKind
KEY = "fedcba9876543210"
EXIF = b"Exif\0\0II*\0\x08\0\0\0\0\0GPSLatitude 31.2304"
BODY: dict[str, Any] = {"photo": PHOTO}


@pytest.fixture
def parts(tmp_path: Path, clock: SimulatedClock) -> Any:
    built = Parts.build(settings(tmp_path / "store"), clock)
    built.desk._pictures._private_in = lambda jpeg: Private(people=((0.1, 0.1, 0.5, 0.9),))
    yield built
    built.close()


async def reported(operator: httpx.AsyncClient) -> str:
    """A case of no camera; its id."""
    return str((await operator.put("/api/reports/0123456789abcdef", json=report())).json()["alert"])


async def add(operator: httpx.AsyncClient, alert_id: str, key: str = KEY, **more: Any) -> httpx.Response:
    return await operator.put(f"/api/alerts/{alert_id}/photos/{key}", json={**BODY, **more})


async def test_a_photo_is_added_once_however_often_it_is_sent(
    parts: Parts, operator: httpx.AsyncClient, clock: SimulatedClock
) -> None:
    become(parts, Role.VOLUNTEER)
    case = parts.raise_alert(1, "clutter")
    clock.step(600)
    data = base64.b64decode(PHOTO)
    dirty = data[:2] + b"\xff\xe1" + (len(EXIF) + 2).to_bytes(2, "big") + EXIF + data[2:] + b"<script>"
    sent: dict[str, Any] = {"photo": base64.b64encode(dirty).decode(), "note": "防火门\n旁", "age_s": 120}
    made, again = [await add(operator, case.id, **sent) for _ in range(2)]
    assert (made.status_code, again.status_code) == (201, 200) and made.json() == again.json()
    assert made.json()["photos"] == 1
    alert, track = parts.desk.track(case.id)
    [step] = track.steps
    assert (step.kind, step.by, step.detail) == (K.PHOTO, "李", {"mark": made.json()["mark"], "note": "防火门 旁"})
    [one] = [one for one in pictures_of(alert) if one.role is Picture.PHOTO]
    assert (one.by, one.mark, one.variants) == ("李", made.json()["mark"], ("clean", "blurred", "veiled"))
    assert (clock.now() - step.at).total_seconds() == 0 and alert.acknowledged_at is None, "it answers nothing"
    for variant in one.variants:
        kept = parts.snapshots.path(one.key, variant).read_bytes()
        assert b"GPS" not in kept and b"script" not in kept
    page = (await operator.get(f"/api/phone/alerts/{case.id}")).json()
    assert page["photos"] == 1
    seen = (await operator.get(f"/api/alerts/{case.id}")).json()
    assert seen["photos"] == 1 and "photos" not in seen["evidence"]


async def test_it_stands_among_the_pictures_and_in_the_record_with_who_added_it(
    parts: Parts, operator: httpx.AsyncClient
) -> None:
    become(parts, Role.VOLUNTEER)
    case = parts.raise_alert(1, "clutter")
    mark = (await add(operator, case.id)).json()["mark"]
    shown = (await operator.get(f"/api/alerts/{case.id}/pictures")).json()["pictures"]
    [photo] = [one for one in shown if one["role"] == "photo"]
    assert (photo["mark"], photo["by"], photo["moment"], photo["hidden"]) == (mark, "李", "since", True)
    hidden = await operator.get(f"/api/alerts/{case.id}/pictures/{mark}")
    assert hidden.status_code == 200
    assert (await operator.get(f"/api/alerts/{case.id}/pictures/{mark}?clear=true")).status_code == 403
    told = (await operator.get(f"/api/alerts/{case.id}/timeline")).json()["events"]
    assert [(one["by"], one["detail"]["mark"]) for one in told if one["kind"] == "photo"] == [("李", mark)]
    rows = records.newest(parts.store, subject=case.id)
    [row] = [row for row in rows if row.detail.get("step", {}).get("kind") == "photo"]
    files = files_of(parts.desk.alert(case.id))
    added = {name: value for name, value in files.items() if name in row.detail["files"]}
    assert row.by == "李" and len(added) == 3 and added == row.detail["files"]


async def test_it_goes_along_when_the_alert_is_taken_out(parts: Parts, operator: httpx.AsyncClient) -> None:
    become(parts, Role.OPERATOR)
    case = parts.raise_alert(1, "clutter")
    await add(operator, case.id)
    got = await operator.post(f"/api/alerts/{case.id}/export", json={"reason": "report"})
    with zipfile.ZipFile(io.BytesIO(got.content)) as archive:
        names = archive.namelist()
        folder = names[0].split("/")[0]
        data = json.loads(archive.read(f"{folder}/alert.json"))
        sums = archive.read(f"{folder}/SHA256SUMS").decode()
        pdf = archive.read(f"{folder}/record.pdf")
    [photo] = [one for one in data["pictures"] if one["role"] == "photo"]
    sha256 = files_of(parts.desk.alert(case.id))[photo["file"]]
    assert photo["by"] == "李" and f"{folder}/{photo['file']}" in names
    assert f"{sha256}  {photo['file']}" in sums
    assert photo["file"].endswith(".veiled.jpg") and not [name for name in names if ".clean." in name]
    assert pdf.count(b"/Subtype /Image") >= 2


@pytest.mark.parametrize(
    ("hazard", "more", "status", "code"),
    [
        ("flame", {}, 409, "other_track"),
        ("clutter", {"photo": base64.b64encode(b"<svg onload=alert(1)>").decode()}, 422, "no_photo"),
        ("clutter", {"photo": "!!!!"}, 422, "no_photo"),
        ("clutter", {"photo": base64.b64encode(jpeg(paint(0, size=(3000, 100)))).decode()}, 422, "wrong_size"),
        ("clutter", {"by": "王"}, 409, "other_person"),
        ("clutter", {"age_s": -1}, 422, None),
    ],
)
async def test_a_photo_that_is_not_taken(
    parts: Parts, operator: httpx.AsyncClient, hazard: str, more: dict[str, Any], status: int, code: str | None
) -> None:
    become(parts, Role.VOLUNTEER)
    alert = parts.raise_alert(1, hazard)
    got = await add(operator, alert.id, **more)
    assert (got.status_code, got.json().get("code")) == (status, code)
    assert parts.desk.track(alert.id)[1].steps == ()


async def test_who_may_not_answer_adds_none_and_nobody_to_what_is_others(
    parts: Parts, operator: httpx.AsyncClient
) -> None:
    case = parts.raise_alert(1, "clutter")
    become(parts, Role.AUDITOR)
    assert (await add(operator, case.id)).status_code == 403
    assert (await operator.get(f"/api/phone/alerts/{case.id}")).json()["photos"] is None
    become(parts, Role.VOLUNTEER, frozenset({"shed"}))
    assert (await add(operator, case.id)).status_code == 404
    become(parts, Role.OPERATOR)
    by_hand = {"kind": "photo", "detail": {"mark": "0" * 12}}
    assert (await operator.post(f"/api/alerts/{case.id}/steps", json=by_hand)).status_code == 422
    assert parts.desk.track(case.id)[1].steps == ()


async def test_there_is_an_end_to_the_photos_of_one_case(parts: Parts, operator: httpx.AsyncClient) -> None:
    become(parts, Role.VOLUNTEER)
    case = parts.raise_alert(1, "clutter")
    for number in range(MOST_PHOTOS):
        assert (await add(operator, case.id, f"{number:016d}")).status_code == 201
    full = await add(operator, case.id)
    assert (full.status_code, full.json()["code"]) == (409, "too_many_photos")
    assert (await add(operator, case.id, f"{0:016d}")).status_code == 200, "that one is there"


async def test_a_photo_proves_that_a_place_which_no_camera_sees_is_clear(
    parts: Parts, operator: httpx.AsyncClient, clock: SimulatedClock
) -> None:
    become(parts, Role.OPERATOR)
    case = await reported(operator)
    parts.desk.step(case, K.VERIFIED, by="王")
    clock.step(3600)
    before = (await add(operator, case, "1" * 16, age_s=7200)).json()["mark"]
    after = (await add(operator, case)).json()["mark"]

    async def inspect(**detail: str) -> httpx.Response:
        return await operator.post(f"/api/alerts/{case}/steps", json={"kind": "inspected", "detail": detail})

    assert (await inspect()).json()["code"] == "no_proof"
    for wrong in (before, "0" * 12):
        assert (await inspect(mark=wrong)).json()["code"] == "photo_gone"
    done = await inspect(mark=after)
    assert done.status_code == 200 and done.json()["stage"] == Stage.INSPECTED
    roles = {one.mark: one.role for one in pictures_of(parts.desk.alert(case))}
    assert (roles[after], roles[before]) == (Picture.AFTER, Picture.PHOTO), "once, and beside that of the report"
    assert not parts.desk.alert(case).open


async def test_of_what_a_camera_sees_its_own_picture_is_the_proof(parts: Parts, operator: httpx.AsyncClient) -> None:
    become(parts, Role.OPERATOR)
    case = parts.raise_alert(1, "clutter")
    parts.desk.acknowledge(case.id, by="王")
    mark = (await add(operator, case.id)).json()["mark"]
    parts.clear(1)
    closing = {"kind": "inspected", "detail": {"mark": mark}}
    refused = await operator.post(f"/api/alerts/{case.id}/steps", json=closing)
    assert (refused.status_code, refused.json()["code"]) == (409, "photo_gone")


async def test_a_camera_that_goes_on_looking_loses_no_photo(
    parts: Parts, operator: httpx.AsyncClient, clock: SimulatedClock
) -> None:
    become(parts, Role.VOLUNTEER)
    case = parts.raise_alert(1, "clutter", confirmed=False)
    await add(operator, case.id)
    clock.step(5)
    fired = parts.raise_alert(1, "clutter")
    assert fired.id == case.id and fired.fired_at is not None
    parts.clear(1)
    assert len(parts.desk.alert(case.id).evidence["photos"]) == 1
