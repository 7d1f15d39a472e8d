"""The bundled demonstration: a rendered corridor in which all goes wrong."""

import socket
import tomllib
from importlib import resources
from pathlib import Path

from alerts.config import ConsoleConfig, Settings

DEFAULT_PORT = 8800


def demo_settings(folder: Path, port: int | None) -> Settings:
    """Settings of the demo. folder: where its store may lie. port None: 8800, or a free one if that is taken."""
    bundled = Path(str(resources.files("models"))) / "demo"
    raw = tomllib.loads((bundled / "demo.toml").read_text("utf-8"))
    for camera in raw["cameras"]:
        camera["url"] = str(bundled / camera["url"])
    settings = Settings.model_validate({**raw, "store": {"path": folder}})
    console = ConsoleConfig(port=port or _free_port(DEFAULT_PORT))
    return settings.model_copy(update={"console": console})


def _free_port(wanted: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
