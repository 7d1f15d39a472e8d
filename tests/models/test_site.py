"""A site model end to end: a repeated false alarm leaves the store, is learnt, and is gone; what was seen stays seen.

Needs the `train` extra. The false alarm is searched for, so that the test outlives the shipped model: flame-shaped
lamps of several colours and sizes are painted into a scene, and the one most like a flame to the model is taken. If the
model is too good for all of them, it starts from a copy with a flame threshold that this lamp reaches.
"""

import csv
import importlib.util
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from alerts.alert import Alert
from alerts.db.store import Store
from alerts.evidence.media import MediaStore
from alerts.evidence.snapshot import Drawn, SnapshotStore
from alerts.routing.plan import AtOnce
from alerts.verdicts import export
from models.classes import CLASSES, EBIKE, FLAME, SMOKE
from models.data import Row, Sample, load_sample, read_holdout, read_index, shared_data
from models.folds import unit
from models.geometry import Floats, Image
from models.ordinary import demo_frames
from models.site_report import Outcome, Report, agreement, score_at
from models.subject import rows_of
from tests.alerts.making import acknowledged_by_a_step, alert, at
from vision.detector import Detector, sha256_of, shipped_model

if any(importlib.util.find_spec(name) is None for name in ("torch", "ultralytics", "onnx", "onnxslim")):
    pytest.skip("torch, ultralytics, onnx or onnxslim is not installed (the train extra)", allow_module_level=True)

pytestmark = pytest.mark.filterwarnings("ignore")

SIZE = 416
SCENARIOS = Path(__file__).parents[1] / "scenarios"
COLOURS = (((230, 255, 255), (30, 140, 255)), ((160, 240, 255), (0, 90, 230)), ((60, 200, 255), (20, 60, 200)))
LAMPS = [
    (place, size, core, halo)
    for place in ((0.35, 0.4), (0.5, 0.7), (0.7, 0.3))
    for size in (0.05, 0.1, 0.14)
    for core, halo in COLOURS
]


@dataclass(frozen=True)
class Lamp:
    """A painted lamp. box: pixels. score: the best flame the base sees there."""

    image: Image
    box: Floats
    score: float


@dataclass(frozen=True)
class Site:
    """What the module's one training gave. start: the file that base was loaded from."""

    start: Path
    base: Detector
    tuned: Detector
    lamp: Lamp
    file: Path


def scene(name: str, second: float) -> Image:
    capture = cv2.VideoCapture(str(SCENARIOS / f"{name}.mp4"))
    capture.set(cv2.CAP_PROP_POS_MSEC, second * 1000)
    return np.asarray(capture.read()[1], np.uint8)


def lit(image: Image, place: tuple[float, float], size: float, core: tuple[int, ...], halo: tuple[int, ...]) -> Lamp:
    """A bright drop with a halo, half as wide at the top, `size` of the picture high to each side of `place`."""
    height, width = image.shape[:2]
    x, y, reach = place[0] * width, place[1] * height, size * height
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    up = (rows - y) / reach
    away = np.hypot((columns - x) / (0.8 * reach) / np.clip((up + 1) / 1.6, 0.05, 1), up)[..., None]
    glow, heart = 0.9 * (1.6 - away).clip(0, 1), (1.05 - 1.5 * away).clip(0, 1)
    painted = image * (1 - glow) + np.asarray(halo) * glow
    painted = painted * (1 - heart) + np.asarray(core) * heart
    box = np.asarray([x - reach, y - 1.2 * reach, x + reach, y + 1.2 * reach], np.float32)
    return Lamp(np.asarray(cv2.GaussianBlur(painted.clip(0, 255).astype(np.uint8), (5, 5), 0), np.uint8), box, 0.0)


