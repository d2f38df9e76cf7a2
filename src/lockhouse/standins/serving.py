"""Serving a stand-in on loopback."""

import asyncio
from collections.abc import Callable

from aiohttp import web

LONGEST_LINE = 32_768


async def serve(application: web.Application, port: int, *, ready: Callable[[str], None]) -> None:
    """Serve on 127.0.0.1 until this is cancelled; `ready` is told the address once it answers."""
    runner = web.AppRunner(application, access_log=None, max_line_size=LONGEST_LINE, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        ready(f"http://127.0.0.1:{runner.addresses[0][1]}")
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
