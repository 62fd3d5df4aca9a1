"""What the text-message channel remembers: opt-outs, claims, pages, deliveries; and the keys that they stand under."""

from __future__ import annotations

import threading
import time
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.errors import SettingsError, StoreError
from bot.sms.pseudonyms import Pseudonyms
from bot.store import tables
from bot.store.database import open_database, upsert
from bot.store.keys import open_pseudonyms, rekey
from bot.store.personal import PARTS, SENDER
from bot.store.sms import CLAIMS_KEPT_S, LEASE_S, PAGES_KEPT_S, Seen, SmsStore
from tests.support.postgres import Postgres

FIRST, SECOND, THIRD = "a" * 32, "b" * 32, "c" * 32
GIVEN_UP_WITHIN_S = 3.5
NUMBER, OURS = "+15053317138", "+15055550100"


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def file(tmp_path: Path) -> str:
    """The address of an SQLite file."""
    return f"sqlite:///{tmp_path / 'sms.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, file: str) -> str:
    """An empty database of each kind."""
    return file if request.param == "sqlite" else request.getfixturevalue("postgres").database()


@pytest.fixture
def store(address: str, clock: Clock) -> SmsStore:
    return SmsStore(address, key_id="k1", clock=clock)


def test_an_opt_out_is_kept_until_it_is_taken_back(store: SmsStore, address: str) -> None:
    """Also by a process that starts later."""
    assert not store.is_out("sms-a")
    store.opt_out("sms-a")
    store.opt_out("sms-a")
    assert store.is_out("sms-a") and not store.is_out("sms-b")
    assert SmsStore(address, key_id="k1").is_out("sms-a")
    store.opt_in("sms-a")
    assert not store.is_out("sms-a")


def test_who_is_out_is_known_while_the_database_is_away(file: str, tmp_path: Path) -> None:
    """As it was known last; everything else says that it cannot."""
    store, later = SmsStore(file, key_id="k1"), SmsStore(file, key_id="k1")
    store.opt_out("sms-a")
    later.open()
    (tmp_path / "sms.db").rename(tmp_path / "gone.db")
    (tmp_path / "sms.db").mkdir()  # neither there nor to be made
    for one in (store, later):
        assert one.is_out("sms-a") and not one.is_out("sms-b")
        assert one.language("sms-a") is None
        for use in (partial(one.claim, "twilio", "m1"), partial(one.seen, "sms-a"), partial(one.opt_out, "sms-b"),
                    partial(one.settle, "twilio", "m1", ()),
                    partial(one.delivered, "twilio", "m1", status="sent", error=None)):
            with pytest.raises(StoreError):
                use()
    (tmp_path / "sms.db").rmdir()
    (tmp_path / "gone.db").rename(tmp_path / "sms.db")
    assert store.claim("twilio", "m1") == (True, None)


def test_a_message_is_claimed_by_one(store: SmsStore) -> None:
    """The others wait, then get its texts; another gateway may have the same id."""
    assert store.claim("twilio", "m1") == (True, None)
    assert store.claim("twilio", "m1") == (False, None)
    assert store.claim("kannel", "m1") == (True, None)
    store.settle("twilio", "m1", ("One.", "Two."))
    assert store.claim("twilio", "m1") == (False, ("One.", "Two."))


def test_silence_is_an_answer_too(store: SmsStore) -> None:
    store.claim("twilio", "m1")
    store.settle("twilio", "m1", ())
    assert store.claim("twilio", "m1") == (False, ())


