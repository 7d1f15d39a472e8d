"""What a training pass is made of: how often each source is drawn, and what is pasted into it."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator

from models.augment import Camera, View, training_view
from models.classes import EBIKE, FLAME
from models.data import Sample
from models.dataset import SetError
from models.folds import ADDED
from models.paste import Sprite, put_flame, put_lamps, put_scooter

#: source prefix -> share of all draws. Shares of absent sources are spread over the others. A folder that the user
#: added has a share of its own, see `added_shares`.
SHARES: Final[dict[str, float]] = {
    "fire/firenet": 0.17,
    "fire/pbl5_lamps": 0.05,
    "fire/pbl5": 0.11,
    "fire/voc2007": 0.06,
    "ebike/voc2007": 0.22,
    "ebike/lift_photos": 0.06,
    "ebike/wheelchair": 0.08,
    "ebike2/nervewastaken": 0.05,
    "ebike2/quan": 0.01,
    "ebike2/dinhtuan": 0.005,
    "ebike2/SYNTHETIC": 0.02,
    "ebike2/bhavana4790": 0.02,
    "ebike2/jerryshen0523": 0.02,
    "ebike2/furniture": 0.04,
    "ebike2/backgrounds": 0.05,
    "clutter/ScottHodg": 0.03,
    "clutter/lexra": 0.005,
    "clutter/m4nh": 0.01,
    "rendered": 0.12,
}
REAL: Final = sum(share for name, share in SHARES.items() if name != "rendered")
RIPE_RENDERED: Final = 200
#: A picture whose flames are all small (a lighter, candles) is drawn this many times as often as its neighbours.
SMALL_TIMES, SMALL_AREA = 3, 0.03
SCOOTER_GROUNDS: Final = (
    "fire/pbl5_lamps",
    "ebike2/backgrounds",
    "ebike2/furniture",
    "fire/voc2007",
    "clutter/lexra",
)
#: canvas side -> (share of batches, pictures a batch); the work of a batch stays about the same.
SIZES: Final[dict[str, dict[int, tuple[float, int]]]] = {
    "small": {320: (0.2, 23), 384: (0.35, 16), 448: (0.25, 12), 512: (0.2, 9)},
    "large": {384: (0.15, 16), 448: (0.2, 12), 512: (0.3, 9), 576: (0.2, 7), 640: (0.15, 6)},
    "final": {512: (0.2, 9), 576: (0.3, 7), 640: (0.35, 6), 704: (0.15, 5)},
}


@dataclass(frozen=True, slots=True)
class Mix:
    """What a pass is made of, besides `SHARES`.

    rendered: share of rendered stills among all draws. added: the most that the user's own pictures get of the others.
    mosaic, paste_*: share of the views (of the pictures that may carry it).
    faults, grey_flames, blown_flames: see `models.augment.Camera`.
    night: share of the pasted flames and lamps that shine in the dark. pale: share of the other pasted flames that are
    blown out to cream and white.
    sizes: a key of `SIZES`. pictures: batches are this many times larger.
    """

    rendered: float = SHARES["rendered"]
    added: float = 0.3
    mosaic: float = 0.35
    paste_flame: float = 0.10
    paste_lamps: float = 0.15
    paste_scooter: float = 0.10
    faults: float = 1.0
    grey_flames: float = 0.07
    blown_flames: float = 0.1
    night: float = 0.0
    pale: float = 0.0
    sizes: str = "small"
    pictures: int = 1


@dataclass(frozen=True, slots=True)
class Sampler:
    """Draws samples by source, in proportion to `SHARES`, and makes training views of them."""

    groups: tuple[tuple[Sample, ...], ...]
    shares: tuple[float, ...]
    scooters: tuple[Sprite, ...]
    flames: tuple[Sprite, ...]
    mix: Mix

    @classmethod
    def over(
        cls,
        samples: Sequence[Sample],
        scooters: Sequence[Sprite],
        flames: Sequence[Sprite],
        mix: Mix | None = None,
        hard: Mapping[str, int] | None = None,
    ) -> "Sampler":
        """A sampler over what is there. hard: image → how many times as often it is drawn as its neighbours."""
        mix = mix or Mix()
        grouped: defaultdict[str, list[Sample]] = defaultdict(list)
        for sample in samples:
            times = max(SMALL_TIMES if small_flames(sample) else 1, (hard or {}).get(sample.row.image, 1))
            grouped[share_of(sample.row.source)].extend([sample] * times)
        wanted = wanted_shares({name: len({id(sample) for sample in group}) for name, group in grouped.items()}, mix)
        shares = np.asarray([wanted[name] for name in grouped])
        shares /= shares.sum()
        groups = tuple(tuple(group) for group in grouped.values())
        return cls(groups, tuple(float(share) for share in shares), tuple(scooters), tuple(flames), mix)

    def draw(self, rng: Generator) -> Sample:
        """One sample, with or without something pasted into it."""
        group = self.groups[int(rng.choice(len(self.groups), p=self.shares))]
        return self.dressed(group[int(rng.integers(len(group)))], rng)

    def dressed(self, sample: Sample, rng: Generator) -> Sample:
        """Lamps first, then a scooter, then a flame: each only where its class is known to be complete."""
        burning = bool((sample.boxes[:, 0] == FLAME).any())
        if FLAME in sample.known and not burning and rng.random() < self.mix.paste_lamps:
            sample = put_lamps(sample, rng, self.mix.night)
        grounds = sample.row.source.startswith(SCOOTER_GROUNDS)
        scooter_rate = self.mix.paste_scooter * (3 if grounds else 0)
        if EBIKE in sample.known and self.scooters and rng.random() < scooter_rate:
            sample = put_scooter(sample, self.scooters, rng)
        if FLAME in sample.known and self.flames and rng.random() < self.mix.paste_flame:
            sample = put_flame(sample, self.flames, rng, self.mix.night, self.mix.pale)
        return sample

    def batch(self, rng: Generator) -> list[View]:
        """Views of one size."""
        mix, sizes = self.mix, SIZES[self.mix.sizes]
        size = int(rng.choice(list(sizes), p=[share for share, _ in sizes.values()]))
        camera = Camera(mix.faults, mix.grey_flames, mix.blown_flames)
        views = []
        for _ in range(sizes[size][1] * mix.pictures):
            count = 4 if rng.random() < mix.mosaic else 1
            draw = [self.draw(rng) for _ in range(count)]
            views.append(training_view(draw, size, rng, camera))
        return views


def small_flames(sample: Sample) -> bool:
    """The picture has flames and each covers less than `SMALL_AREA` of it."""
    flames = sample.boxes[sample.boxes[:, 0] == FLAME]
    height, width = sample.image.shape[:2]
    areas = (flames[:, 3] - flames[:, 1]) * (flames[:, 4] - flames[:, 2]) / (height * width)
    return bool(len(flames)) and bool((areas < SMALL_AREA).all())


def ripeness(stills: int) -> float:
    """Rendered stills get their full share only once there are many: a few scenes would be learnt by heart."""
    return min(1.0, stills / RIPE_RENDERED)


def wanted_shares(pictures: Mapping[str, int], mix: Mix) -> dict[str, float]:
    """Key of a share -> how much of it is wanted, in no unit, from how many pictures there are of each."""
    real = 1 - mix.rendered
    wanted = {name: SHARES[name] / REAL * real for name in pictures if name in SHARES}
    if "rendered" in wanted:
        wanted["rendered"] = mix.rendered * ripeness(pictures["rendered"])
    gathered = sum(share for name, share in wanted.items() if name != "rendered")
    added = added_shares(pictures, mix.added)
    scale = gathered / (1 - sum(added.values())) if gathered else real
    return wanted | {name: share * scale for name, share in added.items()}


def added_shares(pictures: Mapping[str, int], most: float) -> dict[str, float]:
    """Folder that the user added -> its share of the draws that are not rendered: its part of the real pictures, but
    all such folders together at most `most`.
    """
    real = {name: count for name, count in pictures.items() if name != "rendered"}
    added = {name: count for name, count in real.items() if name.startswith(ADDED)}
    whole = max(sum(real.values()), sum(added.values()) / most if most else math.inf)
    return {name: count / whole for name, count in added.items()}


def share_of(source: str) -> str:
    """The key of `SHARES` a source falls under: the longest that starts it. A folder that the user added is its own.
    Raises SetError for an unknown one.
    """
    if source.startswith(ADDED):
        return source
    keys = [key for key in SHARES if source.startswith(key)]
    if not keys:
        raise SetError(f"source {source!r} has no share; add it to SHARES in models/sampler.py")
    return max(keys, key=len)
