"""Training stills: many small scenes, each rendered once or twice and developed into several labelled pictures.

Every picture is a function of (seed, scene number, variant number).  All seven classes are boxed exhaustively.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.synth.camera import Frame, Lens, Linear, Sensor, write_osd
from models.synth.fireplay import Spot, add_fire, ceiling_haze, fire_lamps
from models.synth.flame import Field, FireFrame, FireRecipe, mature
from models.synth.labels import Box, box_of, visible_boxes, without_specks
from models.synth.scenes import HEIGHT, WIDTH, Scene, arrange
from models.synth.stage import Stage

VARIANTS = 4
FLAME_CELLS = 150
"""How many grid cells high a fully grown flame of the recipe below is, roughly."""


@dataclass(frozen=True, slots=True)
class Shots:
    """A scene's rendered layers (H, W, 3), thing numbers (H, W), distances (H, W) in metres, class of each number."""

    room: Linear
    lit: Linear | None
    index: NDArray[np.int16]
    distance: Field
    kinds: list[str]


# -- rendering -------------------------------------------------------------------------------------------------------


def shoot(scene: Scene, samples: int = 5) -> Shots:
    """Render a scene: once by its lamps and, where it burns, once by the fire alone."""
    stage = Stage(scene.camera, samples)
    stage.put([*scene.place.things, *scene.things])
    stage.light(scene.place.lamps)
    room = stage.render(seed=scene.number)
    index, distance, names = stage.who()
    kinds = [stage.kind(name) for name in names]
    lit = None
    if scene.fire is not None:
        for name in ("lamps", "exit sign"):
            stage.take(name)
        stage.set_ambient(0.0)
        stage.light(fire_lamps(scene.fire, scene.fire_m))
        lit = stage.render(seed=scene.number + 1)
    return Shots(room, lit, index, distance, kinds)


# -- developing ------------------------------------------------------------------------------------------------------


def develop(scene: Scene, shots: Shots, rng: np.random.Generator, burning: bool) -> tuple[Frame, list[Box]]:
    """One finished picture (H, W, 3) uint8 RGB and its boxes: light level, fire, lens, mirror, crop, sensor, clock."""
    level = float(rng.choice((1.0, 0.7, 0.3, 0.06), p=(0.5, 0.25, 0.15, 0.1)))
    room = shots.room * (0.30 / max(float(shots.room.mean()), 1e-4)) * level
    glow, veil = np.zeros(shots.distance.shape, np.float32), np.zeros(shots.distance.shape, np.float32)
    if burning and scene.fire is not None and shots.lit is not None:
        room, glow, veil = _burn(scene, shots, room, rng)
    gain = float(rng.uniform(0.8, 1.25)) * (min(3.0, 0.3 / max(float(np.minimum(room, 2).mean()), 1e-3))) ** 0.5
    lens = Lens(float(rng.uniform(0.0, 0.16)), float(rng.uniform(0.1, 0.5)))
    picture = lens.shade(lens.bend(room.astype(np.float32)))
    index = lens.bend(shots.index.astype(np.float32), nearest=True).astype(np.int16)
    glow, veil = lens.bend(glow), lens.bend(veil)
    window = _window(rng)
    picture, glow, veil = (_cut(layer, window, cv2.INTER_AREA) for layer in (picture, glow, veil))
    index = _cut(index.astype(np.float32), window, cv2.INTER_NEAREST).astype(np.int16)
    if rng.random() < 0.5:
        picture, index, glow, veil = picture[:, ::-1], index[:, ::-1], glow[:, ::-1], veil[:, ::-1]
    frame = _sensor(rng, gain).develop(np.ascontiguousarray(picture), rng)
    if rng.random() < 0.08:  # night mode
        frame = cv2.cvtColor(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB).astype(np.uint8)
    if rng.random() < 0.6:
        stamp = (
            f"2026-{rng.integers(1, 13):02d}-{rng.integers(1, 29):02d} {rng.integers(24):02d}:{rng.integers(60):02d}:11"
        )
        frame = write_osd(frame, stamp, f"CAM {rng.integers(1, 33):02d}")
    return frame, _boxes(index, shots.kinds, glow * gain, veil)


