"""An RTSP camera over TCP that says and sends what it likes: strange times, sound only, redirections, refusals."""

import contextlib
import itertools
import socket
import struct
import threading
from collections.abc import Callable, Sequence

from streams.annex_b import nal_units
from tests.streams.wire import WireServer

TICKS_PER_S = 90_000
MOST = 1400
"""Bytes of an RTP packet."""
VIDEO = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:one\r\n"
SOUND = "m=audio 0 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=control:two\r\n"


def wire_camera(
    units: Sequence[bytes],
    stamp_s: Callable[[int], float] = lambda number: number / 25,
    *,
    media: str = VIDEO,
    status: str = "200 OK",
    more: str = "",
    every_s: float = 0.01,
) -> WireServer:
    """units: H.264 in Annex B, played over and over. stamp_s: the time that picture `number` bears. status, more: of
    the answer to DESCRIBE, and further header lines of it.
    """

    def script(connection: socket.socket, head: bytes) -> None:
        lines = head.decode("latin-1").split("\r\n")
        number = next(line.partition(": ")[2] for line in lines if line.lower().startswith("cseq"))
        method = lines[0].split()[0]
        extra, body, word = "Session: 1\r\n", "", "200 OK"
        if method == "DESCRIBE":
            word, extra = status, more
            if status.startswith("200"):
                body = f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n{media}"
                extra = f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n"
        elif method == "SETUP":
            extra += "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
        connection.sendall(f"RTSP/1.0 {word}\r\nCSeq: {number}\r\n{extra}\r\n{body}".encode())
        if method == "PLAY":
            threading.Thread(target=play, args=(connection,), daemon=True).start()

    def play(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            sequence = itertools.count()
            for number in itertools.count():
                if server.over.wait(every_s):
                    return
                ticks = round(stamp_s(number) * TICKS_PER_S) % 2**32
                for payload, last in _payloads(units[number % len(units)]):
                    header = struct.pack(">BBHII", 0x80, 96 | last << 7, next(sequence) % 2**16, ticks, 7)
                    connection.sendall(b"$\0" + struct.pack(">H", len(header + payload)) + header + payload)

    server = WireServer(script)
    return server


def _payloads(unit: bytes) -> list[tuple[bytes, bool]]:
    """RTP payloads of a picture and whether each is its last (RFC 6184: single units and FU-A)."""
    found: list[bytes] = []
    for nal in nal_units(unit):
        if len(nal) <= MOST:
            found.append(nal)
            continue
        parts = [nal[at : at + MOST] for at in range(1, len(nal), MOST)]
        for index, part in enumerate(parts):
            ends = (index == 0) << 7 | (index == len(parts) - 1) << 6
            found.append(bytes([nal[0] & 0xE0 | 28, ends | nal[0] & 0x1F]) + part)
    return [(payload, index == len(found) - 1) for index, payload in enumerate(found)]
