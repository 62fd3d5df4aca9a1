"""Asks a model what is held out, in a process of its own, and makes its card."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import ImhError
from bot.evaluation.held_out import questions, staff_keys
from bot.settings import Settings
from bot.store.tables import messages
from nlu.corpus import Utterance, utterances

# Of the inbox, so many of the latest open messages are asked, each on its own: what would be answered now?
RECENT = 300
OPEN = ("new", "later")
_TELL_EVERY_S = 0.5


def open_messages(connection: Connection) -> dict[str, str]:
    """The latest open messages of the inbox, masked as they are kept, by their numbers."""
    rows = connection.execute(sa.select(messages.c.id, messages.c.text).where(messages.c.state.in_(OPEN))
                              .order_by(messages.c.at.desc()).limit(RECENT))
    return {str(row.id): row.text for row in rows}


def ask(model: Path, project: Path, scratch: Path, *, content: Path, also: Mapping[str, str],
        known: Sequence[str] = (), told: Callable[[float], None]) -> dict[str, Any]:
    """What became of each line of the project but those `known`. Raises ImhError where the process fails."""
    out = scratch / "items.json"
    out.unlink(missing_ok=True)
    (scratch / "also.json").write_text(json.dumps(dict(also)), encoding="utf-8")
    (scratch / "known.json").write_text(json.dumps(list(known)), encoding="utf-8")
    command = [sys.executable, "-W", "ignore", "-m", "bot.evaluation", str(model), str(out), "--project", str(project),
               "--content", str(content), "--also", str(scratch / "also.json"), "--known", str(scratch / "known.json")]
    told(0.0)  # from here on not by the clock: how long the engine takes to load is no share of the questions
    next_at = 0.0
    # In the project's own folder: what understands a message is the code and the lexicons that are to go live.
    with subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            if time.monotonic() >= next_at:
                next_at = time.monotonic() + _TELL_EVERY_S
                told(float(line))
    if process.returncode != 0 or not out.is_file():
        raise ImhError("Judging failed; the log says more.")
    return json.loads(out.read_text(encoding="utf-8"))


def sizes(model: Path, project: Path) -> dict[str, int]:
    """What a model was made of and is measured by: lines, those of the staff among them, and its bytes."""
    trained = utterances(project / "nlu" / "data")
    return {"trained": len(trained), "trained_staff": len(_staff_lines(project)), "held_out": len(questions(project)),
            "held_out_staff": len(staff_keys(project)), "model_bytes": model.stat().st_size}


def _staff_lines(project: Path) -> list[Utterance]:
    return utterances(project / "nlu" / "data" / "staff")
