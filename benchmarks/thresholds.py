"""What the numbers of config.yml were chosen by: voices that no encoder was tuned on, held out a fifth at a time.

The held-out set plays no part here. A voice that neither encoder nor classifier ever read stands for the strangers who
will ask. The other voices are always trained on.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass
from typing import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from bot.evaluation.stats import Share
from bot.safety import shared_screen
from nlu.components.calibration import NEVER_HELD_OUT, choose_temperature, softmax
from nlu.components.cuts import cuts, plainest
from nlu.components.danger_words import DangerWords, moved
from nlu.components.ranking import CRISIS, FALLBACK, OUT_OF_SCOPE, Ranking, confidence_of, topics_of
from nlu.components.scope import ScopeDecision
from nlu.components.segments import Segmenter
from nlu.components.softmax_regression import SoftmaxRegression
from nlu.components.sorts import intent_of, ranked, sort_of
from nlu.components.word_regression import WordRegression
from nlu.corpus import Utterance, utterances
from nlu.encoders import load
from nlu.encoders.cache import encode_cached
from nlu.encoders.unseen import unseen_voices

ENCODER = "e5"
STRENGTHS = (3.0, 10.0, 30.0)
WEIGHTS = (0.0, 0.4, 0.7, 1.0)
BARS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.15, 0.2)
FOLDS = 5
ITERATIONS = 80
_DOUBLES = 400
_JOINTS = {"en": (". ", ". also ", ", and also ", "? ", "\n", " plus ", " and "), "es": (". ", " y ", ". y también ", "? ", "\n")}
_LONGEST = 160


@dataclass(frozen=True)
class Reading:
    """Every line ranked by classifiers that did not read its voice; None for a line of a voice that is never held out.

    `models` has the classifier of each fold, with its temperature, and `fold` a line's.
    """

    rankings: Sequence[Ranking | None]
    models: Sequence[tuple[SoftmaxRegression, float]]
    fold: Sequence[int]

    def rank(self, vector: np.ndarray, fold: int) -> Ranking:
        """A vector's ranking by the classifier of a fold."""
        return _ranking(*self.models[fold], vector)


def read(lines: Sequence[Utterance], vectors: np.ndarray, *, strength: float, calibrated: bool) -> Reading:
    """Train on all but a fifth of the unseen voices, rank the lines of that fifth. Order alone needs no calibration."""
    labels = np.array([sort_of(line.intent, line.marks) for line in lines])
    voices = [line.marks.get("voice", "") for line in lines]
    numbers = {voice: i % FOLDS for i, voice in enumerate(sorted(unseen_voices()))}
    fold = np.array([numbers.get(voice, NEVER_HELD_OUT) for voice in voices])

    def fit(x: np.ndarray, y: np.ndarray) -> SoftmaxRegression:
        return SoftmaxRegression.fit(x, y, strength=strength, max_iterations=ITERATIONS)

    rankings: list[Ranking | None] = [None] * len(lines)
    models = []
    for number in range(FOLDS):
        inside = fold != number
        temperature = choose_temperature(vectors[inside], labels[inside], fold[inside], fit=fit) if calibrated else 1.0
        models.append((fit(vectors[inside], labels[inside]), temperature))
        for index in np.flatnonzero(~inside):
            rankings[index] = _ranking(*models[-1], vectors[index])
    return Reading(rankings, models, fold.tolist())


def _ranking(model: SoftmaxRegression, temperature: float, vector: np.ndarray) -> Ranking:
    return ranked([intent_of(label) for label in model.labels], softmax(model.scores(vector) / temperature))


