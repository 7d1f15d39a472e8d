"""Whether anybody is at home at a camera's address: asked cheaply while a lost camera is waited for."""

import socket
from collections.abc import Callable
from urllib.parse import urlsplit

Knock = Callable[[str], bool | None]

TIMEOUT_S = 1.0
_PORTS = {"rtsp": 554, "http": 80, "rtsps": 322, "https": 443}
_QUESTIONS = {
    # Asked without a name and password: a refusal is an answer, too, and no account is locked by it.
    "rtsp": b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n",
    "http": b"HEAD / HTTP/1.0\r\n\r\n",
}


def knock(url: str) -> bool | None:
    """Whether the host answers on the address's port within about TIMEOUT_S; None where there is no host to ask (files,
    webcams). Never raises.

    A connection alone is no answer: the system accepts it for a server that hangs. With TLS it has to do.
    """
    try:
        parts = urlsplit(url.strip())
        scheme, host, port = parts.scheme.lower(), parts.hostname, parts.port
    except ValueError:
        return None
    if not host or scheme not in _PORTS:
        return None
    try:
        with socket.create_connection((host, port or _PORTS[scheme]), TIMEOUT_S) as connection:
            question = _QUESTIONS.get(scheme)
            if question is None:
                return True
            connection.sendall(question)
            return bool(connection.recv(1))
    except (OSError, UnicodeError):
        return False
