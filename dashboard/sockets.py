"""What every socket of ours does: asks where the page came from and who sits there, hears the
first word, and notices a closed tab."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
import streamlit as st
from starlette.websockets import WebSocket, WebSocketDisconnect

REFUSED = 4401  # not signed in, or not any more
FOREIGN = 4403  # origin
LAGGING = 4408
HELLO_WITHIN_S = 5.0

H = TypeVar("H")


async def opened(socket: WebSocket, hello: type[H]) -> H | None:
    """The first message; None, and the socket is closed or will be, where it is none of ours."""
    if not _own_origin(socket):
        await socket.close(FOREIGN)
        return None
    await socket.accept()
    try:
        said = await asyncio.wait_for(socket.receive_text(), HELLO_WITHIN_S)
        return msgspec.json.decode(said, type=hello)
    except (msgspec.DecodeError, KeyError):
        await socket.close(REFUSED)
    except (TimeoutError, WebSocketDisconnect):
        pass
    return None


async def until_closed(socket: WebSocket, push: Coroutine[Any, Any, None]) -> None:
    """The receiving side is there to notice a closed tab; who only sends never does."""
    pair = [asyncio.create_task(push), asyncio.create_task(_drain(socket))]
    await asyncio.wait(pair, return_when=asyncio.FIRST_COMPLETED)
    for task in pair:
        task.cancel()
    await asyncio.wait(pair)


async def _drain(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


def _own_origin(socket: WebSocket) -> bool:
    """Whether the page that opens this socket came from us: browsers always say, others may not."""
    origin = socket.headers.get("origin", "")
    allowed = st.get_option("server.corsAllowedOrigins")
    return origin in allowed or (
        bool(origin) and urlsplit(origin).netloc == socket.headers.get("host")
    )