def table() -> Iterator[str]:
    """A line a choice: strength, scope, danger, two questions."""
    lines = utterances()
    vectors = encode_cached(load(ENCODER), [line.text for line in lines])
    content = _content(lines)
    for strength in STRENGTHS:
        reading = read(lines, vectors, strength=strength, calibrated=False)
        yield f"strength {strength:g}: {_topics(lines, reading.rankings, content)}"
    first = read(lines, vectors, strength=10.0, calibrated=True)
    yield from _scope(lines, first.rankings, content)
    margins = _margins(lines, first.fold)
    for weight in WEIGHTS:
        heard = [moved(ranking, weight * margin) if ranking else None
                 for ranking, margin in zip(first.rankings, margins)]
        for bar in BARS:
            yield f"words {weight:g}, crisis_at {bar}: {_danger(lines, heard, bar)}"
    weight = DangerWords.get_default_config()["weight"]
    yield from _kinds(lines, vectors, first.fold, [moved(ranking, weight * margin) if ranking else None
                                                   for ranking, margin in zip(first.rankings, margins)])
    yield from _two_questions(lines, content, first)


def _content(lines: Sequence[Utterance]) -> list[int]:
    return [i for i, line in enumerate(lines) if line.intent == f"ask_{line.file}"]


def _topics(lines: Sequence[Utterance], rankings: Sequence[Ranking | None], content: Iterable[int]) -> str:
    def share(code: str) -> Share:
        return Share.of(topics_of(rankings[i])[0]["name"] == lines[i].intent for i in content
                        if rankings[i] and lines[i].marks["language"] == code)

    return f"right topic {share('en')} English, {share('es')} Spanish"


def _scope(lines: Sequence[Utterance], rankings: Sequence[Ranking | None], content: Sequence[int]) -> Iterator[str]:
    beyond = [i for i, line in enumerate(lines) if line.file == "out_of_scope" and rankings[i]]
    inside = [i for i in content if rankings[i]]
    for answer_at, refuse_ratio in itertools.product((0.3, 0.35, 0.4, 0.5), (0.7, 1.0, 1.3, 1.7)):
        scope = ScopeDecision({"answer_at": answer_at, "refuse_ratio": refuse_ratio, "also_at": 0.6})
        decided = {i: scope.decide(rankings[i])[0] for i in [*inside, *beyond]}
        yield (f"answer_at {answer_at}, refuse_ratio {refuse_ratio}: right "
               f"{Share.of(decided[i] == lines[i].intent for i in inside)}, asked back "
               f"{Share.of(decided[i] == FALLBACK for i in inside)}, refused "
               f"{Share.of(decided[i] == OUT_OF_SCOPE for i in inside)}; out of scope recognised near "
               f"{_refused(lines, decided, beyond, 'near')}, far {_refused(lines, decided, beyond, 'far')}")


def _refused(lines: Sequence[Utterance], decided: Mapping[int, str], beyond: Iterable[int], distance: str) -> Share:
    return Share.of(decided[i] == OUT_OF_SCOPE for i in beyond if lines[i].marks["distance"] == distance)


def _margins(lines: Sequence[Utterance], fold: Sequence[int]) -> np.ndarray:
    """What the words of each line say of danger, by readers that did not read its voice; NaN where none is held out."""
    danger, held = np.array([line.intent == CRISIS for line in lines]), np.array(fold)
    strength = DangerWords.get_default_config()["inverse_regularisation"]
    margins = np.full(len(lines), np.nan)
    for number in range(FOLDS):
        inside = np.flatnonzero(held != number)
        words = WordRegression.fit([lines[i].text for i in inside], danger[inside], strength=strength)
        for index in np.flatnonzero(held == number):
            margins[index] = words.margin(lines[index].text)
    return margins


def _danger(lines: Sequence[Utterance], rankings: Sequence[Ranking | None], bar: float) -> str:
    """Rules and classifier together: danger that is seen, and false alarms."""
    rules = shared_screen()
    seen = [bool(ranking) and (confidence_of(ranking, CRISIS) >= bar or bool(rules.screen(line.text)))
            for line, ranking in zip(lines, rankings)]
    groups: dict[str, Callable[[Utterance], bool]] = {
        "recall en": lambda line: line.intent == CRISIS and line.marks["language"] == "en",
        "es": lambda line: line.intent == CRISIS and line.marks["language"] == "es",
        "look-alikes": lambda line: line.file == "lookalikes",
        "content": lambda line: line.intent == f"ask_{line.file}",
        "beyond": lambda line: line.file == "out_of_scope",
    }
    return ", ".join(f"{name} {Share.of(seen[i] for i, line in enumerate(lines) if rankings[i] and group(line)).value:.1%}"
                     for name, group in groups.items())


