"""Plans on disk: what was said last stands, also after a restart; nobody writes over what he has not seen."""

from pathlib import Path

import pytest

from alerts.errors import PlanStale, StoreError
from alerts.plans.picture import PlanPicture
from alerts.plans.store import PlanStore, Spot

ONE, OTHER = PlanPicture(b"one", 640, 400), PlanPicture(b"other", 300, 300)
SPOT = {"shed-1": Spot(x=0.25, y=0.5)}


def test_what_was_said_is_there_after_a_restart(tmp_path: Path) -> None:
    store = PlanStore(tmp_path / "plans")
    plan = store.draw("3号楼", ONE)
    hung = store.hang("3号楼", SPOT, plan.version)
    again = PlanStore(tmp_path / "plans")
    assert again.all() == [hung] and again.get("3号楼") == hung
    assert again.picture(hung).read_bytes() == b"one"


def test_a_new_picture_keeps_the_cameras_and_leaves_no_file(tmp_path: Path) -> None:
    store = PlanStore(tmp_path / "plans")
    store.hang("shed", SPOT, store.draw("shed", ONE).version)
    plan = store.draw("shed", OTHER)
    assert (dict(plan.spots), plan.width, plan.version) == (SPOT, 300, 3)
    assert len(list((tmp_path / "plans").iterdir())) == 2
    assert store.draw("shed", OTHER).version == 4 and store.picture(plan).exists(), "the same picture once more"


@pytest.mark.parametrize("version", [0, 2, 9])
def test_nobody_writes_over_what_he_has_not_seen(tmp_path: Path, version: int) -> None:
    store = PlanStore(tmp_path / "plans")
    plan = store.draw("shed", ONE)
    with pytest.raises(PlanStale):
        store.hang("shed", SPOT, version)
    with pytest.raises(PlanStale):
        store.hang("gone", SPOT, 1)
    assert store.all() == [plan]


def test_a_plan_is_taken_away_with_its_picture(tmp_path: Path) -> None:
    store = PlanStore(tmp_path / "plans")
    store.draw("shed", ONE)
    assert store.remove("shed") and not store.remove("shed")
    assert not list((tmp_path / "plans").iterdir()) and PlanStore(tmp_path / "plans").all() == []


@pytest.mark.parametrize("place", ["..", ".", "a/../../b", "x" * 64, "\x00", "车棚"])
def test_no_place_s_name_leads_out_of_the_folder(tmp_path: Path, place: str) -> None:
    store = PlanStore(tmp_path / "plans")
    store.draw(place, ONE)
    assert [path.name for path in tmp_path.iterdir()] == ["plans"]
    assert PlanStore(tmp_path / "plans").get(place) is not None


def test_a_broken_file_keeps_nothing_else_from_being_read(tmp_path: Path) -> None:
    store = PlanStore(tmp_path / "plans")
    store.draw("shed", ONE)
    (tmp_path / "plans" / "broken.json").write_text('{"place": "b", "picture": "../../etc/passwd", "version": 1}')
    (tmp_path / "plans" / "half.json").write_bytes(b"\xff{")
    assert [plan.place for plan in PlanStore(tmp_path / "plans").all()] == ["shed"]


def test_a_full_disk_takes_no_plan(tmp_path: Path) -> None:
    store = PlanStore(tmp_path / "plans", least_free=1 << 60)
    with pytest.raises(StoreError, match="full"):
        store.draw("shed", ONE)
    assert store.all() == []
