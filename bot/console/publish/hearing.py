"""What a changed crisis lexicon hears otherwise than the one in production: for a release without a training, whose quality
card would tell."""

from __future__ import annotations

from pathlib import Path

from bot.console.texts import say
from bot.errors import ContentError
from bot.evaluation.held_out import questions
from bot.inputs import CONTENT, file_digest
from bot.lexicons import CRISIS
from bot.safety import CrisisScreen

# Of the lines that are heard otherwise, how many are named.
_NAMED = 5
_DANGER = "crisis"


def doubts(live: Path, project: Path) -> list[str]:
    """Why the lexicon of `project` should not take the place of the one in the content folder `live`: test lines of danger
    that its rules hear no longer, and harmless ones that they take for danger. Empty where it is the same."""
    now = project / CONTENT / CRISIS
    if not (live / CRISIS).is_file() or file_digest(live / CRISIS) == file_digest(now):
        return []
    try:
        before, after = CrisisScreen.load(live / CRISIS), CrisisScreen.load(now)
    except ContentError as error:
        return [str(problem) for problem in error.problems]
    lost, alarms = [], []
    for line in questions(project):
        was_heard, is_heard = bool(before.screen(line.text)), bool(after.screen(line.text))
        if was_heard and not is_heard and line.intent == _DANGER:
            lost.append(line.text)
        elif is_heard and not was_heard and line.intent != _DANGER:
            alarms.append(line.text)
    return [say(f"publish.refused.{key}", count=len(lines), lines=" · ".join(lines[:_NAMED]))
            for key, lines in (("unheard", lost), ("alarms", alarms)) if lines]
