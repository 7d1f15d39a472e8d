"""The recipe of a set of stills: how often each place, light, thing and fire is drawn. TOML or defaults."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.synth.blaze import FIRES
from models.synth.places import PLACES
from models.synth.things import MAKERS, SHINING
from models.synth.world import LIGHTS, SynthError

Weights = dict[str, Annotated[float, Field(ge=0, le=1e6)]]
"""Name → how often it is drawn beside its neighbours."""
Share = Annotated[float, Field(ge=0, le=1)]


class StillsRecipe(BaseModel):
    """How a set of training stills is drawn. Shares are probabilities, weights count beside each other."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    width: int = Field(640, ge=160, le=1920, multiple_of=2)
    height: int = Field(384, ge=96, le=1088, multiple_of=2)
    samples: int = Field(5, ge=1, le=64)
    variants: int = Field(3, ge=1, le=12)
    places: Weights = {"corridor": 5, "stairwell": 3, "lobby": 2, "lift": 2, "shed": 3, "yard": 3}
    lights: Weights = {"day": 3, "night": 4, "dim": 1, "sunset": 1, "ir": 2}
    machines: Weights = {
        "ebike": 6, "ebike_light": 2, "ebike_moped": 2, "ebike_courier": 1, "ebike_maxi": 1, "ebike_covered": 1,
        "ebike_child_seat": 1, "ebike_loaded": 1,
    }  # fmt: skip
    lookalikes: Weights = {"bicycle": 5, "kick_scooter": 1, "wheelchair": 2, "pram": 1, "trolley": 1}
    clutter: Weights = {
        "cartons": 5, "bags": 3, "chair": 2, "stool": 1, "shelf": 3, "cabinet": 2, "sofa": 1, "mattress": 1,
        "planters": 2, "bucket_mops": 1, "boards": 2, "recyclables": 2, "pile": 3, "foam_boxes": 1, "parcel": 1,
    }  # fmt: skip
    loose: Weights = {"battery": 1, "charger": 1}
    """Things about machines that have no class of their own."""
    fires: Weights = {
        "lighter": 0.3, "candle": 0.3, "paper": 3, "joss": 2, "pan": 1, "bag": 4, "cartons": 5, "battery": 3, "bike": 5,
    }  # fmt: skip
    shining: Weights = {
        "table_lamp": 2, "tail_light": 2, "led_sign": 1, "lantern": 1, "electric_candles": 1, "torch": 1,
    }  # fmt: skip
    bare: Share = 0.22
    """Scenes without anything that has a box."""
    burning: Share = 0.8
    charging: Share = 0.7
    """Machines that hang on a lead."""
    people: Share = 0.35
    fisheye: Share = 0.08
    recorded: Share = 0.6
    """Pictures that went through a low bit-rate H.264 or H.265 encoder."""

    @property
    def digest(self) -> str:
        """Short hash of the whole recipe."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]

    def check(self) -> StillsRecipe:
        """The recipe itself; SynthError names the first key that names nothing known."""
        known: Mapping[str, tuple[Weights, Collection[str]]] = {
            "places": (self.places, PLACES),
            "lights": (self.lights, LIGHTS),
            "machines": (self.machines, MAKERS),
            "lookalikes": (self.lookalikes, MAKERS),
            "clutter": (self.clutter, MAKERS),
            "loose": (self.loose, MAKERS),
            "fires": (self.fires, FIRES),
            "shining": (self.shining, SHINING),
        }
        for table, (weights, names) in known.items():
            for name in weights:
                if name not in names:
                    raise SynthError(f"{table}.{name}: there is no such thing; known: {', '.join(sorted(names))}")
            if weights and not sum(weights.values()):
                raise SynthError(f"{table}: at least one needs a weight above 0; an empty table draws none")
        for table in ("places", "lights"):
            if not known[table][0]:
                raise SynthError(f"{table}: at least one needs a weight above 0")
        return self


def load_recipe(path: Path | None) -> StillsRecipe:
    """A recipe file, or the default recipe. SynthError: one line with the file, the key and what is wrong."""
    if path is None:
        return StillsRecipe().check()
    try:
        return StillsRecipe.model_validate(tomllib.loads(path.read_text("utf-8"))).check()
    except OSError as error:
        raise SynthError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SynthError(f"{path}: not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise SynthError(
                f"{path}: {key}: there is no such key; known: {', '.join(StillsRecipe.model_fields)}"
            ) from error
        raise SynthError(f"{path}: {key}: {first['msg'][0].lower()}{first['msg'][1:]}") from error
    except SynthError as error:
        raise SynthError(f"{path}: {error}") from error
