"""The truth file of a scenario: what must be raised, what must not, and where everything is seen."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.synth.areas import area_in_picture, path_in_picture
from models.synth.blaze import Layer
from models.synth.camera import Camera
from models.synth.develop import View, ground_homography
from models.synth.labels import Box, fire_boxes, silhouette_px, visible_boxes
from models.synth.look import Thing
from models.synth.script import Script
from models.synth.timeline import Timeline
from models.synth.verdict import Verdict, free_width, judge
from models.synth.world import Place, Zone


class Witness:
    """Looks at every frame while it is made; keeps a row of boxes per second and the boxes of fires per frame."""

    def __init__(
        self,
        view: View,
        camera: Camera,
        numbers: dict[str, int],
        kinds: dict[str, str],
        there: Callable[[float], dict[str, Thing]],
    ) -> None:
        self.view, self.camera, self.there = view, camera, there
        self.names = sorted(numbers, key=lambda name: numbers[name])
        self.kinds = [kinds[name] for name in self.names]
        self.rows: list[dict[str, Any]] = []
        self.flames: dict[str, list[tuple[float, tuple[float, ...]]]] = {}
        self._whole: dict[str, tuple[bytes, int]] = {}
        self._pinhole_px = view.pinhole_px()
        self._next_s = 0.0

    def see(self, time_s: float, index: NDArray[np.int16], fires: dict[str, Layer]) -> None:
        """One frame: thing numbers (H, W) of the pinhole picture, fires by name."""
        width, height = self.view.width, self.view.height
        boxes = self._fires(time_s, fires)
        if time_s < self._next_s - 1e-6:
            return
        self._next_s += 1.0
        shown = self.view.show(index.astype(np.float32), nearest=True).astype(np.int16)
        whole = self._silhouettes(time_s)
        boxes += visible_boxes(shown, self.kinds, whole, self.names, pinhole_px=self._pinhole_px)
        self.rows += [{"t": round(time_s, 3), **box.entry(width, height)} for box in boxes]

    def _fires(self, time_s: float, fires: dict[str, Layer]) -> list[Box]:
        boxes = []
        for name, layer in fires.items():
            for box in fire_boxes(self.view.mask(layer.flame), self.view.mask(layer.smoke), name):
                boxes.append(box)
                if box.kind == "flame":
                    self.flames.setdefault(name, []).append((time_s, self._unit(box.xyxy)))
        return boxes

    def _unit(self, box: tuple[float, ...]) -> tuple[float, ...]:
        width, height = self.view.width, self.view.height
        return box[0] / width, box[1] / height, box[2] / width, box[3] / height

    def _silhouettes(self, time_s: float) -> list[int]:
        """Pixels of every thing's whole outline at a time, by thing number."""
        there = self.there(time_s)
        return [self._outline(there[name]) if name in there else 0 for name in self.names]

    def _outline(self, item: Thing) -> int:
        where = item.place.tobytes() + str(len(item.parts)).encode()
        if item.kind == "person" or self._whole.get(item.name, (b"", 0))[0] != where:
            self._whole[item.name] = (where, silhouette_px(item, self.camera))
        return self._whole[item.name][1]

    def box(self, name: str, start_s: float, end_s: float) -> list[float] | None:
        """Where a thing is seen from `start_s` to `end_s`: the row in which it is seen largest."""
        if name in self.flames:
            grown = [box for _, box in self.flames[name]]
            grown = grown[len(grown) // 3 :]
            return [round(float(v), 4) for v in np.median(np.array(grown), axis=0)]
        rows = [row for row in self.rows if row["name"] == name and start_s - 0.01 <= row["t"] <= end_s]
        return max(rows, key=_seen_area)["box"] if rows else None


def _seen_area(row: dict[str, Any]) -> float:
    x1, y1, x2, y2 = row["box"]
    return float(row["visible"] * (x2 - x1) * (y2 - y1))


def truth_of(script: Script, place: Place, line: Timeline, witness: Witness) -> dict[str, Any]:
    """The JSON truth of a clip; places in 0–1 of the finished picture, lengths in metres, times in seconds."""
    choice = script.camera
    view, camera = witness.view, witness.camera
    found = judge(place, line, script.length_s)
    told = [(verdict, witness.box(verdict.name, verdict.start_s, verdict.end_s)) for verdict in found]
    height = _floor_height(place)
    homography = ground_homography(camera, view, height)
    return {
        "video": f"{script.name}.mp4",
        "title": script.title,
        "title_zh": script.title_zh,
        "script": script.digest,
        "place": {"kind": script.place.kind, "seed": script.place.seed, "light": script.place.light},
        "fps": choice.fps,
        "width": choice.width,
        "height": choice.height,
        "duration_s": script.length_s,
        "zones": [_zone_entry(zone, camera, view) for zone in place.zones],
        "floor_m_of_picture": homography.tolist() if np.isfinite(homography).all() else None,
        "floor_z_m": height,
        "width_m": _widths(place, line, script.length_s),
        "events": [_event(place, v, box) for v, box in told if v.hazard and box is not None],
        "quiet": [_quiet(v, box) for v, box in told if not v.hazard],
        "unseen": [_quiet(v, box) for v, box in told if v.hazard and box is None],
        "cables": [
            {
                "name": hung.stand.thing.name,
                "start_s": round(hung.stand.start_s, 2),
                "end_s": round(min(hung.stand.end_s, script.length_s), 2),
                "points": path_in_picture(hung.path, camera, view),
            }
            for hung in line.hung()
        ],
        "boxes": witness.rows,
    }


def _event(place: Place, verdict: Verdict, box: list[float] | None) -> dict[str, Any]:
    types = {zone.name: zone.type for zone in place.zones}
    return {
        "hazard": verdict.hazard,
        "zone": verdict.zone,
        "zone_type": types.get(verdict.zone, ""),
        "start_s": round(verdict.start_s, 2),
        "end_s": round(verdict.end_s, 2),
        "enters_s": round(verdict.enters_s, 2),
        "box": box,
        "what": verdict.what,
        "why": verdict.why,
    }


def _quiet(verdict: Verdict, box: list[float] | None) -> dict[str, Any]:
    entry = {"what": verdict.what, "start_s": round(verdict.start_s, 2), "end_s": round(verdict.end_s, 2)}
    return {**entry, "why": verdict.why, **({"box": box} if box is not None else {})}


def _floor_height(place: Place) -> float:
    """The height of the floor in the middle of the place's walk `in`."""
    return round(float(place.walks["in"][-1][2]), 3) if "in" in place.walks else place.floors[0].z


def _widths(place: Place, line: Timeline, length_s: float) -> list[dict[str, float]]:
    """The route's free width per time span."""
    stands = [*line.gone, *line.stands.values()]
    edges = {0.0, length_s} | {s for stand in stands for s in (stand.start_s, stand.end_s) if 0 < s < length_s}
    times = sorted(edges)
    spans: list[dict[str, float]] = []
    for start_s, end_s in itertools.pairwise(times):
        things = [stand.thing for stand in stands if stand.start_s <= start_s < stand.end_s]
        width = round(free_width(place, things), 2)
        if spans and spans[-1]["width_m"] == width:
            spans[-1]["end_s"] = round(end_s, 2)
        else:
            spans.append({"start_s": round(start_s, 2), "end_s": round(end_s, 2), "width_m": width})
    return spans


def _zone_entry(zone: Zone, camera: Camera, view: View) -> dict[str, Any]:
    return {"name": zone.name, "type": zone.type, "polygon": area_in_picture(np.array(zone.polygon), camera, view)}
