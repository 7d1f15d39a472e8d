"""What a script needs rendered: planned frame by frame, made once, kept as layers.

What stands still is rendered once, what moves in small windows, every lamp that is switched and every fire alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.synth.acts import direct
from models.synth.blaze import Blaze
from models.synth.camera import Camera, Lens
from models.synth.develop import View
from models.synth.look import Lamp, Look, Part, Thing
from models.synth.script import ROOM, Script
from models.synth.stage import Crop, Stage, infrared_lamp
from models.synth.timeline import Burning, Timeline
from models.synth.world import Place

STILL_SAMPLES, MOVING_SAMPLES = 12, 6
MARGIN = 0.035
"""Room around what moves, for its shadow, as a part of the picture's width."""
FIRE_W = 60.0

Say = Callable[[str], None]


# -- what has to be rendered -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Source:
    """What lights a rendering: the room under a light (`name` is ROOM), one fixture alone, or one fire alone."""

    name: str
    light: str
    dark: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """What is seen at a moment: things that stand still, things that move, and the window that holds the latter."""

    still: tuple[str, ...]
    moving: tuple[Thing, ...] = ()
    crop: Crop | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """One rendering to be made or found in the store under `key`."""

    source: Source
    shape: Shape
    key: str


@dataclass(slots=True)
class Moment:
    """One frame: its time, its still and its moving needs per source."""

    time_s: float
    stills: dict[Source, Need]
    windows: dict[Source, Need]


class Store:
    """Renderings as float16 files in a folder: an interrupted run goes on where it stopped. Kept are the last few."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._kept: dict[str, NDArray[np.float32]] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def has(self, key: str) -> bool:
        """Whether a rendering is there."""
        return (self.folder / f"{key}.npy").exists()

    def put(self, key: str, layers: NDArray[np.float32]) -> None:
        """Keep a rendering (H, W, C); a half-written file never bears its name."""
        half = self.folder / f"{key}.part"
        with half.open("wb") as file:
            np.save(file, np.clip(layers, -6e4, 6e4).astype(np.float16))
        half.rename(self.folder / f"{key}.npy")

    def get(self, key: str) -> NDArray[np.float32]:
        """A rendering (H, W, C) float32: light, and for the room also thing number and distance."""
        if key not in self._kept:
            if len(self._kept) > 12:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = np.asarray(np.load(self.folder / f"{key}.npy"), np.float32)
        return self._kept[key]


@dataclass
class Set:
    """A script with everything that is known about it before anything is rendered."""

    script: Script
    line: Timeline
    place: Place
    camera: Camera
    lens: Lens
    view: View
    numbers: dict[str, int] = field(default_factory=dict)
    """Thing number in the stored layers; what has no label class and belongs to the place is -1."""
    kinds: dict[str, str] = field(default_factory=dict)
    still: dict[str, Thing] = field(default_factory=dict)
    _digests: dict[int, tuple[Thing, bytes]] = field(default_factory=dict)

    @property
    def times(self) -> list[float]:
        """The time of every frame."""
        fps = self.script.camera.fps
        return [k / fps for k in range(round(self.script.length_s * fps))]

    def digest(self, item: Thing) -> bytes:
        """Short hash of a thing's shape, surfaces and placement."""
        if id(item) not in self._digests:
            self._digests[id(item)] = (item, _digest(item))
        return self._digests[id(item)][1]


def prepare(script: Script) -> Set:
    """Where everything is and when; no rendering."""
    line, place, choice = direct(script), script.built(), script.camera
    mount = place.mounts[choice.mount - 1]
    camera = Camera(np.array(mount.at), np.array(mount.target), mount.fov_deg, choice.width, choice.height)
    lens = Lens(0.0, 0.45, mount.fov_deg) if choice.fisheye else Lens(choice.barrel, 0.35)
    view = View(lens, (0, 0, choice.width, choice.height), False, choice.width, choice.height)
    ready = Set(script, line, place, camera, lens, view)
    labelled = [item for item in place.things if item.kind]
    for item in [*labelled, *(stand.thing for stand in line.stood()), *_cast(ready)]:
        ready.numbers.setdefault(item.name, len(ready.numbers))
        ready.kinds.setdefault(item.name, item.kind)
    ready.still = {stand.thing.name: stand.thing for stand in line.stood()}
    return ready


