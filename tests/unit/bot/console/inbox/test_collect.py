"""From events to messages, on SQLite and PostgreSQL."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.console.inbox import collect as collecting
from bot.console.inbox.collect import collect
from bot.console.inbox.rules import Rules
from bot.console.inbox.sweep import sweep
from bot.console.inbox.thumbs import collect_thumbs
from bot.store.database import open_database, upsert
from bot.store.tables import feedback, messages
from tests.support.inbox import Talk, events, message_row

UNSURE = {"intent": "nlu_fallback", "confidence": 0.25, "kind": "clarify", "topic": None}


def rows(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return connection.execute(sa.select(messages).order_by(messages.c.id)).all()


def thumb(engine: Engine, sender: str, answer: str, value: str, *, ago_s: float = 0.0) -> None:
    with engine.begin() as connection:
        upsert(connection, feedback, {"sender_id": sender, "answer_id": answer},
               {"value": value, "created_at": time.time() - ago_s})


def test_an_answered_message_becomes_a_row(talk: Talk, engine: Engine, rules: Rules) -> None:
    """What was asked, what was understood of it, and how it was answered."""
    number, (answer,) = talk.turn("ana", "is it a sign", intent="ask_indicators", confidence=0.45, language="es",
                                  topics=[("ask_indicators", 0.45), ("ask_contact", 0.4)])
    collect(engine, rules)
    (row,) = rows(engine)
    assert (row.id, row.sender_id, row.text) == (number, "ana", "is it a sign")
    assert (row.kind, row.topic, row.intent, row.answer_id) == ("answer", "indicators", "ask_indicators", answer)
    assert (row.channel, row.language, row.audience) == ("web", "es", "parent")
    assert (row.first, row.first_confidence, row.second, row.second_confidence) == ("indicators", 0.45, "contact", 0.4)
    assert (row.reason, row.state, row.version) == ("unsure", "new", 0)
    assert row.took_ms == pytest.approx(257.5)  # understood in 7.5, answered 250 later
    assert row.day == time.strftime("%Y-%m-%d", time.localtime(row.at))


def test_what_need_not_be_looked_at_is_outside_the_inbox(talk: Talk, engine: Engine, rules: Rules) -> None:
    """It has a row all the same: figures count every message."""
    talk.turn("ana", "is it a sign", confidence=0.95, intent="greet", kind="smalltalk")
    collect(engine, rules)
    (row,) = rows(engine)
    assert (row.reason, row.state) == (None, None)


def test_reading_again_changes_nothing(talk: Talk, engine: Engine, rules: Rules) -> None:
    """Not the number of rows, and not what reviewers did since."""
    number, _ = talk.turn("ana", "hm", **UNSURE)
    talk.at = time.time()  # so late that it is read again
    late, _ = talk.turn("ana", "hmm", **UNSURE)
    collect(engine, rules)
    with engine.begin() as connection:
        connection.execute(sa.update(messages).where(messages.c.id == late).values(state="ignored", version=1))
    before = rows(engine)
    for _ in range(3):
        collect(engine, rules)
    assert rows(engine) == before and [row.id for row in before] == [number, late]


def test_a_turn_without_its_answer_is_taken_the_next_time(talk: Talk, engine: Engine, rules: Rules) -> None:
    """The events of a turn may be seen one by one."""
    talk.at = time.time()
    with engine.begin() as connection:
        talk.says(connection, "ana", "hm", intent="nlu_fallback", confidence=0.2)
    collect(engine, rules)
    assert rows(engine) == []
    with engine.begin() as connection:
        talk.answers(connection, "ana", kind="clarify", topic=None)
    collect(engine, rules)
    assert rows(engine) == []  # a second answer may follow
    with engine.begin() as connection:
        talk.listens(connection, "ana")
    collect(engine, rules)
    assert [row.text for row in rows(engine)] == ["hm"]


def test_a_message_that_nobody_answered_is_passed_over_after_a_while(talk: Talk, engine: Engine, rules: Rules) -> None:
    """It keeps nothing that comes later from being collected, and from being settled."""
    with engine.begin() as connection:
        talk.says(connection, "ana", "lost", intent="nlu_fallback", confidence=0.2)
    talk.turn("eva", "hm", **UNSURE)
    collect(engine, rules)
    assert [row.text for row in rows(engine)] == ["hm"]
    assert collect(engine, rules).read == 0


def test_a_row_that_is_committed_late_is_not_lost(talk: Talk, engine: Engine, rules: Rules) -> None:
    """On PostgreSQL a transaction may get its numbers first and commit last."""
    talk.at = time.time()
    first, _ = talk.turn("ana", "late", **UNSURE)
    talk.turn("eva", "hm", **UNSURE)
    with engine.begin() as connection:  # as if not committed yet
        held = connection.execute(sa.select(events).where(events.c.sender_id == "ana")).all()
        connection.execute(sa.delete(events).where(events.c.sender_id == "ana"))
    collect(engine, rules)
    assert [row.text for row in rows(engine)] == ["hm"]
    with engine.begin() as connection:
        connection.execute(sa.insert(events), [dict(row._mapping) for row in held])
    collect(engine, rules)
    assert [row.id for row in rows(engine)][0] == first


def test_turns_go_on_behind_the_end_of_a_batch(talk: Talk, engine: Engine, rules: Rules,
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the size of a batch, every turn is there once, with all its answers."""
    for number in range(7):
        talk.turn(f"sender{number % 2}", f"message {number}", answers=2, **UNSURE)
    for size in (1, 2, 3, 5):
        with engine.begin() as connection:
            connection.execute(sa.delete(messages))
            connection.exec_driver_sql("DELETE FROM inbox_marks")
        monkeypatch.setattr(collecting, "BATCH_EVENTS", size)
        assert not collect(engine, rules).more
        assert [row.text for row in rows(engine)] == [f"message {number}" for number in range(7)]
        assert {row.took_ms for row in rows(engine)} == {507.5}


