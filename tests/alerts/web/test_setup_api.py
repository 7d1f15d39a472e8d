"""Set-up over HTTP: who may, what is written, what is on record, and that nothing secret is in any answer."""

import asyncio
import base64
import tomllib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest

from alerts.access.roles import ALLOWED, OF_THE_SITE, Permission, Role
from alerts.config import load_settings
from alerts.errors import SetupRefused
from alerts.reload import SettingsFile
from alerts.setup import look
from alerts.setup.book import Book
from alerts.setup.kept_clip import clip_of
from streams.clock import SimulatedClock
from tests.alerts.receiver import Receiver
from tests.alerts.web.console import Parts, some_settings
from tests.alerts.web.painting import jpeg, paint
from tests.streams.wire import WireServer
from vision.footage import RECENT_S
from vision.look import CameraHealth

TEXT = """\
[store]
path = "{folder}"

[[cameras]]
name = "shed-1"
url = "{camera}"

[[webhooks]]
name = "team"
url = "{hook}"
secret = "geheim-1"
"""
LI = {"id": "li", "name": "李阿姨", "channels": [{"channel": "team", "address": "geheim-2"}]}


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def lens() -> Iterator[WireServer]:
    """A camera that answers with one JPEG."""
    picture = jpeg(paint(0))
    head = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(picture)
    with WireServer(lambda connection, _: connection.sendall(head + picture)) as server:
        yield server


CROSSED = """
[[cameras]]
name = "hall"
url = "rtsp://h/1"
[[cameras.zones]]
name = "走道"
type = "corridor"
polygon = [[0, 0], [1, 1], [1, 0], [0, 0.5]]
"""


@pytest.fixture
def file(tmp_path: Path, hook: Receiver, lens: WireServer) -> Path:
    path = tmp_path / "xinan.toml"
    camera = f"http://user:geheim-3@127.0.0.1:{lens.port}/snap.jpg"
    path.write_text(TEXT.format(folder=tmp_path / "store", hook=hook.url, camera=camera), "utf-8")
    return path


@pytest.fixture
def parts(file: Path, clock: SimulatedClock) -> Iterator[Parts]:
    built = Parts.build(load_settings(file), clock, book=Book(SettingsFile(file)))
    yield built
    built.close()


@pytest.fixture
async def admin(parts: Parts) -> AsyncIterator[httpx.AsyncClient]:
    async with parts.client() as client:
        await parts.enter(client)
        yield client


async def change(client: httpx.AsyncClient, **body: Any) -> httpx.Response:
    version = (await client.get("/api/setup/sheet")).json()["version"]
    return await client.post("/api/setup/change", json={"version": version, "key": None, **body})


async def test_the_page_and_the_sheet(admin: httpx.AsyncClient, file: Path) -> None:
    page = await admin.get("/setup")
    assert page.status_code == 200 and "setup.js" in page.text
    answer = await admin.get("/api/setup/sheet")
    sheet = answer.json()
    assert (sheet["file"], sheet["problem"], sheet["problems"], sheet["in_force"]) == (str(file), "", [], True)
    assert "geheim" not in answer.text and sheet["parts"]["cameras"]["entries"][0]["name"] == "shed-1"
    assert {name: about["key"] for name, about in sheet["about"].items()} == {
        "cameras": "name", "places": "id", "people": "id", "groups": "name", "rota": "", "routing": "",
        "channels": "name", "webhooks": "name", "muting": "", "hazards": "", "site": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (CROSSED, [(["cameras", 1, "zones", 0, "polygon"], "lines_cross", {})]),
        (
            '[[cameras]]\nname = "hall"\nurl = "rtsp://h/1"\ncolour = 1\n',
            [(["cameras", 1, "colour"], "extra_forbidden", {})],
        ),
        ("colour = [\n", [([], "file_open", {"sign": "[", "begun_line": "LAST", "begun_column": "10"})]),
        (
            "spot = [\n  [0.1, 0.2],\n  [0.3 0.4],\n]\n",
            [
                (
                    [],
                    "file_doubt",
                    {"line": "LAST+2", "column": "8", "sign": "[", "begun_line": "LAST", "begun_column": "8"},
                )
            ],
        ),
        ("colour = red\n", [([], "file_fault", {"line": "LAST", "column": "10"})]),
    ],
)
async def test_what_is_wrong_with_the_file_is_told_piece_by_piece(
    admin: httpx.AsyncClient, file: Path, text: str, said: list[tuple[list[Any], str, dict[str, str]]]
) -> None:
    before = file.read_text("utf-8")
    file.write_text(f"{before}\n{text}", "utf-8")
    last = before.count("\n") + 2
    lines = {"LAST": str(last), "LAST+2": str(last + 2)}
    sheet = (await admin.get("/api/setup/sheet")).json()
    assert sheet["problem"] and not sheet["in_force"]
    found = [(one["loc"], one["code"], one["values"]) for one in sheet["problems"]]
    named = [(loc, code, {key: lines.get(value, value) for key, value in values.items()}) for loc, code, values in said]
    assert found == [(loc, code, {"file": file.name, **values} if not loc else values) for loc, code, values in named]


