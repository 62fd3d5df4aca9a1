"""`make bench` speed: ours beside Rasa's default pipeline, on the same data, in the same run.

Every timed message is a different text that nobody trained on, under a sender of its own unless a long conversation is
what is measured. Requests go to 127.0.0.1, are bounded in number, and stop by themselves.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Callable, Iterable, Sequence

import httpx

from benchmarks.load.processes import tree_memory_mb
from benchmarks.load.texts import different_texts
from benchmarks.peers.rasa_server import RasaServer
from bot.evaluation.stats import percentile
from bot.settings import PROJECT
from tests.support.server import Server

WARM_UP = 60
TIMED = 400
CONVERSATION = 320
EARLY, LATE = slice(3, 33), slice(290, 320)
AT_ONCE = 8
EPOCHS = 100  # of each network of Rasa's default pipeline, as it comes
_PEER = PROJECT / "benchmarks" / "peers"


@dataclass(frozen=True)
class Speed:
    """One pipeline's figures: seconds to train and to start, milliseconds a message, messages a second, megabytes."""

    name: str
    train_s: float
    ready_s: float
    p50_ms: float
    p95_ms: float
    per_second: float
    growth: float
    memory_mb: float


def measure(epochs: int = EPOCHS) -> list[Speed]:
    """Ours, then Rasa's default, trained for so many epochs: with all of its own it takes more than an hour."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        return [_ours(scratch), _rasa_default(scratch, epochs)]


def _ours(scratch: Path) -> Speed:
    trained = _timed(_train, [PROJECT / "nlu" / "data", PROJECT / "stories"], PROJECT / "config.yml", scratch / "ours")
    start = time.monotonic()
    var = scratch / "var"
    var.mkdir()
    with Server(var) as server:
        ready = time.monotonic() - start
        return _speed("this project", trained, ready, server.client, "/webhooks/web/webhook", [server.process.pid])


def _rasa_default(scratch: Path, epochs: int) -> Speed:
    data = [PROJECT / "nlu" / "data", PROJECT / "stories", _PEER / "stories.yml"]
    config = scratch / "default.yml"
    config.write_text((_PEER / "rasa_default.yml").read_text(encoding="utf-8").replace(
        f"epochs: {EPOCHS}", f"epochs: {epochs}"), encoding="utf-8")
    trained = _timed(_train, data, config, scratch / "default")
    start = time.monotonic()
    with RasaServer(scratch / "default" / "model.tar.gz", scratch) as server:
        ready = time.monotonic() - start
        return _speed("Rasa's default pipeline", trained, ready, server.client, server.path, server.pids)


def _train(data: Sequence[Path], config: Path, output: Path) -> None:
    """Train from nothing: no stage of an earlier training is reused."""
    with tempfile.TemporaryDirectory() as cache:
        subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "rasa", "train", "--config", str(config), "--domain",
             str(PROJECT / "domain.yml"), "--out", str(output), "--fixed-model-name", "model", "--force",
             "--data", *map(str, data)],
            cwd=PROJECT, check=True, capture_output=True,
            env={**os.environ, "RASA_CACHE_DIRECTORY": cache, "RASA_TELEMETRY_ENABLED": "false"})


def _timed(do: Callable[..., None], *arguments: object) -> float:
    start = time.monotonic()
    do(*arguments)
    return time.monotonic() - start


def _speed(name: str, train_s: float, ready_s: float, client: httpx.Client, path: str, pids: Sequence[int]) -> Speed:
    texts = different_texts()

    def send(text: str, sender: str) -> float:
        start = time.perf_counter()
        client.post(path, json={"sender": sender, "message": text}).raise_for_status()
        return (time.perf_counter() - start) * 1000

    for text in itertools.islice(texts, WARM_UP):
        send(text, uuid.uuid4().hex)
    alone = [send(text, uuid.uuid4().hex) for text in itertools.islice(texts, TIMED)]
    sender = uuid.uuid4().hex
    conversation = [send(text, sender) for text in itertools.islice(texts, CONVERSATION)]
    memory = tree_memory_mb(pids)
    crowd = list(itertools.islice(texts, TIMED))
    start = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda text: send(text, uuid.uuid4().hex), crowd))
    per_second = len(crowd) / (time.perf_counter() - start)
    return Speed(name, train_s, ready_s, percentile(alone, 0.5), percentile(alone, 0.95), per_second,
                 percentile(conversation[LATE], 0.5) / percentile(conversation[EARLY], 0.5), memory)


def report(speeds: Sequence[Speed], origin: str, epochs: int = EPOCHS) -> str:
    """The section for docs/performance.md; `origin` says where the figures come from."""
    ours, peer = speeds
    fewer = "" if epochs == EPOCHS else (
        f" **The peer trained for {epochs} of its {EPOCHS} epochs**: all of them take so many times as long, teach it more, "
        "and change nothing of what a message costs.")
    rows = [("train, from nothing (s)", "train_s", 1), ("start to ready (s)", "ready_s", 1),
            ("one message at a time, p50 (ms)", "p50_ms", 1), ("one message at a time, p95 (ms)", "p95_ms", 1),
            (f"messages a second, {AT_ONCE} at a time", "per_second", -1),
            ("messages 290-320 of a conversation against 4-33", "growth", 1),
            ("memory of the process tree, PSS (MB)", "memory_mb", 1)]
    lines = ["## Beside Rasa's default pipeline", "", origin, "",
             "The same domain, training data and actions, one run. The peer runs as Rasa comes, with its REST channel, "
             "SQLite and an action server of its own. Every timed message is a different text that nobody trained on. "
             "The last column says how many times better ours is; the bound for messages a second is 4, for training 10, for "
             f"one message 2.5.{fewer}", "",
             "| figure | " + " | ".join(speed.name for speed in speeds) + " | ratio |", "|---|---|---|---|"]
    for label, key, better in rows:
        mine, other = asdict(ours)[key], asdict(peer)[key]
        lines.append(f"| {label} | {mine:.1f} | {other:.1f} | {(other / mine) ** better:.1f} |")
    return "\n".join(lines)
