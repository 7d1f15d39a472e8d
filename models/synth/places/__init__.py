"""Places, by kind: everything fixed in them follows from the recipe's seed."""

from __future__ import annotations

from collections.abc import Callable

from models.synth.places.corridor import corridor
from models.synth.places.lift import lift
from models.synth.places.lobby import lobby
from models.synth.places.shed import shed
from models.synth.places.stairwell import stairwell
from models.synth.places.yard import yard
from models.synth.world import LIGHTS, Place, PlaceRecipe, SynthError

__all__ = ["PLACES", "build"]

PLACES: dict[str, Callable[[PlaceRecipe], Place]] = {
    "corridor": corridor,
    "stairwell": stairwell,
    "lobby": lobby,
    "lift": lift,
    "shed": shed,
    "yard": yard,
}


def build(recipe: PlaceRecipe) -> Place:
    """The place of a recipe. SynthError: one line for a kind or a light that there is not."""
    if recipe.kind not in PLACES:
        raise SynthError(f"there is no place {recipe.kind!r}; known: {', '.join(PLACES)}")
    if recipe.light not in LIGHTS:
        raise SynthError(f"there is no light {recipe.light!r}; known: {', '.join(LIGHTS)}")
    return PLACES[recipe.kind](recipe)
