"""Long stretches in which nothing happens: what was filmed, rendered or photographed without an event, made to last.

A stretch is one place, looped there and back or held still, under its own weather: exposure that drifts and flickers,
sensor noise, soft focus, a camera that trembles, lamps that are switched, a shadow that creeps, infrared by night, and
the compression of a recorder. All of it follows from the stretch's number: the same footage gives the same files, and a
detector that remembers answers for them at once.

Every stretch is judged twice: under the default dwell times, and under the short ones of the other footage, where a
false alert is far easier. Stretches are of two sorts, because looks are dear: a quarter of the hours has 5 looks a
second and counts for all hazards, the rest has 1 look a second and counts for those that need minutes, not for flames.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import cycle, islice, repeat
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.events.footage import SHORT_DWELL_S, Footage, Kind, ZoneMode, dwell_overrides, dwell_s, whole
from models.data import read_holdout, read_index
from models.files import replacing
from models.progress import progress
from models.synth.codec import encode
from vision.zones import ZoneType

Picture = NDArray[np.uint8]
"""(H, W, 3) BGR."""

RECIPE: Final = 1
"""Goes into every file's name: another recipe makes other files."""
FAST_FPS, FAST_S = 5, 300
"""Stretches for hazards of seconds: looks per second, length."""
SLOW_FPS, SLOW_S = 1, 1200
"""Stretches for hazards of minutes: twice the default dwell of clutter."""
FAST_SHARE = 0.25
"""Of the hours asked for."""
LEAST_S = 3.0
"""A recording without events must last this long to be looped."""
CLEAR_S = 3.0
"""So long before something first comes into sight the stretch ends."""
WIDTH = 640
"""Longest side, px; never enlarged."""
STILLS: Final = {
    "backgrounds": frozenset({"flame", "ebike", "flying_lead"}),
    "flame/pbl5_lamps": frozenset({"flame"}),
    "flame/voc2007": frozenset({"flame"}),
}
"""Held-out still pictures → the hazards that they are known not to show."""


@dataclass(frozen=True, slots=True)
class Base:
    """What a stretch is made of. span_s: the part of a recording without events, from its start; None: a still picture.

    pauses: it begins with an empty place, which may be held.
    """

    name: str
    path: Path
    zone: ZoneType
    quiet_for: frozenset[str]
    span_s: float | None = None
    pauses: bool = False
    trained_on: bool = False


@dataclass(frozen=True, slots=True)
class Weather:
    """What happens to the picture of a stretch. Drawn once from its seed.

    gain, gamma: range of the exposure's drift, and its period. flicker: share of the light. noise: grey levels.
    blur: sigma, px. shake: px. crf: of the recorder. infrared: share of the stretch from which on it is night view;
    above 1: never. switches: (start, length, light left), seconds. shadow: whether one creeps over the picture.
    """

    gain: float
    gamma: float
    period_s: float
    flicker: float
    noise: float
    blur: float
    shake: float
    crf: int
    infrared: float
    switches: tuple[tuple[float, float, float], ...]
    shadow: bool

    @classmethod
    def draw(cls, rng: np.random.Generator, length_s: float) -> "Weather":
        """A mild to a rough day."""
        count = int(rng.integers(0, 4))
        return cls(
            gain=float(rng.uniform(0.05, 0.35)),
            gamma=float(rng.uniform(0.0, 0.25)),
            period_s=float(rng.uniform(60, 600)),
            flicker=float(rng.choice([0.0, 0.02, 0.05])),
            noise=float(rng.uniform(0.5, 6.0)),
            blur=float(rng.choice([0.0, 0.0, 0.6, 1.2])),
            shake=float(rng.choice([0.0, 0.3, 1.0, 2.0])),
            crf=int(rng.integers(20, 36)),
            infrared=float(rng.choice([0.0, 0.5, 2.0, 2.0])),
            switches=tuple(
                (float(rng.uniform(0.05, 0.9) * length_s), float(rng.uniform(5, 90)), float(rng.uniform(0.25, 0.6)))
                for _ in range(count)
            ),
            shadow=bool(rng.random() < 0.5),
        )


def quiet(found: Sequence[Footage], hours: float, folder: Path, stills: Path | None = None) -> list[Footage]:
    """About so many hours of stretches as footage, made in `folder` where they are not there yet.

    found: the footage to take them from. stills: a folder of pictures with index.csv; missing: none.
    """
    loops = list(_loops(found))
    filmed = [base for base in loops if not base.pauses]
    acted = [base for base in loops if base.pauses]
    photos = list(_stills(stills)) if stills else []
    # One picture a second cannot be played at five, and what photos are known not to show is mostly fire.
    moving = [base for base in filmed if "_1fps" not in base.name]
    fast = _turns([moving, acted, photos], round(hours * FAST_SHARE * 3600 / FAST_S))
    slow = _turns([filmed, acted], round(hours * (1 - FAST_SHARE) * 3600 / SLOW_S))
    plan = [(base, n, FAST_FPS, FAST_S) for n, base in enumerate(fast)]
    plan += [(base, n, SLOW_FPS, SLOW_S) for n, base in enumerate(slow)]
    return [
        footage
        for base, number, fps, length_s in progress(plan, "quiet footage", len(plan))
        for footage in _listed(base, make(base, number, fps, length_s, folder), fps, length_s)
    ]