def _cast(ready: Set) -> Iterator[Thing]:
    """Everything that ever moves, once by name."""
    for move in ready.line.moves:
        yield from move.things(move.start_s)


def plan(ready: Set) -> list[Moment]:
    """Every frame with the renderings that it is made of."""
    line, moments = ready.line, []
    base = b"".join(ready.digest(item) for item in ready.place.things)
    for time_s in ready.times:
        light = line.light(time_s)
        sources = [Source(ROOM, light, False)]
        sources += [Source(name, light, True) for name in line.fixtures if line.level(name, time_s) > 0]
        sources += [Source(fire.name, "", True) for fire in line.fires if fire.power(time_s) > 0]
        names = tuple(item.name for item in line.still(time_s))
        moving = tuple(line.moving(time_s))
        crop = window(ready.camera, moving)
        stills = {source: _need(ready, base, source, Shape(names)) for source in sources}
        windows = {}
        if crop is not None:
            shape = Shape(names, moving, crop)
            windows = {source: _need(ready, base, source, shape) for source in sources}
        moments.append(Moment(time_s, stills, windows))
    return moments


def _need(ready: Set, base: bytes, source: Source, shape: Shape) -> Need:
    """The key says everything that decides a rendering, so no stale layer is ever taken for another."""
    hashed = hashlib.sha256(base)
    samples = MOVING_SAMPLES if shape.crop else STILL_SAMPLES
    camera, numbers = ready.camera, sorted(ready.numbers.items())
    told = (source, shape.crop, samples, camera.at.tolist(), camera.target.tolist(), camera.fov_deg, camera.width)
    lamps = _lamps(ready, source) if not source.dark or source.name in ready.line.fixtures else _fire(ready, source)
    hashed.update(repr((told, camera.height, numbers, lamps)).encode())
    for name in shape.still:
        hashed.update(ready.digest(ready.still[name]))
    for item in shape.moving:
        hashed.update(ready.digest(item))
    return Need(source, shape, hashed.hexdigest()[:24])


def _fire(ready: Set, source: Source) -> object:
    fire = next(fire for fire in ready.line.fires if fire.name == source.name)
    return fire.sort, _fire_seed(ready, fire), fire.foot.tolist(), fire.extent.tolist()


def _fire_seed(ready: Set, fire: Burning) -> int:
    return ready.script.place.seed * 31 + ready.line.fires.index(fire)


def _digest(item: Thing) -> bytes:
    hashed = hashlib.sha256(f"{item.name} {item.kind}".encode())
    hashed.update(np.ascontiguousarray(item.place, float).round(5).tobytes())
    for part in item.parts:
        hashed.update(np.ascontiguousarray(part.mesh.vertices, float).round(5).tobytes())
        look = part.look
        hashed.update(repr(replace(look, picture=None)).encode())
        if look.picture is not None:
            hashed.update(np.ascontiguousarray(look.picture).tobytes())
    return hashed.digest()


