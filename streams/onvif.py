"""ONVIF cameras: found by WS-Discovery, asked for their profiles and stream addresses (ONVIF Profile S).

A thin client of the few requests that are needed: a SOAP library would bring an XML one and a second HTTP client.
"""

import base64
import hashlib
import secrets
import socket
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Self
from urllib.parse import quote, unquote, urlsplit, urlunsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import httpx

from streams.clock import Clock
from streams.errors import SourceRefused, SourceUnavailable
from streams.http_door import BAD_CHALLENGE, StrangeChallenge, reason_of
from streams.reasons import Reason

MULTICAST = ("239.255.255.250", 3702)
MAX_ANSWER = 1024 * 1024
BAD_XML = (ElementTree.ParseError, LookupError, ValueError)
"""What the parser lets out; the last two on an encoding that it does not know."""
MAX_DEVICES = 256
MAX_PROFILES = 256
"""A recorder with 64 cameras tells three each."""
ANSWER_S, LOOK_UP_S = 10.0, 60.0
"""Within this an answer has to be whole, and all that is asked of one device be told, seconds."""
DEVICE_PATH = "/onvif/device_service"

_ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
_WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_DIGEST = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
_DEVICE = "http://www.onvif.org/ver10/device/wsdl"
_MEDIA = "http://www.onvif.org/ver10/media/wsdl"
_SCHEMA = "http://www.onvif.org/ver10/schema"

_PROBE = """<?xml version="1.0" encoding="UTF-8"?>
<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"
 xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl">
<e:Header><w:MessageID>uuid:{id}</w:MessageID><w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>
<w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header>
<e:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></e:Body></e:Envelope>"""

Element = ElementTree.Element


@dataclass(frozen=True, slots=True)
class Found:
    """A device that answered. address: of its device service. name: what it calls itself, may be empty."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """One of a device's streams. width, height: px, 0 where it does not tell. url: RTSP, without a password."""

    token: str
    codec: str
    width: int
    height: int
    fps: float
    url: str


def discover(clock: Clock, seconds: float, target: tuple[str, int] = MULTICAST) -> list[Found]:
    """Who answers a probe in the local network within so many seconds, each once, in the order of the answers.

    Answers come from anybody: only their address and name are taken, and only for the host that they came from.
    Raises SourceUnavailable where there is no network.
    """
    message = str(uuid.uuid4())
    found: dict[str, Found] = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 2)
        try:
            probe.sendto(_PROBE.format(id=message).encode(), target)
        except OSError as error:
            reason = (error.strerror or "no network").lower()
            raise SourceUnavailable("the local network", f"cannot be asked for cameras: {reason}") from None
        end_s = clock.monotonic_s() + seconds
        while (left_s := end_s - clock.monotonic_s()) > 0 and len(found) < MAX_DEVICES:
            probe.settimeout(left_s)
            try:
                data, (host, _) = probe.recvfrom(65_535)
            except TimeoutError:
                break
            for one in _matches(data, message, host):
                found.setdefault(one.address, one)
    return list(found.values())


def _matches(data: bytes, message: str, host: str) -> Iterator[Found]:
    try:
        root = ElementTree.fromstring(data)
    except BAD_XML:
        return
    if message not in (_text(root, "RelatesTo") or ""):
        return
    for match in _all(root, "ProbeMatch"):
        addresses = (_text(match, "XAddrs") or "").split()
        address = next((each for each in addresses if _host(each) == host), None)
        if address is not None:
            yield Found(address, _name_of((_text(match, "Scopes") or "").split()))


def _name_of(scopes: list[str]) -> str:
    for kind in ("name/", "hardware/"):
        for scope in scopes:
            _, here, rest = scope.partition(f"onvif://www.onvif.org/{kind}")
            if here and rest:
                return unquote(rest).strip()
    return ""