def _burn(scene: Scene, shots: Shots, room: Linear, rng: np.random.Generator) -> tuple[Linear, Field, Field]:
    """The room with a fire of this variant's size, flicker, smoke and light."""
    assert scene.fire is not None and shots.lit is not None
    size_m = scene.fire_m * float(rng.uniform(0.6, 1.3))
    recipe = FireRecipe(
        int(rng.integers(1 << 30)), 416, 288, float(rng.uniform(0.14, 0.42)), 0.38, float(rng.normal(0, 0.12))
    )
    look = mature(recipe, float(rng.uniform(0.55, 1.0)), int(rng.integers(18, 44)))
    look = FireFrame(
        look.glow * float(np.exp(rng.uniform(-0.8, 0.8))), np.clip(look.smoke * float(rng.choice((0.3, 2.2))), 0, 0.9)
    )
    xy, depth = scene.camera.project(scene.fire[None])
    scale = size_m * scene.camera.focal_px / float(depth[0]) / FLAME_CELLS
    spot = Spot(float(xy[0, 0]), float(xy[0, 1]), scale, float(np.linalg.norm(scene.fire - scene.camera.at)))
    area_m2 = (size_m**2) * float(look.glow[..., 0].mean())
    lit = room + shots.lit * min(3.0, 6.0 * area_m2)
    if rng.random() < 0.3:
        haze = ceiling_haze((HEIGHT, WIDTH), 0.0, float(rng.uniform(0.1, 0.3)), int(rng.integers(999)))[..., None]
        lit = lit * (1 - haze) + haze * 0.3 * lit.mean()
    return add_fire(np.asarray(lit, np.float32), look, spot, shots.distance)


def _boxes(index: NDArray[np.int16], kinds: list[str], glow: Field, veil: Field) -> list[Box]:
    """All boxes of a finished picture; flame and smoke come from what they add to it."""
    boxes = visible_boxes(index, kinds)
    flame = box_of(without_specks(glow > 0.5, 10))
    if flame is not None:
        boxes.append(Box("flame", flame))
    thick = without_specks(cv2.blur(veil, (5, 5)) > 0.16, 150)
    smoke = box_of(thick) if thick.sum() > 0.003 * thick.size else None
    if smoke is not None:
        boxes.append(Box("smoke", smoke))
    return boxes


def _window(rng: np.random.Generator) -> tuple[int, int, int, int]:
    """The whole picture or a part of it (≥ 62 % each way, same shape): x1, y1, x2, y2 pixels."""
    if rng.random() < 0.4:
        return 0, 0, WIDTH, HEIGHT
    share = float(rng.uniform(0.62, 0.97))
    width, height = int(WIDTH * share), int(HEIGHT * share)
    x, y = int(rng.integers(0, WIDTH - width + 1)), int(rng.integers(0, HEIGHT - height + 1))
    return x, y, x + width, y + height


def _cut(layer: NDArray[np.float32], window: tuple[int, int, int, int], how: int) -> NDArray[np.float32]:
    x1, y1, x2, y2 = window
    if (x2 - x1, y2 - y1) == (WIDTH, HEIGHT):
        return layer
    part = np.ascontiguousarray(layer[y1:y2, x1:x2])
    return np.asarray(
        cv2.resize(part, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR if how == cv2.INTER_AREA else how), np.float32
    )


def _sensor(rng: np.random.Generator, gain: float) -> Sensor:
    balance = (float(rng.uniform(0.88, 1.12)), 1.0, float(rng.uniform(0.82, 1.15)))
    return Sensor(
        gain=gain,
        balance=balance,
        noise=float(rng.uniform(0.003, 0.02)),
        sharpen=float(rng.uniform(0, 0.9)),
        blur_px=float(rng.uniform(0.3, 1.1)),
        saturation=float(rng.uniform(0.65, 1.15)),
    )


# -- files -----------------------------------------------------------------------------------------------------------


def make(out: Path, count: int, seed: int, say: Callable[[str], None] = print, samples: int = 5) -> None:
    """Write `count` pictures to `out/images`, YOLO text to `out/labels`, `manifest.json`; skip finished scenes."""
    for name in ("images", "labels"):
        (out / name).mkdir(parents=True, exist_ok=True)
    manifest = out / "manifest.json"
    entries: dict[str, Any] = json.loads(manifest.read_text("utf-8")) if manifest.exists() else {}
    scenes = -(-count // VARIANTS)
    for number in range(scenes):
        names = [f"s{seed:03d}_{number:04d}_{v}" for v in range(VARIANTS) if number * VARIANTS + v < count]
        if all(f"{name}.jpg" in entries for name in names):
            continue
        scene = arrange(seed, number)
        shots = shoot(scene, samples)
        for variant, name in enumerate(names):
            entries[f"{name}.jpg"] = _write(
                out, name, scene, shots, np.random.default_rng((seed, number, variant)), variant
            )
        manifest.write_text(json.dumps(entries, indent=0) + "\n", encoding="utf-8")
        fire = "a fire" if scene.fire is not None else "no fire"
        say(f"scene {number + 1} of {scenes}: {scene.notes['place']}, {len(scene.things)} things, {fire}")


def _write(out: Path, name: str, scene: Scene, shots: Shots, rng: np.random.Generator, variant: int) -> dict[str, Any]:
    """Develop one variant, write its two files and return its manifest entry. The first variant never burns."""
    frame, boxes = develop(scene, shots, rng, burning=variant > 0)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(55, 93))]
    cv2.imwrite(str(out / "images" / f"{name}.jpg"), cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), quality)
    lines = [box.line(WIDTH, HEIGHT) for box in boxes]
    (out / "labels" / f"{name}.txt").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return {"scene": scene.number, "variant": variant, **scene.notes, "boxes": sorted(box.kind for box in boxes)}
