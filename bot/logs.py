"""What is logged: warnings and errors, never a message's text."""

from __future__ import annotations

import logging
import threading
import traceback
from typing import Any

import structlog

_NOISY = ("rasa", "rasa_sdk", "matplotlib", "tensorflow", "h5py", "sanic", "apscheduler")


def configure_logging(level: int = logging.WARNING) -> None:
    """Log to standard error from `level` on.

    Rasa's structured log is cut off at warnings whatever the level: below, it quotes what people wrote.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(WordlessFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler])
    # A line that cannot be formatted would be printed with its arguments.
    logging.raiseExceptions = False
    threading.excepthook = _on_thread_error
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
                        cache_logger_on_first_use=True)


class WordlessFormatter(logging.Formatter):
    """Writes of an error what it is and the way it came, never its text: whatever library logs it, a text may quote a
    message, or the row that holds one."""

    def formatException(self, ei: Any) -> str:  # noqa: N802  logging's name
        """The chain of errors, the first cause first, each with its frames."""
        chain, error = [], ei[1]
        while error is not None:
            chain.append(f"{type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__)).rstrip()}")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n".join(reversed(chain))


def _on_thread_error(failure: Any) -> None:
    """What ends a thread, which Python would print with its text."""
    logging.getLogger(__name__).error("A thread ended: %s", where(failure.exc_value))


def where(error: BaseException) -> str:
    """What an error is and where it arose. Its text stays out: it may quote a message or the row that holds one."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} at {frames[-1].filename}:{frames[-1].lineno}" if frames else type(error).__name__