async def test_a_change_is_written_and_on_record_with_who(admin: httpx.AsyncClient, parts: Parts, file: Path) -> None:
    answer = await change(admin, part="people", value=LI)
    assert (answer.status_code, answer.json()) == (
        200, {"part": "people", "name": "li", "action": "added", "changed": ["id", "name", "channels"]},
    )  # fmt: skip
    assert tomllib.loads(file.read_text("utf-8"))["people"] == [LI]
    sheet = (await admin.get("/api/setup/sheet")).json()
    assert not sheet["in_force"], "the watch, which there is none of here, has not taken it up"
    (record,) = [one for one in await records_of(admin) if one["kind"] == "set_up"]
    assert (record["by"], record["via"]) == ("Wang", "console")
    assert record["detail"] == {
        "part": "people", "name": "li", "action": "added", "changed": ["id", "name", "channels"],
    }  # fmt: skip
    assert "geheim" not in str(await records_of(admin))


async def records_of(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get("/api/records")).json()["records"]
    return found


async def test_hours_without_anybody_on_duty_are_told(admin: httpx.AsyncClient) -> None:
    assert (await admin.get("/api/setup/sheet")).json()["gaps"] == []
    await change(admin, part="people", value=LI)
    await change(admin, part="rota", value={"shifts": [{"begins": "20:00", "ends": "08:00", "who": ["li"]}]})
    gaps = (await admin.get("/api/setup/sheet")).json()["gaps"]
    assert len(gaps) in (7, 8) and (gaps[1][0][11:16], gaps[1][1][11:16]) == ("08:00", "20:00")


async def test_what_is_wrong_is_told_key_by_key_and_nothing_is_written(admin: httpx.AsyncClient, file: Path) -> None:
    before = file.read_bytes()
    answer = await change(admin, part="people", value={**LI, "id": "l i"})
    body = answer.json()
    assert (answer.status_code, body["code"], [one["path"] for one in body["problems"]]) == (422, "invalid", [["id"]])
    tried = await admin.post("/api/setup/check", json={"part": "people", "key": None, "value": LI})
    assert tried.status_code == 200 and file.read_bytes() == before


@pytest.mark.parametrize(
    ("part", "value", "code", "values"),
    [
        ("people", LI, "two_people", {"names": "li"}),
        ("groups", {"name": "duty", "members": ["zhao"]}, "unknown_name",
         {"where": "groups: duty", "name": "zhao", "known": "li"}),
        ("people", {"id": "zhao", "channels": [{"channel": "fax"}]}, "no_such_channel", {"person": "zhao"}),
        ("webhooks", {"name": "team", "url": "http://127.0.0.1:9/"}, "two_channels", {"names": "team"}),
    ],
)  # fmt: skip
async def test_what_is_wrong_between_entries_has_a_code_and_its_values(
    admin: httpx.AsyncClient, part: str, value: dict[str, Any], code: str, values: dict[str, str]
) -> None:
    await change(admin, part="people", value=LI)
    [problem] = (await change(admin, part=part, value=value)).json()["problems"]
    assert problem["code"] == code and problem["path"] is None
    assert values.items() <= problem["values"].items()


async def test_two_at_once_do_not_write_over_each_other(admin: httpx.AsyncClient, file: Path) -> None:
    version = (await admin.get("/api/setup/sheet")).json()["version"]
    orders = [
        admin.post("/api/setup/change", json={"version": version, "part": "people", "value": {**LI, "id": name}})
        for name in ("li", "wang")
    ]
    answers = await asyncio.gather(*orders)
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert {answer.json().get("code") for answer in answers} == {None, "changed_meanwhile"}
    assert len(tomllib.loads(file.read_text("utf-8"))["people"]) == 1


async def test_a_browser_names_no_file_of_the_machine(admin: httpx.AsyncClient) -> None:
    for url in ("/etc/passwd", "0", "file:///etc/passwd", "clips/", "ftp://camera/1", "gopher://x"):
        body = {"key": None, "value": {"name": "new", "url": url}}
        for path, more in (("check", {"part": "cameras"}), ("try-camera", {}), ("try-rules", {})):
            answer = await admin.post(f"/api/setup/{path}", json={**body, **more})
            assert (answer.status_code, answer.json()["code"]) == (422, "only_here"), (url, path)


