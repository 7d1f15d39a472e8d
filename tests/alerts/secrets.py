"""Settings in which every secret there can be is given, and can be told in whatever is said: each holds `MARK`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from alerts.config import Settings
from tests.alerts.web.console import free_port

MARK = "xq7Marked"
NOBODY = "127.0.0.1:9"
"""Where nobody listens."""


def models(annotation: Any = Settings) -> Iterator[type[BaseModel]]:
    """All models of the settings."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from models(field.annotation)
    for inner in get_args(annotation):
        yield from models(inner)


def secret_fields(model: type[BaseModel]) -> list[str]:
    """Names of those that hold a secret: by their type."""
    return [name for name, field in model.model_fields.items() if "Secret" in repr(field.annotation)]


def marked_in(value: Any) -> Iterator[tuple[str, str]]:
    """(model, field) of each secret that is given and holds the mark."""
    if isinstance(value, BaseModel):
        for name in secret_fields(type(value)):
            given = getattr(value, name)
            if given is not None and MARK in str(given.get_secret_value()):
                yield type(value).__name__, name
        for name in type(value).model_fields:
            yield from marked_in(getattr(value, name))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from marked_in(one)


def raw_settings(folder: Path, *, postgres: bool = False) -> dict[str, Any]:
    """As a file would give them. postgres: with store.url, which leads nowhere."""
    hook = f"http://user:{MARK}hook@{NOBODY}/{MARK}path?key={MARK}key"
    bot = {"url": f"http://{NOBODY}/{MARK}bot?key={MARK}", "fire_url": f"http://{NOBODY}/{MARK}fire?key={MARK}"}
    signed = bot | {"secret": f"{MARK}sign", "fire_secret": f"{MARK}sign2"}
    ntfy = {"type": "ntfy", "url": f"http://{NOBODY}", "topic": f"{MARK}-topic"}
    store: dict[str, Any] = {"path": str(folder)}
    if postgres:
        store["url"] = f"postgresql+psycopg://xinan:{MARK}pg@{NOBODY}/xinan"
    if "media_url" in Settings.model_fields["store"].annotation.model_fields:  # type: ignore[union-attr]
        keys = {"media_key": f"{MARK}id", "media_secret": f"{MARK}secret"}
        store |= {"media_url": "s3://bucket/prefix", "media_endpoint": f"http://{NOBODY}", **keys}
    camera = f"rtsp://admin:{MARK}cam@{NOBODY}/stream?password={MARK}query"
    return {
        "site": {"name": "Lane 12"},
        "console": {"port": free_port()},
        "store": store,
        "cameras": [
            {"name": "shed", "url": camera, "main_url": camera.replace("stream", "main")},
            {"name": "patrol", "url": "whip:", "token": f"{MARK}-phone-token"},
        ],
        "webhooks": [{"name": "hook", "url": hook, "secret": f"{MARK}hmac"}],
        "channels": [
            {"type": "wecom", "name": "wecom", **bot},
            {"type": "dingtalk", "name": "dingtalk", **signed},
            {"type": "feishu", "name": "feishu", **signed},
            {"name": "ntfy", **ntfy, "token": f"{MARK}ntfy"},
            {"name": "ntfy2", **ntfy, "username": "xinan", "password": f"{MARK}ntfy2"},
            {"type": "email", "name": "mail", "host": "127.0.0.1", "port": 9}
            | {"username": "xinan", "password": f"{MARK}mail", "sender": "a@b.example", "to": ["c@d.example"]},
            {"type": "apprise", "name": "apprise", "url": f"json://user:{MARK}json@{NOBODY}/{MARK}?token={MARK}"},
            {"type": "mqtt", "name": "mqtt", "url": f"mqtt://{NOBODY}", "username": "x", "password": f"{MARK}mqtt"},
            {"type": "cap", "name": "cap", "url": hook, "secret": f"{MARK}cap", "sender": "x", "addresses": ["y"]},
            {"type": "push", "name": "phones", "contact": "mailto:a@b.example", "allow_private": True},
        ],
        "people": [{"id": "li", "channels": [{"channel": "wecom", "address": f"{MARK}mention"}]}],
    }


def as_toml(raw: dict[str, Any]) -> str:
    """Enough of it for these settings."""
    return "".join(f"{key} = {_inline(value)}\n" for key, value in raw.items())


def _inline(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case dict():
            return "{" + ", ".join(f"{key} = {_inline(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_inline, value)) + "]"
        case int() | float():
            return str(value)
    return '"' + str(value) + '"'
