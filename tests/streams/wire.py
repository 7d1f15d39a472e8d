"""A TCP server for tests that plays a script to every client: what a broken or hostile camera sends."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tests.sockets import shut

Script = Callable[[socket.socket, bytes], None]
"""(connection, the request's head) → sends what it likes. Returning closes the connection."""


class WireServer:
    """Listens on loopback; each connection is served by `script` in a thread, once for each request head that comes.

    requests: the heads so far.
    """

    def __init__(self, script: Script, tls: ssl.SSLContext | None = None) -> None:
        self._script, self._tls = script, tls
        self.requests: list[bytes] = []
        self.over = threading.Event()
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End it and every connection; may be called twice."""
        self.over.set()
        shut([self._listener, *self._sockets])

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._sockets.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ssl.SSLError):
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
                self._sockets.append(connection)
            with connection:
                while head := _head(connection):
                    self.requests.append(head)
                    self._script(connection, head)

    def flood(self, connection: socket.socket, data: bytes, *, every_s: float = 0.0) -> None:
        """Send this again and again until the client or the test ends."""
        while not self.over.wait(every_s):
            connection.sendall(data)


def _head(connection: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        data = connection.recv(4096)
        if not data:
            return b""
        head += data
    return head
