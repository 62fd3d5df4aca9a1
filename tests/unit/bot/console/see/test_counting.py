"""Messages into daily counts: once each, late thumbs too; the counts stay, the words go."""

from __future__ import annotations

import datetime
import threading
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.console.see import counting, tables
from bot.console.see.counting import count, rebuild
from bot.console.see.figures import Figures, Speed, read_figures
from bot.console.see.period import Period
from bot.store.tables import messages
from tests.support.figures import erase, fill, message, put

DAY = "2026-11-28"
LAST = datetime.date(2026, 11, 28)


def figures(engine: Engine, days: int = 7) -> Figures:
    with engine.connect() as connection:
        return read_figures(connection, Period.ending(LAST, days))


def rows(engine: Engine) -> dict[str, list[Any]]:
    """Everything that is counted."""
    with engine.connect() as connection:
        return {table.name: sorted(map(tuple, connection.execute(sa.select(table))), key=repr)
                for table in (tables.days, tables.times, tables.counted)}


def change(engine: Engine, number: int, **values: Any) -> None:
    with engine.begin() as connection:
        connection.execute(sa.update(messages).where(messages.c.id == number).values(**values))


def test_messages_are_counted_by_all_that_they_are(engine: Engine) -> None:
    """Channel, language, audience, outcome, topic, thumbs, and the time that the reply took."""
    put(engine, *(message(id=number) for number in range(1, 6)),
        message(id=6, channel="sms", language="es", audience="provider", kind="crisis", took_ms=None),
        message(id=7, kind="out_of_scope", helped="down"), message("2026-11-27", id=8, helped="up"),
        message("2026-11-20", id=9))
    assert count(engine) == 3
    found = figures(engine)
    assert found.now.messages == 8 and found.before.messages == 1
    assert found.now.by("channel") == {"web": 7, "sms": 1}
    assert found.now.by("language") == {"en": 7, "es": 1}
    assert found.now.by("audience") == {"parent": 7, "provider": 1}
    assert found.now.by("outcome") == {"understood": 6, "refused": 1, "crisis": 1}
    assert found.now.by("topic") == {"indicators": 6, "": 2}
    assert found.now.thumbs() == {"indicators": (1, 0), "": (0, 1)}
    assert found.now.speed("web").messages == 7 and found.now.speed("web").median_ms == pytest.approx(40, rel=0.025)
    assert found.now.speed("sms") == Speed(0, None, None)
    assert [day.count() for day in found.days] == [0, 0, 0, 0, 0, 1, 7]
    assert found.days[-1].count(channel="sms") == found.days[-1].count(outcome="crisis") == 1


def test_counting_again_changes_nothing(engine: Engine) -> None:
    """However often, and from the beginning too."""
    fill(engine, 200, last=LAST, days=7)
    count(engine)
    before = rows(engine)
    assert count(engine) == 0 and rows(engine) == before
    rebuild(engine)
    assert rows(engine) == before


def test_only_days_with_something_new_are_counted(engine: Engine) -> None:
    """A message that is collected late belongs to its own day."""
    put(engine, message(id=1), message("2026-11-26", id=2))
    count(engine)
    put(engine, message("2026-11-26", id=3))
    assert count(engine) == 1
    assert [day.count() for day in figures(engine).days] == [0, 0, 0, 0, 2, 0, 1]


def test_days_before_since_wait_for_a_count_of_all(engine: Engine) -> None:
    """The count of every minute looks at the last days only."""
    put(engine, message("2026-11-20", id=1), message(id=2))
    assert count(engine, since="2026-11-22") == 1 and figures(engine).before.messages == 0
    assert count(engine) == 1 and figures(engine).before.messages == 1


def test_a_thumb_that_comes_late_is_counted_and_one_that_changes_moves(engine: Engine) -> None:
    """Days after the message was counted."""
    put(engine, message("2026-11-22", id=1))
    count(engine)
    for helped, pair in (("up", (1, 0)), ("down", (0, 1)), (None, (0, 0))):
        change(engine, 1, helped=helped)
        assert count(engine) == 1
        assert figures(engine).now.thumbs() == {"indicators": pair}
    assert figures(engine).now.messages == 1


def test_what_is_erased_stays_counted_once(engine: Engine) -> None:
    """In all figures, with its thumb, whatever is counted afterwards, from the beginning too."""
    put(engine, message(id=1, helped="up", took_ms=80.0), message(id=2, kind="out_of_scope"))
    count(engine)
    before = figures(engine)
    erase(engine, 1)
    for again in (count, rebuild, count, rebuild):
        again(engine)
        found = figures(engine)
        assert (found.now.messages, found.now.by("topic"), found.now.thumbs(), found.now.times) == (
            before.now.messages, before.now.by("topic"), before.now.thumbs(), before.now.times)
    put(engine, message(id=3, helped="up"))
    count(engine)
    assert figures(engine).now.messages == 3 and figures(engine).now.thumbs()["indicators"] == (2, 0)


def test_nothing_of_an_erased_message_is_left_beside_the_counts(engine: Engine) -> None:
    """Neither its number nor its time; and no table of the figures has a column for words or for a sender."""
    put(engine, message(id=1), message(id=2))
    count(engine)
    erase(engine, 1)
    count(engine)
    assert [row[0] for row in rows(engine)["figures_counted"]] == [2]
    columns = {column.name for table in (tables.days, tables.times, tables.counted) for column in table.columns}
    assert not columns & {"text", "sender_id", "answer_id", "intent"}


def test_words_that_go_while_the_row_stays_change_no_count(engine: Engine) -> None:
    """The end of the time that words are kept may empty the text instead of deleting the row."""
    put(engine, message(id=1))
    count(engine)
    change(engine, 1, text="")
    assert count(engine) == 0 and figures(engine).now.messages == 1


def test_a_number_that_is_given_again_is_another_message(engine: Engine) -> None:
    """SQLite does so with the number of the last event, once that is erased."""
    put(engine, message("2026-11-27", id=1))
    count(engine)
    erase(engine, 1)
    put(engine, {**message(id=1), "at": 2e9})
    count(engine)
    assert [day.count() for day in figures(engine).days[-2:]] == [1, 1]


def test_a_rebuild_mends_counts_that_were_spoilt(engine: Engine) -> None:
    """All that can be counted again is."""
    fill(engine, 50, last=LAST, days=3)
    count(engine)
    before = rows(engine)
    with engine.begin() as connection:
        connection.execute(sa.update(tables.days).values(messages=99))
        connection.execute(sa.delete(tables.times))
        connection.execute(tables.days.insert(), [
            {"day": "2026-11-01", "kept": False, "channel": "web", "language": "en", "audience": "parent",
             "kind": "answer", "topic": "", "messages": 3, "up": 0, "down": 0}])
    rebuild(engine)
    assert rows(engine) == before


def test_two_who_count_at_once_count_everything_once(engine: Engine) -> None:
    """Two consoles on one database."""
    fill(engine, 300, last=LAST, days=3)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            counting.rebuild(engine)
        except Exception as error:  # shown by the assertion below
            failures.append(error)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failures == []
    assert figures(engine).now.messages == 300 and len(rows(engine)["figures_counted"]) == 300


def test_a_day_is_counted_whole_or_not_at_all(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails in the middle leaves the day as it was, and the next count does it."""
    put(engine, message(id=1))
    count(engine)
    put(engine, message(id=2))
    before = rows(engine)
    with monkeypatch.context() as broken:
        broken.setattr(counting, "_write_counted", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            count(engine)
    assert rows(engine) == before
    assert count(engine) == 1 and figures(engine).now.messages == 2
