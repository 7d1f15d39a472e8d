"""Recipes: what is wrong is told in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.synth.recipe import StillsRecipe, load_recipe
from models.synth.world import SynthError


def test_the_default_recipe_names_only_known_things() -> None:
    assert load_recipe(None) == StillsRecipe()


def test_a_file_overrides_what_it_names(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    path.write_text("variants = 2\n[places]\nlift = 1\n")
    recipe = load_recipe(path)
    assert (recipe.variants, recipe.places, recipe.lights) == (2, {"lift": 1}, StillsRecipe().lights)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[places]\nspaceship = 1\n", "places.spaceship: there is no such thing; known: corridor"),
        ("[machines]\nhovercraft = 1\n", "machines.hovercraft: there is no such thing; known: bag"),
        ("[fires]\nvolcano = 1\n", "fires.volcano: there is no such thing; known: "),
        ("[lights]\nday = 0\n", "lights: at least one needs a weight above 0"),
        ("[places]\ncorridor = -1\n", "places.corridor: input should be greater than or equal to 0"),
        ("burnin = 1\n", "burnin: there is no such key; known: width, height"),
        ("width = \n", "not TOML: "),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "r.toml"
    path.write_text(text)
    with pytest.raises(SynthError) as told:
        load_recipe(path)
    assert str(told.value).startswith(f"{path}: {said}")
    assert "\n" not in str(told.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SynthError, match=r"none\.toml: No such file"):
        load_recipe(tmp_path / "none.toml")
