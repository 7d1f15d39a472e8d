"""An ONVIF device on loopback for tests: SOAP over HTTP with checked WS-UsernameToken digests, and WS-Discovery."""

import base64
import contextlib
import hashlib
import re
import socket
import threading
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from xml.etree import ElementTree

from streams.clock import SystemClock

USER, PASSWORD = "admin", "s3cr3t&<'/@"
_SOAP = "http://www.w3.org/2003/05/soap-envelope"
_ONVIF = (
    f'xmlns:s="{_SOAP}" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" '
    'xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema" '
    'xmlns:ter="http://www.onvif.org/ver10/error"'
)
PROFILES = (("main", "H264", 1920, 1080, 25), ("sub", "H265", 704, 576, 15), ("third", "JPEG", 320, 240, 5))


class OnvifDevice:
    """Usable as a context manager. ahead: how far its clock is off. refused: digests it did not take."""

    def __init__(self, ahead: timedelta = timedelta()) -> None:
        self.ahead = ahead
        self.refused = 0
        self.bodies: list[bytes] = []
        self._seen: set[str] = set()
        device = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                device.bodies.append(body)
                status, answer = device.answer(self.path, body)
                self.send_response(status)
                self.send_header("content-type", "application/soap+xml")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.host = f"127.0.0.1:{self._server.server_port}"
        self._udp = socket.socket(type=socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", 0))
        self.probed_at: tuple[str, int] = self._udp.getsockname()

    @property
    def address(self) -> str:
        """Of its device service."""
        return f"http://{self.host}/onvif/device_service"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        threading.Thread(target=self._matches, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        with contextlib.suppress(OSError):
            self._udp.shutdown(socket.SHUT_RDWR)
        self._udp.close()

    def now(self) -> datetime:
        """By its own clock."""
        return SystemClock().now() + self.ahead

    def answer(self, path: str, body: bytes) -> tuple[int, bytes]:
        """As cameras do: the time for everybody, all else for who knows the password."""
        if b"GetSystemDateAndTime" in body:
            return 200, _envelope(self._time())
        if not self._knows(body):
            self.refused += 1
            fault = (
                "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:NotAuthorized</s:Value>"
                '</s:Subcode></s:Code><s:Reason><s:Text xml:lang="en">Sender not Authorized</s:Text></s:Reason>'
                "</s:Fault>"
            )
            return 400, _envelope(fault)
        if b"GetCapabilities" in body:
            told = "http://10.9.8.7/onvif/media_service"  # the address that it has behind a router
            told = told.replace("10.9.8.7", f"10.9.8.7:{self._server.server_port}")
            return 200, _envelope(
                "<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Media>"
                f"<tt:XAddr>{told}</tt:XAddr></tt:Media></tds:Capabilities></tds:GetCapabilitiesResponse>"
            )
        if path == "/onvif/media_service" and b"GetProfiles" in body:
            return 200, _envelope(
                f"<trt:GetProfilesResponse>{''.join(map(_profile, PROFILES))}</trt:GetProfilesResponse>"
            )
        if path == "/onvif/media_service" and b"GetStreamUri" in body:
            token = re.search(rb"ProfileToken>(\w+)<", body)
            uri = f"rtsp://10.9.8.7:554/{token[1].decode() if token else ''}?a=1&amp;b=2"
            return 200, _envelope(
                f"<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>{uri}</tt:Uri></trt:MediaUri></trt:GetStreamUriResponse>"
            )
        return 404, b"not found"

    def _time(self) -> str:
        now = self.now()
        return (
            "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:UTCDateTime><tt:Time>"
            f"<tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute><tt:Second>{now.second}</tt:Second></tt:Time>"
            f"<tt:Date><tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day></tt:Date>"
            "</tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
        )

    def _knows(self, body: bytes) -> bool:
        """OASIS Web Services Security UsernameToken Profile 1.0, 3.1; a nonce counts once."""
        told = {element.tag.rpartition("}")[2]: element.text or "" for element in ElementTree.fromstring(body).iter()}
        created, nonce = told.get("Created", ""), told.get("Nonce", "")
        if told.get("Username") != USER or not nonce or nonce in self._seen:
            return False
        self._seen.add(nonce)
        made = hashlib.sha1(base64.b64decode(nonce) + created.encode() + PASSWORD.encode()).digest()
        age = abs(self.now() - datetime.fromisoformat(created))
        return told.get("Password") == base64.b64encode(made).decode() and age < timedelta(seconds=30)

    def _matches(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                data, sender = self._udp.recvfrom(65_535)
                message = re.search(rb"MessageID>([^<]+)<", data)
                if b"NetworkVideoTransmitter" not in data or message is None:
                    continue
                for relates in ("uuid:of-somebody-else", message[1].decode()):
                    self._udp.sendto(self._match(relates), sender)
                self._udp.sendto(b"<no xml", sender)
                self._udp.sendto(self._match(message[1].decode()), sender)

    def _match(self, relates: str) -> bytes:
        return (
            f'<s:Envelope xmlns:s="{_SOAP}" xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
            'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><s:Header>'
            f"<w:RelatesTo>{relates}</w:RelatesTo></s:Header><s:Body><d:ProbeMatches><d:ProbeMatch>"
            "<d:Scopes>onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/Bike%20shed</d:Scopes>"
            f"<d:XAddrs>http://10.9.8.7/onvif/device_service {self.address}</d:XAddrs>"
            "</d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"
        ).encode()


def _profile(profile: tuple[str, str, int, int, int]) -> str:
    token, codec, width, height, fps = profile
    return (
        f'<trt:Profiles token="{token}" fixed="true"><tt:Name>{token}</tt:Name><tt:VideoEncoderConfiguration>'
        f"<tt:Encoding>{codec}</tt:Encoding><tt:Resolution><tt:Width>{width}</tt:Width><tt:Height>{height}</tt:Height>"
        f"</tt:Resolution><tt:RateControl><tt:FrameRateLimit>{fps}</tt:FrameRateLimit></tt:RateControl>"
        "</tt:VideoEncoderConfiguration></trt:Profiles>"
    )


def _envelope(body: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope {_ONVIF}><s:Body>{body}</s:Body></s:Envelope>'.encode()
