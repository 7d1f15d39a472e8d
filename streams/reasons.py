"""Why a camera gives no picture, as far as it is known: each reason has a code, by which the console says it in the
reader's language (`down.CODE` in `static/strings_wall.js`, and with advice `problem.CODE` in
`static/strings_setup.js`), and the program's own words, for commands and logs."""

from collections.abc import Mapping
from typing import Any, Self

REASONS: Mapping[str, str] = {
    "camera_password": "wrong user name or password (401)",
    "camera_forbidden": "access refused (403)",
    "camera_path": "no such stream at this address (404)",
    "camera_transport": "the request is refused (400): perhaps it serves the other transport only",
    "camera_timed_out": "timed out",
    "camera_no_answer": "no answer within {seconds} s",
    "camera_silent": "silent for {seconds} s",
    "camera_no_picture": "data, but no picture for {seconds} s",
    "camera_hangs": "no picture within {seconds} s",
    "camera_gave_none": "it opened but gave no picture",
    "camera_closed_port": "connection refused",
    "camera_reset": "connection reset",
    "camera_ended": "the stream ended",
    "camera_no_rtsp": "cannot be reached, or does not answer as an RTSP server",
    "camera_no_http": "does not answer as an HTTP server, or breaks off",
    "camera_no_video": "no video in the stream",
    "camera_no_host": "the address names no host",
    "camera_unknown_host": "the host's name cannot be resolved",
    "camera_address": (
        "the address is malformed (host or port); in a password write @ : / ? # % [ as %40 %3A %2F %3F %23 %25 %5B"
    ),
    "camera_moved": "is sent on to another address ({status}); write that address into the settings",
    "camera_status": "the camera answers {status}",
    "camera_no_jpeg": "answers with {kind}, not with JPEG pictures",
    "camera_tls": "TLS fails; is it http, not https?",
    "camera_certificate": "the certificate is not trusted: {detail}",
    "camera_challenge": "asks for the password in a way that is not known here",
    "camera_analyzer": "analyzer {why}",
    "camera_lost": "connection lost",
    "camera_closed": "connection closed",
    "camera_eof": "connection closed or end of file",
    "camera_garbled": "not a video, or damaged beyond reading",
    "camera_no_phone": "no phone is sending",
    "camera_phone": "pictures of a phone come when it sends some",
}
"""Code → words. A mistyped address is also what becomes of one whose password ends the host's part too early."""


class Reason(str):
    """The words of a reason, which are all that most need, with its code and what is filled in: nothing secret."""

    code: str
    values: Mapping[str, str]

    def __new__(cls, code: str, **values: Any) -> Self:
        made = super().__new__(cls, REASONS[code].format(**values))
        made.code, made.values = code, {key: str(value) for key, value in values.items()}
        return made

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, str]]:
        """For pipes between processes."""
        return (self.code,), dict(self.values)
