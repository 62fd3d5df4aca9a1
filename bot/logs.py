"""What is logged: warnings and errors, never a message's text."""

from __future__ import annotations

import logging
import traceback

import structlog

_NOISY = ("rasa", "rasa_sdk", "matplotlib", "tensorflow", "h5py", "sanic", "apscheduler")


def configure_logging(level: int = logging.WARNING) -> None:
    """Log to standard error from `level` on.

    Rasa's structured log is cut off at warnings whatever the level: below, it quotes what people wrote.
    """
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
                        cache_logger_on_first_use=True)


def where(error: BaseException) -> str:
    """What an error is and where it arose. Its text stays out: it may quote a message or the row that holds one."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} at {frames[-1].filename}:{frames[-1].lineno}" if frames else type(error).__name__
