"""Cost that must not grow: message 500 of a conversation against message 5, a full database against an empty one.

Both sides of a pair are sent one right after the other, so that a machine that is busy for a while is so for both.
"""

from __future__ import annotations

import itertools
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterator

import httpx
import sqlalchemy as sa

from benchmarks.load.stack import Stack
from benchmarks.load.texts import different_texts
from bot.evaluation.stats import percentile
from tests.support.server import Server

EARLY = 5
# Nobody's limit: these conversations are faster than people are.
_FAST = {"IMH_RATE_SENDER": "100000/60", "IMH_RATE_ADDRESS": "100000/60"}
_TEMPLATE = 200
_AT_ONCE_ROWS = 50_000


@dataclass(frozen=True)
class Pair:
    """Milliseconds of messages that cost much, if size mattered, beside as many that cannot."""

    much_ms: tuple[float, ...] = field(repr=False)
    little_ms: tuple[float, ...] = field(repr=False)

    @property
    def medians_ms(self) -> tuple[float, float]:
        """Much, little."""
        return percentile(self.much_ms, 0.5), percentile(self.little_ms, 0.5)

    @property
    def ratio(self) -> float:
        """How many times the one costs what the other does."""
        much, little = self.medians_ms
        return much / little

    def to_dict(self) -> dict[str, Any]:
        """For the results."""
        much, little = self.medians_ms
        return {"much_p50_ms": much, "little_p50_ms": little, "ratio": self.ratio, "pairs": len(self.much_ms),
                "much_p95_ms": percentile(self.much_ms, 0.95), "little_p95_ms": percentile(self.little_ms, 0.95)}


def old_and_new(folder: Path, *, turns: int, conversations: int, pairs: int) -> Pair:
    """Message `turns` (and those around it) of `conversations`, each beside message 5 of a new one."""
    with Stack(folder, environment=_FAST) as stack:
        texts, strangers = different_texts(), itertools.count()
        old = itertools.cycle([f"old-{number}" for number in range(conversations)])
        around = pairs // conversations // 2
        for _ in range(conversations * (turns - around)):
            _say(stack.server, next(texts), next(old))
        much, little = [], []
        for number in range(pairs):
            sender = f"new-{next(strangers)}"
            for _ in range(EARLY - 1):
                _say(stack.server, next(texts), sender)
            both = [(much, next(old)), (little, sender)]
            for times, whose in both if number % 2 else reversed(both):
                times.append(_say(stack.server, next(texts), whose))
    return Pair(tuple(much), tuple(little))


def small_and_large(scratch: Path, *, events: int, pairs: int) -> Pair:
    """A server on a database with `events` rows beside one on an empty database; each text goes to both."""
    large = scratch / "large"
    with Stack(large, environment=_FAST) as stack:
        for number, text in enumerate(itertools.islice(different_texts(), _TEMPLATE)):
            _say(stack.server, text, f"template-{number // 4}")
    (large / "server.log").unlink()
    fill(large / "conversations.db", events)
    with Stack(large, environment=_FAST) as full, Stack(scratch / "small", environment=_FAST) as empty:
        texts = itertools.islice(different_texts(), _TEMPLATE, None)
        for server in (full.server, empty.server):
            for number in range(30):
                _say(server, next(texts), f"warm-{number}")
        much, little = [], []
        for number in range(pairs):
            both, text = [(much, full.server), (little, empty.server)], next(texts)
            for times, server in both if number % 2 else reversed(both):
                times.append(_say(server, text, f"pair-{number // 4}"))
    shutil.rmtree(large)
    return Pair(tuple(much), tuple(little))


def fill(path: Path, events: int) -> None:
    """Multiply the conversations of a database, each row under new senders, until it holds `events` events."""
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA synchronous=OFF")
        tables = {name: [column["name"] for column in sa.inspect(engine).get_columns(name) if column["name"] != "id"]
                  for name in ("events", "conversations", "replies")}
        template = connection.exec_driver_sql("SELECT count(*) FROM events").scalar()
        copies = max(0, -(-events // template) - 1)
        portion = max(1, _AT_ONCE_ROWS // template)
        for start in range(0, copies, portion):
            with connection.begin():
                for name, columns in tables.items():
                    connection.exec_driver_sql(_multiplied(name, columns), (start, min(copies, start + portion)))
        connection.exec_driver_sql("ANALYZE")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()


def _multiplied(table: str, columns: list[str]) -> str:
    others = [column for column in columns if column != "sender_id"]
    return (f"WITH RECURSIVE copy(n) AS (SELECT ? UNION ALL SELECT n + 1 FROM copy WHERE n + 1 < ?) "
            f"INSERT INTO {table} (sender_id, {', '.join(others)}) "
            f"SELECT 'copy' || n || '-' || sender_id, {', '.join(others)} FROM copy, {table} "
            "WHERE sender_id LIKE 'template-%'")


def _say(server: Server, text: str, sender: str) -> float:
    """Milliseconds from the request to its answer."""
    began = time.perf_counter()
    response: httpx.Response = server.client.post("/webhooks/web/webhook", json={
        "sender": sender, "message": text, "metadata": {"message_id": f"{sender}-{began}"}})
    took = (time.perf_counter() - began) * 1000
    response.raise_for_status()
    return took
