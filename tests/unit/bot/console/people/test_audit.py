"""The log: what was done, by whom, before and after; added to and never changed."""

from __future__ import annotations

import ast
import html
import json
import re
import time
from pathlib import Path
from typing import Iterator

import pytest
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot.console.people import accounts
from bot.console.people.accounts import Role
from bot.console.people.audit import record
from bot.console.people.log import PAGE_ROWS, words
from bot.console.people.tables import audit
from bot.console.texts import sentences
from bot.store.database import open_database
from tests.support.console import new_person
from tests.support.postgres import Postgres

CONSOLE = Path(accounts.__file__).parent.parent
TAMPERING = [
    "UPDATE console_audit SET person = 'somebody else'",
    "UPDATE console_audit SET at = 0 WHERE id = 1",
    "DELETE FROM console_audit",
    "DELETE FROM console_audit WHERE id = 1",
    "INSERT OR REPLACE INTO console_audit (id, at, action, subject) VALUES (1, 0, 'nothing', 'nobody')",
    "TRUNCATE console_audit",
    "INSERT INTO console_audit (id, at, action, subject) VALUES (1, 0, 'nothing', 'nobody') "
    "ON CONFLICT (id) DO UPDATE SET person = 'somebody else'",
]


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, postgres: Postgres) -> Iterator[sa.engine.Engine]:
    opened = open_database(postgres.database() if request.param == "postgresql" else f"sqlite:///{tmp_path / 'a.db'}")
    yield opened
    opened.dispose()


def rows(engine: sa.engine.Engine) -> list[tuple]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.select(audit).order_by(audit.c.id))]


def column(page: str, number: int) -> list[str]:
    """The texts of one column of the table on the page."""
    cells = re.findall(r"<td>(.*?)</td>", page, re.DOTALL)
    return [html.unescape(re.sub(r"<[^>]*>", "", cell)).strip() for cell in cells[number::6]]


@pytest.mark.parametrize("statement", TAMPERING)
def test_nobody_changes_the_log(engine: sa.engine.Engine, statement: str) -> None:
    """Not even with the database's own words: it refuses, and what was written is still there."""
    with engine.begin() as connection:
        for number in range(2):
            record(connection, None, "people.invited", f"person{number}", after={"role": "editor"})
    before = rows(engine)
    with pytest.raises(sa.exc.DBAPIError), engine.begin() as connection:
        connection.exec_driver_sql(statement)
    assert rows(engine) == before and len(before) == 2


def test_a_change_and_its_entry_are_there_together_or_not_at_all(app: Starlette) -> None:
    """What fails in the middle leaves neither."""
    engine = app.state.database
    with pytest.raises(RuntimeError), engine.begin() as connection:
        accounts.add(connection, None, name="rosa", shown="Rosa", email="rosa@example.org", role=Role.EDITOR)
        raise RuntimeError
    assert rows(engine) == []


def test_who_did_what_with_before_and_after(admin: TestClient) -> None:
    """In one line, with the names of that time."""
    rosa = new_person(admin.app, Role.REVIEWER, "rosa")
    admin.post(f"/accounts/{rosa.id}/role", data={"role": "editor"})
    _, at, by, name, action, subject, before, after = rows(admin.app.state.database)[-1]
    assert (by, name, action, subject) == (admin.person.id, admin.person.name, "people.role", "rosa")
    assert (json.loads(before), json.loads(after)) == ("reviewer", "editor") and abs(time.time() - at) < 60
    page = admin.get("/audit").text
    assert [column(page, number)[0] for number in range(1, 6)] == [
        admin.person.name, "changed the role of", "rosa", '"reviewer"', '"editor"']


