"""Kills a process at every step of what it does, to see what it leaves behind."""

from __future__ import annotations

import itertools
import os
import signal
import sys
from types import FrameType
from typing import Any, Callable, Iterator


def killed_at_every_step(act: Callable[[], Any], *modules: str) -> Iterator[int]:
    """Run `act` in a process of its own, killed (SIGKILL) before the nth line that it runs in one of the modules.

    Yields n after each death, for the caller to look and to put things back; ends when a run got through, having yielded
    once more for it.
    """
    for step in itertools.count(1):
        child = os.fork()
        if not child:
            try:
                _killed_before(step, modules)
                act()
            except BaseException as error:
                print(f"step {step}: {error!r}", file=sys.stderr)
                os._exit(1)
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, f"it failed at step {step} instead of being killed"
        yield step
        if not os.WIFSIGNALED(status):
            return


def _killed_before(step: int, modules: tuple[str, ...]) -> None:
    left = step

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal left
        if not frame.f_code.co_filename.endswith(modules):
            return None
        if event == "line":
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
