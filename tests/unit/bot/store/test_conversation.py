"""What a visitor may do with what is stored of a conversation."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from rasa.shared.core.events import BotUttered

from bot.store import tables
from bot.store.conversation import answered, erase, keep_feedback
from bot.store.tracker import BoundedTrackerStore
from tests.unit.bot.store.conftest import Person, messages

ID = "0f" * 16


def said(answer_id: str) -> BotUttered:
    """What the bot said, with this id."""
    return BotUttered("An answer", {"custom": {"kind": "answer", "id": answer_id}})


def rows(store: BoundedTrackerStore) -> list[tuple]:
    """All feedback: sender, answer, value, words."""
    columns = tables.feedback.c
    with store.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(
            sa.select(columns.sender_id, columns.answer_id, columns.value, columns.text).order_by(columns.answer_id))]


def test_an_answer_is_known_in_its_conversation_only(store: BoundedTrackerStore, ana: Person) -> None:
    """Nobody rates what another was told."""
    ana.says("hello", said(ID))
    assert answered(store, "ana", ID)
    assert not answered(store, "bea", ID)


@pytest.mark.parametrize("other", ["", "0f", ID[:-1], "%", "_" * 32, "answer", "An answer", '"', "\\", "kind"])
def test_what_is_no_answers_id_is_not_known(store: BoundedTrackerStore, ana: Person, other: str) -> None:
    """Parts of it, signs that mean something to a database, other words of the same message."""
    ana.says("hello", said(ID))
    assert not answered(store, "ana", other)


@pytest.mark.parametrize("odd", ['a"b', "a%b", "a_b", "a\\b", "ñ", "'; drop table events; --"])
def test_an_odd_id_is_found_all_the_same(store: BoundedTrackerStore, ana: Person, odd: str) -> None:
    """Whatever an answer's id is."""
    ana.says("hello", said(odd))
    assert answered(store, "ana", odd)


def test_the_last_word_holds(store: BoundedTrackerStore) -> None:
    """One row an answer; a click without words keeps the words before it."""
    keep_feedback(store, "ana", "a1", value="up", text=None)
    keep_feedback(store, "ana", "a1", value="down", text="too short")
    keep_feedback(store, "ana", "a1", value="down", text=None)
    keep_feedback(store, "ana", "a2", value="up", text=None)
    assert rows(store) == [("ana", "a1", "down", "too short"), ("ana", "a2", "up", None)]


def test_erasing_leaves_nothing_of_one_and_everything_of_another(store: BoundedTrackerStore, ana: Person) -> None:
    """Events, memory, replies and feedback; the next message begins a new conversation."""
    bea = Person(store, "bea")
    for person in (ana, bea):
        person.says(f"secret of {person.sender}", said(ID), message_id="m1")
        keep_feedback(store, person.sender, ID, value="up", text="a word")
    erase(store, "ana")
    assert messages(store, "ana") == [] and ana.tracker is None
    assert store.reply_to("ana", "m1") is None
    assert messages(store, "bea") == ["secret of bea"] and store.reply_to("bea", "m1")
    assert [sender for sender, *_ in rows(store)] == ["bea"]
    ana.says("new")
    assert messages(store, "ana") == ["new"]


def test_erased_words_are_not_left_in_the_file(store: BoundedTrackerStore, ana: Person) -> None:
    """Deleted rows are overwritten, in the database and in its log."""
    ana.says("a very private sentence", said(ID))
    folder = Path(store.engine.url.database).parent
    assert any(b"a very private sentence" in file.read_bytes() for file in folder.iterdir())
    erase(store, "ana")
    assert [file.name for file in folder.iterdir() if b"a very private sentence" in file.read_bytes()] == []


def test_a_stranger_can_be_erased(store: BoundedTrackerStore) -> None:
    """Nothing is there, and nothing goes wrong."""
    erase(store, "nobody")
