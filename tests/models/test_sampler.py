"""What a pass is made of."""

import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

import models
from models.classes import CLASSES
from models.data import Row, Sample
from models.feed import Batches, collate_arrays, threaded
from models.sampler import SHARES, SIZES, SMALL_TIMES, Mix, Sampler, added_shares, ripeness, share_of
from models.train import Plan, parse, rate_factor
from models.validate import WEIGHTS


def test_shares_and_sizes_are_whole() -> None:
    assert SHARES["rendered"] / sum(SHARES.values()) <= 0.15
    for sizes in SIZES.values():
        assert sum(share for share, _ in sizes.values()) == pytest.approx(1)
        assert all(size % 32 == 0 for size in sizes)
    assert sum(WEIGHTS.values()) == pytest.approx(1)


def test_few_rendered_stills_count_for_little() -> None:
    assert ripeness(20) < 0.2
    assert ripeness(500) == 1


@pytest.mark.parametrize(("box", "times"), [([3, 50, 40, 60, 50], SMALL_TIMES), ([3, 10, 10, 60, 60], 1)])
def test_small_flames_are_drawn_more_often(box: list[float], times: int) -> None:
    sample = replace(picture(), boxes=np.asarray([box], np.float32))
    assert len(Sampler.over([sample], [], []).groups[0]) == times


def test_the_longest_prefix_wins() -> None:
    assert share_of("fire/pbl5_lamps") == "fire/pbl5_lamps"
    assert share_of("fire/pbl5") == "fire/pbl5"
    with pytest.raises(ValueError, match="no share"):
        share_of("elsewhere")


@pytest.mark.parametrize(
    ("gathered", "first", "second", "shares"),
    [(6, 1, 1, (1 / 8, 1 / 8)), (1, 8, 1, (0.3 * 8 / 9, 0.3 / 9)), (0, 1, 0, (0.3,)), (5, 0, 0, ())],
)
def test_added_folders_have_a_share_by_their_size_up_to_a_limit(
    gathered: int, first: int, second: int, shares: tuple[float, ...]
) -> None:
    counts = {"fire/firenet": gathered, "added/one": first, "added/two": second, "rendered": 3}
    there = {source: count for source, count in counts.items() if count}
    assert tuple(added_shares(there, 0.3).values()) == pytest.approx(shares)
    assert added_shares(there, 0.0) == dict.fromkeys(added_shares(there, 0.3), 0.0)


def test_an_added_folder_is_drawn_by_its_share() -> None:
    samples = [picture(source) for source in ("fire/firenet", "added/one", "fire/firenet", "fire/firenet")]
    sampler = Sampler.over(samples, [], [], Mix(rendered=0.0))
    (share,) = [
        share for group, share in zip(sampler.groups, sampler.shares, strict=True) if group[0].row.source == "added/one"
    ]
    assert share == pytest.approx(0.25)


def picture(source: str = "fire/voc2007") -> Sample:
    row = Row("images/x/a.jpg", "x", source, frozenset({3}), "1", "")
    box = np.asarray([[2, 10, 10, 60, 60]], np.float32)
    return Sample(row, np.full((90, 120, 3), 80, np.uint8), box, box[:0], frozenset({2, 3}))


def test_batches_are_seeded_and_square() -> None:
    sampler = Sampler.over([picture()], [], [])
    first, second = (sampler.batch(np.random.default_rng((1, 2))) for _ in range(2))
    assert {view.image.shape[0] for view in first} <= set(SIZES["small"])
    assert len({view.image.shape for view in first}) == 1
    np.testing.assert_array_equal(first[0].image, second[0].image)


def test_collate_numbers_the_pictures() -> None:
    views = Sampler.over([picture()], [], []).batch(np.random.default_rng(5))[:3]
    images, fields = collate_arrays(views)
    assert images.shape == (3, *views[0].image.shape)
    assert images.dtype == np.uint8
    assert set(fields["batch_idx"]) <= {0, 1, 2}
    assert fields["bboxes"].max() <= 1
    unknown = set(fields["ignore"][:, 1].astype(int))
    assert unknown >= set(range(len(CLASSES))) - {2, 3}


def test_the_rate_warms_up_and_cools_down() -> None:
    plan = Plan()
    assert rate_factor(0, 0, plan.warmup_steps) < 0.05
    assert rate_factor(0.1, 500, plan.warmup_steps) > 0.9
    assert rate_factor(1.0, 5000, plan.warmup_steps) == pytest.approx(0.03)
    assert rate_factor(2.0, 5000, plan.warmup_steps) == pytest.approx(0.03)


def test_models_imports_without_the_training_stack() -> None:
    names = [f"models.{file.stem}" for file in Path(models.__file__).parent.glob("*.py") if file.stem != "__init__"]
    assert {"models.site", "models.soup", "models.quantize", "models.tune", "models.from_onnx"} < set(names)
    heavy = ("torch", "ultralytics", "torchvision", "onnx", "onnxslim", "bpy")
    code = f"import sys, {', '.join(names)}; sys.exit(' '.join(name for name in {heavy} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.stderr == b"\n"


def test_a_batch_depends_on_seed_and_step_alone() -> None:
    """The thread of a CPU run and the workers of a GPU run draw the same pictures."""
    sampler = Sampler.over([picture()], [], [], Mix(pictures=2))
    with threaded(sampler, 7, 3) as next_batch:
        views = next_batch()
    again = Batches(sampler, 7, 3, 1)[0]
    assert len(views) == len(again) == 2 * SIZES["small"][views[0].image.shape[0]][1]
    np.testing.assert_array_equal(views[-1].image, again[-1].image)


def test_hard_pictures_are_drawn_more_often() -> None:
    assert len(Sampler.over([picture()], [], [], hard={"images/x/a.jpg": 5}).groups[0]) == 5


ANOTHER = {"pictures": 3, "sizes": "large"}


@pytest.mark.parametrize("name", [item.name for item in fields(Mix)])
def test_every_field_of_a_mix_is_an_option(name: str) -> None:
    value = ANOTHER.get(name, 0.625)
    option = f"--{name.replace('_', '-')}"
    _, plan = parse(["--set", "s", "--start", "w", "--out", "o", "--frozen-layers", "0", option, str(value)])
    assert plan.mix == replace(Mix(), **{name: value}) != Mix()  # type: ignore[arg-type]
    assert plan.frozen_layers == 0
