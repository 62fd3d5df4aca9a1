"""What goes on beside the pages."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from starlette.datastructures import State

from bot.console.inbox import work
from bot.console.inbox.work import background
from bot.console.inbox.tables import groups
from bot.console.inbox.vectors import Letters
from bot.store.database import upsert
from bot.store.tables import feedback, messages
from tests.support.inbox import Talk


def test_what_people_ask_comes_into_the_inbox_by_itself(engine: Engine, talk: Talk,
                                                        monkeypatch: pytest.MonkeyPatch) -> None:
    """Collected, with its thumb, and grouped, while the loop stays free."""
    monkeypatch.setattr(work, "COLLECT_EVERY_S", 0.05)
    monkeypatch.setattr(work, "GROUP_EVERY_S", 0.05)
    monkeypatch.setattr(work, "meaning", Letters)
    threads: set[int] = set()
    collect = work.collect

    def watched(*args: Any) -> Any:
        threads.add(threading.get_ident())
        return collect(*args)

    monkeypatch.setattr(work, "collect", watched)
    _, (answer,) = talk.turn("ana", "is it a sign", confidence=0.9, intent="ask_indicators")
    with engine.begin() as connection:
        upsert(connection, feedback, {"sender_id": "ana", "answer_id": answer},
               {"value": "down", "created_at": talk.at})

    def grouped() -> list[Any]:
        with engine.connect() as connection:
            return connection.execute(sa.select(messages.c.text, messages.c.reason).join(
                groups, groups.c.id == messages.c.group_id)).all()

    async def run() -> None:
        task = asyncio.create_task(background(State({"database": engine})))
        for _ in range(200):
            if await asyncio.to_thread(grouped):
                break
            await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())
    assert [tuple(row) for row in grouped()] == [("is it a sign", "thumbs_down")]
    assert threads and threading.get_ident() not in threads
