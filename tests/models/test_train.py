"""The training loop on four pictures and a network that knows nothing: stop, go on, average. Needs torch."""

import hashlib
import importlib.util
import json
import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models import export, sampler, soup, train
from models.classes import CLASSES, EBIKE, FLAME
from models.data import Fold, Row, Sample
from models.dataset import SetError, load_set, set_hash, write_set
from models.feed import Batches, collate_arrays, processes, threaded
from models.files import write_json
from models.network import (
    WeightsError,
    bare_network,
    read_checkpoint,
    save_checkpoint,
    start_network,
    with_our_classes,
)
from models.runs import RunError
from models.sampler import Mix, Sampler
from models.train import Plan
from tests.models.labelled import picture
from vision.backends.onnx import OnnxBackend
from vision.detector import Detector

if importlib.util.find_spec("torch") is None or importlib.util.find_spec("ultralytics") is None:
    pytest.skip("torch and ultralytics are not installed (the train extra)", allow_module_level=True)

pytestmark = pytest.mark.filterwarnings("ignore")

PLAN = Plan(epochs=2, steps=2, threads=1, size=64, warmup_steps=1, mix=Mix(mosaic=0.0))


def sample(name: str, seed: int, source: str = "fire/firenet") -> Sample:
    known = frozenset({FLAME, EBIKE})
    box, none = np.asarray([[FLAME, 10, 10, 60, 50]], np.float32), np.zeros((0, 5), np.float32)
    return Sample(Row(f"x/{name}.jpg", "x", source, known, "1", ""), picture(seed), box, none, known)


def make_set(out: Path, folds: dict[str, Fold], source: str = "fire/firenet") -> Path:
    samples = [(sample(name, seed, source), fold) for seed, (name, fold) in enumerate(folds.items())]
    assert len(list(write_set(out, samples, None))) == len(folds)
    return out


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_set(tmp_path_factory.mktemp("set"), {"a": "train", "b": "train", "c": "train", "d": "val"})


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with random weights. The batch norms have seen noise once: else the signal fades on its way."""
    import torch

    torch.manual_seed(0)
    network = with_our_classes(bare_network())
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        network.train()(torch.rand(8, 3, 64, 64))
    file = tmp_path_factory.mktemp("start") / "start.pt"
    save_checkpoint(file, {"ema": network.state_dict()})
    return file


@pytest.fixture(scope="module", autouse=True)
def small_canvases() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sampler.SIZES, "small", {64: (1.0, 2)})
        yield


@pytest.fixture(scope="module")
def whole(pictures: Path, start: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nobody stopped."""
    out = tmp_path_factory.mktemp("runs") / "whole"
    train.train(pictures, start, out, PLAN)
    return out


def content(file: Path) -> dict[str, bytes]:
    """Everything a checkpoint holds but the time it took, as bytes."""

    def leaves(name: str, value: Any) -> Iterator[tuple[str, bytes]]:
        if isinstance(value, dict | list):
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            for key, item in pairs:
                yield from leaves(f"{name}/{key}", item)
        elif not name.endswith("/spent_s"):
            yield name, value.numpy().tobytes() if hasattr(value, "numpy") else repr(value).encode()

    return dict(leaves("", read_checkpoint(file)))


