"""What a connection does with an answer: carries it, or one of the `Line` faults."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from aiohttp import web

from .faults import Line
from .websocket import reset
from .wire import Reply

_CHUNK = 1_000_000


async def carry(request: web.BaseRequest, reply: Reply, pad: int = 0) -> web.StreamResponse:
    """Send the answer, and `pad` blanks behind it, as long as there is somebody to read it."""
    headers = {"Content-Type": reply.content_type, **reply.headers}
    if not pad:
        return web.Response(body=reply.body, status=reply.status, headers=headers)
    answer = await _begun(request, reply, len(reply.body) + pad)
    blank = b" " * _CHUNK
    with suppress(ConnectionError):
        await answer.write(reply.body)
        for sent in range(0, pad, _CHUNK):
            await answer.write(blank[: pad - sent])
    return answer


async def fail(request: web.BaseRequest, reply: Reply, line: Line, requests: int) -> web.StreamResponse:
    """Let `line` befall the answer; `requests` is how many this connection has carried, this one included.

    Where nothing more will come it waits to be cancelled, which it is as soon as the connection is gone.
    """
    if line.does in ("stale", "lost") and requests == 1:
        return await carry(request, reply)
    if line.does == "slow":
        await asyncio.sleep(line.ms / 1000)
        return await carry(request, reply)
    if line.does == "drip":
        return await _drip(request, reply, line.ms / 1000)
    transport = request.transport
    assert isinstance(transport, asyncio.Transport)
    match line.does:
        case "reset":
            reset(transport)
        case "closed" | "stale":
            transport.close()
        case "half-closed":
            transport.write_eof()
        case "cut":
            answer = await _begun(request, reply, len(reply.body))
            await answer.write(reply.body[: len(reply.body) // 2])
            transport.close()
    await asyncio.Event().wait()
    raise AssertionError("nobody sets it")


async def _drip(request: web.BaseRequest, reply: Reply, pause: float) -> web.StreamResponse:
    answer = await _begun(request, reply, len(reply.body))
    with suppress(ConnectionError):
        for at in range(len(reply.body)):
            await answer.write(reply.body[at : at + 1])
            await asyncio.sleep(pause)
    return answer


async def _begun(request: web.BaseRequest, reply: Reply, length: int) -> web.StreamResponse:
    headers = {"Content-Type": reply.content_type, **reply.headers, "Content-Length": str(length)}
    answer = web.StreamResponse(status=reply.status, headers=headers)
    await answer.prepare(request)
    return answer
