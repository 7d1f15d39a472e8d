"""HTTP cameras, against servers on loopback that behave like cameras, and worse."""

import datetime
import hashlib
import re
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from streams.access_unit import AccessUnit, StreamFormat
from streams.clock import SystemClock
from streams.errors import SourceRefused, SourceUnavailable
from streams.http_jpeg import HttpSource
from streams.jpeg import JpegDecoder
from streams.multipart import MAX_HEADER, MAX_PART, MultipartError, MultipartReader, boundary_of
from streams.request import Request
from streams.source import open_source
from tests.rtsp_server import free_port
from tests.streams.make_media import scene
from tests.streams.wire import WireServer

MIXED = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=--cam\r\n\r\n"


def jpeg(index: int = 0, size: tuple[int, int] = (160, 120)) -> bytes:
    done, data = cv2.imencode(".jpg", scene(*size, index))
    assert done
    return data.tobytes()


def part(data: bytes, length: bool = True) -> bytes:
    told = b"Content-Length: %d\r\n" % len(data) if length else b""
    return b"--cam\r\nContent-Type: image/jpeg\r\n" + told + b"\r\n" + data + b"\r\n"


def source(url: str, timeout_s: float = 5.0, **more: object) -> HttpSource:
    return HttpSource(
        url,
        camera="gate",
        clock=SystemClock(),
        open_timeout_s=timeout_s,
        read_timeout_s=timeout_s,
        **more,  # type: ignore[arg-type]
    )


def plays(*messages: bytes) -> Callable[[socket.socket, bytes], None]:
    def script(connection: socket.socket, _head: bytes) -> None:
        for message in messages:
            connection.sendall(message)
        connection.shutdown(socket.SHUT_WR)

    return script


def loss_of(script: Callable[[WireServer], Callable[[socket.socket, bytes], None]], timeout_s: float = 0.6) -> str:
    """Why a source of this server is lost, at its opening or later."""
    server = WireServer(lambda connection, head: script(server)(connection, head))
    with server, pytest.raises(SourceUnavailable) as caught:
        deque(source(f"http://user:s3cret@127.0.0.1:{server.port}/v", timeout_s).frames())
    assert "s3cret" not in str(caught.value)
    return caught.value.reason


@pytest.mark.parametrize("length", [True, False])
def test_a_stream_gives_frames_and_coded_pictures(length: bool) -> None:
    pictures = [jpeg(index) for index in range(5)]
    units: list[tuple[StreamFormat, AccessUnit]] = []
    with WireServer(plays(MIXED, *(part(picture, length) for picture in pictures), b"--cam--\r\n")) as server:
        opened = open_source(
            Request(
                url=f"http://127.0.0.1:{server.port}/video.mjpg",
                camera="gate",
                clock=SystemClock(),
                on_unit=lambda form, unit: units.append((form, unit)),
            )
        )
        frames = []
        with pytest.raises(SourceUnavailable, match="the stream ended"):
            for frame in opened.frames():
                frames.append(frame)
    assert [frame.index for frame in frames] == list(range(5))
    assert frames[0].size == (160, 120)
    assert tuple(int(value) for value in frames[0].image[-5, 5]) == pytest.approx((0, 0, 255), abs=12)
    assert [unit.data for _, unit in units] == pictures
    assert all(unit.key and form is units[0][0] for form, unit in units)
    assert (units[0][0].codec, units[0][0].width, units[0][0].height) == ("mjpeg", 160, 120)


