"""What lies where, and what is at hand there."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.config import Settings, load_settings
from alerts.errors import SettingsError
from alerts.registry.config import SITE, PlaceConfig, SiteConfig
from alerts.registry.registry import Gap, Registry

COMMUNITY = """
[site]
name = "Lane 12"
hydrant = "at the gate"
contacts = [{ name = "Duty room", role = "24 h", phone = "021-110" }]

[[places]]
id = "b3"
name = "3号楼"
name_en = "Building 3"
kind = "building"
extinguisher = "each landing"

[[places]]
id = "b3-{n}"
each = ["1-3", "5-6"]
within = "b3"
name = "{n}层"
name_en = "floor {n}"
kind = "floor"

[[places]]
id = "b3-{n}-corridor"
each = ["1-3", "5-6"]
within = "b3-{n}"
name = "走廊"
kind = "corridor"
power_cutoff = "box at {n}01"

[[places]]
id = "b3-shed"
within = "b3"
name = "东侧 自行车棚"
kind = "shed"
extinguisher = "left of the door"
contacts = [{ name = "Old Wang", role = "shed manager", phone = "138" }]

[[cameras]]
name = "corridor-5"
url = "0"
place = "b3-5-corridor"

[[cameras]]
name = "shed"
url = "1"
place = "b3-shed"
[[cameras.zones]]
name = "bays"
type = "shed"
bays = [[[0, 0], [1, 0], [1, 1]], [[0, 0], [0, 1], [1, 1]]]

[[cameras]]
name = "yard"
url = "2"
place = "the yard, by the old tree"

