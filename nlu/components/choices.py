"""Moves of the conversation that are a whole message: a choice by number or place, MORE, SOURCE, WHY."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, Iterable, List, Mapping

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import (
    ENTITIES,
    ENTITY_ATTRIBUTE_END,
    ENTITY_ATTRIBUTE_START,
    ENTITY_ATTRIBUTE_TYPE,
    ENTITY_ATTRIBUTE_VALUE,
    INTENT_RANKING_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message

from nlu.components.ranking import CRISIS_PROPERTY, RANKING, set_intent
from nlu.lexicon import fingerprint, fold, read

CHOOSE = "choose"
CHOICE = "choice"
LAST = -1

_LEXICON = "choices"
_KEYS = {"before": list, "after": list, "after_place": list, "numbers": dict, "places": dict, "never": list,
         "largest": int, "polite": list, "keywords": dict}
# No move is longer; what is longer need not be looked at.
_LONGEST = 80
# A slash opens a payload and a decimal, a price or a clock time is no choice: those signs stay and prevent the match.
_TRIMMED = re.compile(r"[^\w'/.,:$%+]|(?<!\d)[.,:]|[.,:](?!\d)")


@dataclass(frozen=True)
class Move:
    """What a whole message means: the intent and, for a choice, which one (1 is the first, -1 the last)."""

    intent: str
    choice: int | None = None


@DefaultV1Recipe.register(
    [DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR],
    is_trainable=False)
class ChoiceRecogniser(GraphComponent, EntityExtractorMixin):
    """Sets the intent of a message that is nothing but a move, with confidence 1, and the entity `choice`.

    Stands after the classifier, whose opinion on "2" is noise, and before the decisions that build on the ranking; a
    crisis that was found before it stays.
    """

    @classmethod
    def create(cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource,
               execution_context: ExecutionContext) -> ChoiceRecogniser:
        return cls()

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> str:
        return fingerprint(_LEXICON)

    def __init__(self) -> None:
        lists = read(_LEXICON, keys=_KEYS)
        self._numbers: Mapping[str, int] = lists["numbers"]
        self._places: Mapping[str, int] = lists["places"]
        self._never = frozenset(f" {phrase} " for phrase in lists["never"])
        self._largest: int = lists["largest"]
        number = rf"(?P<number>\d+|{_any_of(self._numbers)})"
        place = rf"(?P<place>{_any_of(self._places)})"
        before, after = _repeated(lists["before"]), _repeated(lists["after"])
        behind_place = _repeated([*lists["after"], *lists["after_place"]])
        self._choice = re.compile(rf" {before}(?:{number} {after}|{place} {behind_place})")
        polite = _repeated(lists["polite"])
        self._keywords = tuple((intent, re.compile(rf" {polite}(?:{_any_of(phrases)}) {polite}"))
                               for intent, phrases in lists["keywords"].items())

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            text = message.get(TEXT) or ""
            move = self.recognise(text)
            if not move or message.get(CRISIS_PROPERTY):
                continue
            set_intent(message, move.intent, 1.0, message.get(INTENT_RANKING_KEY) or [])
            message.set(RANKING, [{"name": move.intent, "confidence": 1.0}])
            if move.choice is not None:
                entity = {ENTITY_ATTRIBUTE_TYPE: CHOICE, ENTITY_ATTRIBUTE_START: 0, ENTITY_ATTRIBUTE_END: len(text),
                          ENTITY_ATTRIBUTE_VALUE: move.choice}
                entities = (message.get(ENTITIES) or []) + self.add_extractor_name([entity])
                message.set(ENTITIES, entities, add_to_output=True)
        return messages

    def recognise(self, text: str) -> Move | None:
        """The move that the whole text is, or None where it says anything else."""
        if len(text) > _LONGEST:
            return None
        words = f" {' '.join(_TRIMMED.sub(' ', fold(text)).split())} "
        if words in self._never:
            return None
        if match := self._choice.fullmatch(words):
            value = self._value(match)
            return Move(CHOOSE, value) if value is not None else None
        return next((Move(intent) for intent, keyword in self._keywords if keyword.fullmatch(words)), None)

    def _value(self, match: re.Match[str]) -> int | None:
        if match["place"]:
            return self._places[match["place"]]
        number = self._numbers.get(match["number"])
        value = int(match["number"]) if number is None else number
        return value if value <= self._largest else None


def _any_of(phrases: Iterable[str]) -> str:
    # The longest first: an alternation takes the first that fits.
    return "|".join(re.escape(phrase) for phrase in sorted(phrases, key=len, reverse=True))


def _repeated(phrases: Iterable[str]) -> str:
    return rf"(?:(?:{_any_of(phrases)}) )*"
