"""What the lists show, and what they cost."""

from __future__ import annotations

import datetime
from typing import Any, Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from starlette.testclient import TestClient

from bot.console.inbox import queue
from bot.console.inbox.cursors import Cursor, read_cursor
from bot.console.inbox.filters import Filters
from bot.console.inbox.queue import Page, conversation, danger_page, group_list, group_page, search
from bot.console.inbox.tables import groups
from bot.store.tables import messages
from tests.support.inbox import Talk, put_message


def found(engine: Engine, **filters: str) -> list[str]:
    """The texts that a search finds on its first page."""
    with engine.connect() as connection:
        return [row.text for row in search(connection, Filters.of(filters), "").rows]


def pages(engine: Engine, read: Any, *, most: int = 50) -> Iterator[Page]:
    """One page after the other."""
    cursor = ""
    for _ in range(most):
        with engine.connect() as connection:
            page = read(connection, cursor)
        yield page
        if page.next is None:
            return
        cursor = page.next
    raise AssertionError("the pages do not end")


def test_pages_follow_each_other_without_gap_or_repetition(engine: Engine) -> None:
    """Also where many messages are of the same moment."""
    numbers = [put_message(engine, f"text {index}", at=1000.0 + index // 30, reason="danger", kind="crisis")
               for index in range(70)]
    for read in (lambda c, cursor: search(c, Filters(reason="danger"), cursor),
                 lambda c, cursor: danger_page(c, alarms=True, cursor=cursor)):
        seen = [row.id for page in pages(engine, read) for row in page.rows]
        assert seen == sorted(numbers, reverse=True)


def test_groups_are_read_worst_first(engine: Engine) -> None:
    """Page by page; groups without an open message are not shown."""
    with engine.begin() as connection:
        for index in range(45):
            connection.execute(groups.insert().values(id=index + 1, central=0, size=index % 9, score=float(index % 7)))
    for index in range(45):
        put_message(engine, f"group {index + 1}", group_id=index + 1)
    seen = [(row.score, row.group) for page in pages(engine, group_list) for row in page.rows]
    assert seen == sorted(((float(i % 7), i + 1) for i in range(45) if i % 9), reverse=True)


def test_another_message_stands_for_a_group_whose_central_one_is_gone(engine: Engine) -> None:
    """Until the next pass names it anew."""
    put_message(engine, "dealt with", id=500, group_id=1, state="done")
    put_message(engine, "open", id=501, group_id=1)
    with engine.begin() as connection:
        connection.execute(groups.insert().values(id=1, central=500, size=1, score=1.0))
    with engine.connect() as connection:
        assert [row.text for row in group_list(connection, "").rows] == ["open"]


def test_a_group_shows_each_message_once_with_its_copies(engine: Engine) -> None:
    """What all but repeats another is counted beside it."""
    first = put_message(engine, "first", group_id=1)
    for state in ("new", "new", "done"):
        put_message(engine, "First", group_id=1, copy_of=first, state=state)
    put_message(engine, "second", group_id=1)
    put_message(engine, "other group", group_id=2)
    with engine.connect() as connection:
        assert [(row.text, row.copies) for row in group_page(connection, 1, "").rows] == [("first", 2), ("second", 0)]


@pytest.mark.parametrize(("filters", "texts"), [
    ({}, ["mi bebé llora", "100% sure", "my baby cries"]),
    ({"text": "BABY"}, ["my baby cries"]),
    ({"text": "bebe"}, ["mi bebé llora"]),
    ({"text": "Bebé Llora"}, ["mi bebé llora"]),
    ({"text": "%"}, ["100% sure"]),
    ({"text": "_"}, []),
    ({"state": "done"}, ["dealt with"]),
    ({"state": "any"}, ["outside", "mi bebé llora", "100% sure", "dealt with", "my baby cries"]),
    ({"state": "any", "reason": "refused"}, ["100% sure"]),
    ({"reason": "refused"}, ["100% sure"]),
    ({"channel": "sms"}, ["100% sure"]),
    ({"language": "es"}, ["mi bebé llora"]),
    ({"audience": "provider"}, ["my baby cries"]),
    ({"topic": "contact"}, ["100% sure"]),
    ({"since": "2026-03-02"}, ["mi bebé llora"]),
    ({"until": "2026-03-01"}, ["100% sure", "my baby cries"]),
    ({"since": "2026-03-01", "until": "2026-03-01"}, ["100% sure", "my baby cries"]),
    ({"reason": "nonsense", "state": "nonsense", "since": "yesterday", "until": "9999-12-31"},
     ["mi bebé llora", "100% sure", "my baby cries"]),
    ({"text": "' OR 1=1 --"}, []),
    ({"channel": "web' OR '1'='1"}, []),
    ({"topic": "contact') OR ('1'='1"}, []),
    ({"language": "es'; DROP TABLE messages; --"}, []),
], ids=str)
def test_filters_let_through_what_they_say(filters: dict[str, str], texts: list[str], engine: Engine) -> None:
    """Values are compared, never read as part of a statement; what no filter can be is left out."""
    day = datetime.datetime(2026, 3, 1, 10).timestamp()
    plain = {"first": "indicators", "second": "define_imh"}
    put_message(engine, "my baby cries", at=day, audience="provider", **plain)
    put_message(engine, "dealt with", at=day + 1, state="done", **plain)
    put_message(engine, "100% sure", at=day + 2, channel="sms", reason="refused", second="contact")
    put_message(engine, "mi bebé llora", at=day + 86400, language="es", **plain)
    put_message(engine, "outside", at=day + 86401, state=None, reason=None, **plain)
    assert found(engine, **filters) == texts


def test_a_search_looks_so_far_and_goes_on_from_there(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says how far it came; what is rare is found in the end, once."""
    monkeypatch.setattr(queue, "WINDOW", 10)
    for index in range(35):
        put_message(engine, "rare" if index in (3, 22) else "common", at=1000.0 + index)
    read = list(pages(engine, lambda c, cursor: search(c, Filters(text="rare"), cursor)))
    assert [[row.at for row in page.rows] for page in read] == [[], [1022.0], [], [1003.0]]
    assert [page.searched_to for page in read] == [1025.0, 1015.0, 1005.0, None]


@pytest.mark.parametrize("cursor", ["x", "1", "1_2_3", "nan_1", "inf_1", "1e400_2", "1.0_99999999999999999999",
                                    "'_1", "_"])
def test_what_is_no_place_in_a_list_is_its_beginning(cursor: str, engine: Engine) -> None:
    """An address may have been typed by anybody."""
    assert read_cursor(cursor, float, int) is None
    put_message(engine, "one")
    with engine.connect() as connection:
        assert len(search(connection, Filters(), cursor).rows) == 1
    assert read_cursor(str(Cursor(1.25, 7)), float, int) == (1.25, 7)


def test_the_conversation_around_a_message_is_shown(talk: Talk, engine: Engine) -> None:
    """Some lines before and behind, in order, and nobody else's."""
    for index in range(12):
        talk.turn("ana", f"ana {index}")
        talk.turn("eva", f"eva {index}")
    number, _ = talk.turn("ana", "here")
    talk.turn("ana", "behind")
    put_message(engine, "here", id=number, sender_id="ana")
    with engine.connect() as connection:
        said = conversation(connection, connection.execute(sa.select(messages)).first())
    assert [line.text for line in said if not line.ours] == ["ana 8", "ana 9", "ana 10", "ana 11", "here", "behind"]
    assert [line.here for line in said if not line.ours] == [False] * 4 + [True, False]
    assert all(line.text == "About indicators." for line in said if line.ours)


class Cost:
    """What a page costs: queries, and steps of SQLite's machine, which grow with every row that is looked at."""

    def __init__(self, engine: Engine) -> None:
        self.queries = self.steps = 0
        sa.event.listen(engine, "before_cursor_execute", self._query)
        sa.event.listen(engine, "checkout", self._watch)

    def _query(self, *_: Any) -> None:
        self.queries += 1

    def _watch(self, connection: Any, *_: Any) -> None:
        connection.set_progress_handler(self._step, 20)

    def _step(self) -> int:
        self.steps += 1
        return 0

    def of(self, browser: TestClient, path: str) -> tuple[int, int]:
        """Queries and steps of one page, read the second time."""
        browser.get(path)
        self.queries = self.steps = 0
        assert browser.get(path).status_code == 200
        return self.queries, self.steps


PATHS = ("/inbox", "/inbox/groups/3", "/inbox/danger", "/inbox/danger?side=misses", "/inbox/search",
         "/inbox/search?state=any&text=nothing+like+it", "/inbox/search?state=done&channel=sms",
         "/inbox/search?reason=refused&language=es", "/inbox/messages/30", "/inbox/search?state=any&until=2001-09-09",
         "/inbox/groups/3?did=40")


def fill(engine: Engine, first: int, last: int) -> None:
    """Messages of every kind; half of them done, a tenth about danger; groups grow with them."""
    states = ("new", "done", "done", "ignored", "new", None, "done", "later", "new", "done")
    rows = [{
        "id": number, "sender_id": f"s{number // 5}", "at": 1e9 + number, "day": "2001-09-09", "channel": "web",
        "language": "en", "audience": "parent", "text": f"message number {number} about my baby", "kind": "clarify",
        "intent": "nlu_fallback", "confidence": 0.2, "first": "indicators", "first_confidence": 0.2,
        "second": "contact", "second_confidence": 0.1, "state": states[number % 10],
        "reason": "danger" if number % 10 == 0 else "refused" if number % 3 else "unsure",
        "group_id": number % (last // 40) + 1 if number % 10 else None,
    } for number in range(first, last)]
    with engine.begin() as connection:
        connection.execute(messages.insert(), rows)
        connection.execute(sa.delete(groups))
        connection.execute(groups.insert(), [{"id": number, "central": number, "size": 3, "score": float(number % 50)}
                                             for number in range(1, last // 40 + 1)])


def test_a_page_costs_the_same_however_much_is_stored(ana: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight times as many messages: the same number of queries, and no more rows looked at."""
    monkeypatch.setattr(queue, "WINDOW", 100)
    engine = ana.app.state.database
    Talk(engine)
    fill(engine, 1, 2000)
    with engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")
    cost = Cost(engine)
    before = {path: cost.of(ana, path) for path in PATHS}
    fill(engine, 2000, 16000)
    after = {path: cost.of(ana, path) for path in PATHS}
    for path in PATHS:
        assert after[path][0] == before[path][0] <= 12, path
        assert after[path][1] <= before[path][1] * 1.25 + 20, (path, before[path], after[path])


def test_no_vector_is_read_for_a_page(engine: Engine) -> None:
    """They are most of what is stored of an open message."""
    put_message(engine, "one", vector=b"\x00" * 768, group_id=1)
    with engine.connect() as connection:
        assert "vector" not in group_page(connection, 1, "").rows[0].keys()
        assert "vector" not in search(connection, Filters(), "").rows[0].keys()
