"""What a changed crisis lexicon hears otherwise than the one in production: for a release of which no quality card tells, of
the content alone or of a model that was trained before the change.

What is said of it may be overruled, and then stays in the history, the log and the record: lines stand in it under
their keys, as on a quality card, and their words are looked up where it is shown. Some of them staff held out: words of
persons, which are gone here once they are gone there.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Iterable, Sequence

from bot.console.texts import say
from bot.errors import ContentError
from bot.evaluation.held_out import questions
from bot.inputs import CONTENT, file_digest
from bot.lexicons import CRISIS
from bot.safety import CrisisScreen

# Of the lines that are heard otherwise, how many are named.
_NAMED = 5
_DANGER = "crisis"
_KEY = re.compile(r"\b[0-9a-f]{12}\b")  # nlu.corpus.Utterance.key


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
            lost.append(line.key)
        elif is_heard and not was_heard and line.intent != _DANGER:
            alarms.append(line.key)
    return [say(f"publish.refused.{key}", count=len(keys), lines=" · ".join(keys[:_NAMED]))
            for key, keys in (("unheard", lost), ("alarms", alarms)) if keys]


def with_words(project: Path, sentences: Iterable[str]) -> Sequence[str]:
    """The sentences with the words of the lines that are named by their keys, as far as they are held out still."""
    sentences = list(sentences)
    if not any(_KEY.search(sentence) for sentence in sentences):
        return sentences
    words = {line.key: line.text for line in questions(project)}
    return [_KEY.sub(lambda key: f"“{words[key[0]]}”" if key[0] in words else key[0], sentence)
            for sentence in sentences]
