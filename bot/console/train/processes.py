"""A job's processes: started in a group of their own, found again after a restart, ended together.

A number alone does not name a process: it is given to others once its owner is gone. A job's processes all have the
job's folder as their TMPDIR, and that is what they are known by.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import time
from pathlib import Path
from typing import Iterator, Sequence

from bot.settings import PROJECT, Settings

_PROCESSES = Path("/proc")
_PAUSE_S = 0.02
# What libraries would say at every start, into the log that staff read.
_QUIET = ("TF_CPP_MIN_LOG_LEVEL=3", "SQLALCHEMY_SILENCE_UBER_WARNING=1", "RASA_TELEMETRY_ENABLED=false")


def folder_of(settings: Settings, job: int) -> Path:
    """Where a job writes what is not finished; gone when the job is."""
    return settings.var_dir / "training" / str(job)


def log_of(settings: Settings, job: int) -> Path:
    """What a job's processes print."""
    return settings.var_dir / "training" / f"{job}.log"


def spawn(settings: Settings, job: int, command: Sequence[str]) -> None:
    """Start `command JOB` in a group of its own; it outlives the console. It reads the settings from standard input."""
    folder = folder_of(settings, job)
    folder.mkdir(parents=True, exist_ok=True)
    with log_of(settings, job).open("ab") as log:
        process = subprocess.Popen(["env", f"TMPDIR={folder}", *_QUIET, *command, str(job)], cwd=PROJECT, stdin=subprocess.PIPE,
                                   stdout=log, stderr=log, start_new_session=True)
    assert process.stdin is not None
    try:
        # Not by the environment, which only the settings read, nor as arguments, which every user of the machine sees.
        process.stdin.write(pickle.dumps(settings))
        process.stdin.close()
    except BrokenPipeError:
        pass  # it has ended already, and will be found so
    _children[folder] = process


# What this console itself has started, by the job's folder.
_children: dict[Path, subprocess.Popen[bytes]] = {}


def reap() -> None:
    """Take note of children that have ended: one that nobody waits for stays as a zombie."""
    for child in list(_children.values()):
        child.poll()


def alive(settings: Settings, job: int, pid: int | None) -> bool | None:
    """Whether the process of a job is; None where that cannot be told, since it has not said its number `pid` yet."""
    if (child := _children.get(folder_of(settings, job))) and child.poll() is not None:
        return False
    return None if pid is None else _belongs(pid, settings, job)


def end(settings: Settings, job: int) -> None:
    """Kill the job's processes. Nothing is half done by it: what they finish is put in its place in one step."""
    while found := list(_members(settings, job)):
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(_PAUSE_S)
        reap()


def _members(settings: Settings, job: int) -> Iterator[int]:
    found = (int(entry.name) for entry in _PROCESSES.iterdir() if entry.name.isdigit())
    return (pid for pid in found if pid != os.getpid() and _belongs(pid, settings, job))


def _belongs(pid: int, settings: Settings, job: int) -> bool:
    try:
        environment = (_PROCESSES / str(pid) / "environ").read_bytes()
    except OSError:  # another user's, or gone
        return False
    return f"TMPDIR={folder_of(settings, job)}".encode() in environment.split(b"\0")