def test_a_picture_cut_off_or_no_picture_is_left_out_and_counted() -> None:
    whole = jpeg()
    cut = whole[: len(whole) // 2]
    parts = [part(whole), part(cut), part(cut + b"\xff\xd9"), part(b"<html>no</html>"), part(jpeg(1, (320, 240)))]
    with WireServer(plays(MIXED, *parts)) as server:
        opened = source(f"http://127.0.0.1:{server.port}/")
        sizes = []
        with pytest.raises(SourceUnavailable):
            for frame in opened.frames():
                sizes.append(frame.size)
    assert sizes == [(160, 120), (320, 240)]
    assert opened.corrupt == 3


def test_pictures_too_large_to_be_decoded_are_handed_on_all_the_same() -> None:
    units: list[AccessUnit] = []
    with WireServer(plays(MIXED, *(part(jpeg(index)) for index in range(5)))) as server:
        opened = source(
            f"http://127.0.0.1:{server.port}/", decode_mpx_per_s=0.001, on_unit=lambda _, unit: units.append(unit)
        )
        frames = []
        with pytest.raises(SourceUnavailable, match="the stream ended"):
            for frame in opened.frames():
                frames.append(frame)
    assert (len(frames), len(units)) == (1, 5)
    assert "too large" in opened.remark


def basic(head: bytes) -> bool:
    return b"Authorization: Basic YWRtaW46czNjcjN0L0A=" in head


def digest(head: bytes) -> bool:
    found = dict(re.findall(rb'(\w+)="?([^",\r]+)"?', head.partition(b"Digest ")[2]))
    if found.get(b"nonce") != b"n1":
        return False
    first = hashlib.md5(b"admin:cam:s3cr3t/@").hexdigest().encode()
    second = hashlib.md5(b"GET:" + found[b"uri"]).hexdigest().encode()
    middle = b":".join((first, b"n1", found[b"nc"], found[b"cnonce"], b"auth", second))
    return str(found[b"response"], "ascii") == hashlib.md5(middle).hexdigest()


@pytest.mark.parametrize(
    ("challenge", "is_right"),
    [(b'Basic realm="cam"', basic), (b'Digest realm="cam", nonce="n1", qop="auth", algorithm=MD5', digest)],
)
def test_name_and_password(challenge: bytes, is_right: Callable[[bytes], bool]) -> None:
    def script(connection: socket.socket, head: bytes) -> None:
        if is_right(head):
            connection.sendall(MIXED + part(jpeg()))
            connection.shutdown(socket.SHUT_WR)
        else:
            connection.sendall(
                b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nWWW-Authenticate: " + challenge + b"\r\n\r\n"
            )

    with WireServer(script) as server:
        with source(f"http://admin:s3cr3t%2F%40@127.0.0.1:{server.port}/v?x=1") as opened:
            assert next(opened.frames()).size == (160, 120)
            assert "s3cr3t" not in opened.source
        assert b"Authorization" not in server.requests[0], "nothing is told to who does not ask"
        asked = len(server.requests)
        with pytest.raises(SourceRefused, match="401") as caught:
            source(f"http://admin:wr0ng@127.0.0.1:{server.port}/v")
        assert "wr0ng" not in str(caught.value)
        assert len(server.requests) == asked + 2, "a wrong password is tried once: cameras lock accounts"


@pytest.mark.parametrize(
    "challenge",
    [
        "Digest",
        "Digest realm",
        'Digest realm="a"',
        'Digest realm="a", nonce="b", algorithm=NONE',
        'Digest realm="a", nonce="b", qop="auth-int"',
        "Digest realm=a, nonce=b, opaque=",
        'Digest realm="\xe9", nonce="b"',
        'Basic, Digest realm="a"',
    ],
)
def test_a_challenge_that_nobody_understands(challenge: str) -> None:
    asked = f"HTTP/1.1 401 No\r\nWWW-Authenticate: {challenge}\r\nContent-Length: 0\r\n\r\n".encode("latin-1")
    assert "asks for the password in a way" in loss_of(lambda _: plays(asked))


def test_a_snapshot_is_asked_for_again_and_again() -> None:
    count = iter(range(100))

    def script(connection: socket.socket, _head: bytes) -> None:
        data = jpeg(next(count))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(data))
        connection.sendall(data)

    with WireServer(script) as server, source(f"http://127.0.0.1:{server.port}/snap.jpg", poll_s=0.1) as opened:
        frames = []
        for frame in opened.frames():
            frames.append(frame)
            if len(frames) == 4:
                break
        assert frames[3].monotonic_s - frames[0].monotonic_s >= 0.3
        assert len(server.requests) == 4


