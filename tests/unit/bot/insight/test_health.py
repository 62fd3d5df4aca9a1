"""Why a server is not ready, in fixed codes."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.insight.health import ANSWER_WITHIN_S, Health, disk_low, look
from bot.settings import Settings
from bot.store.shared_lock import lock_store
from tests.support.server import free_port

SECRET = "db.internal:5432/srv/imh"


def agent(*, ready: bool = True, lock: Any = None) -> Any:
    return SimpleNamespace(is_ready=lambda: ready, lock_store=lock or SimpleNamespace())


def fails(*_: Any) -> None:
    raise ConnectionError(SECRET)


def fine(*_: Any) -> None:
    return None


@pytest.mark.parametrize(("given", "down", "degraded"), [
    ({}, (), ()),
    ({"agent": None}, ("no_model",), ()),
    ({"agent": agent(ready=False)}, ("no_model",), ()),
    ({"ping": fails}, ("database_away",), ()),
    ({"agent": agent(lock=SimpleNamespace(ping=fails))}, ("lock_away",), ()),
    ({"updates": SimpleNamespace(troubled=True)}, (), ("releases_unread",)),
    ({"updates": SimpleNamespace(troubled=True), "console": "https://console.example.org"}, (), ("console_away",)),
    ({"ping": fails, "updates": SimpleNamespace(troubled=True)}, ("database_away",), ("releases_unread",)),
])
def test_each_reason_has_its_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, Any],
                                  down: tuple[str, ...], degraded: tuple[str, ...]) -> None:
    """The model, the database, the lock, the releases; what an error says, a host for instance, is not among it."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(total=10**12, free=10**11))
    health = look(Settings(var_dir=tmp_path, console_url=given.get("console", "")), given.get("agent", agent()),
                  given.get("updates"), given.get("ping", fine))
    assert health == Health(down, degraded)
    assert health.reasons == (*down, *degraded)
    assert SECRET not in repr(health)


def test_a_database_that_does_not_answer_is_away_soon(tmp_path: Path) -> None:
    """Whoever asks about the server's health has a time-out of their own; and the next one who asks is told too."""
    goes_on = threading.Event()
    settings = Settings(var_dir=tmp_path)
    try:
        for _ in range(3):
            began = time.monotonic()
            assert "database_away" in look(settings, agent(), None, lambda _: goes_on.wait(30)).down
            assert time.monotonic() - began < ANSWER_WITHIN_S + 0.5
    finally:
        goes_on.set()
    time.sleep(0.1)
    assert not look(settings, agent(), None, fine).down


def test_a_redis_that_is_away_is_a_reason(tmp_path: Path) -> None:
    """With several workers on a file every turn is refused then, and the server called itself ready."""
    settings = Settings(var_dir=tmp_path, workers=2, redis_url=f"redis://127.0.0.1:{free_port()}/0")
    lock = lock_store(settings)
    assert look(settings, agent(lock=lock), None, fine).down == ("lock_away",)
    lock.close()


@pytest.mark.parametrize(("total", "free", "low"), [
    (10**12, 10**11, False), (10**12, 4 * 10**9, False), (10**10, 4 * 10**8, True), (10**12, 10**8, True),
    (10**9, 9 * 10**8, False),
])
def test_a_disk_is_low_when_little_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, total: int, free: int,
                                           low: bool) -> None:
    """Bytes count as well as shares: 4 GB of a large disk last long."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(total=total, free=free))
    assert disk_low(tmp_path) is low


def test_a_folder_that_is_gone_says_nothing_of_its_disk(tmp_path: Path) -> None:
    """The database's own check tells what matters of it."""
    assert disk_low(tmp_path / "gone") is False
