"""A camera that burns the time into its pictures. Run by the system's Python, which has `gi`.

Usage: gst_stamps.py PORT [--fps 25] [--profile baseline|main|high]
Serves `rtsp://127.0.0.1:PORT/cam`, 704×576, encoded by x264 as the pictures are made; prints `READY` when it listens.
A row of blocks at the top holds, in binary, the milliseconds since 1970 (24 bits) and their checksum (8 bits).
"""

import argparse
import random
import sys
import threading
import time
from typing import Any

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

WIDTH, HEIGHT = 704, 576
BLOCK, BITS = 20, 32
DARK, BRIGHT = b"\x20" * BLOCK, b"\xe0" * BLOCK
LAUNCH = (
    "( appsrc name=in is-live=true do-timestamp=true format=time block=false max-bytes=3000000 "
    'caps="video/x-raw,format=I420,width={width},height={height},framerate={fps}/1" '
    "! x264enc tune=zerolatency speed-preset=ultrafast bitrate=1200 key-int-max={gop} bframes=0 threads=1 "
    "! video/x-h264,profile={profile} ! rtph264pay name=pay0 pt=96 config-interval=-1 )"
)


def backgrounds(count: int = 50) -> list[bytearray]:
    """I420 pictures of a room with some texture, in which something moves."""
    rng = random.Random(3)
    texture = bytes(60 + (x // 9 + y // 7) % 90 + rng.randrange(6) for y in range(HEIGHT) for x in range(WIDTH))
    made = []
    for number in range(count):
        picture = bytearray(texture)
        left = 40 + number * (WIDTH - 160) // count
        for y in range(200, 380):
            picture[y * WIDTH + left : y * WIDTH + left + 80] = b"\xb0" * 80
        made.append(picture + bytearray(b"\x80" * (WIDTH * HEIGHT // 2)))
    return made


def stamp(picture: bytearray, millis: int) -> bytes:
    """The picture with the time in it."""
    told = millis & 0xFFFFFF
    word = told << 8 | sum(told.to_bytes(3, "big")) & 0xFF
    row = b"".join(BRIGHT if word >> (BITS - 1 - bit) & 1 else DARK for bit in range(BITS))
    for y in range(BLOCK):
        picture[y * WIDTH : y * WIDTH + len(row)] = row
    return bytes(picture)


class Filming:
    """Feeds one appsrc at the rate of a camera, until it takes no more."""

    def __init__(self, source: Any, pictures: list[bytearray], fps: float) -> None:
        self._source, self._pictures, self._fps = source, pictures, fps
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        due_s, number = time.monotonic(), 0
        while True:
            due_s += 1 / self._fps
            time.sleep(max(0.0, due_s - time.monotonic()))
            picture = self._pictures[number % len(self._pictures)]
            buffer = Gst.Buffer.new_wrapped(stamp(picture, time.time_ns() // 1_000_000))
            if self._source.emit("push-buffer", buffer) != Gst.FlowReturn.OK:
                return
            number += 1


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port")
    parser.add_argument("--fps", type=int, default=25)
    parser.add_argument("--profile", default="baseline")
    args = parser.parse_args()
    Gst.init(None)
    pictures = backgrounds()
    made = GstRtspServer.RTSPMediaFactory()
    profile = "constrained-baseline" if args.profile == "baseline" else args.profile
    made.set_launch(LAUNCH.format(width=WIDTH, height=HEIGHT, fps=args.fps, gop=2 * args.fps, profile=profile))
    made.set_shared(True)
    made.set_latency(0)
    made.set_protocols(GstRtsp.RTSPLowerTrans.TCP | GstRtsp.RTSPLowerTrans.UDP)
    made.connect("media-configure", lambda _, media: Filming(media.get_element().get_by_name("in"), pictures, args.fps))
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(args.port)
    server.get_mount_points().add_factory("/cam", made)
    if server.attach(None) == 0:
        sys.exit(f"cannot listen on port {args.port}")
    print("READY", flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
