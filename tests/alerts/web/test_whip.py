"""A phone as a camera: a real peer on loopback sends, what arrives for the analyzer is looked at."""

import asyncio
from collections.abc import AsyncIterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import VideoStreamTrack
from av import VideoFrame
from pydantic import SecretStr

from alerts.web.ice import listen_on
from alerts.web.phones import LONG_SIDE
from tests.alerts.web.console import Parts, some_settings
from tests.alerts.web.painting import paint
from vision.orders import PushPicture

TOKEN = "patrol-phone-token-1"
CAMERAS: list[dict[str, Any]] = [
    {"name": "patrol", "url": "whip:", "token": TOKEN},
    {"name": "gate", "url": "rtsp://camera/1", "token": "another-camera-token"},
]
BEARER = {"authorization": f"Bearer {TOKEN}", "content-type": "application/sdp"}


class Filming(VideoStreamTrack):
    """Pictures of a moving scene at 30 a second."""

    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__()
        self._size, self._step = size, 0

    async def recv(self) -> VideoFrame:
        pts, time_base = await self.next_timestamp()
        self._step += 1
        frame = VideoFrame.from_ndarray(paint(0, self._step, self._size), format="bgr24").reformat(format="yuv420p")
        frame.pts, frame.time_base = pts, Fraction(time_base)
        return frame


class Phone:
    """A browser that films, as far as WHIP is concerned."""

    def __init__(self, client: httpx.AsyncClient, size: tuple[int, int] = (640, 360)) -> None:
        self.client = client
        self.location = ""
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.peer.addTransceiver(Filming(size), direction="sendonly")

    async def send(self, camera: str = "patrol") -> httpx.Response:
        listen_on(self.peer, "127.0.0.1")
        await self.peer.setLocalDescription(await self.peer.createOffer())
        sdp = self.peer.localDescription.sdp.encode()
        answer = await self.client.post(f"/whip/{camera}", content=sdp, headers=BEARER)
        self.location = answer.headers.get("location", "")
        if answer.status_code == 201:
            await self.peer.setRemoteDescription(RTCSessionDescription(answer.text, "answer"))
        return answer


class Pushed:
    """What reaches the analyzer."""

    def __init__(self) -> None:
        self.all: list[PushPicture] = []
        self._came = asyncio.Event()

    def __call__(self, order: PushPicture) -> bool:
        self.all.append(order)
        self._came.set()
        return True

    async def until(self, number: int) -> None:
        """So many have come."""
        async with asyncio.timeout(30):
            while len(self.all) < number:
                self._came.clear()
                await self._came.wait()

    async def until_ended(self) -> None:
        """The word has come that there are no more."""
        async with asyncio.timeout(30):
            while not self.all or self.all[-1].picture.jpeg:
                self._came.clear()
                await self._came.wait()


@pytest.fixture
def pushed() -> Pushed:
    return Pushed()


@pytest.fixture
async def parts(tmp_path: Path, pushed: Pushed) -> AsyncIterator[Parts]:
    built = Parts.build(some_settings(tmp_path / "store", CAMERAS), push=pushed)
    yield built
    await built.app.state.phones.close_all()
    assert built.app.state.phones.count == 0
    built.close()


@pytest.fixture
async def client(parts: Parts) -> AsyncIterator[httpx.AsyncClient]:
    async with parts.client() as made:
        del made.headers["X-Xinan"]  # any WHIP client will do, not our page alone
        yield made


