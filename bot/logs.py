"""What is logged: warnings and errors, never a message's text; as text, or one JSON object a line.

Every line that a request causes carries the request's id, from whichever thread it comes.
"""

from __future__ import annotations

import json
import logging
import threading
import time
import traceback
from contextvars import ContextVar
from typing import Any, Mapping

import structlog

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that is being answered; empty where there is none."""

REQUESTS = "bot.requests"
# What our own lines may carry beside their sentence: `extra={"status": 200}`.
_FIELDS = ("channel", "status", "ms")
_NOISY = ("rasa", "rasa_sdk", "matplotlib", "tensorflow", "h5py", "sanic", "apscheduler")


def configure_logging(level: int = logging.WARNING) -> None:
    """Log to standard error from `level` on.

    Rasa's structured log is cut off at warnings whatever the level: below, it quotes what people wrote.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(WordlessFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s%(request)s"))
    logging.basicConfig(level=level, handlers=[handler])
    # A line that cannot be formatted would be printed with its arguments.
    logging.raiseExceptions = False
    threading.excepthook = _on_thread_error
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    logging.getLogger(REQUESTS).setLevel(logging.WARNING)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
                        processors=[_name_only], logger_factory=structlog.stdlib.LoggerFactory(),
                        cache_logger_on_first_use=True)


def use_format(name: str) -> None:
    """Write lines as `text` or `json` from now on; in JSON every request gets a line of its own besides."""
    if name != "json":
        return
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, WordlessFormatter):
            handler.setFormatter(JsonFormatter())
    logging.getLogger(REQUESTS).setLevel(logging.INFO)


def _name_only(_logger: Any, _method: str, event: Mapping[str, Any]) -> tuple[tuple[str], dict[str, Any]]:
    """Of Rasa's structured log the name of what happened and the error's kind: the other values may quote a message."""
    return (str(event.get("event", "")),), {"exc_info": event.get("exc_info")}


class WordlessFormatter(logging.Formatter):
    """Writes of an error what it is and the way it came, never its text: whatever library logs it, a text may quote a
    message, or the row that holds one."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, with the request's id at its end where there is one."""
        current = request_id.get()
        record.request = f" [{current}]" if current else ""
        return super().format(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802  logging's name
        """The chain of errors, the first cause first, each with its frames."""
        chain, error = [], ei[1]
        while error is not None:
            chain.append(f"{type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__)).rstrip()}")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n".join(reversed(chain))


class JsonFormatter(WordlessFormatter):
    """One object a line: `time` (UTC), `level`, `logger`, `event`; where there are any, `request`, `error`, fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The line as JSON."""
        line = {
            "time": f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(), "logger": record.name, "event": record.getMessage(),
        }
        if current := request_id.get():
            line["request"] = current
        line.update({key: record.__dict__[key] for key in _FIELDS if key in record.__dict__})
        if record.exc_info and record.exc_info[1]:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def _on_thread_error(failure: Any) -> None:
    """What ends a thread, which Python would print with its text."""
    logging.getLogger(__name__).error("A thread ended: %s", where(failure.exc_value))


def where(error: BaseException) -> str:
    """What an error is and where it arose. Its text stays out: it may quote a message or the row that holds one."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} at {frames[-1].filename}:{frames[-1].lineno}" if frames else type(error).__name__
