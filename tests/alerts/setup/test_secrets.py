"""Secrets go to the page as set and come back as they were, or typed anew; never out."""

import json
from typing import Any

import pytest
from pydantic import BaseModel, Secret, SecretStr

from alerts.errors import SetupRefused
from alerts.setup.parts import PARTS
from alerts.setup.secrets import KEPT, masked, unmasked

MAIL = {
    "type": "email", "name": "mail", "host": "mail.example", "username": "xinan", "password": "hunter22",
    "sender": "a@b.example", "to": ["c@d.example"],
}  # fmt: skip
PERSON = {
    "id": "li",
    "channels": [{"channel": "mail", "address": "li@home.example"}, {"channel": "ntfy", "address": "topic-of-li"}],
}
CAMERA = {"name": "shed-1", "url": "rtsp://user:geheim@camera/1", "main_url": "rtsp://camera/2?password=geheim"}


def fields(part: str, entry: dict[str, Any]) -> Any:
    return PARTS[part].fields(entry)


def shown_of(part: str, entry: dict[str, Any]) -> dict[str, Any]:
    return masked(entry, fields(part, entry), PARTS[part].shown)


def is_secret(annotation: Any) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, SecretStr):
        return True
    if getattr(annotation, "__origin__", None) is Secret or (
        isinstance(annotation, type) and issubclass(annotation, Secret)
    ):
        return True
    return any(map(is_secret, getattr(annotation, "__args__", ())))


def models(model: type[BaseModel]) -> list[type[BaseModel]]:
    """It and all within."""

    def within(annotation: Any) -> list[type[BaseModel]]:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return models(annotation)
        return [found for one in getattr(annotation, "__args__", ()) for found in within(one)]

    return [model, *(found for field in model.model_fields.values() for found in within(field.annotation))]


def test_every_secret_of_the_settings_is_known_to_be_one_and_every_key_has_a_form() -> None:
    def forms(said: Any) -> dict[str, str]:
        return {field["name"]: field["kind"] for field in said}

    number = 0
    for part in PARTS.values():
        for name, model in part.models.items():
            described = [forms(part.all_fields()[name])]
            described += [forms(field["fields"]) for field in part.all_fields()[name] if field["kind"] == "groups"]
            for one in models(model):
                mine = [said for said in described if set(said) == set(one.model_fields)]
                for key, field in one.model_fields.items():
                    if is_secret(field.annotation):
                        number += 1
                        assert mine and {said[key] for said in mine} == {"secret"}, f"{one.__name__}.{key}"
            assert set(model.model_fields) == set(described[0]), name
    assert number > 20


@pytest.mark.parametrize(
    ("part", "entry", "secret"),
    [
        ("channels", MAIL, "hunter22"),
        ("people", PERSON, "li@home"),
        ("people", PERSON, "topic-of"),
        ("cameras", CAMERA, "geheim"),
        ("channels", {"type": "wecom", "name": "w", "url": "https://q.example/send?key=abc"}, "abc"),
        ("webhooks", {"name": "w", "url": "https://user:abc@q.example/x"}, "abc"),
        ("webhooks", {"name": "w", "url": "https://q.example/x?token=abc"}, "abc"),
        ("channels", {"type": "nothing known", "password": "abc"}, "abc"),
        ("webhooks", {"name": "w", "secrt": "abc"}, "abc"),
    ],
)
def test_no_secret_is_in_what_the_page_gets(part: str, entry: dict[str, Any], secret: str) -> None:
    assert secret not in json.dumps(shown_of(part, entry), default=str)


def test_of_a_camera_the_rest_of_the_address_is_shown() -> None:
    shown = shown_of("cameras", CAMERA)
    assert shown["url"] == {KEPT: "", "shown": "rtsp://***@camera/1"}


@pytest.mark.parametrize(("part", "entry"), [("channels", MAIL), ("people", PERSON), ("cameras", CAMERA)])
def test_what_comes_back_as_it_went_is_as_it_was(part: str, entry: dict[str, Any]) -> None:
    shown = shown_of(part, entry)
    assert unmasked(shown, entry, fields(part, entry)) == entry


def test_a_way_that_moves_takes_its_address_along() -> None:
    shown = shown_of("people", PERSON)
    shown["channels"].reverse()
    shown["channels"].append({"channel": "phone"})
    kept = unmasked(shown, PERSON, fields("people", PERSON))
    assert kept["channels"] == [PERSON["channels"][1], PERSON["channels"][0], {"channel": "phone"}]


@pytest.mark.parametrize(
    ("part", "entry", "changed"),
    [
        ("channels", MAIL, {"host": "mine.example"}),
        ("channels", MAIL, {"security": "none"}),
        ("channels", MAIL, {"port": 2525}),
        ("channels", MAIL, {"name": {KEPT: ""}}),
        ("channels", MAIL, {"to": [{KEPT: ""}]}),
        ("channels", {"type": "dingtalk", "name": "d", "url": "https://a", "secret": "s"}, {"url": "https://mine"}),
        ("cameras", CAMERA | {"token": "t" * 16}, {"url": "http://mine.example"}),
        ("webhooks", {"name": "w", "url": "https://a", "secret": "s"}, {"url": "https://mine"}),
        ("webhooks", {"name": "w", "url": "https://a"}, {"secret": {KEPT: ""}}),
    ],
)
def test_a_secret_stays_only_where_it_goes_where_it_went(
    part: str, entry: dict[str, Any], changed: dict[str, Any]
) -> None:
    given = shown_of(part, entry) | changed
    try:
        found = unmasked(given, entry, fields(part, entry))
    except SetupRefused as refused:
        assert refused.code == "secret_anew"
    else:  # nothing that the settings would take, nor anything that tells the secret
        assert "hunter22" not in json.dumps({key: found[key] for key in changed}, default=str)


def test_the_address_of_a_person_does_not_go_to_another_channel() -> None:
    shown = shown_of("people", PERSON)
    shown["channels"][0]["channel"] = "ntfy"
    with pytest.raises(SetupRefused, match="channel was changed"):
        unmasked(shown, PERSON, fields("people", PERSON))


@pytest.mark.parametrize("number", ["9", "-1", "x", "9" * 30])
def test_a_made_up_number_finds_nothing(number: str) -> None:
    given = {"id": "li", "channels": [{"channel": "mail", "address": {KEPT: number}}]}
    with pytest.raises(SetupRefused, match="nothing is set here"):
        unmasked(given, PERSON, fields("people", PERSON))
