"""The watcher of workers: replaces who dies, hurries nobody, and leaves nobody behind. Workers here only sleep or die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable

import pytest

from tests.support.server import PROJECT

SCRIPT = """
import os, socket, sys, time
from bot.workers import keep_working

def work():
    with open(sys.argv[1], "a") as file:
        file.write(f"{os.getpid()}\\n")
    time.sleep(float(sys.argv[2]))

keep_working(work, 2, socket.create_server(("127.0.0.1", 0)))
"""


class Watcher:
    """A watcher of two workers that live `lasts_s`."""

    def __init__(self, folder: Path, lasts_s: float) -> None:
        self._pids = folder / "pids"
        self._pids.touch()
        self.process = subprocess.Popen([sys.executable, "-c", SCRIPT, self._pids, str(lasts_s)], cwd=PROJECT,
                                        stderr=subprocess.DEVNULL)

    def started(self) -> list[int]:
        """Every worker that there ever was."""
        return [int(line) for line in self._pids.read_text().split()]


def eventually(holds: Callable[[], bool], within_s: float = 20) -> bool:
    deadline = time.monotonic() + within_s
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)
    return holds()


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"  # nobody has asked how it ended


def test_who_is_killed_is_replaced_and_the_end_is_everybodys(tmp_path: Path) -> None:
    """A third worker comes for the one that was killed; SIGTERM ends all and is no failure."""
    watcher = Watcher(tmp_path, 600)
    assert eventually(lambda: len(watcher.started()) == 2)
    os.kill(watcher.started()[0], signal.SIGKILL)
    assert eventually(lambda: len(watcher.started()) == 3)
    watcher.process.send_signal(signal.SIGTERM)
    assert watcher.process.wait(timeout=10) == 0
    assert all(gone(pid) for pid in watcher.started())


def test_who_dies_at_once_is_not_started_again_and_again(tmp_path: Path) -> None:
    """In four seconds there are a few attempts, not hundreds."""
    watcher = Watcher(tmp_path, 0)
    assert eventually(lambda: len(watcher.started()) >= 2)
    time.sleep(4)
    assert 3 <= len(watcher.started()) <= 12
    watcher.process.send_signal(signal.SIGTERM)
    assert watcher.process.wait(timeout=10) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent died")
def test_nobody_outlives_the_watcher(tmp_path: Path) -> None:
    """Killed itself, it leaves no worker that would keep the port."""
    watcher = Watcher(tmp_path, 600)
    assert eventually(lambda: len(watcher.started()) == 2)
    watcher.process.kill()
    watcher.process.wait()
    assert eventually(lambda: all(gone(pid) for pid in watcher.started()))
