"""What can go wrong with a source of pictures.

StreamError
├── SourceError              names the source (credentials removed) and the reason
│   ├── SourceNotFound       a file, folder or device that is not there
│   ├── SourceUnreadable     it is there, but no picture can be decoded from it
│   ├── SourceUnavailable    a live source that may come back: unreachable, timed out, ended
│   │   └── SourceRefused    it answers and wants another name or password
│   └── UnsupportedSource    a URL scheme that nothing here opens
├── ClipError                a clip cannot be cut, or not further; the reason in one line
└── ApartFailed              a process of its own ended without an answer
"""

import re

from streams.reasons import Reason

# Greedy on purpose: a password may hold '@' or '/'. Some recorders carry the password in the path or the
# query.
_CREDENTIALS = re.compile(r"(?P<scheme>\b(?!file:)[a-z][a-z0-9+.-]*://)\S*@", re.IGNORECASE)
_PARAMETER = re.compile(
    r"(?P<key>\b(?:\w+_)?(?:password|passwd|pass|pwd|psw|token|secret|auth|loginpas)=)\S*?(?=_channel|&|[\s'\"]|$)",
    re.IGNORECASE,
)

_PATH = re.compile(r"file:|[.~]|/(?!/)", re.IGNORECASE)
_MISTYPED = re.compile(
    r"^(?>(?P<scheme>[a-z][a-z0-9+.-]*:?/+|(?:rtsps?|https?):|/+|))(?=[^@]*:).*@", re.IGNORECASE | re.DOTALL
)


def redact(url: str) -> str:
    """The URL as it may be shown and logged: user name and password replaced by ``***``."""
    return _PARAMETER.sub(r"\g<key>***", _CREDENTIALS.sub(r"\g<scheme>***@", url))


def redact_address(address: str) -> str:
    """An address as it may be shown, also one that is mistyped: everything before the last "@" counts as a password if
    there is a ":" in it, whatever lies between."""
    if _PATH.match(address) is None:
        address = _MISTYPED.sub(r"\g<scheme>***@", address)
    return redact(address)


class StreamError(Exception):
    """Base of everything that `streams` raises on purpose."""


class SourceError(StreamError):
    """A source failed. `source` is safe to show; `reason` is one line. known: the reason as `streams.reasons` has it;
    None: another one."""

    def __init__(self, source: str, reason: str) -> None:
        self.source = redact_address(source)
        self.known = reason if isinstance(reason, Reason) else None
        self.reason = redact(" ".join(reason.split()))
        super().__init__(f"{self.source}: {self.reason}")


class SourceNotFound(SourceError):
    """The file, folder or device does not exist."""


class SourceUnreadable(SourceError):
    """It exists, but no picture can be decoded from it."""


class SourceUnavailable(SourceError):
    """A live source is not to be had now and may come back."""


class SourceRefused(SourceUnavailable):
    """It answers and wants another name or password. To ask often may lock the account."""


class UnsupportedSource(SourceError):
    """No source type opens this address."""


class ClipError(StreamError):
    """A clip cannot be cut, or not further. One line."""


class ApartFailed(StreamError):
    """A process of its own ended without an answer: killed, or out of memory."""