def test_a_run_that_was_stopped_ends_as_if_it_were_not(
    whole: Path, pictures: Path, start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, saving = tmp_path / "run", save_checkpoint

    def stopped(file: Path, saved: dict[str, Any]) -> None:
        """Ctrl-C in the second pass, when it is logged already."""
        if saved.get("state", {}).get("epoch") == 2:
            raise KeyboardInterrupt
        saving(file, saved)

    monkeypatch.setattr(train, "save_checkpoint", stopped)
    with pytest.raises(KeyboardInterrupt):
        train.train(pictures, start, run, PLAN)
    monkeypatch.setattr(train, "save_checkpoint", saving)
    train.train(pictures, start, run, PLAN, resume=True)
    assert content(run / "last.pt") == content(whole / "last.pt")
    assert content(run / "last.pt").keys() >= {"/state/step", "/ema/model.0.conv.weight"}
    assert {path.name for path in run.iterdir()} == {"run.json", "data.json", "metrics.jsonl", "last.pt", "best.pt"}
    for name in ("run.json", "data.json", "metrics.jsonl"):
        assert (run / name).read_text() == (whole / name).read_text()


def test_the_log_is_json_and_has_one_line_a_pass(whole: Path) -> None:
    """Python's reader takes NaN, others do not."""
    log = (whole / "metrics.jsonl").read_text().splitlines()
    lines = [json.loads(line, parse_constant=pytest.fail) for line in log]
    assert [line["epoch"] for line in lines] == [1, 2]
    assert {"loss", "total", "flame_rec_firenet"} <= lines[0].keys()
    assert "ebike_ap50_voc" not in lines[0], "there is no such picture"


NIGHT = replace(PLAN, mix=replace(PLAN.mix, night=0.5))


@pytest.mark.parametrize(
    ("plan", "more", "message"),
    [
        (PLAN, {"resume": False}, "whole holds a run: go on with it by --resume"),
        (NIGHT, {}, "the run began with night 0.0, now it is 0.5"),
        (replace(PLAN, apart=("fire",)), {}, "no picture to learn from"),
        (replace(PLAN, seed=8), {}, "the run began with seed 7, now it is 8"),
        (PLAN, {"hard": {"x/a.jpg": 3}}, "the run began with hard None, now it is "),
    ],
)
def test_a_folder_holds_one_run(
    whole: Path, pictures: Path, start: Path, plan: Plan, more: dict[str, Any], message: str
) -> None:
    before = {path.name: path.read_bytes() for path in whole.iterdir()}
    with pytest.raises((RunError, SetError), match=message):
        train.train(pictures, start, whole, plan, **{"resume": True, **more})
    assert {path.name: path.read_bytes() for path in whole.iterdir()} == before


def test_a_run_goes_on_with_its_own_pictures_only(whole: Path, start: Path, pictures: Path, tmp_path: Path) -> None:
    other = make_set(tmp_path / "other", {"a": "train", "d": "val"})
    with pytest.raises(RunError, match="the run began with set "):
        train.train(other, start, whole, PLAN, resume=True)
    with pytest.raises(RunError, match=r"nowhere: no last\.pt to go on from"):
        train.train(pictures, start, tmp_path / "nowhere", PLAN, resume=True)
    assert not (tmp_path / "nowhere").exists()


def test_a_run_can_go_on_longer(whole: Path, pictures: Path, start: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path / "run")
    train.train(pictures, start, tmp_path / "run", replace(PLAN, epochs=3, threads=2), resume=True)
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2, 3]


def test_the_mean_of_a_run_with_itself_is_the_run(whole: Path, pictures: Path, start: Path, tmp_path: Path) -> None:
    last, out = whole / "last.pt", tmp_path / "new" / "soup.pt"
    line = ["--start", str(start), "--out", str(out), "--set", str(pictures), "--size", "64", "--threads", "1"]
    soup.main([str(last), str(last), *line])
    mixed, wanted = read_checkpoint(out), read_checkpoint(last)
    assert mixed["ema"].keys() == wanted["ema"].keys()
    for name, value in wanted["ema"].items():
        np.testing.assert_allclose(mixed["ema"][name], value, atol=1e-6)
    assert "total" in mixed["metrics"]


