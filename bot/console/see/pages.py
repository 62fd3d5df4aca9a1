"""The pages of the figures, and their exports."""

from __future__ import annotations

import datetime
import itertools
from dataclasses import dataclass
from typing import Callable, Iterator, Mapping
from urllib.parse import urlencode

from markupsafe import Markup
from sqlalchemy.engine import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from bot.console.people.accounts import Role
from bot.console.see import board, names, neighbours, texting, uncovered
from bot.console.see.figures import Figures, Share, read_figures
from bot.console.see.period import LENGTHS, Period, PeriodError, read_period
from bot.console.see.pictures import PICTURES
from bot.console.see.sheets import Cell, Name, Table, csv_lines
from bot.console.web import NavItem, database, page, requires, say

# Each section of the page: its name, its pictures, its tables.
_SECTIONS = (
    ("days", ("days",), ("days",)),
    ("outcomes", ("outcomes",), ("outcomes",)),
    ("topics", ("topics", "thumbs"), ("topics",)),
    ("people", ("channels", "languages", "audiences"), ("channels", "languages", "audiences")),
    ("speeds", ("speeds",), ("speeds", "speeds-by-day")),
)
QUESTIONS_A_PAGE = 100
_LINES_AT_ONCE = 200


@dataclass(frozen=True)
class Section:
    """A part of the page: charts, and the tables behind them."""

    name: str
    pictures: Mapping[str, Markup]
    tables: tuple[Table, ...]


@dataclass(frozen=True)
class Card:
    """A figure that is seen first; `key` names its title."""

    key: str
    now: Cell
    before: Cell


@requires(Role.REVIEWER)
def figures(request: Request) -> Response:
    """What was asked, what became of it, how it was liked and how long it took."""
    period, wrong = _period(request)
    # Before they are read: what is counted meanwhile is not among them.
    counted_at = getattr(request.app.state, "figures_counted_at", None)
    with database(request).connect() as connection:
        found = read_figures(connection, period)
        texts = texting.read_texting(connection, period)
        releases = neighbours.releases(connection, period)
    sections = [Section(name, {one: PICTURES[one](found) for one in pictures},
                        tuple(board.TABLES[one](found) for one in tables)) for name, pictures, tables in _SECTIONS]
    return page(request, "see/figures.html", 400 if wrong else 200, sections=sections, cards=_cards(found),
                texting=texts, releases=releases,
                counted_at=counted_at, **_choice(request, period, wrong))


@requires(Role.REVIEWER)
def uncovered_questions(request: Request) -> Response:
    """What was asked that the brief does not cover."""
    period, wrong = _period(request)
    with database(request).connect() as connection:
        found = _questions(connection, period)
    pages = max(1, -(-len(found) // QUESTIONS_A_PAGE))
    given = request.query_params.get("page", "1")
    number = min(int(given), pages) if given.isascii() and given.isdigit() and 0 < len(given) < 6 else 1
    number = max(1, number)
    begin = (number - 1) * QUESTIONS_A_PAGE
    return page(request, "see/uncovered.html", 400 if wrong else 200, questions=found[begin:begin + QUESTIONS_A_PAGE],
                begin=begin, number=number, pages=pages, all_questions=len(found),
                messages=sum(question.count for question in found), **_choice(request, period, wrong))


@requires(Role.REVIEWER)
def export(request: Request) -> Response:
    """A table as CSV. 404 for a name that no table has, 400 with a sentence for days that are none."""
    name, make = request.path_params["name"], board.TABLES.get(request.path_params["name"])
    if make is None and name not in _OTHER_TABLES:
        raise HTTPException(404)
    period, wrong = _period(request)
    if wrong:
        raise HTTPException(400, wrong)
    with database(request).connect() as connection:
        table = make(read_figures(connection, period)) if make else _OTHER_TABLES[name](connection, period)
    lines = csv_lines(table, names.csv_title, names.named)
    return StreamingResponse(_in_chunks(lines), media_type="text/csv; charset=utf-8", headers={
        "Content-Disposition": f'attachment; filename="{name}-{period.first}-{period.last}.csv"'})


def _in_chunks(lines: Iterator[str]) -> Iterator[str]:
    # Each chunk is a way to a thread and back.
    while chunk := "".join(itertools.islice(lines, _LINES_AT_ONCE)):
        yield chunk


def _questions(connection: Connection, period: Period) -> list[uncovered.Question]:
    return uncovered.questions(uncovered.read_asked(connection, period))


# Those that are not made of counts.
_OTHER_TABLES: Mapping[str, Callable[[Connection, Period], Table]] = {
    "uncovered": lambda connection, period: uncovered.table(_questions(connection, period)),
    "releases": neighbours.releases,
    "texting": texting.table,
}


def _period(request: Request) -> tuple[Period, str]:
    """The period that is asked for, or the usual one and a sentence on what is wrong."""
    today = datetime.date.today()
    try:
        return read_period(request.query_params, today), ""
    except PeriodError as error:
        return read_period({}, today), say(f"see.period.{error.key}", **error.values)


def _choice(request: Request, period: Period, wrong: str) -> Mapping[str, object]:
    """What the form that chooses the period shows, and what pages with tables need."""
    return {
        "period": period, "wrong": wrong, "lengths": LENGTHS, "today": datetime.date.today(),
        "chosen": None if "from" in request.query_params else period.length,
        "query": urlencode({"from": period.first.isoformat(), "to": period.last.isoformat()}),
        "opened": request.query_params.get("tables") == "open",
        "title_of": names.title, "shown": names.shown, "named_of": lambda of, value: names.named(Name(of, value)),
    }


def _cards(found: Figures) -> list[Card]:
    now, before = found.now, found.before
    speed, speed_before = now.speed(), before.speed()
    shares = [Card(outcome, *(Share(span.by("outcome")[outcome], span.messages) for span in (now, before)))
              for outcome in ("understood", "clarified", "refused", "crisis")]
    return [Card("messages", now.messages, before.messages), *shares,
            Card("helped", board.thumbs(now), board.thumbs(before)),
            Card("median_ms", speed.median_ms, speed_before.median_ms),
            Card("p95_ms", speed.p95_ms, speed_before.p95_ms)]


routes = [
    Route("/figures", figures),
    Route("/figures/uncovered", uncovered_questions),
    Route("/figures/{name}.csv", export),
]
nav = NavItem("see.nav", "/figures", Role.REVIEWER)