[[cameras]]
name = "typo"
url = "3"
place = "b3shed"
"""


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    file = tmp_path / "xinan.toml"
    file.write_text(COMMUNITY, "utf-8")
    return load_settings(file).registry()


def test_a_place_is_told_from_the_outermost_to_its_own_name(registry: Registry) -> None:
    assert registry.place("b3-shed").path == "3号楼 东侧 自行车棚"
    assert registry.place("b3-5-corridor").path == "3号楼 5层 走廊"
    assert registry.place("b3-5-corridor").path_en == "Building 3, floor 5, 走廊"


@pytest.mark.parametrize(
    ("camera", "text", "place_id"),
    [
        ("corridor-5", "3号楼 5层 走廊", "b3-5-corridor"),
        ("shed", "3号楼 东侧 自行车棚", "b3-shed"),
        ("yard", "the yard, by the old tree", None),
        ("nobody's", "", None),
    ],
)
def test_a_camera_hangs_at_a_registered_place_or_where_its_text_says(
    registry: Registry, camera: str, text: str, place_id: str | None
) -> None:
    place = registry.place_of(camera)
    assert registry.text_of(camera) == text
    assert (place.id if place else None) == place_id


def test_floors_are_written_once_for_all(registry: Registry) -> None:
    assert registry.children("b3") == ("b3-1", "b3-2", "b3-3", "b3-5", "b3-6", "b3-shed")
    assert registry.place("b3-3-corridor").safety.power_cutoff == "box at 301"
    assert registry.place("b3-3-corridor").depth == 2


def test_each_place_comes_before_what_lies_within_it(registry: Registry) -> None:
    seen: set[str] = set()
    for place in registry.places.values():
        assert set(place.parents) <= seen
        seen.add(place.id)
    assert registry.below(SITE) == tuple(registry.places)


def test_what_a_place_does_not_say_it_has_from_around_it(registry: Registry) -> None:
    shed, corridor = registry.place("b3-shed").safety, registry.place("b3-5-corridor").safety
    assert (shed.extinguisher, shed.hydrant, shed.power_cutoff) == ("left of the door", "at the gate", None)
    assert corridor.extinguisher == "each landing"
    assert [contact.name for contact in shed.contacts] == ["Old Wang", "Duty room"]
    assert [contact.name for contact in corridor.contacts] == ["Duty room"]
    assert registry.place(None).safety.hydrant == "at the gate"
    assert registry.place("long gone") is registry.site


@pytest.mark.parametrize(
    ("outer", "inner", "covered"),
    [
        ("b3", "b3-5-corridor", True),
        ("b3-5", "b3-5-corridor", True),
        ("b3-5-corridor", "b3-5-corridor", True),
        ("b3-5-corridor", "b3-5", False),
        ("b3-6", "b3-5-corridor", False),
        ("b3", None, False),
        ("b3", "long gone", False),
        (SITE, None, True),
        (SITE, "long gone", True),
    ],
)
def test_a_place_covers_what_lies_within_it(registry: Registry, outer: str, inner: str | None, covered: bool) -> None:
    assert registry.covers(outer, inner) is covered


@pytest.mark.parametrize(
    ("place", "below", "cameras"),
    [
        ("b3", True, ("corridor-5", "shed")),
        ("b3", False, ()),
        ("b3-shed", True, ("shed",)),
        ("b3-6", True, ()),
        (SITE, True, ("corridor-5", "shed", "yard", "typo")),
    ],
)
def test_cameras_of_a_place(registry: Registry, place: str, below: bool, cameras: tuple[str, ...]) -> None:
    assert registry.cameras_of(place, below=below) == cameras


def test_zones_and_bays_of_a_camera(registry: Registry) -> None:
    assert [zone.name for zone in registry.zones("shed")] == ["bays"]
    assert [(bay.zone, bay.number) for bay in registry.bays("shed")] == [("bays", 1), ("bays", 2)]
    assert registry.bays("yard") == ()


def test_what_is_missing_is_named(registry: Registry) -> None:
    gaps = registry.gaps()
    assert Gap("b3-shed", "power_cutoff") in gaps
    assert Gap("b3-6-corridor", "camera") in gaps
    assert Gap("typo", "unknown_place", "b3-shed") in gaps
    assert not [gap for gap in gaps if gap.where in ("yard", "b3", "b3-5-corridor")]


def test_a_place_without_anything_lacks_it() -> None:
    lonely = Registry.build(SiteConfig(), [PlaceConfig(id="s1", name="1号棚", kind="shed")])
    assert {gap.what for gap in lonely.gaps()} == {"extinguisher", "power_cutoff", "contacts", "camera"}


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ('id="a"\nname="A"\nwithin="b"', r"place a: within: no place has the id b; known: site, a"),
        (
            'id="shed-1"\nname="A"\n[[places]]\nid="c"\nname="C"\nwithin="shed1"',
            r"place c: within: no place has the id shed1; did you mean shed-1\?",
        ),
        ('id="a"\nname="A"\n[[places]]\nid="a"\nname="B"', r"two places have the id a"),
        ('id="f{n}"\neach="1-3"\nname="F"\n[[places]]\nid="f2"\nname="B"', r"two places have the id f2"),
        ('id="a"\nname="A"\nwithin="a"', r"place a: within: lies within itself: a → a"),
        (
            'id="x"\nname="X"\nwithin="a"\n[[places]]\nid="a"\nname="A"\nwithin="b"\n[[places]]\nid="b"\nname="B"\nwithin="a"',
            r"place a: within: lies within itself: a → b → a",
        ),
        ('id="site"\nname="A"', r"places\.0\.id: site is the whole site"),
        ('id="a b"\nname="A"', r"places\.0\.id: "),
        ('id="f{n}"\nname="A"', r"places\.0: id: f\{n\} holds a brace"),
        ('id="f"\neach="1-3"\nname="A"', r"places\.0: with each, the id has to hold \{n\}"),
        ('id="f{n}"\neach="9-3"\nname="A"', r"place f\{n\}: each: 9-3 runs backwards"),
        ('id="f{n}"\neach="1-900000000"\nname="A"', r"place f\{n\}: each: 900000000 places, more than 200"),
        ('id="f{n}"\neach=["1", "a b"]\nname="A"', r"place f\{n\}: each: id: .*pattern"),
        ('id="f{n}"\neach=["{n}"]\nname="A"', r"place f\{n\}: each: id: f\{n\} holds a brace"),
        ('id="a"\nname="A"\nkind="garage"', r"places\.0\.kind: .*'shed'"),
        (
            'id="a"\nname="A"\nextinguishers="x"',
            r"unknown key places\.0\.extinguishers; allowed: contacts, each, exting",
        ),
        ('id="a"\nname="A"\ncontacts=[{tel="1"}]', r"places\.0\.contacts\.0\.name: Field required"),
    ],
)
def test_errors_name_the_place_and_the_key(toml: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "t.toml"
    file.write_text(f"[[places]]\n{toml}\n", "utf-8")
    with pytest.raises(SettingsError, match=said) as caught:
        load_settings(file)
    assert "\n" not in str(caught.value)


def test_an_unknown_time_zone_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"site\.time_zone: no time zone is called 'Mars/Olympus'"):
        load_settings(None, ["site.time_zone=Mars/Olympus"])


def test_without_places_everything_is_as_before() -> None:
    settings = Settings.model_validate({"cameras": [{"name": "a", "url": "0", "place": "车棚"}]})
    registry = settings.registry()
    assert registry.text_of("a") == "车棚"
    assert registry.gaps() == []
    assert registry.cameras_of(SITE) == ("a",)


@given(st.lists(st.integers(0, 8), min_size=9, max_size=9))
def test_any_parents_make_a_tree_or_a_told_circle(parents: list[int]) -> None:
    """Place i lies within place parents[i], or in the site where that is i itself."""
    places = [
        PlaceConfig(id=f"p{i}", name=f"P{i}", within=SITE if parent == i else f"p{parent}")
        for i, parent in enumerate(parents)
    ]
    try:
        registry = Registry.build(SiteConfig(), places)
    except ValueError as error:
        assert "lies within itself" in str(error)
        return
    assert set(registry.places) == {f"p{i}" for i in range(9)}
    for place in registry.places.values():
        assert all(registry.covers(outer, place.id) for outer in (*place.parents, place.id, SITE))
        assert all(place.id in registry.below(outer) for outer in place.parents)
        assert place.path.split(" ")[-1] == place.name