def test_a_checkpoint_becomes_a_detector(whole: Path, pictures: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnxslim")
    chosen, out = tmp_path / "thresholds.json", tmp_path / "mine.onnx"
    limits = {name: round(0.1 + index / 100, 2) for index, name in enumerate(CLASSES)}
    write_json(chosen, limits)
    line = ["--checkpoint", str(whole / "last.pt"), "--set", str(pictures), "--size", "96", "--out", str(out)]
    export.main([*line, "--thresholds", str(chosen)])
    detector = Detector.load(out)
    assert (detector.names, detector.thresholds, detector.info.input_size) == (CLASSES, limits, 96)
    said = OnnxBackend(out).metadata
    assert said["data_hash"] == set_hash(pictures)
    entry = tomllib.loads(export.zoo_entry(out, dict(said)))
    assert entry["shipped"] == "mine"
    assert entry["models"]["mine"]["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert entry["models"]["mine"]["size"] == out.stat().st_size


def test_with_nothing_held_out_the_last_pass_is_the_best(start: Path, tmp_path: Path) -> None:
    train.train(make_set(tmp_path / "set", {"a": "train"}), start, tmp_path / "run", PLAN)
    last, best = (content(tmp_path / "run" / name) for name in ("last.pt", "best.pt"))
    ema = [name for name in best if name.startswith("/ema/")]
    assert len(ema) > 100
    assert all(best[name] == last[name] for name in ema)


def test_the_loop_of_a_gpu_learns_from_batches_of_processes(pictures: Path, start: Path, tmp_path: Path) -> None:
    """A second name of the processor stands in for a GPU."""
    train.train(pictures, start, tmp_path / "run", replace(PLAN, epochs=1, device="cpu:0", workers=1))
    before, after = read_checkpoint(start)["ema"], read_checkpoint(tmp_path / "run" / "last.pt")["model"]
    row = "model.23.cv3.0.2.weight"
    assert not before[row][FLAME].any()
    assert after[row][FLAME].any(), "only a gradient moves a row of zeros"
    assert after["model.0.conv.weight"].equal(before["model.0.conv.weight"]), "the first layers are frozen"


def test_processes_draw_what_a_thread_draws(pictures: Path) -> None:
    drawn = Sampler.over(load_set(pictures, "train"), [], [])
    images, boxes = next(processes(drawn, 7, 3, 2, 1))
    wanted, fields_wanted = collate_arrays(Batches(drawn, 7, 3, 2)[0])
    np.testing.assert_array_equal(images, wanted)
    np.testing.assert_array_equal(boxes["bboxes"], fields_wanted["bboxes"])


def test_an_error_in_the_batches_ends_the_run(pictures: Path) -> None:
    drawn = Sampler.over(load_set(pictures, "train"), [], [], Mix(sizes="huge"))
    with pytest.raises(KeyError, match="huge"), threaded(drawn, 7, 0) as next_batch:
        next_batch()


@pytest.mark.parametrize(
    ("held", "message"),
    [
        (b"", r"start\.pt: no checkpoint of .*: no averaged weights"),
        (b"junk", r"start\.pt: no checkpoint of .*: no averaged weights"),
        ({"state": 1}, r"start\.pt: no checkpoint of .*: no averaged weights"),
        ({"ema": {}}, r"start\.pt: not the weights of our network: model\.0\.conv\.weight is missing"),
    ],
)
def test_weights_that_are_none_are_named(tmp_path: Path, held: Any, message: str) -> None:
    file = tmp_path / "start.pt"
    file.write_bytes(held) if isinstance(held, bytes) else save_checkpoint(file, held)
    with pytest.raises(WeightsError, match=message):
        start_network(file)


@pytest.mark.parametrize("held", [b"", b"junk", {"model.0.conv.weight": np.zeros(3)}])
def test_coco_weights_that_are_none_are_named(tmp_path: Path, held: Any) -> None:
    file = tmp_path / "coco.npz"
    file.write_bytes(held) if isinstance(held, bytes) else np.savez(file, **held)
    with pytest.raises(WeightsError, match=r"coco\.npz: no"):
        start_network(file)


@pytest.mark.parametrize(
    ("more", "line"),
    [
        (["--set", "lost"], "lost is no training set"),
        (["--start", "lost.npz"], "lost.npz: No such file or directory"),
        (["--hard", "lost.json"], "lost.json: No such file or directory"),
        (["--out", "set/pictures.jsonl"], "set/pictures.jsonl: "),
        (["--device", "nothing"], "--device nothing: "),
        (["--set", "strange"], "source 'elsewhere' has no share"),
        (["--set", "held"], "held: the set has no picture to learn from"),
    ],
)
def test_bad_input_is_one_line(
    start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: list[str], line: str
) -> None:
    monkeypatch.chdir(tmp_path)
    make_set(tmp_path / "set", {"a": "train"})
    make_set(tmp_path / "strange", {"a": "train"}, "elsewhere")
    make_set(tmp_path / "held", {"a": "val"})
    with pytest.raises(SystemExit) as ended:
        train.main(["--set", "set", "--start", str(start), "--out", "run", *more])
    assert str(ended.value).startswith(f"xinan: {line}")
    assert not (tmp_path / "run").exists()


def test_a_soup_of_nothing_is_one_line(start: Path, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"^xinan: .*lost\.npz: No such file or directory$"):
        soup.main([str(start), "--start", str(tmp_path / "lost.npz"), "--out", str(tmp_path / "soup.pt")])
    with pytest.raises(SystemExit, match="2"):
        soup.main([str(start), "--start", str(start)])
    assert not list(tmp_path.iterdir())


def test_an_unknown_source_is_an_error_of_the_set() -> None:
    with pytest.raises(SetError, match="'elsewhere' has no share"):
        Sampler.over([sample("a", 1, "elsewhere")], [], [])
