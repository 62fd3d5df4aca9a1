"""Where a message can be put: the topics as they would go live; danger, what the brief does not cover, small talk."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, Sequence

from bot.console.teach import topics
from bot.errors import ContentError
from bot.knowledge import Knowledge, load_knowledge
from bot.knowledge.values import FALLBACK_LANGUAGE, in_language
from bot.overlay import live_project
from bot.safety import KINDS
from bot.settings import Settings

logger = logging.getLogger(__name__)

CRISIS, OUT_OF_SCOPE, TOPIC_PREFIX = "crisis", "out_of_scope", "ask_"
# "crisis:abuse": danger of which staff say the kind. Without, the rules tell it from the words, and take self-harm where
# they hear nothing.
MARK = ":"
# Keys 1 to 9: what a message may mean first; what the brief does not cover and danger keep their keys.
MOST_TOPICS = 7


@dataclass(frozen=True)
class Place:
    """An intent that a message can be put under, with its mark where it has one; `title` is None for those that are no
    topics: texts.yml names them."""

    intent: str
    title: str | None


class Catalogue:
    """The topics of one state of the content."""

    def __init__(self, knowledge: Knowledge, learnt: Sequence[str]) -> None:
        """`learnt` are the intents that are learnt from examples."""
        self._knowledge = knowledge
        self._title = {name: in_language(topic.title, FALLBACK_LANGUAGE) for name, topic in knowledge.topics.items()}
        self._besides = (Place(OUT_OF_SCOPE, None), Place(CRISIS, None))
        known = {*(f"{TOPIC_PREFIX}{name}" for name in self._title), OUT_OF_SCOPE, CRISIS}
        self.places = (*(Place(f"{TOPIC_PREFIX}{name}", title) for name, title in self.topics.items()), *self._besides,
                       *(Place(f"{CRISIS}{MARK}{kind}", None) for kind in KINDS),
                       *(Place(intent, None) for intent in learnt if intent not in known))
        self._intents = {place.intent for place in self.places}

    def __contains__(self, intent: object) -> bool:
        return intent in self._intents

    def title(self, topic: str | None) -> str | None:
        """The title of a topic by its name or intent; None for what is none (any more)."""
        return self._title.get((topic or "").removeprefix(TOPIC_PREFIX))

    @property
    def topics(self) -> dict[str, str]:
        """Titles by name, in the order of the titles."""
        return dict(sorted(self._title.items(), key=lambda item: item[1].casefold()))

    def offered(self, row: Any) -> Sequence[Place]:
        """Up to nine places for a message: its two best topics, what its person chose, their relatives; then the two
        that are no topics."""
        likely = [row.first, row.second, row.chosen, row.topic]
        known = [name for name in dict.fromkeys(likely) if name in self._title]
        related = [other for name in known for other in self._knowledge.topics[name].related]
        names = list(dict.fromkeys([*known, *related, *self._knowledge.starters, *self._title]))[:MOST_TOPICS]
        return [*(Place(f"{TOPIC_PREFIX}{name}", self._title[name]) for name in names), *self._besides]


_last: tuple[Any, Catalogue] | None = None


def catalogue(settings: Settings) -> Catalogue:
    """The topics as they are now; as they were where the content cannot be read at the moment (the check says why)."""
    global _last
    try:
        folder = live_project(settings) / "bot" / "content"
        learnt = topics.intents(settings)
        files = sorted((path.name, path.stat().st_mtime_ns) for path in folder.glob("topics/*.yml"))
        state = folder, learnt, files
        if _last is None or _last[0] != state:
            _last = state, Catalogue(load_knowledge(folder), learnt)
    except (ContentError, FileNotFoundError):
        logger.warning("The content cannot be read; the topics of before are offered.")
        return _last[1] if _last else Catalogue(load_knowledge(), (OUT_OF_SCOPE, CRISIS))
    return _last[1]
