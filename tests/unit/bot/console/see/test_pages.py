"""The pages of the figures and their exports."""

from __future__ import annotations

import csv
import datetime
import io
import time
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from bot.console.people.accounts import Role
from bot.console.see.counting import count
from bot.store.tables import sms_deliveries, sms_opt_outs
from tests.support.console import console
from tests.support.figures import erase, fill, message, put
from tests.support.page import Page

TODAY = datetime.date.today()
PAGES = ("/figures", "/figures/uncovered", "/figures/days.csv", "/figures/uncovered.csv")
TABLES = ("days", "outcomes", "topics", "channels", "languages", "audiences", "speeds", "speeds-by-day")
HOSTILE = '<script>alert(1)</script><img src=x onerror=alert(1)>"\'{{7*7}}'


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    """A reviewer in a console where nothing was asked yet."""
    return console(tmp_path, Role.REVIEWER)


def ask(client: TestClient, *rows: dict[str, Any]) -> None:
    """These messages come, and are counted."""
    put(client.app.state.database, *rows)
    count(client.app.state.database)


def today(**changes: Any) -> dict[str, Any]:
    return message(TODAY.isoformat(), **changes)


def cells(client: TestClient, path: str) -> list[dict[str, str]]:
    response = client.get(path)
    assert response.status_code == 200
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("path", PAGES)
def test_nobody_sees_figures_without_signing_in(tmp_path: Path, path: str) -> None:
    """Every role does."""
    assert console(tmp_path / "a", None).get(path).headers["location"].startswith("/sign-in?next=")
    for role in Role:
        assert console(tmp_path / role.name, role).get(path).status_code == 200


def test_an_empty_console_shows_that_there_is_nothing_yet(client: TestClient) -> None:
    """Every chart and table is there, and none of them fails."""
    page = Page(client.get("/figures?tables=open").text)
    assert [given.get("role") for tag, given in page.tags if tag == "svg"] == ["img"] * 8
    assert "Nothing yet." in page.words and "NaN" not in page.words
    assert "Nothing was refused" in client.get("/figures/uncovered").text


def test_the_page_says_what_was_counted_and_compares(client: TestClient) -> None:
    """Numbers and shares now, and in the period before."""
    before = (TODAY - datetime.timedelta(8)).isoformat()
    ask(client, *(today(helped="up") for _ in range(6)), *(today(kind="out_of_scope") for _ in range(2)),
        *(message(before) for _ in range(5)))
    words = " ".join(Page(client.get("/figures?days=7").text).words.split())
    assert "Messages 8 before: 5" in words
    assert "Understood 75 % before: 100 %" in words
    assert "Not covered 25 % before: 0 %" in words
    assert "Thumbs up, of all 100 % before: –" in words
    assert "Median response time 40 ms before: 40 ms" in words or "Median response time 41 ms" in words


def test_a_share_of_few_is_a_count(client: TestClient) -> None:
    """Of four messages none is "25 %"; in a file the share is left empty, the counts are there."""
    ask(client, *(today() for _ in range(3)), today(kind="out_of_scope"))
    words = " ".join(Page(client.get("/figures").text).words.split())
    assert "Understood 3 of 4" in words and "Not covered 1 of 4" in words and "25 %" not in words
    assert "Median response time –" in words
    rows = cells(client, "/figures/outcomes.csv")
    assert (rows[0]["Messages"], rows[0]["Share"]) == ("3", "")
    ask(client, today())
    assert "80 %" in Page(client.get("/figures").text).words


def test_figures_stay_when_a_conversation_is_erased_and_its_questions_go(client: TestClient) -> None:
    """The counts stay, the words go."""
    ask(client, *(today(id=number, kind="out_of_scope", text=f"zebra {number}") for number in range(1, 8)))
    erase(client.app.state.database, *range(1, 8))
    count(client.app.state.database)
    assert cells(client, "/figures/days.csv")[-1]["Not covered"] == "7"
    assert "zebra" not in client.get("/figures/uncovered").text
    assert cells(client, "/figures/uncovered.csv") == []


@pytest.mark.parametrize("name", TABLES)
def test_each_table_is_a_file_with_the_same_rows(client: TestClient, name: str) -> None:
    """Named by what it is and which days it holds, not kept in any cache, and linked beside the table."""
    fill(client.app.state.database, 120, last=TODAY, days=20)
    count(client.app.state.database)
    response = client.get(f"/figures/{name}.csv?days=7")
    first = TODAY - datetime.timedelta(6)
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"] == f'attachment; filename="{name}-{first}-{TODAY}.csv"'
    assert response.headers["cache-control"] == "no-store"
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))
    page = Page(client.get("/figures?days=7").text)
    assert f"/figures/{name}.csv?from={first}&to={TODAY}" in page.links()
    assert len(rows) > 1 and all(len(row) == len(rows[0]) and row[0] in page.words for row in rows)


