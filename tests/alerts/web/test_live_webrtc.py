"""Live video: a real peer on loopback."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpReceiver, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack
from av import VideoFrame
from pydantic import SecretStr

from alerts.web.access import SESSION_LIFE
from alerts.web.ice import listen_on, media_addresses, without_candidates
from alerts.web.live_webrtc import IDLE_S, LiveVideo
from alerts.web.overstay import Overstay
from streams.clock import SimulatedClock
from tests.alerts.web.console import Parts, filming, some_settings
from tests.alerts.web.painting import paint

SDP = {"content-type": "application/sdp"}


class Watcher:
    """A browser, as far as WHEP is concerned."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.location = ""
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.track: asyncio.Future[MediaStreamTrack] = asyncio.get_running_loop().create_future()
        self.peer.on("track", lambda track: self.track.set_result(track))
        self.peer.addTransceiver("video", direction="recvonly")

    async def ask(self, camera: str = "shed-1", *, comes: bool = True) -> httpx.Response:
        """comes: for what it was answered, too."""
        listen_on(self.peer, "127.0.0.1")
        await self.peer.setLocalDescription(await self.peer.createOffer())
        url = f"/api/cameras/{camera}/whep"
        answer = await self.client.post(url, content=self.peer.localDescription.sdp.encode(), headers=SDP)
        self.location = answer.headers.get("location", "")
        if answer.status_code == 201 and comes:
            await self.peer.setRemoteDescription(RTCSessionDescription(answer.text, "answer"))
        return answer

    async def frames(self, number: int) -> list[VideoFrame]:
        async with asyncio.timeout(30):
            track = await self.track
            received = [await track.recv() for _ in range(number)]
        return [frame for frame in received if isinstance(frame, VideoFrame)]


@pytest.fixture
async def live(tmp_path: Path) -> AsyncIterator[Parts]:
    parts = Parts.build(some_settings(tmp_path / "store", max_viewers=2))
    with filming(parts, [0]):
        yield parts
    await parts.app.state.video.close_all()
    parts.close()


@pytest.fixture
async def viewer(live: Parts) -> AsyncIterator[httpx.AsyncClient]:
    async with live.client() as client:
        await live.enter(client)
        yield client


async def test_pictures_arrive(live: Parts, viewer: httpx.AsyncClient) -> None:
    watcher = Watcher(viewer)
    answer = await watcher.ask()
    assert answer.status_code == 201 and answer.headers["content-type"] == "application/sdp"
    addresses = {line.split()[4] for line in answer.text.splitlines() if line.startswith("a=candidate:")}
    assert addresses == {"127.0.0.1"}, "a console on loopback listens for media on loopback only"
    frames = await watcher.frames(5)
    assert {(frame.width, frame.height) for frame in frames} == {(640, 360)}
    times = [frame.time or 0.0 for frame in frames]
    assert times == sorted(times) and len(set(times)) == 5
    picture = frames[-1].to_ndarray(format="bgr24")
    assert abs(float(picture.mean()) - float(paint(0).mean())) < 12
    assert (await viewer.delete(watcher.location)).status_code == 204
    assert (await viewer.delete(watcher.location)).status_code == 204
    assert live.app.state.video.count == 0
    await watcher.peer.close()


async def test_a_camera_may_have_a_chinese_name(tmp_path: Path) -> None:
    parts = Parts.build(some_settings(tmp_path / "store", [{"name": "车棚-1", "url": "rtsp://camera/1"}]))
    with filming(parts, [0]):
        async with parts.client() as client:
            await parts.enter(client)
            watcher = Watcher(client)
            assert (await watcher.ask("车棚-1")).status_code == 201
            assert (await client.delete(watcher.location)).status_code == 204
            await watcher.peer.close()
    await parts.app.state.video.close_all()
    parts.close()


async def test_two_viewers_share_a_camera_and_a_third_is_refused(live: Parts, viewer: httpx.AsyncClient) -> None:
    watchers = [Watcher(viewer) for _ in range(3)]
    assert [(await watcher.ask()).status_code for watcher in watchers] == [201, 201, 503]
    both = await asyncio.gather(*(watcher.frames(8) for watcher in watchers[:2]))
    assert [len(frames) for frames in both] == [8, 8]
    assert len(live.app.state.video._feeds) == 1
    await viewer.delete(watchers[0].location)
    assert len(await watchers[1].frames(3)) == 3
    for watcher in watchers:
        await watcher.peer.close()


async def test_who_never_comes_gives_his_place_to_the_next(live: Parts, viewer: httpx.AsyncClient) -> None:
    video: LiveVideo = live.app.state.video
    clock = video._clock = SimulatedClock()
    looks, idle, early, late, later = watchers = [Watcher(viewer) for _ in range(5)]
    await looks.ask()
    await looks.frames(1)
    assert (await idle.ask(comes=False)).status_code == 201
    assert (await early.ask()).status_code == 503, "he may just be on his way"
    clock.step(IDLE_S)
    assert (await late.ask()).status_code == 201
    await late.frames(1)
    clock.step(IDLE_S)
    assert (await later.ask()).status_code == 503, "those who look are not put out"
    assert len(await looks.frames(3)) == 3
    for watcher in watchers:
        await watcher.peer.close()