def _turns(sides: Sequence[Sequence[Base]], count: int) -> list[Base]:
    """So many (at least one), from each side in turn, and again from its start when it is used up."""
    endless = [cycle(side) for side in sides if side]
    return [next(endless[turn % len(endless)]) for turn in range(max(1, count))] if endless else []


def _loops(found: Sequence[Footage]) -> Iterator[Base]:
    """The part of every recording before anything comes into sight, in an order that mixes the sources."""
    spans = []
    for one in found:
        if one.mode is ZoneMode.WHOLE and one.kind is not Kind.QUIET:
            until_s = min((event.enters_s - CLEAR_S for event in one.events), default=float("inf"))
            if until_s >= LEAST_S:
                zone = ZoneType(one.zones[0].type)
                pauses = one.kind is Kind.RENDERED
                spans.append(Base(one.name, one.path, zone, one.quiet_for, until_s, pauses, one.trained_on))
    return iter(sorted(spans, key=lambda base: _digest(base.name)))


def _stills(folder: Path) -> Iterator[Base]:
    """Held-out photos of places and lamps."""
    if not (folder / "index.csv").is_file():
        return
    held_out = read_holdout()
    photos = []
    for row in read_index(folder):
        group = row.set if row.set in STILLS else f"{row.set}/{row.source.rpartition('/')[2]}"
        if group in STILLS and row.image in held_out:
            name = f"{group}/{Path(row.image).stem}"
            photos.append(Base(name, folder / row.image, ZoneType.CORRIDOR, STILLS[group]))
    yield from sorted(photos, key=lambda base: _digest(base.name))


def _digest(*parts: object) -> str:
    return blake2b(repr(parts).encode(), digest_size=8).hexdigest()


def _listed(base: Base, path: Path, fps: int, length_s: int) -> Iterator[Footage]:
    """The stretch under the default dwell times and under the short ones."""
    rate = () if fps == FAST_FPS else (f"analysis.looks_per_s={fps}",)
    hazards = base.quiet_for if fps == FAST_FPS else base.quiet_for - {"flame"}
    plain = Footage(
        name=f"quiet/{base.name} {fps} looks/s, defaults",
        path=path,
        kind=Kind.QUIET,
        source=base.name.partition("/")[0],
        mode=ZoneMode.WHOLE,
        zones=whole(base.zone),
        events=(),
        quiet_for=hazards,
        overrides=rate,
        trained_on=base.trained_on,
    )
    settings = plain.settings
    in_time = {hazard for hazard in hazards if 2 * dwell_s(settings, hazard, base.zone) <= length_s}
    yield replace(plain, quiet_for=frozenset(in_time))
    short = (*rate, *dwell_overrides(SHORT_DWELL_S))
    yield replace(plain, name=f"quiet/{base.name} {fps} looks/s, short dwell", overrides=short)


# -- making a stretch --------------------------------------------------------------------------------------------------


def make(base: Base, number: int, fps: int, length_s: int, folder: Path) -> Path:
    """The stretch's file, made where it is not there yet. number: which stretch of this length."""
    seed = _digest(RECIPE, base.name, base.span_s, number, fps, length_s)
    path = folder / f"{base.name.replace('/', '_')}_{fps}fps_{length_s}s_{seed}.mp4"
    if path.exists():
        return path
    rng = np.random.default_rng(int(seed, 16))
    weather = Weather.draw(rng, length_s)
    frames = _weathered(_played(base, fps, length_s, rng), weather, fps, length_s, rng)
    with replacing(path) as staged:
        encode((frame[:, :, ::-1] for frame in frames), str(staged), fps, weather.crf, speed="veryfast")
    return path


def _played(base: Base, fps: int, length_s: int, rng: np.random.Generator) -> Iterator[Picture]:
    """The base's pictures for the whole stretch, one for each look."""
    pictures, rate = _pictures(base)
    for index in islice(_order(len(pictures), rate / fps, fps if base.pauses else 0, rng), fps * length_s):
        yield pictures[index]