def window(camera: Camera, moving: Sequence[Thing]) -> Crop | None:
    """The window (even pixels) that holds things and their nearer shadows, or None when they are out of sight."""
    boxes = []
    margin = MARGIN * camera.width
    for item in moving:
        points, depth = camera.project(item.points())
        seen = points[depth > 0.1]
        if len(seen):
            boxes.append((*(seen.min(axis=0) - margin), *(seen.max(axis=0) + margin)))
    if not boxes:
        return None
    spread = np.array(boxes)
    x1, y1 = np.maximum(spread[:, :2].min(axis=0), 0)
    x2, y2 = np.minimum(spread[:, 2:].max(axis=0), (camera.width, camera.height))
    if x2 - x1 < 8 or y2 - y1 < 8:
        return None
    left, top = _edge(int(x1) // 2 * 2, camera.width, -2), _edge(int(y1) // 2 * 2, camera.height, -2)
    right, low = _edge((int(x2) + 1) // 2 * 2, camera.width, 2), _edge((int(y2) + 1) // 2 * 2, camera.height, 2)
    return left, top, right, low


def _edge(edge: int, size: int, step: int) -> int:
    """The next even pixel outwards that survives Blender's borders, which are float32 shares of the size, cut off."""
    whole = np.float32(size)
    while 0 < edge < size:
        if int(np.float32(edge / size) * whole) == edge and int(np.float32(1 - edge / size) * whole) == size - edge:
            return edge
        edge += step
    return min(max(edge, 0), size)


# -- rendering -------------------------------------------------------------------------------------------------------


def render(ready: Set, moments: Sequence[Moment], store: Store, threads: int, say: Say) -> None:
    """Render what is missing, source by source (every source wants a stage of its own)."""
    needs: dict[str, Need] = {}
    for moment in moments:
        for need in [*moment.stills.values(), *moment.windows.values()]:
            needs.setdefault(need.key, need)
    missing = [need for need in needs.values() if not store.has(need.key)]
    sources = list(dict.fromkeys(need.source for need in missing))
    done = 0
    for source in sorted(sources, key=lambda s: s.dark):
        work = _Work(ready, source, moments, store, threads)
        for need in missing:
            if need.source == source:
                work.make(need)
                done += 1
                if done % 20 == 0 or done == len(missing):
                    say(f"{ready.script.name}: {done} of {len(missing)} renderings")


class _Work:
    """One stage under one source of light."""

    def __init__(self, ready: Set, source: Source, moments: Sequence[Moment], store: Store, threads: int) -> None:
        self.ready, self.source, self.store = ready, source, store
        self.stage = Stage(ready.camera, STILL_SAMPLES, threads)
        self.on_stage: set[str] = set()
        self._dull: dict[int, tuple[Look, Look]] = {}
        place = ready.script.built(source.light or None)
        self.stage.put([self._seen(item) for item in ready.place.things])
        if source.dark:
            self.stage.set_sky((0.0, 0.0, 0.0), 0.0)
        else:
            self.stage.set_sky(*place.sky)
        self.stage.light(self._lights(moments))

    def _lights(self, moments: Sequence[Moment]) -> list[Lamp]:
        if not self.source.dark or self.source.name in self.ready.line.fixtures:
            return _lamps(self.ready, self.source)
        return list(blaze_of(self.ready, self.source.name, moments, self.store).lamps(FIRE_W))

    def _seen(self, item: Thing) -> Thing:
        """A thing as this source shows it: in the dark, and as a lamp that is counted by itself, it does not shine."""
        fixture = item.name in self.ready.line.fixtures
        dark = self.source.dark or (self.source.light == "ir" and self.ready.script.place.light != "ir")
        if item.name == self.source.name or not (fixture or dark):
            return item
        parts = tuple(Part(part.mesh, self._unlit(part.look), part.smooth) for part in item.parts)
        return Thing(item.name, item.kind, parts, item.place)

    def _unlit(self, look: Look) -> Look:
        if look.emit == 0:
            return look
        if id(look) not in self._dull:
            self._dull[id(look)] = (look, replace(look, emit=0.0))
        return self._dull[id(look)][1]

    def make(self, need: Need) -> None:
        """Render one need into the store."""
        wanted = set(need.shape.still)
        for name in self.on_stage - wanted:
            self.stage.take(name)
        fresh = [self.ready.still[name] for name in need.shape.still if name not in self.on_stage]
        self.stage.put([self._seen(item) for item in [*fresh, *need.shape.moving]])
        self.on_stage = wanted
        samples = MOVING_SAMPLES if need.shape.crop else STILL_SAMPLES
        shot = self.stage.look(need.shape.crop, 1, samples)  # one seed: what stands still is not seen to boil
        for item in need.shape.moving:
            self.stage.take(item.name)
        if self.source.dark:
            self.store.put(need.key, shot.light)
            return
        table = np.array([self.ready.numbers.get(name, -1) for name in self.stage.names] + [-1], np.float32)
        self.store.put(need.key, np.dstack([shot.light, table[shot.index], shot.distance]))


def _lamps(ready: Set, source: Source) -> list[Lamp]:
    """The lamps of the room under a light, or of one fixture."""
    if source.dark:
        return list(ready.line.fixtures[source.name].lamps)
    lamps = list(ready.script.built(source.light).lamps)
    return [*lamps, infrared_lamp(ready.camera)] if source.light == "ir" else lamps


def blaze_of(ready: Set, name: str, moments: Sequence[Moment], store: Store) -> Blaze:
    """A fire as it starts, with what stands before it."""
    fire = next(fire for fire in ready.line.fires if fire.name == name)
    first = next(moment for moment in moments if moment.time_s >= fire.start_s)
    room = next(need for source, need in first.stills.items() if source.name == ROOM)
    distance = store.get(room.key)[..., 4]
    return Blaze(fire.sort, _fire_seed(ready, fire), fire.foot, ready.camera, distance, fire.extent)
