"""What Home Assistant is told over MQTT: its devices and entities, and their states. Pure.

Device-based discovery: one retained JSON for each camera at PREFIX/device/TOPIC/CAMERA/config
(https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload).
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from alerts.alert import Alert, AlertState
from alerts.camera_watch import CAMERA
from alerts.words import words_of

ONLINE, OFFLINE = "online", "offline"
_SHOWN = frozenset({AlertState.FIRING, AlertState.ACKNOWLEDGED})


def slug(name: str) -> str:
    """A name as topics and ids may hold it: itself, or twelve hex digits of its hash."""
    if re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
        return name
    return hashlib.sha256(name.encode()).hexdigest()[:12]


class Topics:
    """Where things are published. base: such as "xinan"."""

    def __init__(self, base: str, discovery: str | None) -> None:
        self.status = f"{base}/status"
        self.alerts = f"{base}/alerts"
        self._base = base
        self._node = base.replace("/", "_")
        self._discovery = discovery

    def state(self, camera: str) -> str:
        """Of a camera."""
        return f"{self._base}/cameras/{slug(camera)}/state"

    def config(self, camera: str) -> str:
        """Of a camera's device; only with discovery."""
        return f"{self._discovery}/device/{self._node}/{slug(camera)}/config"

    def unique(self, *parts: str) -> str:
        """An id that no other program gives."""
        return "_".join((self._node, *(slug(part) for part in parts)))

    @property
    def kept(self) -> Sequence[Callable[[str], str]]:
        """What is retained of each camera."""
        return (self.state, self.config) if self._discovery else (self.state,)

    @property
    def states(self) -> str:
        """All states of cameras, as a subscription: also of those that are gone."""
        return f"{self._base}/cameras/+/state"

    @property
    def birth(self) -> str | None:
        """Where Home Assistant says that it has started."""
        return f"{self._discovery}/status" if self._discovery else None

    @property
    def configs(self) -> str | None:
        """All our devices, as a subscription: also those of cameras that are gone."""
        return f"{self._discovery}/device/{self._node}/+/config" if self._discovery else None


def device(
    camera: str, place: str, hazards: Iterable[str], topics: Topics, site: str, console_url: str
) -> dict[str, Any]:
    """The discovery payload of one camera: a sensor for each hazard, one for its health, one for the open alerts.

    place: where it hangs in human words, "" if that is not known.
    """
    components: dict[str, Any] = {}
    for kind in hazards:
        components[kind] = _binary(camera, kind, _name_of(kind), "safety", topics)
    components["problem"] = _binary(camera, "problem", _name_of(CAMERA), "problem", topics)
    components["open_alerts"] = {
        "platform": "sensor",
        "unique_id": topics.unique(camera, "open_alerts"),
        "name": "未处理报警 Open alerts",
        "value_template": "{{ value_json.open_alerts }}",
        "state_class": "measurement",
    }
    return {
        "device": {
            "identifiers": [topics.unique(camera)],
            "name": f"{place} ({camera})" if place else camera,
            "manufacturer": "Xin'an 心安",
            "model": site,
            "configuration_url": console_url,
        },
        "origin": {"name": "Xin'an"},
        "components": components,
        "state_topic": topics.state(camera),
        "availability_topic": topics.status,
        "qos": 1,
    }


def states(cameras: Sequence[str], hazards: Sequence[str], alerts: Sequence[Alert]) -> dict[str, Mapping[str, Any]]:
    """Camera → what its entities show. alerts: not resolved ones; suspicions and false alarms count for nothing."""
    shown = [alert for alert in alerts if alert.state in _SHOWN]
    return {camera: _state(hazards, [alert for alert in shown if alert.camera == camera]) for camera in cameras}


def _state(hazards: Sequence[str], alerts: Sequence[Alert]) -> dict[str, Any]:
    there = {alert.hazard for alert in alerts}
    state: dict[str, Any] = {kind: "ON" if kind in there else "OFF" for kind in hazards}
    state["problem"] = "ON" if CAMERA in there else "OFF"
    state["open_alerts"] = len(alerts)
    return state


def _binary(camera: str, key: str, name: str, device_class: str, topics: Topics) -> dict[str, Any]:
    return {
        "platform": "binary_sensor",
        "unique_id": topics.unique(camera, key),
        "name": name,
        "device_class": device_class,
        "value_template": f"{{{{ value_json.{key} }}}}",
    }


def _name_of(kind: str) -> str:
    words = words_of()[kind]
    return f"{words.zh} {words.en}"
