"""Whether anybody is at home, against servers on loopback."""

import socket

import pytest

from streams.knock import knock
from tests.rtsp_server import free_port
from tests.streams.wire import WireServer


@pytest.mark.parametrize("answer", [b"RTSP/1.0 200 OK\r\n\r\n", b"RTSP/1.0 401 Unauthorized\r\n\r\n"])
@pytest.mark.parametrize("scheme", ["rtsp", "http", "RTSP"])
def test_any_word_is_an_answer(scheme: str, answer: bytes) -> None:
    with WireServer(lambda connection, _: connection.sendall(answer)) as server:
        assert knock(f"{scheme}://user:s3cret@127.0.0.1:{server.port}/cam") is True
        assert all(b"s3cret" not in head and b"/cam" not in head for head in server.requests)


def test_tls_is_only_connected_to() -> None:
    with WireServer(lambda connection, _: None) as server:
        assert knock(f"https://127.0.0.1:{server.port}/") is True


def test_nobody_listens() -> None:
    assert knock(f"rtsp://127.0.0.1:{free_port()}/cam") is False


def test_a_server_that_hangs_takes_connections_and_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.knock.TIMEOUT_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as hung:
        assert knock(f"rtsp://127.0.0.1:{hung.getsockname()[1]}/cam") is False


@pytest.mark.parametrize("url", ["0", "/a/video.mp4", "file:///a", "rtsp://", "rtsp://[::1", "rtsp://h:99999/"])
def test_where_there_is_no_host_to_ask(url: str) -> None:
    assert knock(url) is None
