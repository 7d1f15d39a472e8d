"""ONVIF look-up against a device on loopback that checks what it is told."""

from datetime import timedelta

import pytest

from streams.clock import SystemClock
from streams.errors import SourceRefused, SourceUnavailable
from streams.onvif import ANSWER_S, Device, Found, Profile, chosen, discover, with_password
from tests.rtsp_server import free_port
from tests.streams import onvif_device
from tests.streams.onvif_device import PASSWORD, USER, OnvifDevice
from tests.streams.test_http_jpeg import plays
from tests.streams.wire import WireServer

OK = b"HTTP/1.1 200 OK\r\n\r\n"
BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e0 "ha">%s]><a>&e30;</a>' % b"".join(
    b'<!ENTITY e%d "%s">' % (level, b"&e%d;" % (level - 1) * 4) for level in range(1, 31)
)
"""4 to the power of 30."""


def test_a_probe_finds_it_once_and_under_its_own_address() -> None:
    with OnvifDevice() as device:
        found = discover(SystemClock(), 0.5, device.probed_at)
    assert found == [Found(device.address, "Bike shed")]


@pytest.mark.parametrize("ahead", [timedelta(), timedelta(hours=8), timedelta(days=-4000)])
def test_profiles_and_their_streams_whatever_the_devices_clock_says(ahead: timedelta) -> None:
    with OnvifDevice(ahead) as device, Device(device.address, USER, PASSWORD, SystemClock()) as client:
        profiles = client.profiles()
        assert device.refused == 0
        assert all(PASSWORD.encode() not in body for body in device.bodies), "only a digest travels"
    assert profiles[0] == Profile("main", "H264", 1920, 1080, 25.0, "rtsp://127.0.0.1:554/main?a=1&b=2")
    assert [profile.token for profile in profiles] == ["main", "sub", "third"]


@pytest.mark.parametrize(("user", "password"), [(USER, "wrong"), ("nobody", PASSWORD), ("", "")])
def test_a_wrong_password_is_tried_once(user: str, password: str) -> None:
    with OnvifDevice() as device, Device(device.host, user, password, SystemClock()) as client:
        with pytest.raises(SourceRefused, match="wrong user name or password"):
            client.profiles()
        assert device.refused == 1


def profiles_of(address: str) -> list[Profile]:
    with Device(address, "a", "b", SystemClock()) as client:
        return client.profiles()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "answers 404, not as an ONVIF device"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>", "answers 200, not as an ONVIF device"),
        (OK + b"<a>" * 400_000, "larger than 1 MiB"),
        (OK + b"<a>" * 300_000 + b"</a>" * 10, "answers 200, not as an ONVIF device"),
        (OK + BOMB, "answers 200, not as an ONVIF device"),
        (b"SSH-2.0-none\r\n\r\n", "does not answer as an HTTP server"),
        (
            b'HTTP/1.1 200 OK\r\n\r\n<?xml version="1.0" encoding="nonsense"?><a/>',
            "answers 200, not as an ONVIF device",
        ),
        (b'HTTP/1.1 200 OK\r\n\r\n<?xml version="1.0" encoding="utf-32"?><a/>', "answers 200, not as an ONVIF device"),
        (
            b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n"
            b'WWW-Authenticate: Digest realm="a", nonce="b", algorithm=X\r\n\r\n',
            "asks for the password in a way that is not known here",
        ),
    ],
)
def test_what_is_no_device(answer: bytes, reason: str) -> None:
    with WireServer(plays(answer)) as server, pytest.raises(SourceUnavailable) as caught:
        profiles_of(f"127.0.0.1:{server.port}")
    assert reason in caught.value.reason


def test_without_a_network_nobody_can_be_asked() -> None:
    with pytest.raises(SourceUnavailable, match="cannot be asked for cameras"):
        discover(SystemClock(), 0.1, ("255.255.255.255", 3702))  # a broadcast, which the socket is not allowed


def test_nobody_listens() -> None:
    with pytest.raises(SourceUnavailable, match="connection refused"):
        profiles_of(f"127.0.0.1:{free_port()}")


def profile(width: int) -> Profile:
    return Profile(str(width), "H264", width, width * 9 // 16, 25.0, "rtsp://cam/")


@pytest.mark.parametrize(
    ("widths", "analysed", "kept"),
    [
        ([1920, 704, 320], 704, 1920),
        ([1920, 320], 1920, None),
        ([2560, 1920, 1280], 1280, 2560),
        ([352], 352, None),
    ],
)
def test_the_stream_to_analyse_and_the_one_to_keep(widths: list[int], analysed: int, kept: int | None) -> None:
    first, second = chosen([profile(width) for width in widths])
    assert (first.width, second.width if second else None) == (analysed, kept)


def test_the_password_is_quoted_in_the_address() -> None:
    assert with_password("rtsp://cam:554/a", "ad@min", "p/w:@") == "rtsp://ad%40min:p%2Fw%3A%40@cam:554/a"


class Slow(SystemClock):
    """So much passes each time it is asked."""

    def __init__(self, step_s: float) -> None:
        self._step_s, self._at_s = step_s, 0.0

    def monotonic_s(self) -> float:
        self._at_s += self._step_s
        return self._at_s


@pytest.mark.parametrize(
    ("step_s", "reason"), [(ANSWER_S + 1, "is not whole within 10 s"), (ANSWER_S / 4, "its streams within 60 s")]
)
def test_a_device_that_takes_for_ever_is_left(step_s: float, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onvif_device, "PROFILES", onvif_device.PROFILES * 20)
    with (
        OnvifDevice() as device,
        Device(device.address, USER, PASSWORD, Slow(step_s)) as client,
        pytest.raises(SourceUnavailable, match=reason),
    ):
        client.profiles()