def _order(count: int, step: float, held_fps: int, rng: np.random.Generator) -> Iterator[int]:
    """Which of `count` pictures is shown, look by look and without end: there and back in this step.

    held_fps: looks a second for which the first one is held, 5 to 60 s, whenever it comes round; 0: not at all.
    """
    at, last = 0.0, count - 1
    while True:
        yield min(round(abs(at)), last)
        before, at = at, at + step
        if at >= last:
            at = -float(last)  # from here on the way back
        elif before < 0 <= at:
            yield from repeat(0, int(held_fps * rng.uniform(5, 60)))


def _pictures(base: Base) -> tuple[list[Picture], float]:
    """(pictures, how many a second)."""
    if base.span_s is None:
        image = cv2.imread(str(base.path), cv2.IMREAD_COLOR)
        if image is None:
            raise OSError(f"{base.path}: not a picture")
        return [_fitted(np.asarray(image, np.uint8))], 0.0
    clip = cv2.VideoCapture(str(base.path))
    try:
        rate = clip.get(cv2.CAP_PROP_FPS) or 25.0
        # Enough for five looks a second is enough.
        skip = max(1, int(rate / FAST_FPS))
        kept = []
        for index in range(int(min(base.span_s, 120.0) * rate)):
            if not clip.grab():
                break
            if index % skip == 0:
                kept.append(_fitted(np.asarray(clip.retrieve()[1], np.uint8)))
    finally:
        clip.release()
    if not kept:
        raise OSError(f"{base.path}: no picture can be read")
    return kept, rate / skip


def _fitted(image: Picture) -> Picture:
    """At most `WIDTH` wide and high, sides even."""
    height, width = image.shape[:2]
    ratio = min(1.0, WIDTH / max(height, width))
    size = int(width * ratio) // 2 * 2, int(height * ratio) // 2 * 2
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _weathered(
    pictures: Iterator[Picture], weather: Weather, fps: int, length_s: int, rng: np.random.Generator
) -> Iterator[Picture]:
    """The pictures under the weather, one for each of the stretch's looks."""
    grain: list[NDArray[np.float32]] = []
    phase, walk = float(rng.uniform(0, 2 * np.pi)), np.zeros(2)
    tint = rng.uniform(0.92, 1.08, 3).astype(np.float32)
    for index, picture in enumerate(pictures):
        at_s = index / fps
        walk = 0.8 * walk + rng.normal(0, 0.6 * weather.shake, 2)
        image = _moved(picture, walk, weather.blur)
        if at_s >= weather.infrared * length_s:
            image = np.asarray(cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)
        else:
            image = np.asarray(np.minimum(image * tint, 255), np.uint8)
        image = np.asarray(cv2.LUT(image, _curve(weather, at_s, phase, rng)), np.uint8)
        if weather.shadow:
            image = np.asarray(image * _shadow(image.shape[:2], at_s / length_s, phase)[:, :, None], np.uint8)
        if not grain:
            grain = [rng.normal(0, 1, image.shape).astype(np.float32) for _ in range(8)]
        noise = np.roll(grain[int(rng.integers(len(grain)))], tuple(rng.integers(0, 64, 2)), (0, 1))
        yield np.asarray(np.clip(image + weather.noise * noise, 0, 255), np.uint8)


def _moved(picture: Picture, by: NDArray[np.float64], blur: float) -> Picture:
    height, width = picture.shape[:2]
    if by.any():
        matrix = np.array([[1, 0, by[0]], [0, 1, by[1]]], np.float64)
        picture = np.asarray(
            cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8
        )
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), blur), np.uint8) if blur else picture


def _curve(weather: Weather, at_s: float, phase: float, rng: np.random.Generator) -> Picture:
    """(256,) what the exposure of the moment makes of each grey level."""
    swing = float(np.sin(2 * np.pi * at_s / weather.period_s + phase))
    gain = (1 + weather.gain * swing) * (1 + weather.flicker * float(rng.uniform(-1, 1)))
    for start_s, for_s, left in weather.switches:
        if start_s <= at_s < start_s + for_s:
            # The exposure follows a lamp within about three seconds, and not all the way.
            gain *= left + 0.4 * (1 - left) * (1 - float(np.exp(-(at_s - start_s) / 3)))
    gamma = 1 + weather.gamma * float(np.sin(2 * np.pi * at_s / (1.7 * weather.period_s) + 2 * phase))
    levels = 255 * np.power(np.arange(256) / 255, gamma) * gain
    return np.asarray(np.clip(levels, 0, 255), np.uint8)


def _shadow(shape: tuple[int, ...], share: float, phase: float) -> NDArray[np.float32]:
    """(H, W) light left: a soft-edged band that crosses the picture once in the stretch, aslant."""
    height, width = shape
    across = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    distance = np.abs(across + 0.5 * float(np.sin(phase)) * (down - 0.5) - (1.4 * share - 0.2))
    return np.asarray(1 - 0.45 / (1 + np.exp((distance - 0.12) / 0.02)), np.float32)