def another_day(image: Image, seed: int) -> Image:
    """The same camera with other light, noise, a tremble and JPEG."""
    rng = np.random.default_rng(seed)
    matrix = np.asarray([[1, 0, rng.uniform(-3, 3)], [0, 1, rng.uniform(-3, 3)]], np.float32)
    moved = cv2.warpAffine(image, matrix, image.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
    seen = 255 * (moved / 255.0) ** np.exp(rng.uniform(-0.2, 0.2)) + rng.normal(0, 5, moved.shape)
    coded = cv2.imencode(".jpg", seen.clip(0, 255).astype(np.uint8))[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)


def falsest(detector: Detector) -> Lamp:
    """The lamp that looks most like a flame."""
    quiet = scene("quiet_parcel_corridor_day", 1.0)
    lamps = [lit(quiet, *lamp) for lamp in LAMPS]
    scores = [score_at(rows_of(detector, lamp.image), FLAME, lamp.box) for lamp in lamps]
    best = int(np.argmax(scores))
    return Lamp(lamps[best].image, lamps[best].box, scores[best])


def that_alarms(lamp: Lamp, folder: Path) -> Path:
    """The shipped model; where the lamp stays below its threshold, a copy with a lower one."""
    import onnx

    graph = onnx.load(str(shipped_model()))
    said = {entry.key: entry for entry in graph.metadata_props}
    thresholds = json.loads(said["thresholds"].value)
    if lamp.score >= thresholds["flame"]:
        return shipped_model()
    said["thresholds"].value = json.dumps({**thresholds, "flame": 0.8 * lamp.score})
    onnx.save(graph, str(folder / "bold.onnx"))
    return folder / "bold.onnx"


def judged(name: str, image: Image, box: Floats, snapshots: SnapshotStore, **verdict: object) -> Alert:
    height, width = image.shape[:2]
    coded = cv2.imencode(".jpg", image)[1].tobytes()
    kept = snapshots.save(name, Drawn({"clean": coded, "annotated": coded}, (width, height)), taken_at=at(1))
    place = [float(value) for value in box / [width, height, width, height]]
    return alert(name, snapshot=kept.key, evidence={"snapshot": {**kept.evidence(), "box": place}}, **verdict)


def alerts_of(base: Detector, lamp: Lamp, snapshots: SnapshotStore) -> Iterator[Alert]:
    """The lamp called a false alarm on four days, and a fire and an e-bike that were real."""
    wrong = {"false_alarm_at": at(9), "false_alarm_by": "Li", "false_alarm_reason": "reflection"}
    for day in range(4):
        yield judged(f"01A{day}", another_day(lamp.image, day), lamp.box, snapshots, **wrong)
    in_hand = {"acknowledged_at": at(9), "acknowledged_by": "Li"}
    lift = [scene("ebike_lift_day", second) for second in np.arange(6.0, 12.0)]
    for hazard, images in (("flame", list(demo_frames(0))), ("ebike", lift)):
        image = max(images, key=lambda image: best(base, image, hazard))
        rows = rows_of(base, image)
        row = rows[rows[:, 5] == CLASSES.index(hazard)][0]
        assert row[4] >= base.thresholds[hazard], f"the base sees no {hazard} in any of the pictures"
        yield judged(f"01B{hazard}", image, row[:4], snapshots, hazard=hazard, **in_hand)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    from models.site import main

    folder = tmp_path_factory.mktemp("site")
    lamp = falsest(Detector.load(input_size=SIZE))
    start = that_alarms(lamp, tmp_path_factory.mktemp("start"))
    base = Detector.load(start, input_size=SIZE)
    store, snapshots = Store.open(folder / "data"), SnapshotStore(folder / "data" / "snapshots")
    store.commit([acknowledged_by_a_step(one) for one in alerts_of(base, lamp, snapshots)], AtOnce({}), at(10))
    export(store.judged(), MediaStore(folder / "data"), base.names, folder / "lessons")
    store.close()
    out = folder / "site.onnx"
    few = f"--size {SIZE} --views 4 --steps 80 --threads 1".split()
    main(["--verdicts", str(folder / "lessons"), "--base", str(start), "--out", str(out), *few])
    return Site(start, base, Detector.load(out, input_size=SIZE), lamp, out)


def test_the_repeated_false_alarm_is_gone_on_days_that_were_not_learnt(site: Site) -> None:
    limit = site.base.thresholds["flame"]
    for day in range(100, 106):
        image = another_day(site.lamp.image, day)
        before, after = (score_at(rows_of(model, image), FLAME, site.lamp.box) for model in (site.base, site.tuned))
        assert after < limit
        assert after <= max(before / 2, 0.02)


def test_what_was_seen_in_the_clips_is_still_seen_and_as_surely(site: Site) -> None:
    images = [image for start in (0.5, 1.5) for image in demo_frames(start)]
    images += [scene(name, second) for name in ("ebike_lift_day", "clutter_corridor_day") for second in range(4, 28, 3)]
    counts = np.sum([agreement(site.base.detect(image), site.tuned.detect(image)) for image in images], axis=0)
    assert counts[0] >= 20
    assert counts[1] >= 0.95 * counts[0]
    assert counts[2] <= 0.1 * counts[0]
    for name in ("ebike", "person"):
        before, after = ([best(model, image, name) for image in images] for model in (site.base, site.tuned))
        assert np.subtract(before, after).clip(0).mean() < 0.03


def test_the_fire_of_the_demo_is_still_seen(site: Site) -> None:
    limit = site.base.thresholds["flame"]
    burning = [image for image in demo_frames(0.5) if best(site.base, image, "flame") >= limit]
    assert len(burning) >= 3
    # Its first, small flame may look like the lamp.
    assert sum(best(site.tuned, image, "flame") >= limit for image in burning) >= 0.8 * len(burning)


def test_real_pictures_that_were_held_out_are_still_understood(site: Site) -> None:
    data = shared_data()
    if data is None:
        pytest.skip("the gathered pictures are not here (set XINAN_SHARED)")
    folds, nothing = read_holdout(), np.zeros((0, 6), np.float32)
    rows = [row for row in read_index(data) if folds.get(row.image) == "val"]
    pictures = [load_sample(data, row, nothing).image for row in rows[:: max(1, len(rows) // 80)]]
    counts = np.sum([agreement(site.base.detect(image), site.tuned.detect(image)) for image in pictures], axis=0)
    assert counts[1] >= 0.9 * counts[0]
    assert counts[2] <= 0.1 * counts[0]


def best(detector: Detector, image: Image, name: str) -> float:
    rows = rows_of(detector, image)
    return float(rows[rows[:, 5] == CLASSES.index(name), 4].max(initial=0.0))


def test_the_file_and_its_report_say_what_they_are(site: Site) -> None:
    from models.from_onnx import metadata_of

    said = metadata_of(site.file)
    assert said["version"] == metadata_of(shipped_model())["version"] + "+site"
    assert said["base"] == sha256_of(site.start)
    report = json.loads(site.file.with_suffix(".json").read_text("utf-8"))
    with (site.file.parent / "lessons" / "index.csv").open(newline="", encoding="utf-8") as file:
        assert [one["image"] for one in report["pictures"]] == [row["image"] for row in csv.DictReader(file)]
    assert report["objections"] == []
    assert sorted(one["name"] for one in report["pictures"] if one["real"]) == ["ebike", "flame"]
    assert {one["outcome"] for one in report["pictures"] if not one["real"]} <= {"gone", "unseen"}
    assert sorted(path.name for path in site.file.parent.iterdir()) == ["data", "lessons", "site.json", "site.onnx"]


def test_a_file_with_other_classes_is_refused(tmp_path: Path) -> None:
    import onnx

    from models.from_onnx import ForeignModel, network_of

    graph = onnx.load(str(shipped_model()))
    for entry in graph.metadata_props:
        if entry.key == "names" or entry.key == "thresholds":
            entry.value = entry.value.replace("ebike", "scooter")
    onnx.save(graph, str(tmp_path / "other.onnx"))
    with pytest.raises(ForeignModel, match="its classes are scooter"):
        network_of(tmp_path / "other.onnx")


def test_another_network_is_refused(tmp_path: Path) -> None:
    import onnx

    from models.from_onnx import ForeignModel, network_of

    graph = onnx.load(str(shipped_model()))
    next(item for item in graph.graph.initializer if item.name == "model.0.conv.bias").name = "odd"
    for node in graph.graph.node:
        for index, name in enumerate(node.input):
            if name == "model.0.conv.bias":
                node.input[index] = "odd"
    onnx.save(graph, str(tmp_path / "other.onnx"))
    with pytest.raises(ForeignModel, match=r"model\.0\.conv\.bias is None"):
        network_of(tmp_path / "other.onnx")


def test_a_model_that_loses_an_acknowledged_alert_is_not_written(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models import site as command

    lost = Outcome("images/a.jpg", "site/shed-1", "ebike", True, 0.3, before=0.5, after=0.1)
    monkeypatch.setattr(command, "compare", lambda *_: Report([lost], {}, {}, (0, 0, 0)))
    lessons, out = str(site.file.parent / "lessons"), tmp_path / "site.onnx"
    with pytest.raises(SystemExit, match=r"NOT WRITTEN.*\n.*the acknowledged ebike is lost") as ended:
        command.main(["--verdicts", lessons, "--out", str(out), "--size", "160", "--steps", "1"])
    assert ended.value.code != 0
    assert [path.name for path in tmp_path.iterdir()] == ["site.refused.json"]


def test_ctrl_c_while_the_models_are_compared_leaves_the_old_file(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models import site as command

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "compare", stopped)
    out = tmp_path / "site.onnx"
    out.write_text("the old one")
    lessons = str(site.file.parent / "lessons")
    with pytest.raises(SystemExit, match="130"):
        command.main(["--verdicts", lessons, "--out", str(out), "--size", "160", "--steps", "1"])
    assert [path.name for path in tmp_path.iterdir()] == ["site.onnx"]
    assert out.read_text() == "the old one"


def test_a_refusal_leaves_the_good_model_and_its_report_together(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models import site as command

    lost = Outcome("images/a.jpg", "site/shed-1", "ebike", True, 0.3, before=0.5, after=0.1)
    made = iter([Report([lost], {}, {}, (0, 0, 0)), Report([], {}, {}, (0, 0, 0))])
    monkeypatch.setattr(command, "compare", lambda *_: next(made))
    out, report = tmp_path / "site.onnx", tmp_path / "site.json"
    out.write_text("the good one")
    report.write_text("its report")
    line = ["--verdicts", str(site.file.parent / "lessons"), "--out", str(out), "--size", "160", "--steps", "1"]
    with pytest.raises(SystemExit, match="NOT WRITTEN"):
        command.main(line)
    assert (out.read_text(), report.read_text()) == ("the good one", "its report")
    assert json.loads((tmp_path / "site.refused.json").read_text("utf-8"))["objections"]
    command.main(line)
    assert json.loads(report.read_text("utf-8"))["objections"] == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["site.json", "site.onnx"]


def held_out(source: str, *names: str) -> list[Sample]:
    none = np.zeros((0, 5), np.float32)
    rows = (Row(f"images/x/{name}.jpg", "x", source, frozenset(), "1", "") for name in names)
    return [Sample(row, np.zeros((4, 4, 3), np.uint8), none, none, frozenset()) for row in rows]


def test_no_video_tells_how_bold_the_base_was_and_measures_too() -> None:
    from models.site import halves

    video = [f"pbl5_{number:04}" for number in (*range(112, 120), *range(338, 346), *range(402, 406))]
    held = [*held_out("fire/pbl5", *video), *held_out("fire/voc2007", "a1", "b2", "c3", "d4"), *held_out("x/y", "e")]
    bold, measured = halves(held)
    units = [{unit(one.row) for one in side} for side in (bold, measured)]
    assert not units[0] & units[1]
    assert sorted(map(id, [*bold, *measured])) == sorted(map(id, held))
    counts = [Counter(one.row.source for one in side) for side in (bold, measured)]
    assert counts == [{"fire/pbl5": 8, "fire/voc2007": 2}, {"fire/pbl5": 12, "fire/voc2007": 2, "x/y": 1}]


def test_a_class_is_made_bold_by_the_pictures_that_show_it() -> None:
    """The flame was surer before; the e-bike was seen nowhere; smoke was held out nowhere."""
    import torch

    from models.tune import MOST_SHIFT, USUAL_SHIFT, Study, embolden

    head = SimpleNamespace(cv3=[torch.nn.Sequential(torch.nn.Conv2d(1, len(CLASSES), 1))])
    torch.nn.init.zeros_(head.cv3[0][0].weight)
    torch.nn.init.constant_(head.cv3[0][0].bias, -2.0)
    feats, mask = [torch.ones(1, 1, 1, 1)], torch.ones(len(CLASSES), 1, dtype=torch.bool)
    seen = Study(feats, torch.full((len(CLASSES), 1), 0.9), mask)
    unseen = Study(feats, torch.zeros(len(CLASSES), 1), mask)
    held = [({EBIKE}, unseen), ({FLAME}, seen)]
    limits = dict.fromkeys(CLASSES, 0.9)
    added = embolden(SimpleNamespace(model=[head]), [unseen], held, {EBIKE, FLAME, SMOKE}, limits)
    assert added == pytest.approx({"ebike": 0.0, "flame": MOST_SHIFT, "smoke": USUAL_SHIFT})
    bias = head.cv3[0][0].bias
    assert bias[[EBIKE, FLAME, SMOKE]].tolist() == pytest.approx([-2.0, -2.0 + MOST_SHIFT, -2.0 + USUAL_SHIFT])
