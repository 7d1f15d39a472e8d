"""A folder of labelled pictures: `images/NAME.jpg`, `labels/NAME.txt` (YOLO), `truth/NAME.json`, `manifest.jsonl`.

The manifest holds a line for every finished scene; what has none is made again when the order is repeated.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

from models.synth.camera import Frame
from models.synth.labels import Box
from models.synth.workers import alone, spread
from models.synth.world import SynthError

SCENES_A_PROCESS = 24
"""Blender's memory grows from scene to scene: a worker is replaced after this many."""
Entry = dict[str, Any]
MADE_BY = {"s": "recipe", "c": "recipe or on other backgrounds"}
"""What decides pictures besides their seed, by the letter that their names begin with."""


@dataclass(frozen=True, slots=True)
class Album:
    """`count` pictures of the world `seed` in the folder `out`, `variants` of each scene.

    `sort` is the letter that their names begin with, `digest` a short hash of all else that decides them: pictures of
    different orders are not mixed in one folder unnoticed.
    """

    out: Path
    count: int
    seed: int
    sort: str
    digest: str
    variants: int = 1

    @property
    def scenes(self) -> int:
        """Number of scenes behind the pictures."""
        return -(-self.count // self.variants)

    def names(self, number: int) -> list[str]:
        """File stems of a scene's pictures."""
        first = number * self.variants
        here = range(min(self.variants, self.count - first))
        return [f"{self.sort}{self.seed:03d}_{number:05d}" + (f"_{v}" if self.variants > 1 else "") for v in here]

    def fill(
        self,
        work: Callable[[int, int], Entry],
        processes: int,
        on_scene: Callable[[int], None] = lambda done: None,
    ) -> int:
        """Make what is missing, `processes` scenes at a time; returns how many pictures were made now.

        `work(scene number, threads)` writes a scene's pictures and returns what the manifest is to say of them, with
        `pictures` by name. `on_scene(pictures done)` is called before the first and after each. SynthError: one line.
        """
        for name in ("images", "labels", "truth"):
            (self.out / name).mkdir(parents=True, exist_ok=True)
        with alone(self.out, "pictures"):
            return self._fill(work, processes, on_scene)

    def _fill(self, work: Callable[[int, int], Entry], processes: int, on_scene: Callable[[int], None]) -> int:
        finished = self._finished()
        todo = [number for number in range(self.scenes) if number not in finished]
        done = self.count - sum(len(self.names(number)) for number in todo)
        on_scene(done)
        made = 0
        with (self.out / "manifest.jsonl").open("a", encoding="utf-8") as manifest:
            for number, entry in spread(work, todo, processes, SCENES_A_PROCESS):
                own = {"sort": self.sort, "seed": self.seed, "order": self.digest, "scene": number}
                manifest.write(json.dumps(own | entry) + "\n")
                manifest.flush()
                made += len(self.names(number))
                on_scene(done + made)
        return made

    def _finished(self) -> set[int]:
        """Scenes of this order in the folder's manifest; a torn last line counts for nothing."""
        manifest = self.out / "manifest.jsonl"
        if not manifest.exists():
            return set()
        whole, _, torn = manifest.read_bytes().rpartition(b"\n")
        if torn:
            manifest.write_bytes(whole + b"\n" if whole else b"")
        finished = set()
        for line, text in enumerate(whole.splitlines(), 1):
            try:
                entry = json.loads(text)
                own = (entry["sort"], entry["seed"]) == (self.sort, self.seed)
                order, scene, pictures = entry["order"], int(entry["scene"]), set(entry["pictures"])
            except (ValueError, KeyError, TypeError, OverflowError) as error:
                raise SynthError(f"{manifest}: line {line} is damaged; take it out, or take a new folder") from error
            if own and order != self.digest:
                raise SynthError(
                    f"{self.out}: holds pictures of seed {self.seed} by another {MADE_BY[self.sort]}; take a new folder"
                )
            if own and set(self.names(scene)) <= pictures:
                finished.add(scene)
        return finished

    def write(self, name: str, frame: Frame, boxes: Sequence[Box], truth: Entry, quality: int) -> None:
        """One picture's three files. `frame` (H, W, 3) uint8 RGB, `quality` of its JPEG."""
        height, width = frame.shape[:2]
        bgr = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)
        data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        (self.out / "images" / f"{name}.jpg").write_bytes(data.tobytes())
        lines = "".join(f"{box.line(width, height)}\n" for box in boxes)
        (self.out / "labels" / f"{name}.txt").write_text(lines, encoding="utf-8")
        told = {"width": width, "height": height, "boxes": [box.entry(width, height) for box in boxes], **truth}
        (self.out / "truth" / f"{name}.json").write_text(json.dumps(told) + "\n", encoding="utf-8")
