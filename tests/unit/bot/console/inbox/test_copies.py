"""What reviewers do where the examples are kept: labels of a message and of what all but repeats it."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from bot.console.people.accounts import Role
from bot.store.tables import messages
from tests.support.console import console
from tests.support.inbox import Talk
from tests.unit.bot.console.inbox.test_acts import give, message, put, row, said, undo


@pytest.fixture
def own(tmp_path: Path) -> TestClient:
    """A reviewer in a console that keeps examples."""
    client = console(tmp_path, Role.REVIEWER)
    Talk(client.app.state.database)
    return client


def test_what_somebody_did_with_a_copy_stays(own: TestClient) -> None:
    """Its own label, whose example would be there twice, and that it was ignored; the rest comes back."""
    first, labelled, ignored, copy = (
        message(own, f"zebra grommets wobble at midnight quickly{end}", id=number, copy_of=original)
        for number, end, original in ((1, "", None), (2, "!", 1), (3, "?", 1), (4, "!?", 1)))
    put(own, labelled, anyway="yes")
    give(own, ignored, "ignored")
    give(own, first, "ignored")
    undo(own, first, 1)
    assert [row(own, number).state for number in (first, labelled, ignored, copy)] == ["new", "done", "ignored", "new"]


def test_a_label_on_a_done_message_is_refused(own: TestClient) -> None:
    """By a form that no page has, and where a label stands though the message does not look done."""
    number = message(own, "orange trumpets under the municipal carpet")
    put(own, number)
    assert "was first" in said(put(own, number, "ask_contact", version=1, anyway="yes"))
    with own.app.state.database.begin() as connection:
        connection.execute(sa.update(messages).values(state="new"))
    response = put(own, number, "ask_contact", version=1, anyway="yes")
    assert response.status_code == 200 and "was first" in said(response)


def test_a_copy_that_is_undone_comes_back_by_itself(own: TestClient) -> None:
    """It has no label; the message that it repeats keeps its own, and is told of."""
    first, copy = (message(own, f"quokka lanterns drift over breakfast spoons{end}", id=number, copy_of=original)
                   for number, end, original in ((1, "", None), (2, "?", 1)))
    put(own, first)
    assert row(own, copy).state == "done"
    assert "stays where it was put" in said(undo(own, copy, row(own, copy).version))
    assert [row(own, number).state for number in (first, copy)] == ["done", "new"] and row(own, copy).copy_of is None
    assert said(undo(own, first, row(own, first).version)) == "The message is new again."


def test_messages_without_words_are_counted_by_themselves(own: TestClient) -> None:
    """Nobody else changed them."""
    number = message(own, "😭😭😭")
    own.post("/inbox/bulk", data={"message": [f"{number}:0"], "to": "ask_indicators"})
    text = own.get("/inbox").text
    assert "0 changed. 1 left as they are, because no example can be made of them" in text
    assert "somebody else" not in text
