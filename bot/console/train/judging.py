"""Asks a model what is held out, in a process of its own, and makes its card."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable, Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.errors import ContentError, ImhError
from bot.evaluation.held_out import questions, staff_keys
from bot.evaluation.kept import forget_old
from bot.inputs import CONTENT, answering_key, file_digest
from bot.knowledge import load_knowledge
from bot.release import Bundle
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


def kept_file(settings: Settings, model: Path, content: Path, project: Path) -> Path:
    """Where it is kept what this model answered with this content and the project's code; old files are forgotten."""
    folder = settings.var_dir / "evaluations"
    folder.mkdir(parents=True, exist_ok=True)
    forget_old(folder)
    return folder / f"{answering_key(file_digest(model), content, project)}.json"


def content_of(live: Bundle, project: Path) -> Path:
    """The content that the model in production is asked with: the one that is live, or, after an upgrade that cannot read
    that any more, the project's."""
    try:
        load_knowledge(live.content)
    except ContentError:
        return project / CONTENT
    return live.content


def command(settings: Settings, model: Path, project: Path, content: Path) -> list[str]:
    """What asks a model, run in the project's folder, and keeps the answers."""
    return [sys.executable, "-W", "ignore", "-m", "bot.evaluation", str(model), "--project", str(project),
            "--content", str(content), "--kept", str(kept_file(settings, model, content, project))]


def ask(settings: Settings, model: Path, project: Path, scratch: Path, *, content: Path, also: Mapping[str, str],
        told: Callable[[float], None]) -> dict[str, Any]:
    """What became of each line of the project; what the model answered before is not asked again. Raises ImhError where
    the process fails."""
    out = scratch / "items.json"
    out.unlink(missing_ok=True)
    (scratch / "also.json").write_text(json.dumps(dict(also)), encoding="utf-8")
    asking = [*command(settings, model, project, content), str(out), "--also", str(scratch / "also.json")]
    told(0.0)  # from here on not by the clock: how long the engine takes to load is no share of the questions
    next_at = 0.0
    # In the project's own folder: what understands a message is the code and the lexicons that are to go live.
    with subprocess.Popen(asking, cwd=project, stdout=subprocess.PIPE, text=True) as process:
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
