"""Places over HTTP, and what an alert's place knows."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from alerts.config import Settings
from streams.clock import SimulatedClock
from tests.alerts.web.console import Parts, free_port

PLACES = [
    {"id": "b3", "name": "3号楼", "name_en": "Building 3", "kind": "building", "hydrant": "at the gate"},
    {
        "id": "shed",
        "name": "车棚",
        "kind": "shed",
        "within": "b3",
        "extinguisher": "by the door",
        "contacts": [{"name": "Old Wang", "phone": "138 0000"}],
    },
]


def settings(folder: Path) -> Settings:
    cameras = [
        {"name": "shed-1", "url": "rtsp://user:secret@camera/1", "place": "shed"},
        {"name": "yard", "url": "rtsp://user:secret@camera/2", "place": "by the old tree"},
    ]
    console = {"port": free_port()}
    raw = {"store": {"path": folder}, "places": PLACES, "cameras": cameras, "console": console}
    return Settings.model_validate(raw | {"site": {"contacts": [{"name": "Duty room", "phone": "110"}]}})


@pytest.fixture
def parts(tmp_path: Path, clock: SimulatedClock) -> Iterator[Parts]:
    built = Parts.build(settings(tmp_path / "store"), clock)
    yield built
    built.close()


async def test_places_with_what_they_inherit(operator: httpx.AsyncClient) -> None:
    answer = (await operator.get("/api/places")).json()
    assert "secret" not in str(answer)
    building, shed = answer["places"]
    assert (shed["id"], shed["path"], shed["within"], shed["cameras"]) == ("shed", "3号楼 车棚", "b3", ["shed-1"])
    assert (shed["extinguisher"], shed["hydrant"], shed["power_cutoff"]) == ("by the door", "at the gate", None)
    assert [contact["name"] for contact in shed["contacts"]] == ["Old Wang", "Duty room"]
    assert (building["path_en"], building["within"]) == ("Building 3", None)
    assert [contact["phone"] for contact in answer["site"]["contacts"]] == ["110"]
    assert {"where": "shed", "what": "power_cutoff", "hint": ""} in answer["gaps"]


async def test_cameras_and_alerts_tell_their_place_in_words(parts: Parts, operator: httpx.AsyncClient) -> None:
    shed, yard = (await operator.get("/api/cameras")).json()["cameras"]
    assert (shed["place"], shed["place_id"]) == ("3号楼 车棚", "shed")
    assert (yard["place"], yard["place_id"]) == ("by the old tree", None)
    assert [parts.raise_alert(camera).place for camera in (0, 1)] == ["3号楼 车棚", "by the old tree"]


def test_where_an_alert_is_is_looked_up_in_the_settings_of_now(parts: Parts) -> None:
    alerts = [parts.raise_alert(camera) for camera in (0, 1)]
    assert [parts.desk.where(alert).id for alert in alerts] == ["shed", "site"]
    shed = parts.settings.places[1].model_copy(update={"extinguisher": "moved to the gate"})
    parts.desk.follow(parts.settings.model_copy(update={"places": (parts.settings.places[0], shed)}))
    assert parts.desk.where(alerts[0]).safety.extinguisher == "moved to the gate"
    assert parts.desk.where(alerts[1]).safety.contacts[0].phone == "110"
