"""What is past its time goes and nothing else; in small steps, whoever is killed in between, on both databases."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
import sqlalchemy as sa
from rasa.shared.core.domain import Domain

from bot.settings import PROJECT
from bot.store import retention, tables
from bot.store.retention import AT_ONCE, DAY_S, DailyRetention, retain
from bot.store.tracker import BoundedTrackerStore
from tests.unit.bot.store.conftest import Person, messages

DAYS = 90
CANARY = "zygomatic marmalade"


@pytest.fixture(params=["sqlite", "postgresql"])
def any_store(request: pytest.FixtureRequest, domain: Domain, tmp_path: Path) -> Iterator[BoundedTrackerStore]:
    """A store on a file, and one on a server."""
    address = (f"sqlite:///{tmp_path / 'conversations.db'}" if request.param == "sqlite"
               else request.getfixturevalue("postgres").database())
    store = BoundedTrackerStore(domain=domain, host=address)
    yield store
    store.engine.dispose()


def age(store: BoundedTrackerStore, days: float, **where: Any) -> None:
    """Make everything that stands in the database older, or what one sender has."""
    columns = {"events": "timestamp", "conversations": "updated_at", "replies": "created_at", "feedback": "created_at",
               "messages": "at", "sms_pages": "updated_at", "sms_opt_outs": "since"}
    with store.engine.begin() as connection:
        for table, column in columns.items():
            narrow = " WHERE sender_id = :sender_id" if where else ""
            connection.execute(sa.text(f"UPDATE {table} SET {column} = {column} - :s{narrow}"),
                               {"s": days * DAY_S, **where})


def leave_traces(store: BoundedTrackerStore, sender: str, number: int) -> None:
    """A row in each table that holds something of a person besides the history."""
    now = time.time()
    with store.engine.begin() as db:
        db.execute(tables.feedback.insert().values(sender_id=sender, answer_id=f"a{number}", value="up",
                                                   text=f"{CANARY} of {sender}", created_at=now))
        db.execute(tables.messages.insert().values(
            id=number, sender_id=sender, at=now, day="2026-11-28", channel="web", language="en", audience="parent",
            text=f"{CANARY} of {sender}", kind="answer", intent="ask", confidence=1.0))
        db.execute(tables.sms_opt_outs.insert().values(sender_id=sender, key_id="k", since=now))
        db.execute(tables.sms_pages.insert().values(sender_id=sender, page=1, updated_at=now))


def count(store: BoundedTrackerStore, table: str) -> int:
    with store.engine.connect() as connection:
        return connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar()


def test_words_past_their_time_go_and_counts_stay(any_store: BoundedTrackerStore) -> None:
    """Of who wrote long ago: all but the thumb and the wish for silence. Of who writes still: nothing."""
    old, young = Person(any_store, "old"), Person(any_store, "young")
    for number, person in enumerate((old, young), 1):
        person.says(f"{CANARY} of {person.sender}", message_id="m1")
        leave_traces(any_store, person.sender, number)
    age(any_store, DAYS + 1, sender_id="old")
    gone = retain(any_store.engine, DAYS)
    assert gone["events"] == 7 and gone["messages"] == gone["conversations"] == gone["feedback"] == 1
    assert old.tracker is None and messages(any_store, "young") == [f"{CANARY} of young"]
    assert any_store.reply_to("young", "m1") and count(any_store, "replies") == 1
    with any_store.engine.connect() as connection:
        thumbs = connection.execute(sa.select(tables.feedback).order_by(tables.feedback.c.answer_id)).all()
        assert [(row.sender_id, row.value, row.text) for row in thumbs] == [
            ("", "up", None), ("young", "up", f"{CANARY} of young")]
        assert connection.execute(sa.select(tables.messages.c.sender_id)).scalars().all() == ["young"]
        assert sorted(connection.execute(sa.select(tables.sms_opt_outs.c.sender_id)).scalars()) == ["old", "young"]
    assert retain(any_store.engine, DAYS) == Counter()


def test_a_conversation_that_goes_on_keeps_its_recent_part(any_store: BoundedTrackerStore) -> None:
    """And what it remembers; the next turn is like any other."""
    ana = Person(any_store, "ana")
    ana.says("long ago")
    age(any_store, DAYS + 1)
    ana.says("yesterday")
    retain(any_store.engine, DAYS)
    assert messages(any_store, "ana") == ["yesterday"]
    ana.says("today")
    assert messages(any_store, "ana") == ["yesterday", "today"] and count(any_store, "conversations") == 1


def test_what_nobody_can_ask_for_any_more_goes_sooner(any_store: BoundedTrackerStore) -> None:
    """Replies and claims after two days, pages after one."""
    ana = Person(any_store, "ana")
    ana.says("hello", message_id="m1")
    leave_traces(any_store, "ana", 1)
    age(any_store, 2.1)
    assert set(retain(any_store.engine, DAYS)) == {"replies", "sms_pages"}
    assert messages(any_store, "ana") == ["hello"]


def test_two_at_once_do_it_once(any_store: BoundedTrackerStore) -> None:
    """No error, nothing twice, all gone in the end."""
    fill(any_store, 400)
    age(any_store, DAYS + 1)
    done: list[Counter[str]] = []
    threads = [threading.Thread(target=lambda: done.append(retain(any_store.engine, DAYS))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.append(retain(any_store.engine, DAYS))
    assert len(done) == 4 and count(any_store, "events") == 0
    assert sum(one["events"] for one in done) == 400


def fill(store: BoundedTrackerStore, events: int) -> None:
    """So many events of many senders, each in the size of a real one."""
    with store.engine.begin() as connection:
        connection.execute(store.events_table.insert(), [
            {"sender_id": f"s{number // 10}", "type_name": "user", "timestamp": time.time(),
             "data": f'{{"event": "user", "text": "{CANARY} {number}", "pad": "{"x" * 1500}"}}'}
            for number in range(events)])


def write_events(store: BoundedTrackerStore, *stamped: tuple[int, float | None]) -> None:
    """So many events, in this order, each as old in days as its clock said; None where it said nothing."""
    with store.engine.begin() as connection:
        for events, days in stamped:
            connection.execute(store.events_table.insert(), [
                {"sender_id": "s", "type_name": "user", "data": "{}",
                 "timestamp": None if days is None else time.time() - days * DAY_S} for _ in range(events)])


@pytest.mark.parametrize(("stamped", "left"), [
    ([(60, -365), (500, 100)], 0),
    ([(60, None), (500, 100)], 0),
    ([(60, 1), (500, 100)], 60),
    ([(700, 1), (60, -365), (500, 100), (3, -365), (40, 1)], 743),
    ([(5, 1), (3, -0.001), (2, None)], 10),
], ids=["a clock ahead", "no time", "a clock that was set back", "all in one", "a clock a minute ahead of ours"])
def test_a_clock_that_stood_wrong_keeps_nothing_for_ever(any_store: BoundedTrackerStore,
                                                         stamped: list[tuple[int, float | None]], left: int) -> None:
    """What is old behind it goes, and with it what was written before, whatever its time says; what is young stays."""
    write_events(any_store, *stamped)
    retain(any_store.engine, DAYS)
    assert count(any_store, "events") == left


def test_deleted_words_are_not_left_in_the_file(store: BoundedTrackerStore) -> None:
    """Neither in the database nor in its log, although no connection is closed."""
    fill(store, 300)
    age(store, DAYS + 1)
    folder = Path(store.engine.url.database).parent
    assert any(CANARY.encode() in file.read_bytes() for file in folder.iterdir())
    retain(store.engine, DAYS)
    assert [file.name for file in folder.iterdir() if CANARY.encode() in file.read_bytes()] == []


def test_a_turn_waits_for_one_batch_at_most(store: BoundedTrackerStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch is small; between two the database is free for longer than a batch takes."""
    fill(store, 1000)
    age(store, DAYS + 1)
    sizes: list[int] = []
    delete = retention._deletion
    monkeypatch.setattr(retention, "_deletion", lambda *args: sizes.append(len(args[2])) or delete(*args))
    waits = []
    worker = threading.Thread(target=retain, args=(store.engine, DAYS))
    worker.start()
    ana = Person(store, "ana")
    while worker.is_alive():
        started = time.monotonic()
        ana.says("hello")
        waits.append(time.monotonic() - started)
        time.sleep(0.005)
    worker.join()
    assert sizes and max(sizes) <= AT_ONCE and len(sizes) >= 20
    assert count(store, "events") == len(waits) * 4 + 3
    alone = []
    for _ in range(20):
        started = time.monotonic()
        ana.says("hello")
        alone.append(time.monotonic() - started)
    # Medians: what the machine does besides is in both.
    assert sorted(waits)[len(waits) // 2] - sorted(alone)[10] < 0.02


KILLED = """
import sys, time
from bot.store import retention
from bot.store.database import open_database
retention._LEAST_PAUSE_S = 0.05
print("started", flush=True)
retention.retain(open_database(sys.argv[1]), 90)
"""


def test_killed_in_the_middle_it_leaves_whole_rows(store: BoundedTrackerStore) -> None:
    """The oldest are gone, the rest is there, a conversation goes on, and the next run ends it."""
    fill(store, 2000)
    age(store, DAYS + 1)
    Person(store, "ana").says("young")
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(store.engine.url)], cwd=PROJECT,
                               stdout=subprocess.PIPE, env={**os.environ, "SQLALCHEMY_SILENCE_UBER_WARNING": "1"})
    assert process.stdout and process.stdout.readline() == b"started\n"
    until(lambda: count(store, "events") < 1800)
    process.send_signal(signal.SIGKILL)
    process.wait()
    left = count(store, "events")
    assert 0 < left < 1900
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        ids = connection.execute(sa.text("SELECT id FROM events ORDER BY id")).scalars().all()
    assert ids == list(range(ids[0], ids[0] + left))
    Person(store, "ana").says("again")
    retain(store.engine, DAYS)
    assert messages(store, "ana") == ["young", "again"] and count(store, "events") == 11


def until(done: Callable[[], bool], timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_server_does_it_by_itself(store: BoundedTrackerStore) -> None:
    """In a thread of its own, soon after the start; told to stop, it ends."""
    fill(store, 100)
    age(store, DAYS + 1)
    daily = DailyRetention(str(store.engine.url), DAYS, first_after_s=0.0)
    daily.start("app", "loop")
    until(lambda: count(store, "events") == 0)
    started = time.monotonic()
    daily.stop("app", "loop")
    assert time.monotonic() - started < 2 and not daily._thread.is_alive()


def test_a_database_that_is_away_ends_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It says so, without a word of what is in it, and tries again."""
    (tmp_path / "folder.db").mkdir()
    daily = DailyRetention(f"sqlite:///{tmp_path / 'folder.db'}", DAYS, first_after_s=0.0)
    daily.start()
    until(lambda: "could not be deleted" in caplog.text)
    assert daily._thread.is_alive()
    daily.stop()