ENDLESS_HEADER = b"HTTP/1.1 200 OK\r\n" + b"X-Filler: " + b"a" * 1000 + b"\r\n"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (lambda _: plays(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>"), "answers with text/html"),
        (lambda _: plays(b"HTTP/1.1 200 OK\r\n\r\n"), "answers with no content type"),
        (lambda _: plays(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), "404"),
        (lambda _: plays(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\n\r\n"), "sent on to another address"),
        (lambda _: plays(b"SSH-2.0-none\r\n\r\n"), "does not answer as an HTTP server"),
        (lambda _: plays(b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace\r\n\r\n"), "names no boundary"),
        (lambda server: lambda c, _: server.flood(c, ENDLESS_HEADER), "does not answer as an HTTP server"),
        (lambda server: lambda c, _: server.flood(c, b"H", every_s=0.05), "no answer within"),
        (lambda server: lambda c, _: server.flood(c, b"", every_s=0.05), "no answer within"),
        (lambda server: lambda c, _: (c.sendall(MIXED), server.flood(c, b"x" * 4096)), "no boundary within"),
        (
            lambda server: lambda c, _: (c.sendall(MIXED + b"--cam\r\nA: "), server.flood(c, b"x" * 4096)),
            "header is longer than",
        ),
        (lambda _: plays(MIXED, b"--cam\r\nContent-Length: 99999999999\r\n\r\n"), "larger than 16 MiB"),
        (
            lambda server: lambda c, _: (c.sendall(MIXED + b"--cam\r\n\r\n"), server.flood(c, b"x" * 2**20)),
            "larger than 16 MiB",
        ),
        (lambda server: lambda c, _: (c.sendall(MIXED + part(jpeg())), server.over.wait()), "silent for 0.6 s"),
        (
            lambda server: lambda c, _: (c.sendall(MIXED + part(jpeg())[:99]), server.flood(c, b"x", every_s=0.1)),
            "silent for 0.6 s",
        ),
        (lambda _: plays(MIXED, part(jpeg())[:-100]), "the stream ended"),
    ],
)
def test_what_a_broken_or_hostile_server_comes_to(
    script: Callable[[WireServer], Callable[[socket.socket, bytes], None]], reason: str
) -> None:
    # The flood of pictures needs its time on a busy machine.
    assert reason in loss_of(script, 5.0 if "16 MiB" in reason or "header" in reason else 0.6)


def test_nobody_listens() -> None:
    with pytest.raises(SourceUnavailable, match="connection refused"):
        source(f"http://127.0.0.1:{free_port()}/")


def self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cam")])
    begins = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begins)
        .not_valid_after(begins + datetime.timedelta(days=36500))
        .sign(key, hashes.SHA256())
    )
    pem = folder / "cam.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    refused = pytest.raises(SourceUnavailable, match="certificate is not trusted: self-signed certificate")
    with WireServer(plays(MIXED), tls=self_signed(tmp_path)) as server, refused:
        source(f"https://127.0.0.1:{server.port}/")


def test_a_plain_server_asked_for_tls() -> None:
    with socket.create_server(("127.0.0.1", 0)) as plain:

        def answer() -> None:
            connection, _ = plain.accept()
            with connection:
                connection.recv(100)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(SourceUnavailable, match="TLS fails"):
            source(f"https://127.0.0.1:{plain.getsockname()[1]}/")
        thread.join(30.0)


def test_close_from_another_thread_ends_it() -> None:
    def script(connection: socket.socket, _head: bytes) -> None:
        connection.sendall(MIXED + part(jpeg()))
        server.over.wait()

    server = WireServer(script)
    with server:
        opened = source(f"http://127.0.0.1:{server.port}/", timeout_s=60.0)
        first = threading.Event()

        def read() -> None:
            for _ in opened.frames():
                first.set()

        thread = threading.Thread(target=read)
        thread.start()
        assert first.wait(30.0)
        opened.close()
        thread.join(30.0)
        assert not thread.is_alive()


@pytest.mark.parametrize(
    ("told", "boundary"),
    [
        ('multipart/x-mixed-replace; boundary="a b"', "a b"),
        ("multipart/x-mixed-replace;boundary=--x; charset=y", "--x"),
        ("multipart/x-mixed-replace", ""),
    ],
)
def test_boundary(told: str, boundary: str) -> None:
    assert boundary_of(told) == boundary


@pytest.mark.parametrize("step", [1, 7, 64, 100_000])
@pytest.mark.parametrize("length", [True, False])
def test_parts_come_whole_however_they_are_cut(step: int, length: bool) -> None:
    bodies = [b"\xff\xd8" + bytes([number]) * 300 + b"\xff\xd9" for number in range(4)]
    data = b"junk\r\n" + b"".join(part(body, length) for body in bodies) + b"--cam\r\n"
    reader = MultipartReader("cam")
    found = [body for start in range(0, len(data), step) for body in reader.feed(data[start : start + step])]
    assert found == bodies


@pytest.mark.parametrize(
    "data",
    [b"x" * (MAX_HEADER + 1), b"--cam\r\n" + b"x" * (MAX_HEADER + 1), b"--cam\r\n\r\n" + b"x" * (MAX_PART + 1)],
)
def test_what_is_kept_is_bounded(data: bytes) -> None:
    reader = MultipartReader("cam")
    with pytest.raises(MultipartError):
        for start in range(0, len(data), 4096):
            reader.feed(data[start : start + 4096])
    assert len(reader._held) <= MAX_PART + MAX_HEADER


def test_a_picture_of_another_kind_is_grey_nowhere() -> None:
    """What OpenCV would fill with grey is no picture at all."""
    whole = jpeg(size=(640, 480))
    decode = JpegDecoder()
    assert decode(whole[: len(whole) // 3] + b"\xff\xd9") is None
    image = decode(whole)
    assert image is not None
    assert image.dtype == np.uint8
    assert image.shape == (480, 640, 3)