async def test_pictures_come_as_jpeg_until_the_phone_ends(client: httpx.AsyncClient, pushed: Pushed) -> None:
    phone = Phone(client)
    answer = await phone.send()
    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/sdp"
    await pushed.until(5)
    image = cv2.imdecode(np.frombuffer(pushed.all[4].picture.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    assert image.shape[1] / image.shape[0] == pytest.approx(640 / 360, abs=0.02)
    stamps = [order.picture.monotonic_s for order in pushed.all]
    assert (stamps[4] - stamps[0]) / 4 > 0.08, "ten a second at most, of thirty that come"
    assert {order.camera for order in pushed.all} == {"patrol"}
    assert (await client.delete(phone.location, headers=BEARER)).status_code == 204
    await pushed.until_ended()
    assert (await client.delete(phone.location, headers=BEARER)).status_code == 204
    await phone.peer.close()


async def test_a_phone_that_closes_without_a_word_is_gone(client: httpx.AsyncClient, pushed: Pushed) -> None:
    phone = Phone(client)
    await phone.send()
    await pushed.until(1)
    await phone.peer.close()
    await pushed.until_ended()


async def test_who_comes_later_takes_the_place(client: httpx.AsyncClient, pushed: Pushed) -> None:
    first, second = Phone(client), Phone(client)
    await first.send()
    await pushed.until(1)
    await second.send()
    await pushed.until(len(pushed.all) + 4)
    assert (await client.delete(first.location, headers=BEARER)).status_code == 204
    count = len(pushed.all)
    await pushed.until(count + 3)
    assert any(order.picture.jpeg for order in pushed.all[count:]), "the second goes on"
    for phone in (first, second):
        await phone.peer.close()


async def test_a_token_that_is_changed_ends_the_phone(parts: Parts, client: httpx.AsyncClient, pushed: Pushed) -> None:
    phone = Phone(client)
    await phone.send()
    await pushed.until(2)
    patrol, gate = parts.settings.cameras
    parts.live.watch([patrol.model_copy(update={"place": "now somewhere else"}), gate])
    await pushed.until(len(pushed.all) + 3)
    assert pushed.all[-1].picture.jpeg, "another place is no other token"
    parts.live.watch([patrol.model_copy(update={"token": SecretStr("a-new-token-of-16")}), gate])
    await pushed.until_ended()
    assert parts.app.state.phones.count == 0
    await phone.peer.close()


async def test_a_large_picture_is_made_smaller(client: httpx.AsyncClient, pushed: Pushed) -> None:
    phone = Phone(client, (2048, 1152))
    await phone.send()
    await pushed.until(1)
    image = cv2.imdecode(np.frombuffer(pushed.all[0].picture.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    assert max(image.shape[:2]) <= LONG_SIDE
    await phone.peer.close()


@pytest.mark.parametrize(
    ("camera", "authorization"),
    [
        ("patrol", None),
        ("patrol", "Bearer "),
        ("patrol", "Bearer wrong-token-of-some-length"),
        ("patrol", "Bearer another-camera-token"),
        ("gate", "Bearer another-camera-token"),
        ("nowhere", f"Bearer {TOKEN}"),
    ],
)
async def test_only_the_cameras_own_token_lets_in(
    client: httpx.AsyncClient, camera: str, authorization: str | None
) -> None:
    headers = {"content-type": "application/sdp"} | ({"authorization": authorization} if authorization else {})
    answer = await client.post(f"/whip/{camera}", content=b"v=0", headers=headers)
    assert (answer.status_code, answer.json()["detail"]) == (401, "this link is wrong")
    assert (await client.delete(f"/whip/{camera}/x", headers=headers)).status_code == 401


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [(b"v=0", "text/plain", 415), (b"no sdp", "application/sdp", 400), (b"\xff\xfe", "application/sdp", 400)],
)
async def test_what_is_no_offer(
    client: httpx.AsyncClient, content: bytes, kind: str, status: int, pushed: Pushed
) -> None:
    answer = await client.post("/whip/patrol", content=content, headers={**BEARER, "content-type": kind})
    assert answer.status_code == status
    assert all(not order.picture.jpeg for order in pushed.all)


async def test_an_offer_of_several_tracks_is_refused_and_leaves_nothing_behind(
    client: httpx.AsyncClient, pushed: Pushed
) -> None:
    phone = Phone(client)
    for _ in range(2):
        phone.peer.addTransceiver(Filming((320, 180)), direction="sendonly")
    assert (await phone.send()).status_code == 400
    await phone.peer.close()
    assert not [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("phone")]


async def test_an_offer_of_codecs_that_are_not_known_here_is_refused(client: httpx.AsyncClient) -> None:
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    peer.addTransceiver("video", direction="sendonly")
    await peer.setLocalDescription(await peer.createOffer())
    kept = [line for line in peer.localDescription.sdp.splitlines() if "rtcp-fb" not in line and "fmtp" not in line]
    sdp = "\r\n".join("AV1/90000".join(line.split("VP8/90000")) for line in kept if "H264" not in line) + "\r\n"
    answer = await client.post("/whip/patrol", content=sdp.encode(), headers=BEARER)
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")
    await peer.close()


async def test_the_page_may_use_the_camera_and_no_other_page_may(client: httpx.AsyncClient) -> None:
    assert "camera=(self)" in (await client.get("/patrol")).headers["permissions-policy"]
    assert "camera=()" in (await client.get("/enter")).headers["permissions-policy"]
    assert (await client.get("/patrol/patrol.js")).status_code == 200
    assert (await client.get("/patrol/main.js")).status_code == 401
