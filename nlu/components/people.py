"""Who writes, how old the child is, and whether somebody asks for a person."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence

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
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message

from nlu.lexicon import fingerprint, read
from nlu.lexicon.matching import STOP, Span, Token, WordPatterns

CHILD_AGE = "child_age_months"
ROLE = "role"
CONTACT_PERSON = "contact_person"
EXPLICIT = "explicit"
PARENT, PROVIDER = "parent", "provider"

_LEXICON = "people"
_KEYS = {"units": dict, "short_units": dict, "numbers": dict, "limits": dict, "families": dict, "phrases": dict,
         "patterns": dict}
_UNITS = ("unit", "short")
_HALF = "half"
_HINT = "_hint"
_OLD = "old"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class PeopleExtractor(GraphComponent, EntityExtractorMixin):
    """Adds the entities `child_age_months` (int), `role` ("parent" | "provider") and `contact_person` (true).

    A message has one role at most; its key `explicit` says whether the writer named it ("I'm a home visitor") or it
    only shows ("my caseload"). What others are or say is no role.
    """

    @classmethod
    def create(cls, config: Dict[str, Any], model_storage: ModelStorage, resource: Resource,
               execution_context: ExecutionContext) -> PeopleExtractor:
        return cls()

    @staticmethod
    def required_packages() -> List[str]:
        return ["spacy"]

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> str:
        return fingerprint(_LEXICON)

    def __init__(self) -> None:
        lists = read(_LEXICON, keys=_KEYS)
        units = {word: unit["months"] for unit in lists["units"].values() for word in unit["words"]}
        self._months = {**units, **lists["short_units"]}
        self._weeks = frozenset(lists["units"]["week"]["words"])
        self._limits = lists["limits"]
        self._patterns = WordPatterns(
            file=f"nlu/lexicon/{_LEXICON}.yml", numbers=lists["numbers"], phrases=lists["phrases"],
            families={**lists["families"], "unit": units, "short": lists["short_units"]}, patterns=lists["patterns"])

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            found = self.add_extractor_name(self.extract(message.get(TEXT) or ""))
            message.set(ENTITIES, (message.get(ENTITIES) or []) + found, add_to_output=True)
        return messages

    def extract(self, text: str) -> List[Dict[str, Any]]:
        """The entities of a text as Rasa writes them: ages, the role, the wish for a person."""
        spans = self._patterns.find(text)
        ages = [age for span in _of(spans, "age") if (age := self._age(span))]
        persons = [_entity(CONTACT_PERSON, True, span.tokens) for span in _of(spans, "person")[:1]]
        return [*ages, *_role(spans), *persons]

    def _age(self, span: Span) -> Dict[str, Any] | None:
        """The age that a span says, in completed months; None where its number counts something else."""
        said = [token for token in span.tokens
                if token.number is not None or token.family in (*_UNITS, _HALF) or token.word == _OLD]
        if not said:
            return _entity(CHILD_AGE, 0, span.tokens)  # a newborn
        if self._is_gestation(said):
            return None
        months, count, unit = 0.0, None, None
        for token in said:
            if token.number is not None:
                count = token.number + (count or 0)
            elif token.family in _UNITS:
                unit = self._months[token.word]
                months += unit * (1 if count is None else count)
                count = None
            elif token.family == _HALF and count is not None:
                count += 0.5
            elif token.family == _HALF and unit is not None:
                months += unit / 2
        if unit is None:
            if count is None or count > self._limits["bare_years"]:
                return None
            months = count * self._months["year"]
        # Weeks do not add up to months exactly; the smallest step must not cost a whole month.
        completed = int(months + 0.01)
        return _entity(CHILD_AGE, completed, said) if completed <= self._limits["largest_months"] else None

    def _is_gestation(self, said: Sequence[Token]) -> bool:
        weeks = [first.number for first, second in zip(said, said[1:])
                 if first.number is not None and second.word in self._weeks]
        return said[-1].word != _OLD and any(count >= self._limits["gestation_weeks"] for count in weeks)


def _of(spans: Sequence[Span], name: str) -> List[Span]:
    """The matches of a list that none of its look-alikes touches; `parent_hint` has those of `parent`."""
    alike = f"not_{name.removesuffix(_HINT)}"
    return [span for span in spans if span.name == name
            and not any(other.name == alike and other.overlaps(span) for other in spans)]


def _role(spans: Sequence[Span]) -> List[Dict[str, Any]]:
    """The writer's role, or nothing. What they say of themselves counts more than what only shows."""
    said = sorted([*_of(spans, PARENT), *_of(spans, PROVIDER)], key=lambda span: span.first - span.last)
    said = [span for place, span in enumerate(said) if not any(longer.overlaps(span) for longer in said[:place])]
    if said:
        # "I'm not asking as a nurse, I'm a mom": who names two roles ends with the one that matters.
        last = max(said, key=lambda span: span.first)
        return [{**_entity(ROLE, last.name, last.tokens), EXPLICIT: True}]
    # A home visitor quotes "my baby"; no parent has a caseload.
    hints = [*_of(spans, PROVIDER + _HINT), *_of(spans, PARENT + _HINT)]
    return [{**_entity(ROLE, span.name.removesuffix(_HINT), span.tokens), EXPLICIT: False} for span in hints[:1]]


def _entity(kind: str, value: Any, tokens: Sequence[Token]) -> Dict[str, Any]:
    written = [token for token in tokens if token.family != STOP]
    return {ENTITY_ATTRIBUTE_TYPE: kind, ENTITY_ATTRIBUTE_VALUE: value,
            ENTITY_ATTRIBUTE_START: written[0].start, ENTITY_ATTRIBUTE_END: written[-1].end}