@pytest.mark.parametrize("url", ["192.168.1.64", "camera.lan:554/h264", "admin:geh@eim-5@10.0.0.9/Streaming/101?x=1"])
@pytest.mark.parametrize("key", ["url", "main_url"])
async def test_an_address_without_a_scheme_is_told_so_at_its_field(
    admin: httpx.AsyncClient, url: str, key: str
) -> None:
    value = {"name": "new", "url": "rtsp://127.0.0.1:9/1", key: url}
    answer = await admin.post("/api/setup/try-camera", json={"key": None, "value": value})
    [problem] = answer.json()["problems"]
    assert (problem["path"], problem["code"]) == ([key], "no_scheme") and "eim-5" not in answer.text


async def test_a_camera_without_a_name_yet_is_tried_and_approves_nothing(
    admin: httpx.AsyncClient, lens: WireServer
) -> None:
    value = {"url": f"http://127.0.0.1:{lens.port}/snap.jpg"}
    answer = await admin.post("/api/setup/try-camera", json={"key": None, "value": value})
    assert answer.status_code == 200, answer.text
    [told] = [one for one in await records_of(admin) if one["kind"] == "tried_camera"]
    assert told["subject"] == ""
    version = (await admin.get("/api/setup/sheet")).json()["version"]
    body = {"key": "new-1", "still": answer.json()["still"], "version": version}
    assert (await admin.post("/api/setup/approve", json=body)).json()["code"] == "still_gone"
    missing = await admin.post("/api/setup/try-camera", json={"key": None, "value": {"name": "x y"}})
    assert {tuple(one["path"]): one["code"] for one in missing.json()["problems"]} == {
        ("url",): "missing", ("name",): "string_pattern_mismatch",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "code"),
    [(b"401 Unauthorized", "camera_password"), (b"404 Not Found", "camera_path"), (b"503 Busy", "camera_status")],
)
async def test_why_a_camera_gives_no_picture_has_a_code(admin: httpx.AsyncClient, status: bytes, code: str) -> None:
    told = b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n"
    with WireServer(lambda connection, _: connection.sendall(told)) as camera:
        value = {"url": f"http://user:geheim-6@127.0.0.1:{camera.port}/"}
        answer = await admin.post("/api/setup/try-camera", json={"key": None, "value": value})
    [problem] = answer.json()["problems"]
    assert (answer.json()["code"], problem["path"], problem["code"]) == ("no_picture", ["url"], code)
    assert problem["values"] == ({"status": "503"} if code == "camera_status" else {}) and "geheim" not in answer.text


