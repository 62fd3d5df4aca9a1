"""What the inbox does beside its pages: collect every few seconds, group a little less often; never in the loop."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from starlette.datastructures import State

from bot.console.inbox.collect import collect
from bot.console.inbox.encoding import encode_new
from bot.console.inbox.groups import regroup
from bot.console.inbox.marks import leased
from bot.console.inbox.rules import Rules, load_rules
from bot.console.inbox.sweep import sweep
from bot.console.inbox.thumbs import collect_thumbs
from bot.console.inbox.vectors import Meaning, meaning

COLLECT_EVERY_S = 3.0
GROUP_EVERY_S = 15.0
SWEEP_EVERY_S = 60.0
# A few seconds' worth of encoding at a time, so that groups appear while the rest of a long history is encoded.
_ENCODED_A_PASS = 256


async def background(state: State) -> None:
    """Collect and group for as long as the console lives."""
    rules = load_rules()
    await asyncio.gather(_collecting(state.database, rules), _grouping(state.database, rules))


async def _collecting(engine: Any, rules: Rules) -> None:
    swept = 0.0
    while True:
        more = await asyncio.to_thread(collect_once, engine, rules)
        if time.monotonic() - swept > SWEEP_EVERY_S:
            await asyncio.to_thread(sweep, engine)
            swept = time.monotonic()
        await asyncio.sleep(0.1 if more else COLLECT_EVERY_S)


async def _grouping(engine: Any, rules: Rules) -> None:
    encoder = await asyncio.to_thread(meaning)
    while True:
        more = await asyncio.to_thread(group_once, engine, rules, encoder)
        await asyncio.sleep(0.1 if more else GROUP_EVERY_S)


def collect_once(engine: Any, rules: Rules) -> bool:
    """One pass over events and thumbs; whether there is more to collect at once."""
    collected = collect(engine, rules)
    if not collected.more:
        collect_thumbs(engine, rules)  # a thumb is put beside a message that is there
    return collected.more


def group_once(engine: Any, rules: Rules, encoder: Meaning) -> bool:
    """Encode and group, unless another console does; whether there is more to encode at once."""
    if not leased(engine, "grouping", GROUP_EVERY_S / 2, time.time()):
        return False
    encoded = encode_new(engine, encoder, _ENCODED_A_PASS)
    regroup(engine, rules)
    return encoded == _ENCODED_A_PASS
