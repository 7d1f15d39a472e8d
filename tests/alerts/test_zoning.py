"""Drafts of zones: what can be set, what is refused and in which words, and the way back into the settings."""

import tomllib
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from alerts.config import Settings
from alerts.setup.fields import fields_of
from alerts.zoning import check, draft_of, toml_value, zone_fields
from vision.config import CameraConfig, ZoneConfig

Unit = Annotated[float, Field(ge=0, le=1)]
Point = tuple[Unit, Unit]
SQUARE = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]


class Floor(BaseModel):
    corners: tuple[Point, Point, Point, Point]
    width_m: float


class Pile(BaseModel):
    name: str = ""
    polygon: tuple[Point, ...]


class Rich(BaseModel):
    """Every form that a zone may take one day."""

    name: str
    kind: Literal["a", "b"] = "a"
    capacity: int | None = None
    open: bool = False
    outline: tuple[Point, ...] = ()
    bays: tuple[tuple[Point, ...], ...] = ()
    floor: Floor | None = None
    piles: tuple[Pile, ...] = ()
    windows: dict[str, str] = {}


def test_the_kinds_of_fields_are_read_from_the_model() -> None:
    fields = {field["name"]: field for field in fields_of(Rich)}
    kinds = {name: field["kind"] for name, field in fields.items()}
    assert kinds == {
        "name": "text",
        "kind": "choice",
        "capacity": "number",
        "open": "flag",
        "outline": "points",
        "bays": "polygons",
        "floor": "group",
        "piles": "groups",
    }, "and what has no form is left to the hand"
    assert fields["floor"]["fields"][0] | {"description": ""} == {
        "name": "corners",
        "needed": True,
        "description": "",
        "kind": "points",
        "count": 4,
    }
    assert [field["name"] for field in fields["piles"]["fields"]] == ["name", "polygon"]


def test_the_page_offers_every_field_of_a_zone() -> None:
    assert {field["name"] for field in zone_fields()} == set(ZoneConfig.model_fields)


def test_what_only_one_type_of_zone_has_says_so() -> None:
    assert {field["name"]: field["of_type"] for field in zone_fields() if "of_type" in field} == {
        "bays": "shed", "aisles": "shed", "capacity": "shed", "burning": "burn_site",
    }  # fmt: skip


def zones_of(toml: str) -> tuple[ZoneConfig, ...]:
    whole = tomllib.loads(f'[[cameras]]\nname = "c"\nurl = "u"\n{toml}')
    return Settings.model_validate(whole).cameras[0].zones


@given(name=st.text(min_size=1, max_size=80).filter(lambda text: text.isprintable() or "\x7f" in text))
def test_what_was_drawn_comes_back_from_the_settings(name: str) -> None:
    zone = {"name": name, "type": "lobby", "polygon": SQUARE}
    checked = check({"zones": [zone], "masks": []}, None)
    assert not checked.problems
    (back,) = zones_of(checked.toml)
    assert back.model_dump(mode="json", include={"name", "type", "polygon"}) == zone


def test_the_settings_of_a_camera_are_the_first_draft() -> None:
    camera = CameraConfig.model_validate(
        {"name": "c", "url": "rtsp://u:secret@x/1", "zones": [{"name": "a", "type": "lift"}]}
    )
    checked = check(draft_of(camera), camera)
    assert zones_of(checked.toml) == camera.zones
    assert "secret" not in checked.toml


@pytest.mark.parametrize(
    ("zones", "said"),
    [
        ([{"name": "门", "type": "attic", "polygon": SQUARE}], "zones · 门 · type: Input should be 'corridor'"),
        ([{"name": "a", "type": "lift", "polygon": SQUARE[:2]}], "needs at least 3 points, got 2"),
        ([{"type": "lift"}], "zones · 1 · name: Field required"),
        ([{"name": "a", "type": "lift"}] * 2, "zones: two zones are called a"),
        ([{"name": "a", "type": "lift", "colour": 1}], "zones · a · colour: Extra inputs"),
        ([{"name": "a", "type": "lift", "polygon": [[0, 0], [2, 0], [1, 1]]}], "polygon · 2 · 1: Input should be less"),
        (["a"], "zones · 1: Input should be"),
    ],
)
def test_what_the_settings_refuse_is_named(zones: list[Any], said: str) -> None:
    checked = check({"zones": zones, "masks": []}, None)
    assert checked.toml == ""
    assert said in checked.problems[0]


@pytest.mark.parametrize(
    ("value", "toml"),
    [
        (True, "true"),
        (3, "3"),
        (1 / 3, "0.3333"),
        ("a\n\x7f", '"a\\n\\u007f"'),
        ([[0.5, 1.0]], "[[0.5, 1.0]]"),
        ({"a": 1, "b": None}, "{ a = 1 }"),
    ],
)
def test_values_as_toml(value: Any, toml: str) -> None:
    assert toml_value(value) == toml
