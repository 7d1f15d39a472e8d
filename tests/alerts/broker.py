"""A real mosquitto on loopback, and a client that keeps what it hears."""

import contextlib
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest

mqtt = pytest.importorskip("paho.mqtt.client", reason="paho-mqtt (extra push) is not installed")

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
needs_mosquitto = pytest.mark.skipif(MOSQUITTO is None, reason="no mosquitto on this machine")


class Broker:
    """`with Broker(folder) as broker:` runs one until the block ends. Nothing of it is kept on disk."""

    def __init__(self, folder: Path, *lines: str, port: int = 0) -> None:
        """lines: of mosquitto.conf, instead of an open door."""
        self.port = port or _free_port()
        self._config = folder / f"mosquitto-{self.port}.conf"
        said = lines or ("allow_anonymous true",)
        self._config.write_text("\n".join([f"listener {self.port} 127.0.0.1", "persistence false", "user root", *said]))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Until it takes connections."""
        assert MOSQUITTO
        command = [MOSQUITTO, "-c", str(self._config)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(500):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            assert self._process.poll() is None, "mosquitto did not start"
            threading.Event().wait(0.02)
        raise AssertionError("mosquitto does not listen")

    def stop(self) -> None:
        """As by a power cut: nobody is said goodbye to."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class Ear:
    """A client that subscribes to everything and keeps it: topic, text, retained."""

    def __init__(self, port: int, **tls: Any) -> None:
        self._news = threading.Condition()
        self.heard: list[tuple[str, str, bool]] = []
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        self._client.on_message = self._keep
        if tls:
            self._client.tls_set(**tls)
        listening = threading.Event()
        self._client.on_subscribe = lambda *_: listening.set()
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._client.subscribe("#", qos=1)
        assert listening.wait(10)

    def _keep(self, _: object, __: object, message: Any) -> None:
        with self._news:
            self.heard.append((message.topic, message.payload.decode(), message.retain))
            self._news.notify_all()

    def say(self, topic: str, payload: str, retain: bool = False) -> None:
        """Publish; returns once the broker has it."""
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(10)

    def wait(self, condition: Callable[[], bool]) -> None:
        """Until it holds; fails if it does not in time."""
        with self._news:
            assert self._news.wait_for(condition, 20), self.heard

    def of(self, topic: str) -> list[str]:
        """What was said there, in order."""
        return [text for where, text, _ in self.heard if where == topic]

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()


@contextlib.contextmanager
def ear(port: int, **tls: Any) -> Iterator[Ear]:
    """One that is closed at the end."""
    listening = Ear(port, **tls)
    try:
        yield listening
    finally:
        listening.close()


def _free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