def _kinds(lines: Sequence[Utterance], vectors: np.ndarray, folds: Sequence[int],
           rankings: Sequence[Ranking | None]) -> Iterator[str]:
    """Where the classifier alone hears something: what is named rightly and wrongly, and what a false alarm is told."""
    rules, fold = shared_screen(), np.array(folds)
    danger = np.array([line.intent == CRISIS for line in lines])
    named: list[tuple[bool, bool, float]] = []  # danger, of that kind, how likely
    for number in range(FOLDS):
        inside = np.flatnonzero(danger & (fold != number))
        model = SoftmaxRegression.fit(vectors[inside], np.array([lines[i].marks["kind"] for i in inside]), strength=10.0,
                                      max_iterations=200)
        for index in np.flatnonzero(fold == number):
            likely = confidence_of(rankings[index] or [], CRISIS)
            if likely >= min(BARS) and not rules.screen(lines[index].text):
                kinds = softmax(model.scores(vectors[index]))
                best = int(kinds.argmax())
                named.append((bool(danger[index]), lines[index].marks.get("kind") == model.labels[best], likely * kinds[best]))
    for bar in (0.1, 0.2, 0.3, 0.4, 0.5):
        yield (f"kind_at {bar}: danger named rightly {Share.of(right and sure >= bar for real, right, sure in named if real)}, "
               f"wrongly {Share.of(not right and sure >= bar for real, right, sure in named if real)}; a kind of danger named "
               f"to {Share.of(sure >= bar for real, _, sure in named if not real)} of the harmless")


def _two_questions(lines: Sequence[Utterance], content: Sequence[int], reading: Reading) -> Iterator[str]:
    """Pairs of one voice's questions, run together, and single questions of several parts beside them."""
    segmenter = Segmenter(Segmenter.get_default_config())
    encoder = load(ENCODER)

    def read_whole(text: str, fold: int) -> tuple[tuple[str, float], list[Ranking]]:
        """What the whole asks, and the rankings of its halves."""
        parts = segmenter.split(text)
        cut = plainest(cuts(parts, encoder.encode(parts), [encoder.width]), lambda vector: reading.rank(vector, fold))
        return decide(reading.rank(encoder.encode([text])[0], fold)), list(cut[1]) if cut else []

    decide = ScopeDecision({"answer_at": 0.3}).decide
    chance = random.Random(1)
    asked = [i for i in content if reading.fold[i] >= 0 and len(lines[i].text) <= _LONGEST]
    pairs = []
    while len(pairs) < _DOUBLES:
        one, other = chance.choice(asked), chance.choice(asked)
        if lines[one].intent != lines[other].intent and lines[one].marks["voice"] == lines[other].marks["voice"]:
            joint = chance.choice(_JOINTS[lines[one].marks["language"]])
            pairs.append((read_whole(f"{lines[one].text.rstrip('.?! ')}{joint}{lines[other].text}", reading.fold[one]),
                          {lines[one].intent, lines[other].intent}))
    singles = [(read_whole(lines[i].text, reading.fold[i]), lines[i].intent)
               for i in chance.sample([i for i in asked if segmenter.split(lines[i].text)], _DOUBLES)]
    for also_at, whole_at in itertools.product((0.4, 0.5, 0.6, 0.7), (0.4, 0.6, 0.8, 1.1)):
        scope = ScopeDecision({"answer_at": 0.3, "also_at": also_at, "whole_at": whole_at})

        def answered(whole: tuple[str, float], halves: list[Ranking]) -> set[str]:
            return {name for name in scope.two_topics(*whole, halves) if name}

        doubles = [(answered(*found), topics) for found, topics in pairs]
        alone = [(answered(*found), topic) for found, topic in singles]
        yield (f"also_at {also_at}, whole_at {whole_at}: both answered {Share.of(f == topics for f, topics in doubles)}; of "
               f"single questions of several parts, given a second answer {Share.of(len(f) == 2 for f, _ in alone)}, and a "
               f"wrong pair {Share.of(len(f) == 2 and topic not in f for f, topic in alone)}")
