"""Many messages at once, good, repeated and forged, through Kannel and as Twilio; and what became of them."""

from __future__ import annotations

import json
import random
import sqlite3
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Mapping

import httpx

from bot.sms.segments import fold
from tests.support.history import database, said
from tests.support.kannel import Kannel
from tests.support.server import Server
from tests.support.texting import (
    AUTH_TOKEN,
    FORM,
    KANNEL,
    TWILIO,
    fields_of,
    history_entries,
    new_number,
    post,
    sender_id,
)

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
        rows = connection.execute(
            "SELECT body FROM replies WHERE sender_id = ? ORDER BY created_at", (sender,)
        ).fetchall()
    points = [fold(json.loads(body)[0]["custom"]["sms"]) for (body,) in rows]
    answers = [text for text in heard if text != gave_up]
    return said(var_dir, sender) == sent and len(points) == len(answers) and all(
        text.startswith(point[:60]) for point, text in zip(points, answers))


@dataclass(frozen=True)
class Repeats:
    """What came of posts of which some carry an id that came before."""

    statuses: Mapping[int, int]
    ids: int
    ids_with_one_answer: int
    silent: int
    entries: int


def repeat(server: Server, *, posts: int, repeated: int, at_once: int) -> Repeats:
    """Post messages as Twilio does, `repeated` of them a second time, in any order, `at_once` at a time."""
    numbers = [new_number() for _ in range(30)]
    different = [fields_of(f"{QUESTIONS[serial % len(QUESTIONS)]} {serial}", sender=numbers[serial % len(numbers)])
                 for serial in range(posts - repeated)]
    every = different + random.Random(7).sample(different, repeated)
    random.Random(8).shuffle(every)
    before = history_entries(server.var_dir)
    with httpx.Client(base_url=server.client.base_url, timeout=60, trust_env=False,
                      limits=httpx.Limits(max_connections=at_once)) as client, ThreadPoolExecutor(at_once) as pool:
        responses = list(pool.map(lambda fields: post(server, fields, client=client), every))
    answers: dict[str, set[str]] = {}
    for fields, response in zip(every, responses):
        answers.setdefault(fields["MessageSid"], set()).add(response.text)
    return Repeats(
        statuses=Counter(response.status_code for response in responses), ids=len(answers),
        ids_with_one_answer=sum(len(texts) == 1 for texts in answers.values()),
        silent=sum("<Message" not in text for texts in answers.values() for text in texts),
        entries=history_entries(server.var_dir) - before)


def forge(server: Server, *, posts: int) -> Mapping[int, int]:
    """Send requests that are not a gateway's, of kinds that are drawn; status -> how many."""
    drawn = random.Random(11)
    with httpx.Client(base_url=server.client.base_url, timeout=30, trust_env=False) as client:
        return Counter(_forged(drawn, client).status_code for _ in range(posts))


def _forged(drawn: random.Random, client: httpx.Client) -> httpx.Response:
    fields = fields_of("stop", sender="+15055550999")
    body = httpx.Request("POST", "http://x", data=fields).content

    def form(content: bytes, **headers: bytes) -> httpx.Response:
        return client.post(TWILIO, content=content, headers={**FORM, **headers})

    kinds: dict[str, Callable[[], httpx.Response]] = {
        "no signature": lambda: form(body),
        "bad signature": lambda: form(body, **{"X-Twilio-Signature": b"AAAA" * 7}),
        "odd signature": lambda: form(body, **{"X-Twilio-Signature": b"\xff\xfe" * 9}),
        "wrong method": lambda: client.request(
            drawn.choice(["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "GET"]), TWILIO
        ),
        "huge body": lambda: form(body + b"&x=" + b"a" * drawn.randint(17_000, 80_000)),
        "nulls": lambda: form(body.replace(b"stop", b"st%00op\x00")),
        "broken escapes": lambda: form(body + drawn.choice([b"%", b"&a=%z", b"%%%", b"&%=%4"])),
        "no UTF-8": lambda: form(body + b"&a=%ff%fe\xff"),
        "random bytes": lambda: form(drawn.randbytes(drawn.randint(1, 4000))),
        "json": lambda: client.post(TWILIO, json=fields),
        "many fields": lambda: form(b"&".join(b"a%d=1" % number for number in range(900))),
        "kannel, another token": lambda: client.get(
            KANNEL, params={"from": "1", "to": "2", "text": "stop", "id": "3", "token": AUTH_TOKEN}
        ),
        "kannel, broken": lambda: client.get(f"{KANNEL}?from=%ff&to=%&text=%00&id=&token=%zz"),
    }
    return kinds[drawn.choice(sorted(kinds))]()
