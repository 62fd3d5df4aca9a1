"""What the inbox makes of conversations with the real engine and the present model."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import bot.console.inbox.tables  # noqa: F401  (its tables are made with the others)
from bot.channels.exchange import Incoming, exchange
from bot.console.inbox.collect import collect
from bot.console.inbox.rules import load_rules
from bot.engine import Engine
from bot.knowledge import load_knowledge, use
from bot.release import model_path
from bot.settings import Settings
from bot.store.conversation import erase
from bot.store.locks import QueueLockStore
from bot.store.tables import messages
from bot.store.tracker import BoundedTrackerStore

pytestmark = pytest.mark.nlu

# Too vague to be answered; not covered; danger; a button; a name; a no.
SAID = {
    "ana": ("why does my baby cry and cling to me", "no"),
    "eva": ("how much does a breast pump cost", "/ask_contact"),
    "lea": ("I want to kill myself",),
    "sol": ("Me llamo María López. ¿Qué es la salud mental infantil?",),
}


def test_real_conversations_are_read_as_they_are(trained: Path, tmp_path: Path) -> None:
    """Masked, with what was understood, how it was answered, in what time; and gone with the conversation."""
    use(load_knowledge())
    store = BoundedTrackerStore(host=f"sqlite:///{tmp_path / 'conversations.db'}")
    engine = Engine(tracker_store=store, lock_store=QueueLockStore())
    engine.load_model(model_path(Settings(var_dir=trained)))

    async def talk() -> None:
        for sender, texts in SAID.items():
            for number, text in enumerate(texts):
                await exchange(engine, Incoming(sender, text, "web", f"{sender}{number}"))

    asyncio.run(talk())
    collect(store.engine, load_rules())

    def rows() -> dict[str, Any]:
        with store.engine.connect() as connection:
            read = connection.execute(sa.select(messages).order_by(messages.c.id.desc()))
            return {row.sender_id: row for row in read}

    found = rows()
    assert (found["ana"].reason, found["ana"].kind, found["ana"].topic) == ("said_no", "answer", "indicators")
    assert (found["eva"].reason, found["eva"].chosen) == ("refused", "contact")
    assert (found["lea"].reason, found["lea"].state) == ("danger", "new")
    assert found["sol"].text.startswith("Me llamo [name]") and found["sol"].language == "es"
    for row in found.values():
        assert row.first and row.second and 0 <= row.second_confidence <= row.first_confidence <= 1
        assert row.answer_id and 0 < row.took_ms < 60_000
    erase(store, "sol")
    assert set(rows()) == {"ana", "eva", "lea"}
    store.engine.dispose()
