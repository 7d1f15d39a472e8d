"""A relay between a client and a server whose line dies without a word: nothing is closed, nothing comes any more."""

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self

from tests.sockets import shut


class Relay:
    """Listens on a port of loopback of its own; a context manager.

    `hush`: whatever either side says on the connections of now, and on those that are made while it lasts, is swallowed
    for ever. `speak`: connections that are made from now on are passed on.
    """

    def __init__(self, port: int) -> None:
        self._server = ("127.0.0.1", port)
        self._silent = threading.Event()
        self._lines: list[threading.Event] = []
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def hush(self) -> None:
        """The line dies."""
        self._silent.set()
        for dead in self._lines:
            dead.set()

    def speak(self) -> None:
        """There is a line again; the dead ones stay dead."""
        self._silent.clear()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shut([self._listener, *self._sockets])

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                dead = threading.Event()
                if self._silent.is_set():
                    dead.set()
                self._sockets += [client, server]
                self._lines.append(dead)
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=_pass, args=(*pair, dead), daemon=True).start()


def _pass(source: socket.socket, target: socket.socket, dead: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            if not dead.is_set():
                target.sendall(data)
    if not dead.is_set():
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)
