"""What stands in a record, in the reader's language and once."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import pytest

from alerts.access.principal import Principal
from alerts.access.roles import Role
from alerts.config import Settings
from alerts.db.codec import time_text
from alerts.dossier.gather import Dossier, gather
from alerts.dossier.record_pdf import _facts, _place, said
from alerts.dossier.sheet import BUILT_IN, Sheet
from alerts.dossier.timeline import Event, Source
from tests.alerts.making import at
from tests.alerts.web.console import Parts, some_settings


@pytest.fixture
def dossier(tmp_path: Path) -> Iterator[Dossier]:
    """A fire in the corridor of a registered house, by a camera in which no zone is drawn."""
    places = [
        {"id": "b3", "kind": "building", "name": "3号楼", "name_en": "Building 3"},
        {"id": "hall", "kind": "corridor", "name": "走廊", "name_en": "corridor", "within": "b3"},
    ]
    given = some_settings(tmp_path / "store", [{"name": "cor-1", "url": "0", "place": "hall"}]).model_dump()
    parts = Parts.build(Settings.model_validate({**given, "places": places}))
    raised = parts.raise_alert()
    yield gather(parts.desk, parts.store, raised.id, Principal("li", "Li", Role.ADMIN, None, session="s"))
    parts.close()


@pytest.mark.parametrize(("language", "zone"), [("zh", "走廊"), ("en", "Corridor")])
def test_place_and_zone_are_told_once(dossier: Dossier, language: Literal["zh", "en"], zone: str) -> None:
    sheet = Sheet(language, ZoneInfo("Asia/Shanghai"), BUILT_IN)
    place = dossier.place.path if language == "zh" else dossier.place.path_en
    assert _place(dossier, sheet) == f"{place} · cor-1"
    assert dict(_facts(dossier, sheet))[sheet.t("detail.zone")] == zone
    moved = replace(dossier, alert=replace(dossier.alert, place="2号楼 走廊", zone="楼梯口"))
    assert _place(moved, sheet) == f"{place} · 2号楼 走廊 · cor-1", "what it was called then, where that was otherwise"
    assert dict(_facts(moved, sheet))[sheet.t("detail.zone")] == f"楼梯口 · {zone}", "a zone that somebody has named"


def test_an_answer_that_waited_on_a_phone_has_both_its_times() -> None:
    sheet = Sheet("en", ZoneInfo("Asia/Shanghai"), BUILT_IN)
    step = Event(at(8), Source.STEP, "accepted", "Li", "console", {"said_at": time_text(at(0))})
    assert said(step, sheet) == "pressed on the phone at 2026-03-01 16:00:00, received only now"
