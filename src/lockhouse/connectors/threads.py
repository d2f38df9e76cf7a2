"""Where connectors of systems without HTTP wait: clients that block, in threads of their own."""

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

MOST_THREADS = 32


@functools.cache
def _threads() -> ThreadPoolExecutor:
    # Not the loop's own executor: there a slow database would keep names from being looked up for everybody.
    return ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="connector")


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a function that blocks. A cancelled caller does not stop it: it must have time-outs of its own."""
    call = functools.partial(function, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_threads(), call)