async def test_video_ends_when_the_camera_is_lost(live: Parts, viewer: httpx.AsyncClient) -> None:
    watcher = Watcher(viewer)
    with filming(live, [1]):
        assert (await watcher.ask("stairs-2")).status_code == 201
        await watcher.frames(1)
    live.online(1, "offline")
    async with asyncio.timeout(20):
        while live.app.state.video.count:
            await asyncio.sleep(0.05)
    await watcher.peer.close()


async def test_log_out_ends_the_video(live: Parts, viewer: httpx.AsyncClient) -> None:
    watcher = Watcher(viewer)
    await watcher.ask()
    await watcher.frames(1)
    await viewer.post("/api/leave")
    async with asyncio.timeout(20):
        while live.app.state.video.count:
            await asyncio.sleep(0.05)
    await watcher.peer.close()


async def test_a_session_that_is_over_by_its_time_ends_the_video(live: Parts, viewer: httpx.AsyncClient) -> None:
    watcher = Watcher(viewer)
    await watcher.ask()
    await watcher.frames(1)
    overstay: Overstay = live.app.state.overstay
    await overstay.check()
    assert live.app.state.video.count == 1
    live.access._clock = SimulatedClock(live.clock.now() + SESSION_LIFE + timedelta(seconds=1))
    await overstay.check()
    async with asyncio.timeout(20):
        while live.app.state.video.count:
            await asyncio.sleep(0.05)
    await watcher.peer.close()


async def test_who_comes_just_after_a_new_address_is_shown_nothing_of_the_old_one(
    live: Parts, viewer: httpx.AsyncClient
) -> None:
    first = Watcher(viewer)
    await first.ask()
    await first.frames(1)
    old = live.app.state.video._feeds["shed-1"]
    assert old.newest(), "whoever joins it begins with these"
    shed, stairs = live.settings.cameras
    live.live.watch([shed.model_copy(update={"url": SecretStr("rtsp://camera/9")}), stairs])
    feed = live.app.state.video._feed("shed-1")
    assert feed is not old and feed.newest() == []
    async with asyncio.timeout(20):
        while not old.ended:
            await asyncio.sleep(0.05)
    await first.peer.close()


async def test_a_viewer_belongs_to_its_session(live: Parts, viewer: httpx.AsyncClient) -> None:
    watcher = Watcher(viewer)
    await watcher.ask()
    async with live.client() as other:
        await live.enter(other, "Li")
        assert (await other.delete(watcher.location)).status_code == 204
    assert live.app.state.video.count == 1
    await watcher.peer.close()


async def test_shutdown_while_an_answer_is_made(live: Parts, viewer: httpx.AsyncClient) -> None:
    watchers = [Watcher(viewer) for _ in range(2)]
    asking = [asyncio.create_task(watcher.ask()) for watcher in watchers]
    while not live.app.state.video.count:
        await asyncio.sleep(0)
    await live.app.state.video.close_all()
    assert {(await ask).status_code for ask in asking} <= {201, 400, 503}
    assert live.app.state.video.count == 0
    assert (await viewer.post("/api/cameras/shed-1/whep", content=b"v=0", headers=SDP)).status_code == 503
    for watcher in watchers:
        await watcher.peer.close()


async def test_no_video_without_a_camera(live: Parts, viewer: httpx.AsyncClient) -> None:
    for camera in ("nobody", "stairs-2"):
        watcher = Watcher(viewer)
        assert (await watcher.ask(camera)).status_code == 404
        await watcher.peer.close()
    assert live.app.state.video.count == 0


@pytest.mark.parametrize(
    "offer", ["", "v=0", "rubbish\r\n" * 50, "v=0\r\nm=video x y z\r\n", "\x00\x01", "m=audio 9 X 0"]
)
async def test_bad_offers(live: Parts, viewer: httpx.AsyncClient, offer: str) -> None:
    answer = await viewer.post("/api/cameras/shed-1/whep", content=offer.encode(), headers=SDP)
    assert answer.status_code == 400, answer.text
    assert live.app.state.video.count == 0


