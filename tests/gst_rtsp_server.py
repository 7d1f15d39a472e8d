"""An RTSP server that plays one H.264 or H.265 file in a loop. Run by the system's Python (it has `gi`), not by
pytest.

Usage: gst_rtsp_server.py PORT VIDEO [--codec h264|h265] [--fps F] [--user NAME --password WORD]
Prints `READY` on stdout when it listens. Serves `rtsp://127.0.0.1:PORT/cam` over TCP and UDP, one stream to
all viewers. A line on stdin names another file of that codec and size: all viewers see it from its beginning on, in the
same stream, once `READY` is printed again.
"""

import argparse
import sys
import threading
from typing import Any

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

CAPS = "video/x-{codec},stream-format=byte-stream,alignment=au"


def access_units(video: str, codec: str) -> list[tuple[bytes, bool]]:
    """Every coded picture of the file as (bytes, is a key frame), with the parameter sets repeated at key frames."""
    pipeline = Gst.parse_launch(
        f'filesrc location="{video}" ! parsebin ! {codec}parse config-interval=-1 ! {CAPS.format(codec=codec)} '
        "! appsink name=out sync=false"
    )
    out = pipeline.get_by_name("out")
    pipeline.set_state(Gst.State.PLAYING)
    units: list[tuple[bytes, bool]] = []
    while (sample := out.emit("try-pull-sample", 5 * Gst.SECOND)) is not None:
        buffer = sample.get_buffer()
        key = not buffer.has_flags(Gst.BufferFlags.DELTA_UNIT)
        units.append((buffer.extract_dup(0, buffer.get_size()), key))
    pipeline.set_state(Gst.State.NULL)
    if not units:
        sys.exit(f"no {codec} picture in {video}")
    return units


class Reel:
    """What is on now."""

    def __init__(self, units: list[tuple[bytes, bool]]) -> None:
        self.units = units


class Player:
    """Feeds one appsrc: the pictures of the reel over and over, with times that go on."""

    def __init__(self, reel: Reel, fps: float) -> None:
        self._reel, self._units = reel, reel.units
        self._step_ns = int(Gst.SECOND / fps)
        self._at = self._sent = 0

    def feed(self, source: Any, _length: int) -> None:
        if self._units is not self._reel.units:
            self._units, self._at = self._reel.units, 0
        data, key = self._units[self._at % len(self._units)]
        buffer = Gst.Buffer.new_wrapped(data)
        buffer.pts = buffer.dts = self._sent * self._step_ns
        buffer.duration = self._step_ns
        if not key:
            buffer.set_flags(Gst.BufferFlags.DELTA_UNIT)
        self._at += 1
        self._sent += 1
        source.emit("push-buffer", buffer)


def change(reel: Reel, codec: str) -> None:
    """Put on what is named on stdin, until nobody is there to name anything."""
    for line in sys.stdin:
        reel.units = access_units(line.strip(), codec)
        print("READY", flush=True)


def factory(reel: Reel, codec: str, fps: float) -> Any:
    """A shared media factory: every preparation of the media gets a fresh player."""
    made = GstRtspServer.RTSPMediaFactory()
    made.set_launch(
        "( appsrc name=in is-live=true format=time block=false max-bytes=200000 "
        f'caps="{CAPS.format(codec=codec)}" ! rtp{codec}pay name=pay0 pt=96 )'
    )
    made.set_shared(True)
    made.set_latency(0)
    made.set_protocols(GstRtsp.RTSPLowerTrans.TCP | GstRtsp.RTSPLowerTrans.UDP)

    def configure(_factory: Any, media: Any) -> None:
        media.get_element().get_by_name("in").connect("need-data", Player(reel, fps).feed)

    made.connect("media-configure", configure)
    return made


def protect(server: Any, made: Any, user: str, password: str) -> None:
    """Ask for a name and a password (basic authentication)."""
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    server.set_auth(auth)
    made.add_role_from_structure(
        Gst.Structure.new_from_string("viewer,media.factory.access=true,media.factory.construct=true")
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port")
    parser.add_argument("video")
    parser.add_argument("--codec", default="h264", choices=["h264", "h265"])
    parser.add_argument("--fps", type=float, default=15.0)
    parser.add_argument("--user", default="")
    parser.add_argument("--password", default="")
    args = parser.parse_args()
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(args.port)
    reel = Reel(access_units(args.video, args.codec))
    made = factory(reel, args.codec, args.fps)
    if args.user:
        protect(server, made, args.user, args.password)
    server.get_mount_points().add_factory("/cam", made)
    if server.attach(None) == 0:
        sys.exit(f"cannot listen on port {args.port}")
    print("READY", flush=True)
    threading.Thread(target=change, args=(reel, args.codec), daemon=True).start()
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