async def test_a_camera_is_tried_by_what_is_set_and_by_what_would_be(
    admin: httpx.AsyncClient, lens: WireServer
) -> None:
    new = {"name": "new", "url": f"http://127.0.0.1:{lens.port}/snap.jpg"}
    for body in ({"key": "shed-1"}, {"key": None, "value": new}):
        answer = await admin.post("/api/setup/try-camera", json=body)
        assert answer.status_code == 200, answer.text
        picture = cv2.imdecode(np.frombuffer(base64.b64decode(answer.json()["jpeg"]), np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None and list(picture.shape[1::-1]) == answer.json()["size"]
    told = [one for one in await records_of(admin) if one["kind"] == "tried_camera"]
    assert {one["subject"] for one in told} == {"shed-1", "new"} and "geheim" not in str(told)


async def test_a_still_is_approved_as_the_clear_route(admin: httpx.AsyncClient, file: Path, parts: Parts) -> None:
    version = (await admin.get("/api/setup/sheet")).json()["version"]
    still = (await admin.post("/api/setup/try-camera", json={"key": "shed-1"})).json()
    body = {"key": "shed-1", "still": "another", "version": version}
    assert (await admin.post("/api/setup/approve", json=body)).json()["code"] == "still_gone"
    answer = await admin.post("/api/setup/approve", json={**body, "still": still["still"]})
    assert (answer.status_code, answer.json()["changed"]) == (200, ["reference"])
    camera = load_settings(file).cameras[0]
    assert camera.reference is not None and camera.reference.read_bytes() == base64.b64decode(still["jpeg"])
    assert "geheim-3" in camera.url.get_secret_value() and parts.settings.store.path in camera.reference.parents


async def test_only_the_clip_of_an_alert_of_this_camera_is_tried_on(parts: Parts) -> None:
    alert, bare = parts.raise_alert(0, "clutter"), parts.raise_alert(0, key="2")
    key = f"2026/03/01/{alert.id}-080000000-1"
    file = parts.settings.store.path / "clips" / f"{key}.mp4"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"clip")
    parts.desk.attach_clip(alert.id, {"key": key, "sha256": "0", "duration_s": 1.0})
    assert clip_of(parts.desk, parts.media, alert.id, "shed-1") == b"clip"
    for name, camera in ((alert.id, "other"), (bare.id, "shed-1"), ("01NOTHERE", "shed-1")):
        with pytest.raises(SetupRefused, match="clip"):
            clip_of(parts.desk, parts.media, name, camera)


async def test_a_camera_that_does_not_answer_is_told_without_its_password(admin: httpx.AsyncClient) -> None:
    value = {"name": "new", "url": "rtsp://user:geheim-4@127.0.0.1:9/1"}
    answer = await admin.post("/api/setup/try-camera", json={"key": None, "value": value})
    assert (answer.status_code, answer.json()["code"]) == (422, "no_picture")
    assert "rtsp://***@127.0.0.1:9/1" in answer.json()["detail"] and "geheim" not in answer.text
    assert [one["code"] for one in answer.json()["problems"]] == ["camera_closed_port"]


async def test_a_camera_that_hangs_is_given_up(
    admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    monkeypatch.setattr(look, "DEADLINE_S", 0.01)
    monkeypatch.setattr(look.still_of, "__defaults__", (0.01,))
    answer = await admin.post("/api/setup/try-camera", json={"key": "shed-1"})
    assert (answer.status_code, answer.json()["code"]) == (422, "no_picture")
    assert "within 0.01 s" in answer.json()["detail"] and "geheim" not in answer.text
    assert [(one["code"], one["values"]) for one in answer.json()["problems"]] == [
        ("camera_hangs", {"seconds": "0.01"})
    ]


async def test_a_test_goes_out_and_is_on_record(admin: httpx.AsyncClient, hook: Receiver) -> None:
    answer = await admin.post("/api/setup/try-channel", json={"channel": "team"})
    assert answer.json() == {"tried": [{"channel": "team", "problem": "", "note": ""}]}
    assert len(hook.got) == 1 and hook.got[0].event["data"]["exercise"] is True
    (record,) = [one for one in await records_of(admin) if one["kind"] == "tried_channel"]
    assert (record["by"], record["detail"]["name"]) == ("Wang", "team")


@pytest.mark.parametrize(
    ("body", "code"), [({"channel": "nobody"}, "invalid"), ({"channel": "team", "person": "nobody"}, "gone")]
)
async def test_what_cannot_be_tried(admin: httpx.AsyncClient, body: dict[str, str], code: str) -> None:
    answer = await admin.post("/api/setup/try-channel", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_without_a_file_it_is_shown_and_nothing_can_be_changed(tmp_path: Path, clock: SimulatedClock) -> None:
    parts = Parts.build(some_settings(tmp_path / "other"), clock)
    try:
        async with parts.client() as client:
            await parts.enter(client)
            assert (await client.get("/api/setup/sheet")).json()["file"] is None
            answer = await change(client, part="people", value=LI)
            assert (answer.status_code, answer.json()["code"]) == (409, "no_file")
    finally:
        parts.close()


def test_only_admins_set_up() -> None:
    assert [role for role in Role if Permission.SETUP in ALLOWED[role]] == [Role.ADMIN]
    assert Permission.SETUP in OF_THE_SITE


async def test_the_last_minutes_are_kept_while_somebody_asks_how_many_there_are(
    admin: httpx.AsyncClient, parts: Parts, clock: SimulatedClock
) -> None:
    async def recent(camera: str) -> httpx.Response:
        return await admin.get("/api/setup/recent", params={"camera": camera})

    assert (await recent("shed-1")).json() == {"kept_s": 0, "most_s": RECENT_S}
    assert parts.shown[-1].recent == {"shed-1"}
    sight = parts.settings.cameras[0].sight
    parts.live.put(CameraHealth("shed-1", "online", clock.now(), sight, kept_s=42.04))
    assert (await recent("shed-1")).json()["kept_s"] == 42
    parts.live.put(CameraHealth("shed-1", "online", clock.now(), sight, kept_s=RECENT_S + 12))
    assert (await recent("shed-1")).json()["kept_s"] == RECENT_S
    assert (await recent("gate")).json()["kept_s"] == 0, "it is in no settings yet"
    assert parts.shown[-1].recent == {"shed-1"}
