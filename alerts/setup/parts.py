"""Which parts of the settings can be set up in the browser, and what an entry of each can have."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel

from alerts.config import WebhookConfig
from alerts.mute.config import MutingConfig
from alerts.notifiers.channel_config import Channel
from alerts.registry.config import PlaceConfig, SiteConfig
from alerts.routing.ladder import RoutingConfig
from alerts.routing.people import GroupConfig, PersonConfig
from alerts.routing.rota import RotaConfig
from alerts.setup.fields import Field, fields_of
from vision.config import CameraConfig, HazardsConfig


@dataclass(frozen=True, slots=True)
class Part:
    """models: what an entry may be; `tag` is the key that says which of several. key: by which an entry is known;
    "": there is one entry, which is a table of its own. shown: secrets of which all but name and password is seen."""

    models: Mapping[str, type[BaseModel]]
    key: str = ""
    tag: str = ""
    shown: frozenset[str] = frozenset()

    def fields(self, entry: Mapping[str, Any]) -> list[Field]:
        """Of this entry; none of one whose type is not known."""
        chosen = str(entry.get(self.tag, "")) if self.tag else ""
        return _fields_of(self.models[chosen]) if chosen in self.models else []

    def all_fields(self) -> dict[str, list[Field]]:
        """Type → fields; "" where there is only one type."""
        return {name: _fields_of(model) for name, model in self.models.items()}


@cache
def _fields_of(model: type[BaseModel]) -> list[Field]:
    return fields_of(model)


def _channels() -> dict[str, type[BaseModel]]:
    union = get_args(Channel)[0] if get_args(Channel) else Channel
    found: dict[str, type[BaseModel]] = {}
    for model in get_args(union):
        (name,) = get_args(model.model_fields["type"].annotation)
        found[name] = model
    return found


PARTS: Mapping[str, Part] = {
    "cameras": Part({"": CameraConfig}, key="name", shown=frozenset({"url", "main_url"})),
    "places": Part({"": PlaceConfig}, key="id"),
    "people": Part({"": PersonConfig}, key="id"),
    "groups": Part({"": GroupConfig}, key="name"),
    "rota": Part({"": RotaConfig}),
    "routing": Part({"": RoutingConfig}),
    "channels": Part(_channels(), key="name", tag="type"),
    "webhooks": Part({"": WebhookConfig}, key="name"),
    "muting": Part({"": MutingConfig}),
    "hazards": Part({"": HazardsConfig}),
    "site": Part({"": SiteConfig}),
}
"""In the order in which somebody sets them up. All but the hazards are taken up while the watch runs
(`alerts.reload.LIVE`)."""