def actions() -> set[str]:
    """What the rooms of the console write down; `inbox.` where only the beginning stands in the call."""
    calls = (node for path in CONSOLE.rglob("*.py") for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
             if isinstance(node, ast.Call) and len(node.args) > 2
             and "record" in {getattr(node.func, "attr", ""), getattr(node.func, "id", "")})
    return {part.value for call in calls for part in ast.walk(call.args[2])
            if isinstance(part, ast.Constant) and isinstance(part.value, str)}


def test_every_action_has_words() -> None:
    """Whatever is written down, in any room, the log says it in English; without words it would show a bare key."""
    assert {"people.invited", "people.role", "people.locked"} <= actions()
    known = {key.removeprefix("actions.") for key in sentences() if key.startswith("actions.")}
    assert [action for action in sorted(actions())
            if not any(key == action or action.endswith(".") and key.startswith(action) for key in known)] == []
    assert words("people.role") == "changed the role of" and words("nobody.wrote.words") == "nobody.wrote.words"


def fill(engine: sa.engine.Engine, count: int) -> None:
    """Entries about subject0 … a day apart, the last one now."""
    with engine.begin() as connection:
        for number in range(count):
            at = time.time() - 86400 * (count - 1 - number)
            connection.execute(audit.insert().values(at=at, person=f"p{number % 2}", action=f"a.{number % 3}",
                                                     subject=f"subject{number}"))


def test_the_log_is_read_page_by_page(admin: TestClient) -> None:
    """Newest first, every entry once, through the links of the pages."""
    fill(admin.app.state.database, 2 * PAGE_ROWS + 5)
    seen, path = [], "/audit"
    while path:
        page = admin.get(path).text
        seen += column(page, 3)
        older = re.search(r'<a href="([^"]*)">Older</a>', page)
        path = html.unescape(older.group(1)) if older else ""
    assert [subject for subject in seen if subject.startswith("subject")] == [
        f"subject{number}" for number in reversed(range(2 * PAGE_ROWS + 5))]


def test_a_filter_holds_on_the_next_page(admin: TestClient) -> None:
    """The link to older entries keeps it."""
    fill(admin.app.state.database, 4 * PAGE_ROWS)
    page = admin.get("/audit?person=p1&subject=subject").text
    older = html.unescape(re.search(r'<a href="([^"]*)">Older</a>', page).group(1))
    assert set(column(admin.get(older).text, 1)) == {"p1"}


@pytest.mark.parametrize(("query", "numbers"), [
    ("person=p1", [5, 3, 1]), ("action=a.2", [5, 2]), ("subject=JECT4", [4]), ("person=p0&action=a.0", [0]),
    ("person=' OR '1'='1", []), ("subject=%25", []), ("subject=subject_", []), ("subject=\\", []),
    ("action=a.0' UNION SELECT * FROM console_people --", []), ("subject='; DROP TABLE console_audit; --", []),
])
def test_the_log_is_filtered(admin: TestClient, query: str, numbers: list[int]) -> None:
    """By person, action and what it was about; signs that mean something to a database mean themselves."""
    fill(admin.app.state.database, 6)
    response = admin.get(f"/audit?{query}")
    assert response.status_code == 200
    assert [subject for subject in column(response.text, 3) if subject.startswith("subject")] == [
        f"subject{number}" for number in numbers]


def test_the_log_of_some_days(admin: TestClient) -> None:
    """Both days included."""
    fill(admin.app.state.database, 6)
    day = [time.strftime("%Y-%m-%d", time.localtime(time.time() - 86400 * (5 - number))) for number in range(6)]
    page = admin.get(f"/audit?since={day[1]}&until={day[3]}").text
    assert column(page, 3) == ["subject3", "subject2", "subject1"]


@pytest.mark.parametrize("query", ["before=x", "before=-1", "before=99999999999999999999", "since=yesterday",
                                   "until=2026-13-01", "subject=a%00b"])
def test_what_is_no_filter_is_refused(admin: TestClient, query: str) -> None:
    """In words, not with an error of the database."""
    assert admin.get(f"/audit?{query}").status_code == 400
