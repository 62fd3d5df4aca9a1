"""What tests put into the inbox: conversations as Rasa writes them down, and messages as the collector leaves them."""

from __future__ import annotations

import itertools
import json
import time
from typing import Any, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store.tables import messages

_metadata = sa.MetaData()
# As Rasa makes it (rasa.core.tracker_store.SQLTrackerStore.SQLEvent).
events = sa.Table(
    "events", _metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("sender_id", sa.String(255), nullable=False, index=True),
    sa.Column("type_name", sa.String(255), nullable=False),
    sa.Column("timestamp", sa.Float),
    sa.Column("intent_name", sa.String(255)),
    sa.Column("action_name", sa.String(255)),
    sa.Column("data", sa.Text),
)
_numbers = itertools.count(1)


class Talk:
    """Writes turns into a database's `events`, each a few seconds after the one before."""

    def __init__(self, engine: Engine, *, at: float | None = None) -> None:
        _metadata.create_all(engine)
        self.engine = engine
        self.at = time.time() - 3600 if at is None else at

    def turn(self, sender: str, text: str, *, intent: str = "ask_indicators", confidence: float = 0.9,
             kind: str = "answer", topic: str | None = "indicators", answers: int = 1, ranking: Sequence[Any] = (),
             topics: Sequence[Any] = (("ask_indicators", 0.9), ("ask_contact", 0.05)), language: str = "en",
             listens: bool = True) -> tuple[int, list[str]]:
        """One message and its answers; the number of the message's event, and the answers' ids."""
        ids = [f"answer-{next(_numbers)}" for _ in range(answers)]
        with self.engine.begin() as connection:
            number = self.says(connection, sender, text, intent=intent, confidence=confidence, ranking=ranking,
                               topics=topics)
            for one in ids:
                self.answers(connection, sender, kind=kind, topic=topic, answer_id=one, language=language)
            if listens:
                self.listens(connection, sender)
        return number, ids

    def says(self, connection: Any, sender: str, text: str, *, intent: str, confidence: float,
             ranking: Sequence[Any] = (), topics: Sequence[Any] = ()) -> int:
        """A person's message, understood."""
        pairs = [{"name": name, "confidence": sure} for name, sure in ((intent, confidence), *ranking)]
        return self._write(connection, sender, "user", intent, {
            "text": text, "input_channel": "web", "metadata": {}, "parse_data": {
                "intent": pairs[0], "text": text, "intent_ranking": pairs,
                "understood_ms": 7.5, "topics": [{"name": name, "confidence": sure} for name, sure in topics]}})

    def answers(self, connection: Any, sender: str, *, kind: str = "answer", topic: str | None = "indicators",
                answer_id: str = "", language: str = "en") -> int:
        """Something that the bot says."""
        custom = {"kind": kind, "topic": topic, "audience": "parent", "language": language,
                  "id": answer_id or f"answer-{next(_numbers)}", "plain": f"About {topic}."}
        return self._write(connection, sender, "bot", None, {"text": f"About {topic}.", "data": {"custom": custom}})

    def listens(self, connection: Any, sender: str) -> int:
        """The end of a turn."""
        return self._write(connection, sender, "action", None, {"name": "action_listen"})

    def _write(self, connection: Any, sender: str, kind: str, intent: str | None, data: dict[str, Any]) -> int:
        self.at += 0.25
        row = {"event": kind, "timestamp": self.at, **data}
        return int(connection.execute(events.insert().values(
            sender_id=sender, type_name=kind, timestamp=self.at, intent_name=intent, action_name=data.get("name"),
            data=json.dumps(row))).inserted_primary_key[0])


def put_message(engine: Engine, text: str, **values: Any) -> int:
    """A message as the collector leaves it, open and asked back unless `values` say otherwise; its number."""
    number = values.pop("id", None) or next(_numbers)
    at = values.pop("at", time.time() - 600 + number / 1000)
    row = {
        "id": number, "sender_id": f"sender{number}", "at": at, "day": time.strftime("%Y-%m-%d", time.localtime(at)),
        "channel": "web", "language": "en", "audience": "parent", "text": text, "kind": "clarify", "topic": None,
        "intent": "nlu_fallback", "confidence": 0.25, "first": "indicators", "first_confidence": 0.25,
        "second": "contact", "second_confidence": 0.2, "reason": "asked_back", "state": "new", **values,
    }
    with engine.begin() as connection:
        connection.execute(messages.insert().values(**row))
    return int(number)


def message_row(engine: Engine, number: int) -> Any:
    """A message as it is stored, or None."""
    with engine.connect() as connection:
        return connection.execute(sa.select(messages).where(messages.c.id == number)).first()
