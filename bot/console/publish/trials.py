"""Trying a version before it is released: a server of its own for it, and what was said to it so far.

One at a time, in a folder under `var/tries`; the folder goes with the process, and nothing of it is kept.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bot.release import build_bundle, make_current
from bot.settings import PROJECT, Settings

TRIES, PORT = "tries", "port"
STARTING, READY, FAILED = "starting", "ready", "failed"
_REMEMBERED = 30
_ANSWERED_WITHIN_S = 20
_ENDED_WITHIN_S = 10


@dataclass(frozen=True)
class Said:
    """One message to the bot and what came of it. `confidence` 0-1, of the intent that was understood."""

    message: str
    reply: tuple[dict[str, Any], ...]
    intent: str
    confidence: float


@dataclass
class Trial:
    """A process that answers from a version that is not live."""

    candidate: str | None
    folder: Path
    process: subprocess.Popen[bytes]
    said: dict[int, deque[Said]] = field(default_factory=dict)

    @property
    def port(self) -> int | None:
        """Where it listens; None while it starts."""
        path = self.folder / PORT
        return int(path.read_text(encoding="ascii")) if path.is_file() else None

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def state(self) -> str:
        """`starting`, `ready`, or `failed` where it answers and has no model that it could use."""
        if self.port is None:
            return STARTING
        try:
            with self._client() as client:
                return READY if client.get("/webhooks/web/health/ready").status_code == 200 else FAILED
        except httpx.TransportError:
            return STARTING

    def say(self, person_id: int, message: str, *, language: str, audience: str) -> None:
        """Ask it something, in this person's own conversation. Raises httpx.HTTPError where it does not answer."""
        sender = f"try-{person_id}"
        with self._client() as client:
            response = client.post("/webhooks/web/webhook", json={
                "sender": sender, "message": message, "metadata": {"language": language, "audience": audience}})
            response.raise_for_status()
        understood = self._understood(sender)
        self.said.setdefault(person_id, deque(maxlen=_REMEMBERED)).append(
            Said(message, tuple(response.json()), understood["name"] or "", understood["confidence"] or 0.0))

    def _client(self) -> httpx.Client:
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=_ANSWERED_WITHIN_S, trust_env=False)

    def _understood(self, sender: str) -> dict[str, Any]:
        """Intent and confidence of the last message; the public reply does not tell them."""
        with sqlite3.connect(f"file:{self.folder / 'conversations.db'}?mode=ro", uri=True) as connection:
            (event,) = connection.execute("SELECT data FROM events WHERE sender_id = ? AND type_name = 'user' "
                                          "ORDER BY id DESC LIMIT 1", (sender,)).fetchone()
        connection.close()
        return json.loads(event)["parse_data"]["intent"]

    def end(self) -> None:
        """End the process; its folder goes with it."""
        if self.process.stdin:
            self.process.stdin.close()
        try:
            self.process.wait(_ENDED_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Trials:
    """The one trial that there is at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._trial: Trial | None = None

    def begin(self, settings: Settings, candidate: str | None, *, model: Path, training: str, content: Path) -> Trial:
        """Start a server for this model and content; the trial before it ends."""
        with self._lock:
            self._end()
            tries = settings.var_dir / TRIES
            tries.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(dir=tries))
            # Signed with a key of its own, which goes with the folder.
            own = Settings(var_dir=folder)
            make_current(build_bundle(model, content, own, training=training).name, own)
            with (folder / "log").open("wb") as log:
                process = subprocess.Popen([sys.executable, "-m", "bot", "try", str(folder)], cwd=PROJECT,
                                           stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True)
            self._trial = Trial(candidate, folder, process)
            return self._trial

    def current(self) -> Trial | None:
        """The trial that is going on; None where there is none, or it ended because nobody asked anything."""
        with self._lock:
            if self._trial and not self._trial.alive:
                self._end()
            return self._trial

    def end(self) -> None:
        """End the trial that is going on, if there is one."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        if self._trial:
            self._trial.end()
        self._trial = None


def clear_up(settings: Settings) -> None:
    """Remove what a trial left behind that was killed together with the console."""
    for folder in (settings.var_dir / TRIES).glob("*/"):
        shutil.rmtree(folder, ignore_errors=True)
