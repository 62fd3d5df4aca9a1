"""Where a text message waits for the database: beside the event loop, which goes on answering everybody else."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Callable, TypeVar

_Result = TypeVar("_Result")

# One thread: uses of the database come in their order, as if each were waited for. Started with the first of them, so
# in the worker and not in the process that it comes from.
_THREAD = ThreadPoolExecutor(1, thread_name_prefix="sms-store")


async def aside(work: Callable[..., _Result], *arguments: Any, **named: Any) -> _Result:
    """What `work` gives. Whoever stops waiting, because it takes too long, is free to answer without it."""
    return await asyncio.get_running_loop().run_in_executor(_THREAD, partial(work, *arguments, **named))
