"""`crisis_lexicon.yml` -> Lexicon, with every problem of the file told at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Mapping

import yaml

from bot.errors import ContentError, Problem
from bot.safety.notation import Lines, NotationError, Step, parse

DEFAULT = Path(__file__).resolve().parent.parent / "content" / "crisis_lexicon.yml"
# What must be heard first stands first: the reply opens with the lines of the first kind.
# Danger of which the classifier cannot say what it is; the rules always can.
UNCLEAR = "unclear"
KINDS = ("emergency", "poison", "self_harm", "harm_to_baby", "violence", "abuse")
_WORD_KEYS = ("disguised", "sturdy", "barriers", "negators", "through", "common")
_TOP_KEYS = frozenset({"groups", "respell", *_WORD_KEYS, "idioms", "contexts", "rules"})
_RULE_KEYS = frozenset({"kind", "says", "unless", "yields_to"})
# Strings only: to YAML's other loaders the words "no" and "off" are false.
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True)
class Rule:
    """Lines that mean one danger, what takes the meaning away, and the contexts that do so."""

    id: str
    kind: str
    says: Lines
    unless: Lines
    yields_to: tuple[str, ...]


@dataclass(frozen=True)
class Lexicon:
    """The lexicon as read; the keys are explained at the top of the file."""

    rules: tuple[Rule, ...]
    contexts: Mapping[str, Lines]
    idioms: Lines
    barriers: frozenset[str]
    negators: frozenset[str]
    through: frozenset[str]
    common: frozenset[str]
    respell: Mapping[str, tuple[str, ...]]
    disguised: frozenset[str]
    sturdy: frozenset[str]

    @property
    def known(self) -> frozenset[str]:
        """Every word that a pattern, a barrier or a negation can ask for."""
        every = [self.idioms, *self.contexts.values()]
        for rule in self.rules:
            every += [rule.says, rule.unless]
        asked = {word for lines in every for steps in lines.values() for step in steps for word in step.words}
        return frozenset(asked | self.barriers | self.negators | self.through)


def load_lexicon(path: Path) -> Lexicon:
    """The lexicon at `path`; ContentError with every problem, or OSError where there is no such file."""
    return _Reader(path).read()


class _Reader:
    """Reads on after a problem, so that one reading is enough to mend all."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._problems: list[Problem] = []
        self._groups: dict[str, frozenset[str]] = {}

    def read(self) -> Lexicon:
        raw = self._raw()
        for key in sorted(set(raw) ^ _TOP_KEYS):
            self._problem(key, "unknown key, take it away" if key in raw else "missing, add it (it may be empty)")
        for name, words in self._mapping(raw.get("groups"), "groups").items():
            self._groups[name] = frozenset(self._words(words, f"groups.{name}"))
        contexts = self._mapping(raw.get("contexts"), "contexts")
        rules = self._mapping(raw.get("rules"), "rules")
        respell = self._mapping(raw.get("respell"), "respell")
        words = {key: frozenset(self._words(raw.get(key), key)) for key in _WORD_KEYS}
        lexicon = Lexicon(
            rules=tuple(self._rule(id_, body, frozenset(contexts)) for id_, body in rules.items()),
            contexts={name: self._lines(lines, f"contexts.{name}") for name, lines in contexts.items()},
            idioms=self._lines(raw.get("idioms"), "idioms"),
            respell={spelling: tuple(meant.split()) for spelling, meant in respell.items()},
            **words,
        )
        if self._problems:
            raise ContentError(self._problems)
        return lexicon

    def _raw(self) -> dict:
        text = self._path.read_text(encoding="utf-8")
        try:
            raw = yaml.load(text, Loader=_LOADER)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            self._problem(f"line {mark.line + 1}" if mark else "", f"is not readable YAML: {error}")
            raise ContentError(self._problems) from error
        return self._mapping(raw, "")

    def _rule(self, id_: str, body: object, contexts: frozenset[str]) -> Rule:
        rule, key = self._mapping(body, f"rules.{id_}"), f"rules.{id_}"
        for extra in sorted(set(rule) - _RULE_KEYS):
            self._problem(f"{key}.{extra}", f"unknown key; known are {', '.join(sorted(_RULE_KEYS))}")
        if rule.get("kind") not in KINDS:
            self._problem(f"{key}.kind", f"'{rule.get('kind')}' is no kind; use one of {', '.join(KINDS)}")
        yields_to = self._words(rule.get("yields_to"), f"{key}.yields_to")
        for name in sorted(set(yields_to) - contexts):
            self._problem(f"{key}.yields_to", f"'{name}' is not among the contexts; add it there or correct the name")
        if not rule.get("says"):
            self._problem(f"{key}.says", "empty; give at least one line or take the rule away")
        return Rule(
            id=id_,
            kind=str(rule.get("kind")),
            says=self._lines(rule.get("says"), f"{key}.says"),
            unless=self._lines(rule.get("unless"), f"{key}.unless"),
            yields_to=tuple(yields_to),
        )

    def _lines(self, value: object, key: str) -> dict[str, tuple[Step, ...]]:
        return dict(self._parsed(value, key))

    def _parsed(self, value: object, key: str) -> Iterator[tuple[str, tuple[Step, ...]]]:
        for line in self._words(value, key):
            try:
                yield line, parse(line, self._groups)
            except NotationError as error:
                self._problem(key, str(error))

    def _words(self, value: object, key: str) -> list[str]:
        """A list of strings, given as a list or as one text with spaces; an empty value is an empty list."""
        if isinstance(value, str):
            return value.split()
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return value
        if value is not None:
            self._problem(key, "must be a list of lines")
        return []

    def _mapping(self, value: object, key: str) -> dict:
        if not isinstance(value, dict):
            self._problem(key, "must be a mapping of names to values")
            return {}
        return value

    def _problem(self, key: str, mend: str) -> None:
        self._problems.append(Problem(f"bot/content/{self._path.name}", key, mend))