class Device:
    """One device and a user of it. Raises SourceUnavailable (or SourceRefused) with a reason in words.

    The password never travels: a digest of it does (WS-UsernameToken), made with the device's own time, since a camera
    whose clock is wrong refuses others; over HTTP Digest where the device asks for that. Addresses that the device
    tells are used with the device's own host: it may be behind another address, and nobody is to be sent elsewhere.
    """

    def __init__(self, address: str, user: str, password: str, clock: Clock, timeout_s: float = 5.0) -> None:
        self.address = address if "://" in address else f"http://{address}{DEVICE_PATH}"
        self._user, self._password, self._clock = user, password, clock
        self._ahead = timedelta()
        auth = httpx.DigestAuth(user, password) if user else None
        self._http = httpx.Client(timeout=timeout_s, trust_env=False, auth=auth)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def profiles(self) -> list[Profile]:
        """All streams of which it tells an address, the largest first."""
        self._ahead = self._time() - self._clock.now()
        media = self._media_address()
        end_s = self._clock.monotonic_s() + LOOK_UP_S
        found: list[Profile] = []
        for element in islice(_all(self._call(media, f'<GetProfiles xmlns="{_MEDIA}"/>'), "Profiles"), MAX_PROFILES):
            found.append(self._profile(media, element))
            if self._clock.monotonic_s() > end_s:
                raise SourceUnavailable(self.address, f"does not tell its streams within {LOOK_UP_S:g} s")
        return sorted(found, key=lambda profile: profile.width * profile.height, reverse=True)

    def _time(self) -> datetime:
        """The device's clock; ours where it tells none."""
        answer = self._call(self.address, f'<GetSystemDateAndTime xmlns="{_DEVICE}"/>', signed=False)
        told = next(_all(answer, "UTCDateTime"), None)
        if told is None:
            return self._clock.now()
        parts = [_text(told, name) or "" for name in ("Year", "Month", "Day", "Hour", "Minute", "Second")]
        try:
            return datetime.strptime(" ".join(parts), "%Y %m %d %H %M %S").replace(tzinfo=UTC)
        except ValueError:
            return self._clock.now()

    def _media_address(self) -> str:
        body = f'<GetCapabilities xmlns="{_DEVICE}"><Category>Media</Category></GetCapabilities>'
        media = next(_all(self._call(self.address, body), "Media"), None)
        told = _text(media, "XAddr") if media is not None else None
        if not told:
            raise SourceUnavailable(self.address, "the device has no media service")
        return self._at_home(told)

    def _profile(self, media: str, element: Element) -> Profile:
        token = element.get("token", "")
        body = (
            f'<GetStreamUri xmlns="{_MEDIA}"><StreamSetup><Stream xmlns="{_SCHEMA}">RTP-Unicast</Stream>'
            f'<Transport xmlns="{_SCHEMA}"><Protocol>RTSP</Protocol></Transport></StreamSetup>'
            f"<ProfileToken>{escape(token)}</ProfileToken></GetStreamUri>"
        )
        encoder = next(_all(element, "VideoEncoderConfiguration"), ElementTree.Element("none"))
        return Profile(
            token,
            _text(encoder, "Encoding") or "",
            int(_number(encoder, "Width")),
            int(_number(encoder, "Height")),
            _number(encoder, "FrameRateLimit"),
            self._at_home(_text(self._call(media, body), "Uri") or ""),
        )

    def _at_home(self, address: str) -> str:
        """The address with this device's host and no password."""
        try:
            parts, home = urlsplit(address), urlsplit(self.address).hostname or ""
            port = f":{parts.port}" if parts.port else ""
        except ValueError:
            raise SourceUnavailable(self.address, "the device tells a malformed address") from None
        return urlunsplit(parts._replace(netloc=(f"[{home}]" if ":" in home else home) + port))

    def _call(self, address: str, body: str, *, signed: bool = True) -> Element:
        header = f"<s:Header>{self._security()}</s:Header>" if signed and self._user else ""
        envelope = f'<s:Envelope xmlns:s="{_ENVELOPE}">{header}<s:Body>{body}</s:Body></s:Envelope>'
        kind = {"content-type": "application/soap+xml; charset=utf-8"}
        try:
            with self._http.stream("POST", address, content=envelope.encode(), headers=kind) as answer:
                status, data = answer.status_code, self._bounded(answer)
        except BAD_CHALLENGE:
            raise SourceUnavailable(self.address, reason_of(StrangeChallenge(""))) from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise SourceUnavailable(self.address, reason_of(error)) from None
        return self._body_of(status, data)

    def _bounded(self, answer: httpx.Response) -> bytes:
        data, end_s = bytearray(), self._clock.monotonic_s() + ANSWER_S
        for chunk in answer.iter_bytes():
            data += chunk
            if self._clock.monotonic_s() > end_s:
                raise SourceUnavailable(self.address, f"its answer is not whole within {ANSWER_S:g} s")
            if len(data) > MAX_ANSWER:
                raise SourceUnavailable(self.address, "its answer is larger than 1 MiB")
        return bytes(data)

    def _body_of(self, status: int, data: bytes) -> Element:
        try:
            root = ElementTree.fromstring(data)
        except BAD_XML:
            root = ElementTree.Element("none")
        if status == 401 or any("NotAuthorized" in (code.text or "") for code in _all(root, "Value")):
            raise SourceRefused(self.address, Reason("camera_password"))
        if status != 200 or root.tag != f"{{{_ENVELOPE}}}Envelope":
            reason = _text(root, "Text") or f"answers {status}, not as an ONVIF device"
            raise SourceUnavailable(self.address, reason[:200])
        return root

    def _security(self) -> str:
        """WS-UsernameToken with a digest: Base64(SHA-1(nonce + created + password))."""
        nonce = secrets.token_bytes(16)
        created = (self._clock.now() + self._ahead).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        digest = hashlib.sha1(nonce + created.encode() + self._password.encode(), usedforsecurity=False).digest()
        return (
            f'<w:Security xmlns:w="{_WSSE}" xmlns:u="{_WSU}" s:mustUnderstand="true"><w:UsernameToken>'
            f"<w:Username>{escape(self._user)}</w:Username>"
            f'<w:Password Type="{_DIGEST}">{base64.b64encode(digest).decode()}</w:Password>'
            f"<w:Nonce>{base64.b64encode(nonce).decode()}</w:Nonce><u:Created>{created}</u:Created>"
            "</w:UsernameToken></w:Security>"
        )


def with_password(url: str, user: str, password: str) -> str:
    """The address with the user's name and password in it."""
    if not user:
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{quote(user, safe='')}:{quote(password, safe='')}@{parts.netloc}"))


def chosen(profiles: list[Profile], least_width: int = 640) -> tuple[Profile, Profile | None]:
    """(the stream to analyse, the stream to keep for evidence or None): the smallest at least so wide, and the largest.

    profiles: not empty, the largest first.
    """
    wide = [profile for profile in profiles if profile.width >= least_width]
    analysed = wide[-1] if wide else profiles[0]
    return analysed, profiles[0] if profiles[0] is not analysed else None


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _all(element: Element, name: str) -> Iterator[Element]:
    """Elements of that local name: devices differ in the versions of the namespaces."""
    return (each for each in element.iter() if _local(each.tag) == name)


def _text(element: Element, name: str) -> str | None:
    found = next(_all(element, name), None)
    return found.text.strip() if found is not None and found.text else None


def _number(element: Element, name: str) -> float:
    try:
        return max(0.0, min(1e6, float(_text(element, name) or 0)))
    except ValueError:
        return 0.0


def _host(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None
