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
from typing import Any, Callable, Iterable, Mapping, Sequence

import httpx
import yaml

from benchmarks.load.processes import tree_memory_mb
from benchmarks.load.texts import different_texts
from benchmarks.peers.rasa_server import RasaServer
from benchmarks.results import Provenance
from benchmarks.sections import worded
from bot.evaluation.stats import percentile
from bot.settings import PROJECT
from tests.support.server import Server

WARM_UP = 60
TIMED = 400
CONVERSATION = 320
EARLY, LATE = slice(3, 33), slice(290, 320)
AT_ONCE = 8
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


def own_epochs() -> int:
    """For how many epochs Rasa's default pipeline trains each network, as it comes."""
    return max(network["epochs"] for network in _networks(_peer()))


def measure(epochs: int) -> list[Speed]:
    """Ours, then Rasa's default, trained for so many epochs: with all of its own it takes hours."""
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
    peer, config = _peer(), scratch / "default.yml"
    for network in _networks(peer):
        network["epochs"] = epochs
    config.write_text(yaml.safe_dump(peer), encoding="utf-8")
    trained = _timed(_train, data, config, scratch / "default")
    start = time.monotonic()
    with RasaServer(scratch / "default" / "model.tar.gz", scratch) as server:
        ready = time.monotonic() - start
        return _speed("Rasa's default pipeline", trained, ready, server.client, server.path, server.pids)


def _peer() -> dict[str, Any]:
    return yaml.safe_load((_PEER / "rasa_default.yml").read_text(encoding="utf-8"))


def _networks(config: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is trained for epochs, of the pipeline and of the policies."""
    return [part for part in (*config["pipeline"], *config["policies"]) if "epochs" in part]


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


def report(speeds: Sequence[Speed], origin: Provenance, epochs: int) -> str:
    """The section for docs/performance.md; `origin` says where the figures come from."""
    ours, peer = map(asdict, speeds)
    rows = [(label, ours[key], peer[key], (peer[key] / ours[key]) ** better) for label, key, better in (
        ("train, from nothing (s)", "train_s", 1), ("start to ready (s)", "ready_s", 1),
        ("one message at a time, p50 (ms)", "p50_ms", 1), ("one message at a time, p95 (ms)", "p95_ms", 1),
        (f"messages a second, {AT_ONCE} at a time", "per_second", -1),
        ("messages 290-320 of a conversation against 4-33", "growth", 1),
        ("memory of the process tree, PSS (MB)", "memory_mb", 1))]
    return worded("speed", speeds=speeds, origin=origin, epochs=epochs, full=own_epochs(), rows=rows)
