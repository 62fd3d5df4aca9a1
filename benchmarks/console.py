"""`python -m benchmarks console`: what the staff console costs with a year of messages in it; into docs/performance-
console.md.
"""

from __future__ import annotations

import dataclasses
import os
import platform
import statistics
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, Iterable, Iterator, Sequence

import httpx
import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.console.app import create_app
from bot.console.inbox.clusters import clusters
from bot.console.inbox.encoding import encode_new
from bot.console.inbox.groups import regroup
from bot.console.inbox.rules import load_rules
from bot.console.inbox.tables import groups
from bot.console.inbox.vectors import meaning
from bot.console.people.accounts import Role
from bot.evaluation.held_out import questions
from bot.settings import Settings
from bot.store.database import insert_missing
from bot.store.tables import messages
from nlu.corpus import Utterance
from tests.support.console import browser
from tests.support.inbox import Talk
from tests.support.postgres import Postgres
from tests.support.serving import served

STORED, OPEN, IN_DANGER = 100_000, 5_000, 500
RUNS = 30
REASONS = ("asked_back", "refused", "unsure", "thumbs_down")
_DAY_S = 24 * 3600
PAGES = {
    "the inbox: groups, worst first": "/inbox",
    "a group": "/inbox/groups/{group}",
    "the danger queue": "/inbox/danger",
    "a message with its conversation": "/inbox/messages/{message}",
    "search: all states, words that nothing holds": "/inbox/search?state=any&text=xylophone",
    "search: done, Spanish, by text message": "/inbox/search?state=done&language=es&channel=sms",
    "search: a week half a year ago": "/inbox/search?state=any&since={since}&until={until}",
}
Row = Sequence[str]


def measure() -> str:
    """The page for docs/."""
    asked = questions()
    with tempfile.TemporaryDirectory() as scratch, Postgres() as postgres:
        figures, grouped = [], []
        for name, address in (("SQLite", f"sqlite:///{scratch}/console.db"), ("PostgreSQL", postgres.database())):
            app = create_app(dataclasses.replace(Settings(var_dir=Path(scratch)), db_url=address))
            Talk(app.state.database)
            fill(app.state.database, asked)
            grouped.append((name, *_grouping(app.state.database, asked)))
            with served(app) as served_at:
                figures.append((name, dict(_pages(app, served_at))))
    cores = f"{os.cpu_count()} cores, Python {platform.python_version()}, {time.strftime('%Y-%m-%d')}"
    return "\n".join([
        "# The staff console with a year of messages", "",
        f"{STORED:,} messages in the store, {OPEN:,} of them open and {IN_DANGER} about danger; {cores}, one run. "
        "Written by `python -m benchmarks console`.", "", "## Pages", "",
        f"Milliseconds from request to the last byte, over a real port, {RUNS} runs one after the other; median and "
        "longest. The bound is 300.", "",
        *_table(("page", *(name for name, _ in figures)), (
            [page, *(found[page] for _, found in figures)] for page in PAGES)),
        "", "## Grouping", "",
        f"Seconds, in the background on one core. The bound for {OPEN:,} open messages is 10.", "",
        *_table(("what", *(name for name, *_ in grouped)), (
            [f"{OPEN:,} messages grouped for the first time", *(f"{first:.1f}" for _, _, first, _, _ in grouped)],
            ["a pass where 20 are new, their encoding included", *(f"{new:.2f}" for *_, new, _ in grouped)],
            [f"encoding {OPEN:,} messages that were never read, in portions of 256 between which groups appear, once",
             *(f"{encoding:.0f}" for _, encoding, *_ in grouped)],
            ["milliseconds for one message that is new",
             *(f"{encoding / OPEN * 1000:.1f}" for _, encoding, *_ in grouped)],
            ["groups", *(str(count) for *_, count in grouped)])),
        "", "## Where one group ends", "",
        "The held-out questions in groups at other cosines (`same_group_from` in bot/console/inbox/rules.yml): how "
        "many groups they make, how many questions stand alone, and how many are of the intent that their group mostly "
        "is of.",
        "", *_table(("cosine", "groups", "alone", "of their group's intent"), _thresholds(asked)), ""])