def test_a_pass_is_bounded_and_says_that_there_is_more(talk: Talk, engine: Engine, rules: Rules,
                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one goes on where it ended."""
    for number in range(6):
        talk.turn("ana", f"message {number}", **UNSURE)
    monkeypatch.setattr(collecting, "BATCH_EVENTS", 3)
    monkeypatch.setattr(collecting, "BATCHES_A_PASS", 2)
    assert collect(engine, rules).more
    assert 0 < len(rows(engine)) < 6
    while collect(engine, rules).more:
        pass
    assert len(rows(engine)) == 6


def test_two_consoles_at_once_collect_each_message_once(talk: Talk, engine: Engine, rules: Rules) -> None:
    """The number of the event is the key."""
    for number in range(60):
        talk.turn("ana", f"message {number}", **UNSURE)
    errors: list[BaseException] = []

    def work() -> None:
        try:
            collect(engine, rules)
        except BaseException as error:  # noqa: BLE001  (shown below)
            errors.append(error)

    consoles = [threading.Thread(target=work) for _ in range(4)]
    for console in consoles:
        console.start()
    for console in consoles:
        console.join()
    assert errors == [] and len(rows(engine)) == 60


@pytest.mark.parametrize("kind", ["clarify", "out_of_scope"])
def test_a_button_is_no_message_but_tells_the_choice(kind: str, talk: Talk, engine: Engine, rules: Rules) -> None:
    """It stands beside the message that was asked back, or refused with the nearest topics."""
    number, _ = talk.turn("ana", "the baby thing", intent="nlu_fallback", confidence=0.2, kind=kind, topic=None)
    talk.turn("ana", "/ask_contact", intent="ask_contact", confidence=1.0, topic="contact")
    collect(engine, rules)
    assert [(row.id, row.chosen) for row in rows(engine)] == [(number, "contact")]


def test_a_number_tells_the_choice_as_well(talk: Talk, engine: Engine, rules: Rules) -> None:
    """ "2" is a message, and what was answered to it is what was chosen."""
    number, _ = talk.turn("ana", "the baby thing", **UNSURE)
    talk.turn("ana", "2", intent="choose", confidence=1.0, topic="contact")
    collect(engine, rules)
    assert message_row(engine, number).chosen == "contact"


def test_a_related_topic_behind_an_answer_is_no_choice(talk: Talk, engine: Engine, rules: Rules) -> None:
    """Whoever reads on after an answer was understood."""
    number, _ = talk.turn("ana", "is it a sign")
    talk.turn("ana", "/ask_contact", intent="ask_contact", confidence=1.0, topic="contact")
    collect(engine, rules)
    assert message_row(engine, number).chosen is None


def test_a_no_marks_the_message_before_it(talk: Talk, engine: Engine, rules: Rules) -> None:
    """Its answer missed, however sure the bot was."""
    number, _ = talk.turn("ana", "is it a sign", confidence=0.99)
    other, _ = talk.turn("eva", "is it a sign", confidence=0.99)
    talk.turn("ana", "no", intent="deny", kind="smalltalk", topic=None)
    collect(engine, rules)
    assert (message_row(engine, number).reason, message_row(engine, number).state) == ("said_no", "new")
    assert message_row(engine, other).reason != "said_no"


def test_a_no_to_a_button_or_to_small_talk_marks_nothing(talk: Talk, engine: Engine, rules: Rules) -> None:
    """Nothing was misunderstood there."""
    first, _ = talk.turn("ana", "is it a sign", confidence=0.99, intent="ask_contact")
    talk.turn("ana", "/ask_contact", intent="ask_contact", confidence=1.0, topic="contact")
    talk.turn("ana", "no", intent="deny", kind="smalltalk", topic=None)
    hello, _ = talk.turn("eva", "hello", intent="greet", confidence=0.99, kind="smalltalk", topic=None)
    talk.turn("eva", "no", intent="deny", kind="smalltalk", topic=None)
    collect(engine, rules)
    assert "said_no" not in {message_row(engine, first).reason, message_row(engine, hello).reason}


@pytest.mark.parametrize("state", ["done", "ignored"])
def test_what_somebody_dealt_with_stays_dealt_with(state: str, talk: Talk, engine: Engine, rules: Rules) -> None:
    """A later "no" does not open it again."""
    number, _ = talk.turn("ana", "hm", confidence=0.3)
    collect(engine, rules)
    with engine.begin() as connection:
        connection.execute(sa.update(messages).values(state=state, version=1))
    talk.turn("ana", "no", intent="deny", kind="smalltalk", topic=None)
    collect(engine, rules)
    assert (message_row(engine, number).state, message_row(engine, number).reason) == (state, "unsure")


def test_a_thumb_down_brings_a_message_into_the_inbox(talk: Talk, engine: Engine, rules: Rules) -> None:
    """However late it comes; for the second of two answers, too."""
    number, answers = talk.turn("ana", "two things", answers=2, intent="greet")
    collect(engine, rules)
    thumb(engine, "ana", answers[1], "down")
    collect_thumbs(engine, rules)
    row = message_row(engine, number)
    assert (row.helped, row.reason, row.state) == ("down", "thumbs_down", "new")


def test_a_thumb_that_is_turned_up_is_believed(talk: Talk, engine: Engine, rules: Rules) -> None:
    """The message leaves the inbox where nothing else keeps it there."""
    number, (answer,) = talk.turn("ana", "one thing", kind="smalltalk")
    collect(engine, rules)
    for value in ("down", "up"):
        thumb(engine, "ana", answer, value)
        collect_thumbs(engine, rules)
    row = message_row(engine, number)
    assert (row.helped, row.reason, row.state) == ("up", None, None)


def test_a_thumb_that_comes_before_its_message_is_collected_waits(talk: Talk, engine: Engine, rules: Rules) -> None:
    """The next pass finds both."""
    number, (answer,) = talk.turn("ana", "one thing")
    thumb(engine, "ana", answer, "down")
    collect_thumbs(engine, rules)
    collect(engine, rules)
    collect_thumbs(engine, rules)
    assert message_row(engine, number).helped == "down"


def test_the_thumb_of_another_conversation_counts_for_nobody(talk: Talk, engine: Engine, rules: Rules) -> None:
    """An id alone does not make an answer one's own."""
    number, (answer,) = talk.turn("ana", "one thing")
    collect(engine, rules)
    thumb(engine, "eva", answer, "down")
    collect_thumbs(engine, rules)
    assert message_row(engine, number).helped is None


def test_nothing_outlives_its_events(talk: Talk, engine: Engine, rules: Rules) -> None:
    """Where a conversation was deleted by something that knows nothing of messages, its rows go at the next sweep."""
    talk.turn("ana", "hm", **UNSURE)
    kept, _ = talk.turn("eva", "hm", **UNSURE)
    collect(engine, rules)
    with engine.begin() as connection:
        connection.execute(sa.delete(events).where(events.c.sender_id == "ana"))
    assert sweep(engine) == 1
    assert [row.id for row in rows(engine)] == [kept]


def test_a_conversation_erased_while_it_is_collected_leaves_nothing(talk: Talk, engine: Engine, rules: Rules,
                                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    """Between reading the events and writing the rows somebody may ask to be forgotten."""
    talk.turn("ana", "hm", **UNSURE)
    write = collecting._write

    def erased_first(*args: Any) -> None:
        with engine.begin() as connection:
            connection.execute(sa.delete(events).where(events.c.sender_id == "ana"))
            connection.execute(sa.delete(messages).where(messages.c.sender_id == "ana"))
        write(*args)

    monkeypatch.setattr(collecting, "_write", erased_first)
    collect(engine, rules)
    assert rows(engine) == []


def test_without_a_conversation_there_is_nothing_to_collect(engine: Engine, rules: Rules) -> None:
    """Rasa makes its table with the first server that starts; the console may be there before."""
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE IF EXISTS events")
    assert collect(engine, rules).read == 0 and sweep(engine) == 0


def test_what_cannot_be_of_our_bot_does_no_harm(talk: Talk, engine: Engine, rules: Rules) -> None:
    """Events of a `rasa run` with other channels: no parse, no custom part."""
    with engine.begin() as connection:
        connection.execute(events.insert(), [
            {"sender_id": "x", "type_name": kind, "timestamp": talk.at, "action_name": name,
             "data": json.dumps({"event": kind, "text": "hi", "data": None, "parse_data": None, "name": name})}
            for kind, name in (("bot", None), ("user", None), ("bot", None), ("action", "action_listen"))])
    collect(engine, rules)
    assert [(row.text, row.intent, row.kind) for row in rows(engine)] == [("hi", "None", "")]


def test_who_erases_while_rows_are_written_leaves_nothing(postgres: Any, rules: Rules,
                                                          monkeypatch: pytest.MonkeyPatch) -> None:
    """On PostgreSQL both may be in the middle of it: the erasure waits until the rows are there, and takes them too."""
    engine = open_database(postgres.database())
    Talk(engine).turn("ana", "hm", **UNSURE)
    insert = collecting.insert_missing

    def erase() -> None:
        with engine.begin() as connection:  # as bot.store.conversation.erase does, in its order
            connection.execute(sa.delete(events).where(events.c.sender_id == "ana"))
            connection.execute(sa.delete(messages).where(messages.c.sender_id == "ana"))

    erasing = threading.Thread(target=erase)

    def erased_meanwhile(*args: Any) -> None:
        erasing.start()
        erasing.join(timeout=1.0)
        insert(*args)

    monkeypatch.setattr(collecting, "insert_missing", erased_meanwhile)
    collect(engine, rules)
    erasing.join()
    assert rows(engine) == []
    engine.dispose()
