"""Many different messages from many phones through Kannel, and what became of each."""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from bot.sms.segments import fold
from tests.support.history import database, said
from tests.support.kannel import Kannel
from tests.support.server import Server
from tests.support.texting import new_number, sender_id

# Asked in turn, so that two answers in a row to one phone are never the same.
QUESTIONS = ("what is infant mental health", "how does a baby's brain grow", "how do i reach nmaimh",
             "who is nmaimh", "does divorce affect my baby", "why does my baby cry so much")


@dataclass(frozen=True)
class Outcome:
    """Counts of messages; `out_of_order` counts phones on which an answer overtook another."""

    sent: int
    answered: int
    given_up: int
    lost: int
    doubled: int
    out_of_order: int
    entries: int
    seconds: float


def flood(server: Server, kannel: Kannel, *, phones: int, each: int, gave_up: str,
          halfway: Callable[[], None] | None = None, timeout_s: float = 180) -> Outcome:
    """Send `phones` x `each` messages as fast as the carrier takes them and wait until every phone heard `each` times.

    `gave_up` is the text that Kannel says by itself; `halfway` is called when half of them are sent.
    """
    numbers = [new_number() for _ in range(phones)]
    messages = {number: [f"{QUESTIONS[(place + index) % len(QUESTIONS)]} {place}-{index}" for index in range(each)]
                for place, number in enumerate(numbers)}
    carrier, started = kannel.carrier, time.monotonic()
    for index in range(each):
        for number in numbers:
            carrier.text(number.lstrip("+"), messages[number][index])
        if halfway and index == each // 2:
            halfway()
    boxes = [carrier.phone(number.lstrip("+")) for number in numbers]
    carrier.wait(lambda: all(len(box.messages) >= each for box in boxes), timeout_s)
    seconds = time.monotonic() - started
    time.sleep(2)  # what is doubled comes late
    heard = {number: box.texts for number, box in zip(numbers, boxes)}
    kept = {number: sender_id(server.var_dir, number) for number in numbers}
    history = {number: said(server.var_dir, kept[number]) for number in numbers}
    failures = {number: sum(text == gave_up for text in texts) for number, texts in heard.items()}
    return Outcome(
        sent=phones * each,
        answered=sum(len(texts) for texts in heard.values()) - sum(failures.values()),
        given_up=sum(failures.values()),
        lost=sum(max(0, each - len(texts)) for texts in heard.values()),
        doubled=sum(max(0, len(texts) - each) for texts in heard.values())
        + sum(count - 1 for entries in history.values() for count in Counter(entries).values()),
        out_of_order=sum(not _in_order(server.var_dir, kept[number], messages[number], heard[number], gave_up)
                         for number in numbers),
        entries=sum(map(len, history.values())), seconds=seconds)


def _in_order(var_dir: Path, sender: str, sent: list[str], heard: list[str], gave_up: str) -> bool:
    """Whether the phone was heard in the order in which it wrote, and answered in the order in which it was heard."""
    with closing(sqlite3.connect(f"file:{database(var_dir)}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT body FROM replies WHERE sender_id = ? ORDER BY created_at", (sender,)).fetchall()
    points = [fold(json.loads(body)[0]["custom"]["sms"]) for (body,) in rows]
    answers = [text for text in heard if text != gave_up]
    return said(var_dir, sender) == sent and len(points) == len(answers) and all(
        text.startswith(point[:60]) for point, text in zip(points, answers))
