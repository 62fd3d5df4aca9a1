"""Do content, training data, domain, stories and tests agree? Lists every disagreement with file, key and mend.

Needs neither Rasa nor a model: `python -m bot check` answers in a second.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any, Iterator

import yaml

from bot import lexicons
from bot.errors import ContentError, Problem
from bot.knowledge import Knowledge, load_knowledge
from bot.knowledge.loading import closest
from bot.safety import KINDS, UNCLEAR
from bot.settings import PROJECT
from nlu.corpus import lines

# Set by components, not learnt from examples.
_WITHOUT_EXAMPLES = {"nlu_fallback", "choose"}
_LEANS_ON_TOPIC = {"tell_more", "why", "says_who"}
MAX_WORDS = 60
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def check(project: Path = PROJECT) -> Knowledge:
    """The knowledge of a project that holds together. Raises ContentError with every problem."""
    try:
        knowledge = load_knowledge(project / "bot" / "content")
    except ContentError as error:
        # Without the content there is nothing to compare with, but the other files can still be read.
        rest = _Project(project)
        raise ContentError([*error.problems, *rest.unreadable(), *rest.changed_briefs()]) from error
    problems = list(_Project(project).problems(knowledge))
    if problems:
        raise ContentError(problems)
    return knowledge


class _Project:
    """The files beside the content."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._broken: list[Problem] = []
        self._domain = self._yaml(root / "domain.yml") or {}
        self._nlu = {path: self._yaml(path) or {} for path in sorted((root / "nlu" / "data").rglob("*.yml"))}
        self._stories = {path: self._yaml(path) or {} for path in sorted((root / "stories").glob("*.yml"))}
        self._broken += lexicons.problems(root / "bot" / "content")

    def unreadable(self) -> list[Problem]:
        """The files that are not YAML."""
        return self._broken

    def problems(self, knowledge: Knowledge) -> Iterator[Problem]:
        """Everything that does not agree with `knowledge` or with each other."""
        yield from self._broken
        yield from self._briefs(knowledge)
        yield from self._words(knowledge)
        yield from self._topics(knowledge)
        yield from self._intents(knowledge)
        yield from self._examples(knowledge)
        yield from self._phrases(knowledge)
        yield from self._danger(knowledge)
        yield from self._actions()

    def _yaml(self, path: Path) -> Any:
        try:
            data = yaml.load(path.read_text(encoding="utf-8"), _Loader)
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            mark = getattr(error, "problem_mark", None)
            self._broken.append(Problem(self._name(path), f"line {mark.line + 1}" if mark else "",
                                        f"cannot be read: {getattr(error, 'problem', None) or error}"))
            return None
        if not isinstance(data, dict):
            self._broken.append(Problem(self._name(path), "", "holds no keys; restore it"))
            return None
        return data

    def _name(self, path: Path) -> str:
        return str(path.relative_to(self._root))

    def changed_briefs(self) -> Iterator[Problem]:
        """The briefs whose words are not those that were published."""
        for text in sorted((self._root / "bot" / "content" / "briefs").glob("*/brief.md")):
            found = hashlib.sha256(text.read_bytes()).hexdigest()
            recorded = (self._yaml(text.with_name("brief.yml")) or {}).get("sha256")
            if found != recorded:
                yield Problem(self._name(text), "",
                              "is not the brief as it was published; restore it, or, where the publisher issued a new "
                              f"text, write sha256: {found} into brief.yml")

    def _briefs(self, knowledge: Knowledge) -> Iterator[Problem]:
        yield from self.changed_briefs()
        for brief in knowledge.briefs.values():
            folder = self._root / "bot" / "content" / "briefs" / brief.id
            quoted = {passage for topic in knowledge.topics.values() if topic.brief == brief.id
                      for passage in topic.passages}
            for topic in knowledge.topics.values():
                numbers = {n for name in topic.passages if topic.brief == brief.id
                           for n in brief.passages[name].numbers}
                if missing := numbers - set(topic.cites):
                    yield Problem(f"bot/content/topics/{topic.name}.yml", "cites",
                                  f"lacks {sorted(missing)}, which the passages point to; add them")
            for passage in brief.passages:
                if passage not in quoted:
                    yield Problem(self._name(folder / "brief.md"), passage,
                                  "is quoted by no topic; add it to the passages of one")

    def _words(self, knowledge: Knowledge) -> Iterator[Problem]:
        for topic in knowledge.topics.values():
            for (language, audience), wording in topic.wordings.items():
                count = len(wording.plain.split())
                if count > MAX_WORDS:
                    yield Problem(f"bot/content/topics/{topic.name}.yml", f"answer.{language}.{audience}.plain",
                                  f"has {count} words; shorten it to {MAX_WORDS}")

    def _topics(self, knowledge: Knowledge) -> Iterator[Problem]:
        asked = {step["intent"] for path, data in self._stories.items() if path.stem == "answers"
                 for rule in data.get("rules", []) for step in _intent_steps(rule)}
        for topic in knowledge.topics.values():
            # A topic that staff began in the console has its examples among theirs.
            for folder, of_staff in (("nlu/data/topics", "nlu/data/staff"),
                                     ("tests/nlu/held_out", "tests/nlu/held_out/staff")):
                if not any((self._root / place / f"{topic.name}.yml").is_file() for place in (folder, of_staff)):
                    yield Problem(f"{folder}/{topic.name}.yml", "",
                                  f"is missing; the topic '{topic.name}' needs examples there")
            if topic.intent not in self._intent_names():
                yield Problem("domain.yml", "intents", f"lacks '{topic.intent}'; add it")
            if topic.intent not in asked:
                yield Problem("stories/answers.yml", "rules", f"lacks '{topic.intent}'; add it to the list of the rule")

    def _intents(self, knowledge: Knowledge) -> Iterator[Problem]:
        intents = {topic.intent for topic in knowledge.topics.values()}
        for intent in self._intent_names():
            if intent.startswith("ask_") and intent not in intents:
                yield Problem("domain.yml", "intents", f"names '{intent}', but there is no topic of that name in "
                                                       f"bot/content/topics{closest(intent, intents)}")
        known = set(self._intent_names())
        for path, data in self._stories.items():
            for rule in data.get("rules", []):
                for step in _intent_steps(rule):
                    if step["intent"] not in known:
                        yield Problem(self._name(path), rule.get("rule", ""),
                                      f"names '{step['intent']}', not an intent of domain.yml"
                                      f"{closest(step['intent'], known)}")

    def _examples(self, knowledge: Knowledge) -> Iterator[Problem]:
        known, found = set(self._intent_names()), set()
        seen: dict[str, tuple[str, str]] = {}
        for path, data in self._nlu.items():
            for block in data.get("nlu", []):
                intent = block.get("intent", "")
                found.add(intent)
                if intent not in known:
                    yield Problem(self._name(path), intent, f"is not an intent of domain.yml{closest(intent, known)}")
                kind = (block.get("metadata") or {}).get("kind")
                if intent == "crisis" and kind not in KINDS:
                    yield Problem(self._name(path), "kind", f"is '{kind}', not a kind of danger{closest(str(kind), KINDS)}")
                for text in lines(block):
                    earlier = seen.setdefault(_folded(text), (intent, self._name(path)))
                    if earlier[0] != intent:
                        yield Problem(self._name(path), intent,
                                      f"'{text}' stands under '{earlier[0]}' in {earlier[1]} too; keep one of them")
        for intent in sorted(known - found - _WITHOUT_EXAMPLES):
            yield Problem("nlu/data", intent, "has no examples; add some or take the intent out of domain.yml")

    def _danger(self, knowledge: Knowledge) -> Iterator[Problem]:
        for kind in (*KINDS, UNCLEAR):
            if kind not in knowledge.crisis.kinds:
                yield Problem("bot/content/crisis.yml", f"kinds.{kind}",
                              "is missing; rules and classifier hear this kind of danger and somebody must answer it")

    def _phrases(self, knowledge: Knowledge) -> Iterator[Problem]:
        spoken = {step["intent"] for path, data in self._stories.items() if path.stem == "smalltalk"
                  for rule in data.get("rules", []) for step in _intent_steps(rule)}
        for intent in sorted(spoken - _LEANS_ON_TOPIC):
            if intent not in knowledge.phrases:
                yield Problem("bot/content/phrases.yml", intent, "is missing; small talk answers with it")

    def _actions(self) -> Iterator[Problem]:
        for action in self._domain.get("actions") or []:
            file = self._root / "actions" / f"{action[len('action_'):]}.py"
            if not file.is_file():
                yield Problem("domain.yml", "actions", f"names '{action}', but {self._name(file)} does not exist")

    def _intent_names(self) -> list[str]:
        return [next(iter(entry)) if isinstance(entry, dict) else entry for entry in self._domain.get("intents") or []]


def _intent_steps(rule: dict[str, Any]) -> Iterator[dict[str, str]]:
    for step in rule.get("steps", []):
        for inner in step.get("or", [step]):
            if "intent" in inner:
                yield inner


def _folded(text: str) -> str:
    return re.sub(r"[^\w]+", " ", text.lower()).strip()