def fill(engine: Engine, asked: Sequence[Utterance]) -> None:
    """A year of messages: the held-out questions, each a little different, most of them done or never in the inbox."""
    now = time.time()
    states = np.array([None] * STORED, dtype=object)
    order = np.random.default_rng(1).permutation(STORED)
    states[order[:OPEN + IN_DANGER]] = "new"
    states[order[OPEN + IN_DANGER:OPEN + IN_DANGER + 20_000]] = "done"
    danger = set(order[:IN_DANGER].tolist())
    for start in range(0, STORED, 5000):
        with engine.begin() as connection:
            insert_missing(connection, messages, [
                _message(index, asked[index % len(asked)], states[index], index in danger, now)
                for index in range(start, start + 5000)])
    with engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")


def _message(index: int, question: Utterance, state: str | None, danger: bool, now: float) -> dict[str, Any]:
    at = now - 365 * _DAY_S * (1 - index / STORED)
    return {
        "id": index + 1, "sender_id": f"sender{index // 4}", "at": at,
        "day": time.strftime("%Y-%m-%d", time.localtime(at)),
        "channel": "sms" if index % 3 == 0 else "web", "language": question.marks.get("language", "en"),
        "audience": "provider" if index % 5 == 0 else "parent", "text": f"{question.text} {index // 1981}",
        "kind": "crisis" if danger and index % 2 else "clarify", "intent": "nlu_fallback", "confidence": 0.2,
        "first": "indicators", "first_confidence": 0.3, "second": "contact", "second_confidence": 0.2, "state": state,
        "reason": "danger" if danger else REASONS[index % 4] if state else None,
    }


def _grouping(engine: Engine, asked: Sequence[Utterance]) -> tuple[float, float, float, int]:
    """Seconds for encoding all, for the first pass, for a pass with 20 new ones; and how many groups there are."""
    rules, encoder = load_rules(), meaning()
    encoder.encode(["warm"])
    started = time.perf_counter()
    while encode_new(engine, encoder, 256):
        pass
    encoding = time.perf_counter() - started
    started = time.perf_counter()
    count = regroup(engine, rules)
    first = time.perf_counter() - started
    with engine.begin() as connection:
        insert_missing(connection, messages, [
            {**_message(STORED + index, asked[index * 50], "new", False, time.time()), "at": time.time()}
            for index in range(20)])
    started = time.perf_counter()
    encode_new(engine, encoder, 256)
    regroup(engine, rules)
    return encoding, first, time.perf_counter() - started, count


def _pages(app: Any, address: str) -> Iterator[tuple[str, str]]:
    cookie = browser(app, Role.REVIEWER).cookies["imh_session"]
    with app.state.database.connect() as connection:
        largest = connection.execute(sa.select(groups.c.id).order_by(groups.c.size.desc()).limit(1)).scalar()
    places = {"group": largest, "message": STORED // 2, **{
        name: time.strftime("%Y-%m-%d", time.localtime(time.time() - days * _DAY_S))
        for name, days in (("since", 187), ("until", 180))}}
    with httpx.Client(base_url=address, cookies={"imh_session": cookie}, timeout=30, trust_env=False) as client:
        for name, path in PAGES.items():
            times = []
            for _ in range(RUNS + 1):
                started = time.perf_counter()
                assert client.get(path.format(**places)).status_code == 200, path
                times.append((time.perf_counter() - started) * 1000)
            yield name, f"{statistics.median(times[1:]):.0f}, {max(times[1:]):.0f}"


def _thresholds(asked: Sequence[Utterance]) -> Iterator[Row]:
    vectors = meaning().encode([question.text for question in asked])
    for cosine in (0.7, 0.75, 0.8, 0.85, 0.9):
        cluster, centres = clusters(vectors, cosine, np.ones(len(asked)))
        inside: dict[int, Counter[str]] = {}
        for number, question in zip(cluster.tolist(), asked):
            inside.setdefault(number, Counter())[question.intent] += 1
        alone = sum(sum(intents.values()) == 1 for intents in inside.values())
        pure = sum(intents.most_common(1)[0][1] for intents in inside.values())
        yield f"{cosine:.2f}", str(len(centres)), str(alone), f"{pure / len(asked):.1%}"


def _table(head: Row, rows: Iterable[Row]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
