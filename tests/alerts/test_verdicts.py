"""What operators said leaves the store as pictures with labels, and nothing else does."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alerts.alert import Alert
from alerts.config import load_settings
from alerts.db.store import Store
from alerts.errors import AlertsError, StoreError
from alerts.evidence.media import MediaStore
from alerts.evidence.names import Variant
from alerts.evidence.snapshot import Drawn, SnapshotStore
from alerts.lifecycle import Change, ChangeKind
from alerts.routing.plan import AtOnce
from alerts.track.step import Step, StepKind
from alerts.verdicts import RIGHTLY_SEEN, Exported, export, on_list
from tests.acceptance.cli import run
from tests.alerts.making import acknowledged_by_a_step, alert, at, jpeg
from vision.detector import Detector, shipped_model
from vision.hazards import RULES

NAMES = ("ebike", "bicycle", "person", "flame", "smoke", "clutter", "cable")
REFLECTION = {"false_alarm_at": at(9), "false_alarm_by": "王秀英", "false_alarm_reason": "reflection"}
IN_HAND = {"acknowledged_at": at(8), "acknowledged_by": "王秀英"}


class Site:
    """A store and its pictures, filled with judged alerts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = Store.open(folder)
        self.snapshots, self.media = SnapshotStore(folder / "snapshots"), MediaStore(folder)

    def judge(self, name: str, verdict: dict[str, Any], *, picture: bytes | None = None, **given: Any) -> Alert:
        """An alert with a verdict and a stored picture."""
        data = picture or jpeg()
        variants: dict[Variant, bytes] = {"clean": data, "annotated": jpeg(80, 60)}
        kept = self.snapshots.save(name, Drawn(variants, (160, 90)), taken_at=at(1))
        fields = {"evidence": {}, **verdict, **given}
        evidence = fields["evidence"]
        fields["evidence"] = {**evidence, "snapshot": kept.evidence() | evidence.get("snapshot", {})}
        return self.keep(alert(name, snapshot=kept.key, **fields))

    def keep(self, one: Alert) -> Alert:
        self.store.commit([acknowledged_by_a_step(one)], AtOnce({}), at(1))
        return one

    def export(self, out: Path, **given: Any) -> Exported:
        return export(self.store.judged(), self.media, NAMES, out, **given)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path / "data")
    yield made
    made.store.close()


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "lessons"


def index(out: Path) -> list[dict[str, str]]:
    with (out / "index.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_verdict_is_a_picture_with_one_box_and_no_claim_about_the_rest(site: Site, out: Path) -> None:
    picture = jpeg(320, 180)
    site.judge("01A", REFLECTION, picture=picture)
    site.judge("01B", IN_HAND, hazard="ebike", camera="门口-2")
    site.keep(alert("01C"))  # nobody has judged it
    assert site.export(out) == Exported(real=1, false=1, left_out={})
    real, false = index(out)
    assert false == {
        "image": "images/01A.jpg",
        "set": "site",
        "source": "site/shed-1",
        "labelled": "",
        "indoor": "",
        "boxes": "0",
        "note": "flame, false alarm: reflection",
    }
    assert (real["source"], real["labelled"], real["boxes"]) == ("site/门口-2", "", "1")
    assert (out / "images/01A.jpg").read_bytes() == picture
    line = "0.200000 0.300000 0.200000 0.200000\n"
    assert [(out / kind / "01A.txt").read_text() for kind in ("labels", "false")] == ["", f"3 {line}"]
    assert [(out / kind / "01B.txt").read_text() for kind in ("labels", "false")] == [f"0 {line}", ""]
    assert (out / "classes.txt").read_text().split() == list(NAMES)


def test_the_box_is_that_of_the_picture(site: Site, out: Path) -> None:
    site.judge("01A", REFLECTION, evidence={"snapshot": {"box": [0.5, 0.5, 0.75, 1.0]}})
    site.export(out)
    assert (out / "false/01A.txt").read_text() == "3 0.625000 0.750000 0.250000 0.500000\n"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        *(({"false_alarm_reason": reason}, reason) for reason in sorted(RIGHTLY_SEEN)),
        ({"snapshot": ""}, "no picture"),
        ({"snapshot": "2026/01/01/gone-000000000-1"}, "no longer kept"),
        ({"snapshot": "../../etc/passwd"}, "no longer kept"),
        ({"hazard": "flying_lead"}, "no class flying_lead"),
        ({"hazard": "clutter", "evidence": {"witness": "reference"}}, "not by the detector"),
        ({"evidence": {"snapshot": {"sha256_clean": "0" * 64}}}, "was changed"),
    ],
)
def test_what_teaches_nothing_is_left_out_and_counted(site: Site, out: Path, given: dict[str, Any], why: str) -> None:
    fields = dict(given)
    key = fields.pop("snapshot", None)
    judged = site.judge("01A", REFLECTION | fields)
    if key is not None:
        site.keep(replace(judged, version=2, snapshot=key))
    done = site.export(out)
    assert (done.real, done.false) == (0, 0)
    [(said, number)] = done.left_out.items()
    assert why in said
    assert number == 1
    assert not out.exists()


