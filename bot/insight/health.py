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
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

from bot.settings import Settings

# Under both, a database that grows as it does here has days left, not weeks.
LEAST_FREE_BYTES = 256 * 1024 * 1024
LEAST_FREE_SHARE = 0.05


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
    """The state of a server. `ping` raises where the database of an agent cannot be used."""
    down = []
    if agent is None or not agent.is_ready():
        down.append("no_model")
    else:
        if _fails(lambda: ping(agent)):
            down.append("database_away")
        if _fails(getattr(agent.lock_store, "ping", lambda: None)):
            down.append("lock_away")
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


def _fails(check: Callable[[], None]) -> bool:
    try:
        check()
    except Exception:  # whatever a driver raises: its text names hosts
        return True
    return False
