"""Lines of the log: text or JSON, with the request's id, without anybody's words."""

from __future__ import annotations

import asyncio
import contextvars
import io
import json
import logging
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Iterator

import pytest
import structlog

from bot.logs import REQUESTS, JsonFormatter, WordlessFormatter, _name_only, request_id, use_format

WORD = "zygomatic"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the root logger's only handler wrote; its formatter is the text's at first."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(WordlessFormatter("%(levelname)s %(name)s: %(message)s%(request)s"))
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    level = logging.getLogger(REQUESTS).level
    yield stream
    logging.getLogger(REQUESTS).setLevel(level)


def lines(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_a_line_is_one_object(written: io.StringIO) -> None:
    """UTC to the millisecond; a field of ours stays, a field of others does not."""
    use_format("json")
    logging.getLogger("bot.x").warning("Two\nlines of %s", "ñ", extra={"status": 200, "text": WORD})
    (line,) = lines(written)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert line == {"level": "warning", "logger": "bot.x", "event": "Two\nlines of ñ", "status": 200}


def test_text_stays_text(written: io.StringIO) -> None:
    """The default; the id stands at the end."""
    use_format("text")
    token = request_id.set("a" * 32)
    logging.getLogger("bot.x").warning("Something")
    request_id.reset(token)
    logging.getLogger("bot.x").warning("Something else")
    assert written.getvalue() == f"WARNING bot.x: Something [{'a' * 32}]\nWARNING bot.x: Something else\n"


def test_a_line_from_a_thread_carries_the_id_of_its_request(written: io.StringIO) -> None:
    """Two requests at once, whose work is done in one thread by turns, are told apart."""
    use_format("json")
    with ThreadPoolExecutor(1) as thread:
        async def request(name: str) -> None:
            request_id.set(name)
            for _ in range(5):
                await asyncio.get_running_loop().run_in_executor(
                    thread, contextvars.copy_context().run, logging.getLogger("bot.x").warning, name)

        async def both() -> None:
            await asyncio.gather(request("first"), request("second"))

        asyncio.run(both())
    found = lines(written)
    assert len(found) == 10 and all(line["request"] == line["event"] for line in found)


def test_an_error_is_its_kind_and_place(written: io.StringIO) -> None:
    """In JSON as in text; its text may quote a message."""
    use_format("json")
    try:
        raise ValueError(WORD)
    except ValueError:
        logging.getLogger("library").exception("It failed")
    assert WORD not in written.getvalue() and lines(written)[0]["error"].startswith("ValueError\n")


def test_of_a_structured_log_only_the_name_is_written(written: io.StringIO) -> None:
    """Rasa's own loggers put messages into values, and errors with their text behind them."""
    use_format("json")
    log = structlog.wrap_logger(logging.getLogger("rasa.x"), processors=[_name_only],
                                wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    log.warning("processor.message.unread", text=WORD, tracker={"sender": WORD})
    try:
        raise KeyError(WORD)
    except KeyError:
        log.error("processor.failed 100 %", exc_info=True, event_info=WORD)
    assert WORD not in written.getvalue()
    assert [line["event"] for line in lines(written)] == ["processor.message.unread", "processor.failed 100 %"]


def test_every_request_has_a_line_in_json(written: io.StringIO) -> None:
    """And none in text, where nobody counts lines."""
    log = logging.getLogger(REQUESTS)
    log.setLevel(logging.WARNING)
    log.info("request")
    use_format("json")
    log.info("request", extra={"channel": "web", "status": 200, "ms": 1.5})
    assert [(line["channel"], line["status"], line["ms"]) for line in lines(written)] == [("web", 200, 1.5)]
    assert isinstance(logging.getLogger().handlers[0].formatter, JsonFormatter)
