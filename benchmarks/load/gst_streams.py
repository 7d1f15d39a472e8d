"""Many RTSP cameras in one process, each playing a part of its own at the pace of a camera. Run by the system's Python.

    cd REPOSITORY && /usr/bin/python3 -m benchmarks.load.gst_streams PLAN.json

PLAN.json: {"cam-1": {"port": 8554, "fps": 25, "parts": {"quiet": "a.mp4", "flame": "b.mp4"}}}. Each camera begins with
its first part, at rtsp://127.0.0.1:PORT/NAME. Nothing is encoded: the coded pictures are read once and sent as they
are.

Orders, one JSON object a line on stdin, answered by one line on stdout when they have taken effect:
{"mount": "cam-1", "part": "flame"} from the next picture on; {"mount": "cam-1", "fps": 0.2};
{"mount": "cam-1", "garbage": true}. The answer repeats the order and says when: {…, "sent_s": 12.3}: monotonic seconds
(CLOCK_MONOTONIC, the same in every process) at which the first picture under the new order was handed to the network;
where nobody watches: at which it would have been.
"""

import json
import random
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

from tests.gst_rtsp_server import CAPS, access_units  # noqa: E402

CODEC = "h264"
LAUNCH = (
    "( appsrc name=in is-live=true do-timestamp=true format=time block=false max-bytes=8000000 "
    f'caps="{CAPS.format(codec=CODEC)}" ! rtp{CODEC}pay name=pay0 pt=96 )'
)
START_CODE_AND_HEADER = 5
"""Bytes of a NAL unit that garbage leaves alone, so that it travels as a picture."""

Unit = tuple[bytes, bool]


def say(**what: Any) -> None:
    """One line for whoever started this."""
    print(json.dumps(what), flush=True)


@dataclass
class Camera:
    """Sends the pictures of one part over and over, at its rate, while somebody watches.

    A viewer that comes when nobody watches is sent the part from its first picture, a key frame.
    """

    parts: dict[str, list[Unit]]
    fps: float
    part: str
    garbage: bool = False
    _source: Any = None
    _index: int = 0
    _due_s: float = 0.0
    _turn: int = 0
    _orders: list[dict[str, Any]] = field(default_factory=list)
    _rng: random.Random = field(default_factory=lambda: random.Random(1))

    def factory(self) -> Any:
        """What the server makes a medium of, shared by all viewers."""
        made = GstRtspServer.RTSPMediaFactory()
        made.set_launch(LAUNCH)
        made.set_shared(True)
        made.set_latency(0)
        made.set_protocols(GstRtsp.RTSPLowerTrans.TCP | GstRtsp.RTSPLowerTrans.UDP)
        made.connect("media-configure", self._configure)
        return made

    def order(self, order: dict[str, Any]) -> None:
        """From the next picture on, which comes at once."""
        if (part := order.get("part", self.part)) != self.part:
            self.part, self._index = part, 0
        self.fps = float(order.get("fps", self.fps))
        self.garbage = bool(order.get("garbage", self.garbage))
        self._orders.append(order)
        if self._source is not None:
            self._begin()
        else:
            self._answer(time.monotonic())

    def _answer(self, sent_s: float) -> None:
        for order in self._orders:
            say(**order, sent_s=sent_s)
        self._orders.clear()

    def _configure(self, _factory: Any, media: Any) -> None:
        self._source, self._index = media.get_element().get_by_name("in"), 0
        media.connect("unprepared", self._unprepared, self._source)
        self._begin()

    def _unprepared(self, _media: Any, source: Any) -> None:
        if source is self._source:
            self._source = None

    def _begin(self) -> None:
        self._turn += 1
        self._due_s = time.monotonic()
        self._send(self._turn)

    def _send(self, turn: int) -> bool:
        """Push one picture and set the clock for the next. turn: one that is over does nothing."""
        if self._source is None or turn != self._turn:
            return False
        data, key = self.parts[self.part][self._index % len(self.parts[self.part])]
        if self.garbage:
            data = data[:START_CODE_AND_HEADER] + self._rng.randbytes(len(data) - START_CODE_AND_HEADER)
        buffer = Gst.Buffer.new_wrapped(data)
        if not key:
            buffer.set_flags(Gst.BufferFlags.DELTA_UNIT)
        sent_s = time.monotonic()
        self._source.emit("push-buffer", buffer)
        self._answer(sent_s)
        self._index += 1
        self._due_s = max(self._due_s + 1 / self.fps, sent_s - 1.0)
        GLib.timeout_add(max(0, round(1000 * (self._due_s - time.monotonic()))), self._send, turn)
        return False


def read_parts(mounts: dict[str, Any]) -> dict[str, Camera]:
    """Every file once, however many cameras play it."""
    files = sorted({file for mount in mounts.values() for file in mount["parts"].values()})
    units = {file: access_units(file, CODEC) for file in files}
    return {
        name: Camera(
            {part: units[file] for part, file in mount["parts"].items()}, mount["fps"], next(iter(mount["parts"]))
        )
        for name, mount in mounts.items()
    }


def serve(name: str, camera: Camera, port: int) -> Any:
    """A server for one camera: each has a port of its own, by which it can be told who watches it."""
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(port))
    server.get_mount_points().add_factory(f"/{name}", camera.factory())
    if server.attach(None) == 0:
        sys.exit(f"cannot listen on port {port}")
    return server


def main() -> None:
    plan = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    Gst.init(None)
    cameras = read_parts(plan)
    servers = [serve(name, camera, plan[name]["port"]) for name, camera in cameras.items()]
    loop = GLib.MainLoop()

    def obey(channel: Any, _condition: Any) -> bool:
        line = channel.readline()
        if not line:  # whoever started this is gone
            loop.quit()
            return False
        order = json.loads(line)
        cameras[order["mount"]].order(order)
        return True

    GLib.io_add_watch(sys.stdin, GLib.IO_IN | GLib.IO_HUP, obey)
    say(ready=len(servers))
    loop.run()


if __name__ == "__main__":
    main()
