"""What trees of processes use of the processors and of the memory."""

from __future__ import annotations

from typing import Iterable, Iterator

import psutil


def tree_memory_mb(pids: Iterable[int]) -> float:
    """Proportional set size over the trees of these processes, in megabytes: shared pages are counted once."""
    total = 0
    for process in _trees(pids):
        try:
            total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):  # it ended a moment ago
            continue
    return total / 1e6


def tree_cpu_s(pid: int) -> float:
    """Processor seconds of a process and of all that it started, those that ended and were waited for included."""
    total = 0.0
    for process in _trees([pid]):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def _trees(pids: Iterable[int]) -> Iterator[psutil.Process]:
    for pid in pids:
        try:
            process = psutil.Process(pid)
            yield from (process, *process.children(recursive=True))
        except psutil.NoSuchProcess:
            continue
