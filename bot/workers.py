"""Several processes that listen on one socket: each is forked from one that only watches, and replaced when it dies.

Sanic's own way does not replace what dies. What was loaded before the fork is shared memory; connections, threads and
models are made afterwards, by each for itself.
"""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import signal
import socket
import sys
import time
from typing import Any, Callable

from bot.errors import ImhError

logger = logging.getLogger(__name__)

# Longer than a worker takes to answer what it began.
ENDS_WITHIN_S = 9.0
_LOOK_EVERY_S = 0.1
# Who dies at once is started again later and later: a database that is away is no reason to keep a core busy.
_LONG_ENOUGH_S, _FIRST_WAIT_S, _LONGEST_WAIT_S = 8.0, 0.5, 10.0
_PR_SET_PDEATHSIG = 1


def keep_working(work: Callable[[], Any], count: int, listener: socket.socket) -> None:
    """Run `work` in `count` processes until SIGTERM or SIGINT; each gets that, and `ENDS_WITHIN_S` to finish."""
    # What is here now is here for good: pages that nobody writes to are shared by all.
    gc.collect()
    gc.freeze()
    workers = _Workers(work, count)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, workers.stop)
    while not workers.stopping:
        workers.look()
        time.sleep(_LOOK_EVERY_S)
    listener.close()  # the last who holds it: from the moment when the workers close theirs nobody waits for an answer
    workers.end()


class _Workers:
    """The processes that there are, and when those that died may come again."""

    def __init__(self, work: Callable[[], Any], count: int) -> None:
        self._work = work
        self._count = count
        self._since: dict[int, float] = {}
        self._wait_s = _FIRST_WAIT_S
        self._not_before = 0.0
        self.stopping = False

    def look(self) -> None:
        """Take notice of who died, and start as many as are missing."""
        for pid in self._ended():
            lived_s = time.monotonic() - self._since.pop(pid)
            logger.error("Worker %s is gone; another one takes its place.", pid)
            self._wait_s = _FIRST_WAIT_S if lived_s > _LONG_ENOUGH_S else min(2 * self._wait_s, _LONGEST_WAIT_S)
            self._not_before = time.monotonic() + (0 if lived_s > _LONG_ENOUGH_S else self._wait_s)
        while not self.stopping and len(self._since) < self._count and time.monotonic() >= self._not_before:
            self._start()

    def _start(self) -> None:
        parent = os.getpid()
        # A signal between the fork and the worker's own handlers must end the worker, not start a watcher's work in it.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
        pid = os.fork()
        if not pid:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            os._exit(_worked(self._work, parent))
        self._since[pid] = time.monotonic()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def stop(self, *_: Any) -> None:
        """Tell everybody to finish; takes and ignores what a signal's handler is called with."""
        self.stopping = True
        self._tell(signal.SIGTERM)

    def end(self) -> None:
        """Wait for everybody, and end those who do not."""
        self._tell(signal.SIGTERM)  # who was being started while the others were told
        ends_at = time.monotonic() + ENDS_WITHIN_S
        while self._since:
            for pid in self._ended():
                del self._since[pid]
            if time.monotonic() > ends_at:
                self._tell(signal.SIGKILL)
            time.sleep(_LOOK_EVERY_S / 2)

    def _ended(self) -> list[int]:
        return [pid for pid in self._since if os.waitpid(pid, os.WNOHANG)[0]]

    def _tell(self, number: int) -> None:
        for pid in list(self._since):
            os.kill(pid, number)  # not waited for yet, so the number is still this worker's


def _worked(work: Callable[[], Any], parent: int) -> int:
    """The exit code of a worker."""
    if prctl := getattr(ctypes.CDLL(None), "prctl", None):  # Linux: nobody goes on without the watcher
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        return 1
    try:
        work()
    except ImhError as error:
        logger.error("%s", error)
        return 1
    except BaseException as error:
        logger.error("A worker failed: %s", type(error).__name__)
        return 1
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    return 0