def test_who_merely_goes_there_has_not_judged(site: Site, out: Path) -> None:
    goes = Step("01A", 1, at(8), "王秀英", "bot", StepKind.ACCEPTED)
    site.store.commit([Change(ChangeKind.FIRED, alert("01A", **IN_HAND), goes)], AtOnce({}), at(1))
    assert site.store.judged() == []


def test_the_newest_of_each_camera_hazard_and_verdict_are_kept(site: Site, out: Path) -> None:
    for number in range(4):
        site.judge(f"01A{number}", REFLECTION)
    site.judge("01B0", REFLECTION, camera="shed-2")
    site.judge("01B1", IN_HAND)
    done = site.export(out, most=2)
    assert (done.real, done.false) == (1, 3)
    assert [row["image"] for row in index(out)] == [f"images/{name}.jpg" for name in ("01B1", "01B0", "01A3", "01A2")]
    assert list(done.left_out.values()) == [2]


def test_no_person_and_no_place_is_named(site: Site, out: Path) -> None:
    site.judge("01A", REFLECTION)
    site.export(out)
    text = "".join(path.read_text("utf-8") for path in out.rglob("*") if path.suffix in {".csv", ".txt"})
    assert "王秀英" not in text
    assert "Lane 12" not in text
    assert out.stat().st_mode & 0o077 == 0


def test_a_folder_with_something_in_it_is_refused(site: Site, out: Path) -> None:
    site.judge("01A", REFLECTION)
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    with pytest.raises(AlertsError, match="not an empty folder"):
        site.export(out)
    assert [path.name for path in out.iterdir()] == ["mine.txt"]


def test_ctrl_c_leaves_nothing(site: Site, out: Path, tmp_path: Path) -> None:
    site.judge("01A", REFLECTION)
    site.judge("01B", REFLECTION)

    def stopped(alerts: Sequence[Alert]) -> Iterable[Alert]:
        yield alerts[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        site.export(out, progress=stopped)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_the_command_reads_beside_a_running_watch(site: Site, out: Path, tmp_path: Path) -> None:
    """The fixture holds the store's lock, as `xinan watch` does."""
    site.judge("01A", REFLECTION)
    site.judge("01B", REFLECTION | {"false_alarm_reason": "allowed"})
    before = site.store.judged()
    done = run("verdicts", "--out", out, "--set", f"store.path={site.folder}", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "1 false alarms, 0 acknowledged alerts" in done.stdout
    assert done.stderr.splitlines() == ["xinan: left out 1: false for another reason than the detector's (allowed)"]
    assert site.store.judged() == before


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"], ids=["as exported", "saved anew under Windows"])
def test_of_the_false_alarms_those_of_a_list_are_taken(site: Site, out: Path, tmp_path: Path, encoding: str) -> None:
    for name in ("01A", "01B"):
        site.judge(name, REFLECTION)
    site.judge("01C", IN_HAND)
    listed = tmp_path / "false-alarms.jsonl"
    listed.write_text(
        "".join(f'{{"alert": "{name}", "camera": "x"}}\n' for name in ("01B", "01C", "gone")) + "\n", encoding
    )
    store = f"store.path={site.folder}"
    done = run("verdicts", "--out", out, "--set", store, "--false-alarms", listed, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "1 false alarms, 1 acknowledged alerts" in done.stdout
    assert "of the list 2 are no false alarms of this store" in done.stderr
    assert [row["image"] for row in index(out)] == ["images/01C.jpg", "images/01B.jpg"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"alert": "01A"}\nshed-1\n', "line 2: no false alarm as the console exports them"),
        (b'{"alert": 7}\n', "line 1: no false alarm"),
        (b"[1]\n", "line 1: no false alarm"),
        (b"\xff\xfe", "false-alarms.jsonl: "),
        (None, "false-alarms.jsonl: No such file"),
    ],
)
def test_a_list_that_is_none_is_told(site: Site, tmp_path: Path, content: bytes | None, said: str) -> None:
    listed = tmp_path / "false-alarms.jsonl"
    if content is not None:
        listed.write_bytes(content)
    with pytest.raises(AlertsError, match=re.escape(said)):
        on_list(site.store.judged(), listed)


def test_a_model_that_was_exchanged_is_not_trusted(site: Site, out: Path, tmp_path: Path) -> None:
    site.judge("01A", REFLECTION)
    model = {"detector.model": shipped_model(), "detector.sha256": "0" * 64, "store.path": site.folder}
    settings = [word for key, value in model.items() for word in ("--set", f"{key}={value}")]
    done = run("verdicts", "--out", out, *settings, cwd=tmp_path)
    assert done.returncode == 1
    assert "the file was changed" in done.stderr
    assert not out.exists()


def test_a_store_that_is_only_read_takes_nothing_and_is_not_made(site: Site, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nothing was watched"):
        Store.read(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
    site.judge("01A", REFLECTION)
    reader = Store.read(site.folder)
    assert [one.id for one in reader.judged()] == ["01A"]
    with pytest.raises(StoreError, match="readonly"):
        reader.set_meta("key", "value")
    reader.close()


def test_the_other_hazards_are_classes_of_the_shipped_detector() -> None:
    """A verdict on a blocked exit says nothing of what stood there, and leads have a network of their own."""
    names = Detector.load(load_settings().detector.model).names
    assert set(RULES) - set(names) == {"blocked_exit", "flying_lead"}
    assert names == NAMES
