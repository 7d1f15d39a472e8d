"""A relay between an RTSP client and a real server that loses, damages, holds back or forges what the server sends."""

import contextlib
import re
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tests.sockets import shut

Spoil = Callable[[int, bytes], bytes | None]
"""(count of RTP packets so far, the packet) → what is passed on; None: lost."""

_MARK = 0x24  # "$": RTP within the RTSP connection (RFC 2326, 10.12)
_CLIENT_PORTS = re.compile(rb"client_port=(\d+)-(\d+)")


def _udp_pair() -> tuple[socket.socket, socket.socket]:
    """Two neighbouring ports of loopback, the lower one even."""
    for _ in range(50):
        first, second = socket.socket(type=socket.SOCK_DGRAM), socket.socket(type=socket.SOCK_DGRAM)
        first.bind(("127.0.0.1", 0))
        port = int(first.getsockname()[1])
        with contextlib.suppress(OSError):
            if port % 2 == 0:
                second.bind(("127.0.0.1", port + 1))
                return first, second
        first.close()
        second.close()
    raise RuntimeError("no pair of UDP ports is free")


class Meddler:
    """Listens on a port of its own; usable as a context manager.

    spoil: applied to every RTP packet of the video on its way to the client, over TCP and UDP; may be replaced while it
    runs. alter: applied to each line of an RTSP answer, whose length must stay. `stall` stops after half a packet,
    connections staying open; `inject` puts bytes into the stream.
    """

    def __init__(
        self,
        port: int,
        spoil: Spoil = lambda index, packet: packet,
        alter: Callable[[bytes], bytes] = lambda line: line,
    ) -> None:
        self.spoil, self._alter = spoil, alter
        self.packets = 0
        self.lost = 0
        self._upstream = ("127.0.0.1", port)
        self._stalled = threading.Event()
        self._inject = b""
        self._sockets: list[socket.socket] = []
        self._client_ports = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        """The stream by way of the relay."""
        return f"rtsp://127.0.0.1:{self.port}/cam"

    def stall(self) -> None:
        """The next packet is cut in half, and nothing follows."""
        self._stalled.set()

    def inject(self, data: bytes) -> None:
        """Send these bytes before the next packet."""
        self._inject = data

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
                server = socket.create_connection(self._upstream)
                self._sockets += [client, server]
                for task in (self._requests, self._answers):
                    threading.Thread(target=self._guarded, args=(task, client, server), daemon=True).start()

    def _guarded(self, task: Callable[[socket.socket, socket.socket], None], *pair: socket.socket) -> None:
        with contextlib.suppress(OSError, EOFError):
            task(*pair)
        for each in pair:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _requests(self, client: socket.socket, server: socket.socket) -> None:
        while data := client.recv(65_536):
            server.sendall(_CLIENT_PORTS.sub(self._relay_ports, data))

    def _relay_ports(self, match: re.Match[bytes]) -> bytes:
        pair = _udp_pair()
        self._client_ports = match[0]
        for number, (here, there) in enumerate(zip(pair, (int(match[1]), int(match[2])), strict=True)):
            self._sockets.append(here)
            threading.Thread(target=self._datagrams, args=(here, there, number == 0), daemon=True).start()
        port = pair[0].getsockname()[1]
        return b"client_port=%d-%d" % (port, port + 1)

    def _datagrams(self, here: socket.socket, port: int, is_rtp: bool) -> None:
        with contextlib.suppress(OSError):
            while True:
                packet: bytes | None = here.recv(65_536)
                packet = self._spoilt(packet or b"") if is_rtp else packet
                if packet is not None and not self._stalled.is_set():
                    here.sendto(packet, ("127.0.0.1", port))

    def _spoilt(self, packet: bytes) -> bytes | None:
        passed = self.spoil(self.packets, packet)
        self.packets += 1
        self.lost += passed is None
        return passed

    def _answers(self, client: socket.socket, server: socket.socket) -> None:
        with server.makefile("rb") as stream:
            while True:
                first = _exactly(stream.read, 1)
                message = self._packet(stream.read) if first[0] == _MARK else first + self._answer(stream.readline)
                if self._inject and first[0] == _MARK:
                    client.sendall(self._inject)
                    self._inject = b""
                if self._stalled.is_set():
                    client.sendall(message[: len(message) // 2])
                    threading.Event().wait()
                client.sendall(message)

    def _packet(self, read: Callable[[int], bytes]) -> bytes:
        head = _exactly(read, 3)
        packet: bytes | None = _exactly(read, int.from_bytes(head[1:], "big"))
        if head[0] == 0:
            packet = self._spoilt(packet or b"")
        return b"" if packet is None else b"$" + head[:1] + len(packet).to_bytes(2, "big") + packet

    def _answer(self, readline: Callable[[], bytes]) -> bytes:
        """One line of an RTSP answer; bodies come through as lines too."""
        line = readline()
        if self._client_ports:
            line = _CLIENT_PORTS.sub(self._client_ports, line)
        return self._alter(line)


def _exactly(read: Callable[[int], bytes], count: int) -> bytes:
    data = read(count)
    if len(data) < count:
        raise EOFError
    return data
