"""Threads for blocking calls: they outlive the loops that use them, and never keep the process."""

from __future__ import annotations

import asyncio
import threading

from livekit_cli.adapters.threads import Threads


def test_a_loop_that_was_closed_before_its_answer_leaves_the_thread_to_the_next_loop() -> None:
    threads = Threads(1, "test")
    begun, go_on = threading.Event(), threading.Event()

    def call() -> None:
        begun.set()
        go_on.wait()

    async def leaves_early() -> None:
        threads.run(call)
        await asyncio.to_thread(begun.wait)

    asyncio.run(leaves_early())
    go_on.set()

    async def comes_later() -> int:
        async with asyncio.timeout(30):
            return await threads.run(lambda: 3)

    assert asyncio.run(comes_later()) == 3
    threads.close()
