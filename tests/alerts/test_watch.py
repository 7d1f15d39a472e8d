"""Parts of a watch that need no camera."""

import asyncio
import socket

import pytest

from alerts.watch import bind
from tests.rtsp_server import free_port


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_no_answer_of_the_console_is_held_back(host: str) -> None:
    """Nagle's algorithm would keep the end of every answer until the browser confirms the beginning: 40 ms."""
    held_back: list[bool] = []

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted = writer.get_extra_info("socket")
        held_back.append(not accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    with bind(host, free_port()) as listener:
        async with await asyncio.start_server(answer, sock=listener):
            reader, writer = await asyncio.open_connection(*listener.getsockname()[:2])
            await reader.read()
            writer.close()
            await writer.wait_closed()
    assert held_back == [False]