def test_an_export_is_sent_piece_by_piece(client: TestClient) -> None:
    """A long list is not held in one piece."""
    ask(client, *(today(kind="out_of_scope", text=f"question {number}") for number in range(450)))
    with client.stream("GET", "/figures/uncovered.csv") as response:
        assert "content-length" not in response.headers
        assert b"".join(response.iter_raw()).count(b"\r\n") == 451


def test_words_of_messages_are_words(client: TestClient) -> None:
    """On the list, in examples, in the file; and what names a channel or a topic too."""
    ask(client, today(kind="out_of_scope", text=HOSTILE, group_id=1), today(kind="out_of_scope", text="b", group_id=1),
        today(channel=HOSTILE[:30], topic=HOSTILE[:60], language="<b>", audience="<i>", helped="up"))
    for path in ("/figures?tables=open", "/figures/uncovered"):
        page = Page(client.get(path).text)
        assert [given for tag, given in page.tags if tag in {"script", "img", "b", "i"}
                and given.get("src", "")[:8] != "/static/"] == []
    assert HOSTILE in page.words
    assert HOSTILE in cells(client, "/figures/uncovered.csv")[0]["Also asked as"] + cells(
        client, "/figures/uncovered.csv")[0]["Question"]


def test_a_message_is_no_formula_in_a_spreadsheet(client: TestClient) -> None:
    ask(client, today(kind="out_of_scope", text="=HYPERLINK(1)"))
    assert cells(client, "/figures/uncovered.csv")[0]["Question"] == "'=HYPERLINK(1)"


@pytest.mark.parametrize("query", [
    "days=8", "from=yesterday&to=today", "from=2026-02-30&to=2026-03-01", "from=2026-01-01", "days=%27",
    "from=2026-01-01%27%20OR%201=1--&to=2026-01-02", "days=7);DROP%20TABLE%20messages;--",
    "from=2026-01-02&to=2026-01-01", "from=2026-01-01&to=2999-01-01", f"days={HOSTILE}"])
def test_a_period_that_is_none_is_answered_with_a_sentence(client: TestClient, query: str) -> None:
    """400, the usual period below, nothing of what was written repeated, and every table still there."""
    ask(client, today())
    for path in ("/figures", "/figures/uncovered"):
        response = client.get(f"{path}?{query}")
        assert response.status_code == 400 and 'role="alert"' in response.text
        assert "last 30 days" in response.text and "<script>alert" not in response.text
    response = client.get(f"/figures/days.csv?{query}")
    assert response.status_code == 400 and response.headers["content-type"].startswith("text/html")
    assert cells(client, "/figures/days.csv")[-1]["Messages"] == "1"


@pytest.mark.parametrize("name", ["nothing", "..%2f..%2fetc%2fpasswd", "figures_days", "__class__", "days.csv%00"])
def test_no_other_name_is_a_table(client: TestClient, name: str) -> None:
    assert client.get(f"/figures/{name}.csv").status_code in {400, 404}


def test_a_long_list_has_pages(client: TestClient) -> None:
    """A hundred questions each; a page that there is not is the nearest that there is."""
    ask(client, *(today(kind="out_of_scope", text=f"question {number}") for number in range(150)))
    assert client.get("/figures/uncovered").text.count('class="asked"') == 100
    for number in ("2", "3", "99999"):
        page = client.get(f"/figures/uncovered?page={number}").text
        assert page.count('class="asked"') == 50 and "Page 2 of 2" in page
    for number in ("0", "-1", "x", "²", "9" * 5000):
        assert "Page 1 of 2" in client.get(f"/figures/uncovered?page={number}").text


@pytest.mark.parametrize(("days", "drawn"), [(7, 7), (30, 30), (90, 13)])
def test_days_are_drawn_as_weeks_where_they_are_many(client: TestClient, days: int, drawn: int) -> None:
    """The table has every day all the same."""
    ask(client, *(message((TODAY - datetime.timedelta(number)).isoformat()) for number in range(days)))
    page = Page(client.get(f"/figures?days={days}").text)
    blocks = [given for tag, given in page.tags if tag == "rect" and given.get("fill") == "url(#chart-days-0)"]
    assert len(blocks) == drawn + 0 and len(cells(client, f"/figures/days.csv?days={days}")) == days


def test_text_messages_are_a_file_too(client: TestClient) -> None:
    """What the section shows; its link stands in it."""
    with client.app.state.database.begin() as connection:
        connection.execute(sms_opt_outs.insert().values(sender_id="a", key_id="k", since=time.time()))
        connection.execute(sms_deliveries.insert().values(gateway="twilio", message_id="1", status="failed",
                                                          updated_at=time.time()))
    assert "/figures/texting.csv?" in client.get("/figures").text
    assert [row["Number"] for row in cells(client, "/figures/texting.csv")] == ["1", "1", "1"]
