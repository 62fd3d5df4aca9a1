"""Stands for the minutes of a training: the real job and its real steps, but what Rasa does in them is replaced.

Run as the job's process. A file `stop_at` in the var folder names a step to stay in until it is taken away.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

from bot.settings import PROJECT

WORK = (sys.executable, "-m", "tests.support.training")
NAME = "0123456789abcdef01234567"
LINE = {"intent": "ask_indicators", "file": "indicators", "marks": {"language": "en"}, "kind": "answer",
        "topics": ["indicators"], "offered": [], "thought": "ask_indicators", "confidence": 0.9, "took_ms": 10.0,
        "staff": False}


def line(**changes: Any) -> dict[str, Any]:
    """What a card keeps of a line, answered rightly unless changed."""
    return {**LINE, **changes}


def items(lines: dict[str, Any], also: dict[str, str] | None = None) -> dict[str, Any]:
    """What came of asking these lines, a double question and a dialogue."""
    return {"lines": lines, "doubles": {"d": True}, "dialogues": {"c": True}, "also": also or {}}


def _main() -> None:
    from bot.console.train import judging, work
    from bot.console.train.running import Running

    def staying(running: Running, name: str) -> None:
        _step(running, name)
        stop_at = running.settings.var_dir / "stop_at"
        # A process of its own that works meanwhile, as Rasa's does.
        with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as child:
            while stop_at.is_file() and stop_at.read_text() == name:
                time.sleep(0.02)
            child.kill()

    _step = Running.step
    Running.step = staying  # type: ignore[method-assign]
    work.unchanging_project = lambda settings: PROJECT
    work.record.flush = lambda engine, settings: []
    work.check = lambda project: print("checked", flush=True)
    work.leaks = lambda project: []
    work.training_key = lambda project: NAME
    work.kept_model = lambda project: project / "none"
    work.train = lambda model, project: model.write_bytes(b"a model")
    judging.ask = lambda *_, **more: items({"k": line()}, more["also"])
    judging.sizes = lambda model, project: json.loads("{}")
    os.nice = lambda increment: 0  # type: ignore[assignment]  # nobody chats meanwhile
    work.main()


if __name__ == "__main__":
    _main()
