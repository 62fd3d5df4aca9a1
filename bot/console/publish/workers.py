"""Which servers answer from which version: told by those that fetch from here, and noted in the var folder by others."""

from __future__ import annotations

import json
import re
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from bot.release import BUNDLE_NAME
from bot.settings import Settings
from bot.sources import WORKERS

# A worker that said nothing for so long is gone: it would have asked several times.
GONE_AFTER_S = 15.0
_MOST = 256
_WORKER = "[A-Za-z0-9.-]{1,64}"


@dataclass(frozen=True)
class Worker:
    """One process that answers. `bundle` is what it answers from, `refused` what it would not take, `on_trial` what it
    answers a share of the senders from; each may be empty."""

    name: str
    bundle: str
    refused: str
    seen_at: float
    on_trial: str = ""


class Workers:
    """Those that have asked lately; of one console process, and forgotten with it."""

    def __init__(self) -> None:
        self._seen: dict[str, Worker] = {}
        self._lock = threading.Lock()

    def heard(self, running: str, refused: str, on_trial: str = "") -> None:
        """Take what a worker says of itself; nonsense is passed over."""
        name, _, bundle = running.partition(" ")
        if not re.fullmatch(_WORKER, name) or not all(map(_is_bundle, (bundle, refused, on_trial))):
            return
        with self._lock:
            self._forget()
            if name in self._seen or len(self._seen) < _MOST:
                self._seen[name] = Worker(name, bundle, refused, time.time(), on_trial)

    def alive(self, settings: Settings) -> list[Worker]:
        """Everybody who was heard of in the last seconds, by name."""
        with self._lock:
            self._forget()
            found = dict(self._seen)
        for path in (settings.var_dir / WORKERS).glob("*.json"):
            if (worker := _noted(path)) and worker.seen_at > time.time() - GONE_AFTER_S:
                found[worker.name] = worker
        return [found[name] for name in sorted(found)]

    def _forget(self) -> None:
        self._seen = {name: worker for name, worker in self._seen.items()
                      if worker.seen_at > time.time() - GONE_AFTER_S}


def _is_bundle(name: str) -> bool:
    return name == "" or re.fullmatch(BUNDLE_NAME, name) is not None


def _noted(path: Path) -> Worker | None:
    """What a worker on this var folder wrote down; None where it went away or is no worker's."""
    try:
        note = json.loads(path.read_text(encoding="ascii"))
        return Worker(path.stem, str(note["bundle"]), str(note["refused"]), path.stat().st_mtime,
                      str(note.get("canary", "")))
    except (OSError, ValueError, KeyError, TypeError):
        return None