async def test_damaged_offers(live: Parts, viewer: httpx.AsyncClient) -> None:
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    peer.addTransceiver("video", direction="recvonly")
    await peer.setLocalDescription(await peer.createOffer())
    lines = peer.localDescription.sdp.splitlines()
    await peer.close()
    rng = random.Random(5)
    for _ in range(60):
        damaged = list(lines)
        for at in sorted(rng.sample(range(len(lines)), 3), reverse=True):
            damaged[at : at + 1] = rng.choice([[], [damaged[at][: len(damaged[at]) // 2]], [damaged[at]] * 2])
        sdp = "\r\n".join(damaged).encode()
        answer = await viewer.post("/api/cameras/shed-1/whep", content=sdp, headers=SDP)
        assert answer.status_code in (201, 400), answer.text
        if answer.status_code == 201:
            await viewer.delete(answer.headers["location"])
        assert live.app.state.video.count == 0


async def test_a_browser_without_h264_is_told_so(live: Parts, viewer: httpx.AsyncClient) -> None:
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    capabilities = RTCRtpReceiver.getCapabilities("video")
    assert capabilities
    others = [codec for codec in capabilities.codecs if codec.mimeType.lower() != "video/h264"]
    peer.addTransceiver("video", direction="recvonly").setCodecPreferences(others)
    await peer.setLocalDescription(await peer.createOffer())
    sdp = peer.localDescription.sdp.encode()
    answer = await viewer.post("/api/cameras/shed-1/whep", content=sdp, headers=SDP)
    assert answer.status_code == 406 and "H.264" in answer.json()["detail"]
    assert live.app.state.video.count == 0
    await peer.close()


async def test_a_browser_that_lost_pictures_is_heard(live: Parts, viewer: httpx.AsyncClient) -> None:
    watcher = Watcher(viewer)
    await watcher.ask()
    await watcher.frames(1)
    ((sending,),) = [live.app.state.video._feeds["shed-1"]._tracks]
    assert sending._repeated_s == float("-inf")
    receiver: Any = watcher.peer.getReceivers()[0]
    (source,) = receiver.getSynchronizationSources()
    await receiver._send_rtcp_pli(source.source)
    async with asyncio.timeout(20):
        while sending._repeated_s == float("-inf"):
            await asyncio.sleep(0.05)
    assert len(await watcher.frames(3)) == 3
    await watcher.peer.close()


async def test_it_is_wanted_while_somebody_looks(live: Parts, viewer: httpx.AsyncClient) -> None:
    watchers = [Watcher(viewer) for _ in range(2)]
    for watcher in watchers:
        await watcher.ask()
    for watcher in watchers:
        assert live.shown[-1].coded == {"shed-1"}
        await viewer.delete(watcher.location)
    assert not live.shown[-1].coded
    assert len(live.shown) == 2, "one order for both, and one when the last has left"
    for watcher in watchers:
        await watcher.peer.close()


async def test_a_camera_that_is_set_anew_ends_its_video(live: Parts, viewer: httpx.AsyncClient) -> None:
    """It may have masks now; nothing from before may be shown on."""
    watcher = Watcher(viewer)
    await watcher.ask()
    await watcher.frames(1)
    masked = live.settings.cameras[0].model_copy(update={"masks": (((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)),)})
    live.live.watch((masked, *live.settings.cameras[1:]))
    async with asyncio.timeout(20):
        while live.app.state.video.count:
            await asyncio.sleep(0.05)
    await watcher.peer.close()


async def test_an_offer_of_something_else(live: Parts, viewer: httpx.AsyncClient) -> None:
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    peer.addTransceiver("audio", direction="recvonly")
    await peer.setLocalDescription(await peer.createOffer())
    sdp = peer.localDescription.sdp.encode()
    assert (await viewer.post("/api/cameras/shed-1/whep", content=sdp, headers=SDP)).status_code == 400
    assert (await viewer.post("/api/cameras/shed-1/whep", content=sdp)).status_code == 415
    assert live.app.state.video.count == 0
    await peer.close()


async def test_a_viewer_that_never_comes_is_given_up(
    live: Parts, viewer: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.web.peer.CONNECT_TIMEOUT_S", 0.2)
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    peer.addTransceiver("video", direction="recvonly")
    await peer.setLocalDescription(await peer.createOffer())
    sdp = peer.localDescription.sdp.encode()
    assert (await viewer.post("/api/cameras/shed-1/whep", content=sdp, headers=SDP)).status_code == 201
    video: LiveVideo = live.app.state.video
    async with asyncio.timeout(20):
        while video.count:
            await asyncio.sleep(0.05)
    await peer.close()


def test_the_offer_s_addresses_are_not_used() -> None:
    offer = "v=0\r\na=candidate:1 1 udp 1 10.0.0.1 22 typ host\r\na=mid:0\r\na=end-of-candidates\r\n"
    assert without_candidates(offer) == "v=0\r\na=mid:0\r\n"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", ["127.0.0.1"]),
        ("localhost", ["127.0.0.1"]),
        ("::1", ["::1"]),
        ("0.0.0.0", ["10.0.0.2", "192.168.1.5", "127.0.0.1"]),
        ("192.168.1.5", ["192.168.1.5"]),
        ("console.lan", ["10.0.0.2", "192.168.1.5"]),
    ],
)
def test_media_listens_where_the_console_does(host: str, expected: list[str]) -> None:
    assert media_addresses(host, ["10.0.0.2", "192.168.1.5"]) == expected