def test_of_many_at_once_one_gets_it(address: str) -> None:
    """Threads with connections of their own, as processes have them."""
    stores = [SmsStore(address, key_id="k1") for _ in range(8)]
    for one in stores:
        one.open()
    found: list[bool] = []
    start = threading.Barrier(len(stores))

    def claim(one: SmsStore) -> None:
        start.wait()
        found.append(one.claim("twilio", "m1")[0])

    threads = [threading.Thread(target=claim, args=(one,)) for one in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [False] * 7 + [True]


def test_many_may_begin_with_an_empty_database_at_once(address: str) -> None:
    """As workers do: each finds the tables or makes them, whoever is first."""
    found: list[bool] = []
    start = threading.Barrier(8)

    def begin() -> None:
        start.wait()
        found.append(SmsStore(address, key_id="k1").claim("twilio", "m1")[0])

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [False] * 7 + [True]


def test_a_table_that_is_held_is_given_up_in_time(postgres: Postgres) -> None:
    """Well before the gateway's patience ends: a StoreError, or what was known last; afterwards all goes on."""
    address = postgres.database()
    store = SmsStore(address, key_id="k1")
    store.opt_out("sms-a")
    other = open_database(address)
    with other.begin() as connection:
        connection.execute(sa.text("LOCK TABLE sms_claims, sms_opt_outs IN ACCESS EXCLUSIVE MODE"))
        started = time.monotonic()
        with pytest.raises(StoreError):
            store.claim("twilio", "m1")
        assert store.is_out("sms-a")
        assert time.monotonic() - started < 2 * GIVEN_UP_WITHIN_S
    assert store.claim("twilio", "m1") == (True, None)
    other.dispose()


def test_what_was_given_back_can_be_claimed_again(store: SmsStore) -> None:
    """But not what was answered."""
    store.claim("twilio", "m1")
    store.release("twilio", "m1")
    assert store.claim("twilio", "m1") == (True, None)
    store.settle("twilio", "m1", ("One.",))
    store.release("twilio", "m1")
    assert store.claim("twilio", "m1") == (False, ("One.",))


def test_the_claim_of_who_died_runs_out(store: SmsStore, clock: Clock) -> None:
    store.claim("twilio", "m1")
    clock.now += LEASE_S - 1
    assert store.claim("twilio", "m1") == (False, None)
    clock.now += 1
    assert store.claim("twilio", "m1") == (True, None)
    assert store.claim("twilio", "m1") == (False, None)


def test_after_48_hours_an_id_is_a_new_message(store: SmsStore, clock: Clock) -> None:
    store.claim("twilio", "m1")
    store.settle("twilio", "m1", ("One.",))
    clock.now += CLAIMS_KEPT_S - 1
    assert store.claim("twilio", "m1") == (False, ("One.",))
    clock.now += 1
    assert store.claim("twilio", "m1") == (True, None)


def test_what_is_past_its_time_is_taken_away(store: SmsStore, clock: Clock, address: str) -> None:
    store.claim("twilio", "old")
    store.sees("sms-a", Seen(page=2, choices=1))
    clock.now += CLAIMS_KEPT_S + 1
    store.claim("twilio", "new")
    with open_database(address).connect() as connection:
        assert connection.execute(sa.select(tables.sms_claims.c.message_id)).scalars().all() == ["new"]
        assert connection.execute(sa.select(tables.sms_pages)).fetchall() == []


def test_a_page_is_remembered_for_a_day(store: SmsStore, clock: Clock) -> None:
    assert store.seen("sms-a") == Seen()
    store.sees("sms-a", Seen(page=2, choices=1))
    assert (store.seen("sms-a"), store.seen("sms-b")) == (Seen(page=2, choices=1), Seen())
    clock.now += PAGES_KEPT_S
    assert store.seen("sms-a") == Seen()


@pytest.mark.parametrize(
    ("reports", "last"),
    [
        (["queued", "sent", "delivered"], "delivered"),
        (["delivered", "sent", "queued"], "delivered"),
        (["sent", "undelivered", "delivered"], "undelivered"),
        (["sending", "failed"], "failed"),
        (["delivered", "read"], "read"),
        (["sent", "something new"], "sent"),
        (["something new", "sent"], "sent"),
    ],
)
def test_the_furthest_state_of_a_delivery_stays(store: SmsStore, reports: list[str], last: str) -> None:
    """In whatever order they are told."""
    for status in reports:
        store.delivered("twilio", "m1", status=status, error=None)
    assert store.deliveries() == {last: 1}


def test_the_language_is_that_of_the_conversation(store: SmsStore, address: str) -> None:
    with open_database(address).begin() as connection:
        upsert(
            connection, tables.conversations, {"sender_id": "sms-a"}, {"slots": '{"language": "es"}', "updated_at": 0.0}
        )
    assert store.language("sms-a") == "es" and store.language("sms-b") is None


# --- Keys -------------------------------------------------------------------------------------------------------------


def test_opt_outs_stand_under_their_key_alone(address: str) -> None:
    """The present key opens them, another is refused with what to do."""
    engine = open_database(address)
    SmsStore(address, key_id=Pseudonyms(FIRST).key_id).opt_out("sms-a")
    assert open_pseudonyms(engine, FIRST) == Pseudonyms(FIRST)
    with pytest.raises(SettingsError, match="IMH_PSEUDONYM_KEY: 1 opt-outs are kept under another key") as refused:
        open_pseudonyms(engine, SECOND)
    assert FIRST not in str(refused.value) and SECOND not in str(refused.value) and "rekey" in str(refused.value)


def test_without_opt_outs_any_key_will_do(address: str) -> None:
    open_pseudonyms(open_database(address), FIRST)
    assert open_pseudonyms(open_database(address), SECOND).key == SECOND


def test_after_a_change_of_key_everybody_is_found(address: str) -> None:
    """Twice: opt-outs, pages, conversations, replies and Rasa's events; a conversation on the web stays where it is."""
    engine = open_database(address)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE events (sender_id VARCHAR(255))"))
    before = Pseudonyms(FIRST).of(NUMBER, OURS)
    store = SmsStore(address, key_id=Pseudonyms(FIRST).key_id)
    store.opt_out(before)
    store.sees(before, Seen(page=3, choices=1))
    with engine.begin() as connection:
        for sender in (before, "web-1"):
            upsert(connection, tables.conversations, {"sender_id": sender}, {"slots": "{}", "updated_at": 0.0})
            upsert(
                connection, tables.replies, {"sender_id": sender, "message_id": "m"}, {"body": "[]", "created_at": 0.0}
            )
            connection.execute(sa.text("INSERT INTO events (sender_id) VALUES (:sender)"), {"sender": sender})
    assert rekey(engine, FIRST, SECOND) == 1
    assert rekey(engine, SECOND, THIRD) == 1
    now = open_pseudonyms(engine, THIRD)
    after = now.of(NUMBER, OURS)
    later = SmsStore(address, key_id=now.key_id)
    assert later.is_out(after) and later.seen(after) == Seen(page=3, choices=1) and not later.is_out(before)
    with engine.connect() as connection:
        for table in ("conversations", "replies", "events"):
            found = set(connection.execute(sa.text(f"SELECT sender_id FROM {table}")).scalars())
            assert found == {after, "web-1"}, table
    for old in (FIRST, SECOND):
        with pytest.raises(SettingsError):
            open_pseudonyms(engine, old)


def test_after_a_change_of_key_everything_of_a_person_can_be_erased(address: str) -> None:
    """Whatever stands under a sender, the console's inbox and feedback too, moves: personal.PARTS says where."""
    engine = open_database(address)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE events (id INTEGER, sender_id VARCHAR(255))"))
    before = Pseudonyms(FIRST).of(NUMBER, OURS)
    with_senders = [part for part in PARTS if part.by == SENDER]
    assert {"messages", "feedback", "events"} <= {part.table for part in with_senders}
    with engine.begin() as connection:
        for part in with_senders:
            table = sa.Table(part.table, sa.MetaData(), autoload_with=connection)
            connection.execute(table.insert().values({column.name: value(column, part.column, before)
                                                      for column in table.columns}))
    rekey(engine, FIRST, SECOND)
    after = open_pseudonyms(engine, SECOND).of(NUMBER, OURS)
    with engine.connect() as connection:
        for part in with_senders:
            found = connection.execute(sa.text(f"SELECT {part.column} FROM {part.table}")).scalars().all()
            assert found == [after], part.table


def value(column: sa.Column, key: str, sender: str) -> object:
    """Something that a column takes; the sender where it names one."""
    if column.name == key:
        return sender
    if isinstance(column.type, sa.LargeBinary):
        return b""
    # The key that the opt-out stands under is the first one's.
    return {"key_id": Pseudonyms(FIRST).key_id}.get(column.name, "1" if isinstance(column.type, sa.String) else 1)


def test_a_wrong_key_moves_nothing(address: str) -> None:
    store = SmsStore(address, key_id=Pseudonyms(FIRST).key_id)
    store.opt_out("sms-a")
    with pytest.raises(SettingsError):
        rekey(open_database(address), SECOND, THIRD)
    with pytest.raises(SettingsError, match="is the present key"):
        rekey(open_database(address), FIRST, FIRST)
    assert store.is_out("sms-a") and open_pseudonyms(open_database(address), FIRST).earlier == ()
