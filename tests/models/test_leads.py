"""Painted leads: what is painted is what is labelled, the same seed gives the same picture, a step of training runs."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.errors import WorkshopError
from models.leads.courses import STYLES, course
from models.leads.gather import label_of, labelled
from models.leads.paint import Stroke, lead_stroke, paint
from models.leads.scenes import SIDE, Bases, sample

BIKE = (150.0, 150.0, 250.0, 240.0)


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bases")
    rng = np.random.default_rng(3)
    (folder / "cutouts").mkdir()
    for name in ("r0", "r1"):
        cv2.imwrite(str(folder / f"{name}.jpg"), rng.integers(60, 200, (240, 320, 3)).astype(np.uint8))
    (folder / "r0.txt").write_text("60 60 200 200\n")
    cv2.imwrite(str(folder / "cutouts" / "0.png"), rng.integers(0, 255, (80, 120, 4)).astype(np.uint8))
    return folder


def test_samples_have_their_form_and_follow_their_seed(bases: Path) -> None:
    loaded = Bases(bases)
    masks = []
    for seed in range(24):
        image, mask = sample(loaded, np.random.default_rng(seed))
        again, _ = sample(loaded, np.random.default_rng(seed))
        assert image.shape == (SIDE, SIDE, 3) and image.dtype == np.uint8
        assert mask.shape == (SIDE // 2, SIDE // 2) and mask.dtype == np.float32
        assert mask.min() >= 0 and mask.max() <= 1
        assert np.array_equal(image, again)
        masks.append(mask.max())
    assert 0.3 < np.mean([top > 0.5 for top in masks]) < 0.95, "pictures with and without leads"


def test_bases_without_machines_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WorkshopError, match="two-wheelers"):
        Bases(tmp_path)


def test_a_course_touches_the_machine_and_leaves_it() -> None:
    x1, y1, x2, y2 = BIKE
    far = []
    for seed in range(60):
        points = course(np.random.default_rng(seed), BIKE)
        inside = (points[:, 0] > x1 - 9) & (points[:, 0] < x2 + 9) & (points[:, 1] > y1 - 9) & (points[:, 1] < y2 + 30)
        assert inside.any()
        far.append(not inside.all())
    assert np.mean(far) > 0.9
    assert len(STYLES) == len(set(STYLES))


def test_paint_changes_what_it_covers_and_nothing_far_from_it() -> None:
    image = np.full((SIDE, SIDE, 3), 0.5, np.float32)
    line = np.array(((40.0, 40.0), (200.0, 60.0), (340.0, 300.0)))
    cover = paint(image, [line], Stroke((2.0, 2.0), (0.05, 0.05, 0.05), 0.3, 0.0), np.random.default_rng(0))
    changed = np.abs(image - 0.5).max(axis=2) > 0.02
    assert changed.any()
    assert not (changed & (cv2.dilate(cover, np.ones((5, 5))) == 0)).any()
    assert image[cover > 0.8].mean() < 0.35


def test_what_nobody_can_see_is_not_labelled() -> None:
    image = np.full((SIDE, SIDE, 3), 0.5, np.float32)
    same = Stroke((1.0, 1.0), (0.5 / 0.8,) * 3, 0.0, 0.0)
    assert paint(image, [np.array(((40.0, 40.0), (300.0, 200.0)))], same, np.random.default_rng(0)).max() == 0


def test_leads_are_thin_beside_their_machine() -> None:
    widths = [lead_stroke(np.random.default_rng(seed), 175.0).width[0] for seed in range(200)]
    assert min(widths) >= 0.45 and max(widths) <= 6


def test_labels_lie_beside_their_pictures(tmp_path: Path) -> None:
    image = tmp_path / "images" / "wheels" / "a.jpg"
    label = label_of(image)
    assert label == tmp_path / "labels" / "wheels" / "a.txt"
    for path in (image, label):
        path.parent.mkdir(parents=True)
    cv2.imwrite(str(image), np.zeros((100, 200, 3), np.uint8))
    label.write_text("0 0.5 0.5 0.5 0.5\n6 0.1 0.1 0.05 0.05\n")
    picture = labelled(image, label)
    assert picture.machines == [(50.0, 25.0, 150.0, 75.0)]
    with pytest.raises(WorkshopError, match="not a readable picture"):
        labelled(tmp_path / "none.jpg", label)


@pytest.mark.filterwarnings("ignore")  # of the export
def test_a_few_steps_train_export_and_load(bases: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="the extra train is not installed")
    pytest.importorskip("onnx", reason="the extra train is not installed")
    from models.leads.export import export
    from models.leads.train import train
    from vision.leads import LeadNetwork

    weights, file = tmp_path / "leads.pt", tmp_path / "leads.onnx"
    train(bases, weights, start=None, steps=1, minutes=5, batch=1, workers=0, seed=1)
    train(bases, weights, start=weights, steps=1, minutes=5, batch=1, workers=0, seed=2)
    export(weights, file, "0.0.0")
    network = LeadNetwork.load(file)
    seen = network.look(np.zeros((64, 96, 3), np.uint8))
    assert network.version == "0.0.0"
    assert seen.shape == (32, 48)
    assert seen.min() >= 0 and seen.max() <= 1


@pytest.mark.filterwarnings("ignore")  # of the export
def test_the_int8_copy_says_nearly_the_same(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="the extra train is not installed")
    torch = pytest.importorskip("torch", reason="the extra train is not installed")
    from models.leads.export import export
    from models.leads.network import LeadNetwork as Trainable
    from models.leads.quantize import quantize
    from vision.leads import LeadNetwork, as_input

    torch.manual_seed(4)
    weights, whole, small = tmp_path / "leads.pt", tmp_path / "leads.onnx", tmp_path / "int8.onnx"
    torch.save(Trainable().state_dict(), weights)
    export(weights, whole, "0.0.0")
    rng = np.random.default_rng(4)
    pictures = [cv2.blur(rng.integers(0, 255, (128, 128, 3), np.uint8), (9, 9)) for _ in range(4)]
    quantize(whole, small, "0.0.1", (as_input(np.asarray(picture, np.uint8)) for picture in pictures))
    before, after = LeadNetwork.load(whole), LeadNetwork.load(small)
    assert after.version == "0.0.1"
    assert small.stat().st_size < 0.4 * whole.stat().st_size
    for picture in pictures:
        apart = np.abs(before.look(np.asarray(picture, np.uint8)) - after.look(np.asarray(picture, np.uint8)))
        assert apart.max() < 0.05
