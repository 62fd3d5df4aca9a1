"""Whether questions can be answered, and why not, as fixed codes: nothing of hosts, paths or what an error said.

| code | means | still ready |
|---|---|---|
| `no_model` | no model is loaded | no |
| `database_away` | the database does not answer or cannot be written | no |
| `lock_away` | what keeps a sender's messages in order does not answer | no |
| `disk_low` | the var folder's disk is almost full | yes |
| `console_away` | the console cannot be reached | yes |
| `releases_unread` | the releases in the var folder cannot be read | yes |
"""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

from bot.settings import Settings

# Under both, a database that grows as it does here has days left, not weeks.
LEAST_FREE_BYTES = 256 * 1024 * 1024
LEAST_FREE_SHARE = 0.05
# What does not say by then that it is well is not. Whoever asks (compose, kubelet) waits for 4 s or 5 in all.
ANSWER_WITHIN_S = 1.5

# Some may still wait for what stands still when the next ones begin.
_CHECKS = ThreadPoolExecutor(8, thread_name_prefix="health")


@dataclass(frozen=True)
class Health:
    """`down` are the reasons for which nothing can be answered, `degraded` those for which it still can."""

    down: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """All codes, the worst first."""
        return (*self.down, *self.degraded)


def look(settings: Settings, agent: Any, updates: Any, ping: Callable[[Any], None]) -> Health:
    """The state of a server, within `ANSWER_WITHIN_S`. `ping` raises where the database of an agent cannot be used."""
    down = []
    if agent is None or not agent.is_ready():
        down.append("no_model")
    else:
        database_fails, lock_fails = failing(lambda: ping(agent), getattr(agent.lock_store, "ping", lambda: None))
        down += ["database_away"] * database_fails + ["lock_away"] * lock_fails
    degraded = []
    if disk_low(settings.var_dir):
        degraded.append("disk_low")
    if getattr(updates, "troubled", False):
        degraded.append("console_away" if settings.console_url else "releases_unread")
    return Health(tuple(down), tuple(degraded))


def disk_low(folder: Path) -> bool:
    """Whether a folder's disk is almost full; False where it cannot be told."""
    try:
        disk = shutil.disk_usage(folder)
    except OSError:
        return False
    return disk.free < LEAST_FREE_BYTES or (disk.free < LEAST_FREE_SHARE * disk.total
                                            and disk.free < 8 * LEAST_FREE_BYTES)


def failing(*checks: Callable[[], Any]) -> tuple[bool, ...]:
    """Of each check, whether it raises (what a driver says names hosts, and is not told) or takes too long."""
    begun = [_CHECKS.submit(check) for check in checks]
    wait(begun, timeout=ANSWER_WITHIN_S)
    # Called off where it has not begun; where it is being done nobody waits for it any more.
    return tuple(done.cancel() or not done.done() or done.exception() is not None for done in begun)
