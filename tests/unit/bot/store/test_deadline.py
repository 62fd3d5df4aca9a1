"""A PostgreSQL that stands still (SIGSTOP: its connections stay open, nothing answers) is given up, and taken up again.

Each of these waited for ever before there were deadlines, so each is tried in a thread.
"""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from threading import Thread
from typing import Any, Callable, Iterator

import pytest
import sqlalchemy as sa
from rasa.shared.core.domain import Domain
from sqlalchemy.engine import Engine

from bot.errors import StoreError
from bot.store import conversation, deadline
from bot.store.database import SILENT_AFTER_S, open_database, open_engine
from bot.store.postgres_places import PostgresPlaces
from bot.store.sms import SmsStore
from bot.store.tracker import BoundedTrackerStore
from tests.support.postgres import Postgres
from tests.unit.bot.store.conftest import Person, messages

# What a person waits for at most, however it stands; and until somebody asks again who was told to wait.
GIVEN_UP_WITHIN_S, HANGS_S, AGAIN_S = 3.0, 20.0, deadline.HELD_S + 0.1
# Where it is known to be silent.
SOON_S = 1.2


@pytest.fixture(scope="module")
def address(postgres: Postgres) -> str:
    name = postgres.database()
    open_database(name).dispose()
    return name


@pytest.fixture(autouse=True)
def awake() -> Iterator[None]:
    """No test begins with a server that another one has found silent."""
    deadline._silent.clear()
    yield


def given_up(act: Callable[[], Any], error: type[Exception] = sa.exc.OperationalError) -> float:
    """How long `act` takes to raise `error`, in seconds."""
    done: Future[Any] = Future()

    def run() -> None:
        try:
            done.set_result(act())
        except BaseException as raised:
            done.set_exception(raised)

    began = time.monotonic()
    Thread(target=run, daemon=True).start()
    try:
        with pytest.raises(error):
            done.result(timeout=HANGS_S)
    except Late:
        pytest.fail("It waits for ever.")
    return time.monotonic() - began


def ask(engine: Engine, statement: str = "SELECT 1") -> Any:
    with engine.connect() as connection:
        return connection.exec_driver_sql(statement).scalar()


@pytest.mark.parametrize("short", [True, False], ids=["short", "patient"])
def test_whatever_is_asked_is_given_up(postgres: Postgres, address: str, short: bool) -> None:
    """A first connection; the trial of one that is there; a statement and a commit in the middle of a transaction."""
    def engine() -> Engine:
        return open_engine(sa.engine.make_url(address), short=short)

    new, known, asking, committing = (engine() for _ in range(4))
    ask(known)
    with asking.connect() as one, committing.connect() as other:
        one.exec_driver_sql("SELECT 1")
        begun = other.begin()
        other.exec_driver_sql("CREATE TEMPORARY TABLE kept (id int)")
        uses = {"connect": lambda: ask(new), "trial": lambda: ask(known),
                "statement": lambda: one.exec_driver_sql("SELECT 2"), "commit": begun.commit}
        took = {}
        with postgres.frozen():
            for name, use in uses.items():
                deadline._silent.clear()  # each as if it were the first to notice
                took[name] = given_up(use)
    assert max(took.values()) < GIVEN_UP_WITHIN_S, took
    time.sleep(AGAIN_S)
    assert [ask(used) for used in (new, known, asking, committing)] == [1] * 4


def test_who_comes_later_is_told_at_once_and_the_first_after_it_is_served(postgres: Postgres, address: str) -> None:
    """The second waits for nothing, whoever tries later half a second; then all is as before, without a restart."""
    engine, other = (open_engine(sa.engine.make_url(address), short=True) for _ in range(2))
    ask(engine), ask(other)
    with postgres.frozen():
        assert given_up(lambda: ask(engine)) > deadline.SILENCE_S
        assert given_up(lambda: ask(other)) < 0.2
        time.sleep(AGAIN_S)
        assert given_up(lambda: ask(other)) < SOON_S
    time.sleep(AGAIN_S)
    assert ask(engine) == ask(other) == 1
    assert not deadline._silent


