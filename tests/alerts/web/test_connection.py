"""Connections that ask nothing, against the real server."""

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.web import connection
from tests.alerts.web.console import Parts, serving, some_settings

REQUEST = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.fixture
def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(connection, "IDLE_S", 0.2)
    parts = Parts.build(some_settings(tmp_path / "store", login=False))
    with serving(parts):
        yield parts.settings.console.port
    parts.close()


def opened(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


@pytest.mark.parametrize(
    ("said", "begins"), [(b"", b""), (b"GET /healthz HTT", b""), (REQUEST + REQUEST[:20], b"HTTP/1.1 200")]
)
def test_who_asks_nothing_is_let_go(port: int, said: bytes, begins: bytes) -> None:
    with opened(port) as client:
        client.sendall(said)
        heard = b"".join(iter(lambda: client.recv(65536), b""))
    assert heard.startswith(begins) and bool(heard) is bool(begins)


def test_who_sends_a_request_byte_by_byte_is_let_go(port: int) -> None:
    with opened(port) as client:
        client.settimeout(0.05)
        with pytest.raises(ConnectionError):
            for _ in range(400):
                client.sendall(b"x")
                with contextlib.suppress(TimeoutError):
                    if not client.recv(1):
                        raise ConnectionResetError


def test_a_long_answer_goes_on(port: int) -> None:
    with opened(port) as client:
        client.sendall(b"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        client.settimeout(1.5)
        with pytest.raises(TimeoutError):  # it is silent after its greeting, and not closed
            while client.recv(65536):
                pass
