"""What a role allows, and what of a site is whose."""

import pytest

from alerts.access.principal import Area, Principal
from alerts.access.roles import ALLOWED, OF_THE_SITE, Permission, Role
from alerts.config import Settings
from alerts.registry.registry import Registry
from tests.alerts.making import alert

CAMERAS = (("shed", "b3-shed"), ("lift", "b3"), ("yard", "north gate"), ("other", "b4"))
PLACES = (("b3", ""), ("b3-shed", "b3"), ("b4", ""))


@pytest.fixture
def registry() -> Registry:
    return Settings.model_validate(
        {
            "places": [
                {"id": id, "kind": "building", "name": id} | ({"within": up} if up else {}) for id, up in PLACES
            ],
            "cameras": [{"name": name, "url": "rtsp://camera/1", "place": place} for name, place in CAMERAS],
        }
    ).registry()


def principal(*places: str, role: Role = Role.OPERATOR, scopes: frozenset[Permission] | None = None) -> Principal:
    return Principal("li", "Li", role, frozenset(places) or None, scopes)


@pytest.mark.parametrize(
    ("places", "cameras"),
    [
        ({"b3"}, {"shed", "lift"}),
        ({"b3-shed"}, {"shed"}),
        ({"b4", "yard"}, {"other", "yard"}),
        ({"gone"}, set()),
    ],
)
def test_a_place_gives_what_hangs_in_it(registry: Registry, places: set[str], cameras: set[str]) -> None:
    area = principal(*places).area(registry)
    assert area is not None
    assert area.cameras == cameras


def test_without_places_all_is_theirs(registry: Registry) -> None:
    assert principal().area(registry) is None
    assert principal("site").area(registry) is None


def test_an_alert_stays_theirs_when_its_camera_is_removed(registry: Registry) -> None:
    area = principal("b3").area(registry)
    assert area is not None
    assert area.has(alert(camera="lift"))
    assert area.has(alert(camera="removed", place_id="b3-shed"))
    assert not area.has(alert(camera="other", place_id="b4"))
    assert not Area(frozenset(), frozenset()).has(alert(camera="removed"))


def test_every_role_may_something_and_only_the_admin_everything() -> None:
    assert set(ALLOWED) == set(Role)
    assert [role for role in Role if ALLOWED[role] == set(Permission)] == [Role.ADMIN]
    assert all(Permission.SEE in allowed for allowed in ALLOWED.values())


@pytest.mark.parametrize("role", Role)
def test_scopes_only_take_away(role: Role) -> None:
    token = principal(role=role, scopes=frozenset({Permission.SEE, Permission.ADMIN}))
    assert {one for one in Permission if token.may(one)} == ALLOWED[role] & {Permission.SEE, Permission.ADMIN}


PHONES = [("li", Role.VOLUNTEER, True), ("", Role.VOLUNTEER, False), ("", Role.ADMIN, True)]


@pytest.mark.parametrize(("account", "role", "may"), PHONES)
def test_a_phone_is_an_accounts(account: str, role: Role, may: bool) -> None:
    assert Principal(account, "Li", role).may(Permission.PHONE) is may
    assert not Principal("", "robot", Role.ADMIN, None, frozenset({Permission.PHONE}), "api").may(Permission.PHONE)


@pytest.mark.parametrize("permission", sorted(OF_THE_SITE))
def test_what_is_of_the_whole_site_is_for_nobody_who_is_limited(permission: Permission) -> None:
    assert principal(role=Role.ADMIN).may(permission) and principal("site", "b3", role=Role.ADMIN).may(permission)
    assert not principal("b3", role=Role.ADMIN).may(permission)
    assert principal("b3", role=Role.ADMIN).may(Permission.SEE)