def test_work_that_takes_its_time_is_waited_for(address: str) -> None:
    """A server that lives and has much to do is no server that stands still."""
    engine = open_engine(sa.engine.make_url(address))
    assert ask(engine, f"SELECT 7 FROM pg_sleep({5 * deadline.SILENCE_S})") == 7


def test_work_that_takes_its_time_is_waited_for_on_a_socket_file(postgres: Postgres, address: str) -> None:
    """Where the address names the folder of PostgreSQL's socket."""
    url = sa.engine.make_url(address)
    engine = open_engine(url.set(host=None, query={"host": str(postgres.log.parent)}))
    assert ask(engine, f"SELECT 7 FROM pg_sleep({3 * deadline.SILENCE_S})") == 7


def test_a_statement_that_is_too_slow_is_ended_by_the_server(address: str) -> None:
    """Then the connection is good for the next one, and the server not thought to be silent."""
    engine = open_engine(sa.engine.make_url(address), short=True)
    with engine.connect() as connection:
        with pytest.raises(sa.exc.OperationalError, match="statement timeout"):
            connection.exec_driver_sql(f"SELECT pg_sleep({SILENT_AFTER_S + 1})")
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    assert not deadline._silent


def test_one_session_that_stands_still_is_not_the_server(postgres: Postgres, address: str) -> None:
    """Whoever has it gets another one; nobody else is turned away."""
    engine = open_engine(sa.engine.make_url(address), short=True)
    session = ask(engine, "SELECT pg_backend_pid()")
    os.kill(session, signal.SIGSTOP)
    try:
        assert ask(engine, "SELECT pg_backend_pid()") != session
        assert not deadline._silent
    finally:
        os.kill(session, signal.SIGCONT)


def test_turns_are_refused_and_go_on(postgres: Postgres, address: str, domain: Domain) -> None:
    """Reading, writing, the look-up of an earlier reply, a word on an answer, the ping; nothing half-written stays."""
    store = BoundedTrackerStore(domain=domain, host=address)
    ana = Person(store, "ana")
    ana.says("one", message_id="m1")
    uses = (lambda: ana.says("lost"), lambda: store.reply_to("ana", "m1"), store.ping,
            lambda: conversation.answered(store, "ana", "a1"))
    with postgres.frozen():
        for use in uses:
            deadline._silent.clear()
            assert given_up(use) < GIVEN_UP_WITHIN_S
    time.sleep(AGAIN_S)
    store.ping()
    assert store.reply_to("ana", "m1") == [{"text": "Re: one"}]
    assert ana.says("two").committed
    assert messages(store, "ana") == ["one", "two"]


def test_text_messages_are_refused_and_go_on(postgres: Postgres, address: str) -> None:
    """Who is known to be out stays out meanwhile."""
    store = SmsStore(address, key_id="key")
    store.open()
    store.opt_out("sms-out")
    out: list[bool] = []
    with postgres.frozen():
        assert given_up(lambda: store.claim("kannel", "1"), StoreError) < GIVEN_UP_WITHIN_S
        out += [store.is_out("sms-out"), store.is_out("sms-in")]
    assert out == [True, False]
    time.sleep(AGAIN_S)
    assert store.claim("kannel", "1") == (True, None)


def test_the_lock_is_refused_and_goes_on(postgres: Postgres, address: str) -> None:
    """In the time that a message waits for its turn; the place of the session that was given up is nobody's."""
    places = PostgresPlaces(address)
    assert places.ask(1, 11)
    with postgres.frozen():
        assert given_up(lambda: places.ask(2, 21), StoreError) < 4
    time.sleep(AGAIN_S)
    assert places.ask(2, 22) and places.ask(1, 12)
    places.close()
