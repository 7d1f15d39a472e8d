"""How long a rendered still and a second of a rendered clip take. Needs the extra `synth`.

    python -m benchmarks.synth.speed [--stills 48] [--scenario quiet_parcel_corridor_day] [--out FILE]

The baseline of the same run is one bare rendering of an empty corridor at the same size and samples: what Cycles itself
costs. Stills per hour count everything: arranging, both renderings, developing, encoding, writing, starting workers.
"""

import argparse
import json
import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import describe
from models.files import write_json
from models.synth.camera import Camera
from models.synth.film import shoot
from models.synth.places import build
from models.synth.recipe import load_recipe
from models.synth.script import find
from models.synth.stage import Stage
from models.synth.stills import Order, make
from models.synth.world import PlaceRecipe


def timed(work: Callable[[], object]) -> dict[str, float]:
    """Wall and CPU seconds of some work, workers included."""
    before, began = _cpu_s(), time.monotonic()
    work()
    return {"wall_s": round(time.monotonic() - began, 2), "cpu_s": round(_cpu_s() - before, 2)}


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def bare(width: int, height: int, samples: int) -> dict[str, float]:
    """One rendering of an empty corridor, Blender already started."""
    place = build(PlaceRecipe("corridor", 1, "night"))
    mount = place.mounts[0]
    camera = Camera(np.array(mount.at), np.array(mount.target), mount.fov_deg, width, height)
    stage = Stage(camera, samples)
    stage.put(place.things)
    stage.light(place.lamps)
    stage.render()
    return timed(stage.render)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stills", type=int, default=48)
    parser.add_argument("--scenario", default="quiet_parcel_corridor_day")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "speed.json")
    args = parser.parse_args()
    recipe, cores = load_recipe(None), os.cpu_count() or 1
    (script,) = find([args.scenario])
    with tempfile.TemporaryDirectory() as folder:
        order = Order(Path(folder) / "stills", args.stills, 99, recipe)
        stills: dict[str, Any] = timed(lambda: make(order, cores))
        clip: dict[str, Any] = timed(lambda: shoot(script, Path(folder), None, lambda said: None))
    floor = bare(recipe.width, recipe.height, recipe.samples)
    stills["pictures"] = args.stills
    stills["cpu_s_each"] = round(stills["cpu_s"] / args.stills, 2)
    stills["an_hour"] = round(3600 * args.stills / stills["wall_s"])
    stills["cpu_over_bare_rendering"] = round(stills["cpu_s_each"] / floor["cpu_s"], 2)
    clip |= {"scenario": args.scenario, "length_s": script.length_s}
    clip["wall_s_a_clip_second"] = round(clip["wall_s"] / script.length_s, 2)
    result = {
        "machine": describe(),
        "size": [recipe.width, recipe.height],
        "bare": floor,
        "stills": stills,
        "clip": clip,
    }
    write_json(args.out, result)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
