"""What the numbers of config.yml were chosen by: every voice of the training data held out in turn.

The held-out set plays no part here. A voice that the classifier never read stands for the strangers who will ask.
"""

from __future__ import annotations

import itertools
from typing import Iterator, Sequence

import numpy as np

from benchmarks.stats import Share
from nlu.components.calibration import choose_temperature, softmax
from nlu.components.ranking import CRISIS, FALLBACK, OUT_OF_SCOPE, Ranking, confidence_of
from nlu.components.scope import ScopeDecision
from nlu.corpus import utterances
from nlu.encoders import load
from nlu.encoders.cache import encode_cached

ENCODERS = (("minilm",), ("use",), ("minilm", "use"))
STRENGTHS = (3.0, 10.0, 30.0)
# The only voice of small talk, and the only one in Spanish: without them there would be nothing to learn from.
_NOT_HELD_OUT = {"many", "nuevomexicana"}


def examples() -> list[tuple[str, str, str, str]]:
    """Text, intent, voice and file of every training utterance."""
    return [(line.text, line.intent, line.marks["voice"], line.file) for line in utterances()]


def held_out_rankings(vectors: np.ndarray, labels: np.ndarray, voices: np.ndarray, *, strength: float,
                      calibrated: bool) -> dict[int, Ranking]:
    """For each example of a voice that can be held out, the ranking by a classifier that did not read the voice.

    Only thresholds need calibrated confidences; the order of a ranking does not change with them.
    """
    from sklearn.linear_model import LogisticRegression

    def fit(x: np.ndarray, y: np.ndarray) -> LogisticRegression:
        return LogisticRegression(C=strength, max_iter=200).fit(x, y)

    rankings: dict[int, Ranking] = {}
    for voice in sorted(set(voices.tolist()) - _NOT_HELD_OUT):
        inside = voices != voice
        others = sorted(set(voices[inside].tolist()))
        folds = np.array([others.index(name) % 4 for name in voices[inside]])
        model = fit(vectors[inside], labels[inside])
        temperature = choose_temperature(vectors[inside], labels[inside], folds, fit=fit) if calibrated else 1.0
        for index in np.flatnonzero(~inside):
            confidences = softmax(model.decision_function(vectors[index:index + 1])[0] / temperature)
            rankings[int(index)] = [{"name": str(model.classes_[i]), "confidence": float(confidences[i])}
                                    for i in np.argsort(-confidences)]
    return rankings


def table() -> Iterator[str]:
    """Encoders and strengths, then thresholds, a line each."""
    data = examples()
    texts, labels, voices, files = (np.array(column) for column in zip(*data))
    content = [i for i, (label, file) in enumerate(zip(labels, files)) if label == f"ask_{file}"]
    refused = [i for i, label in enumerate(labels) if label == OUT_OF_SCOPE]
    crisis = [i for i, label in enumerate(labels) if label == CRISIS and voices[i] not in _NOT_HELD_OUT]
    alike = [i for i, file in enumerate(files) if file == "lookalikes" and voices[i] not in _NOT_HELD_OUT]
    for names, strength in itertools.product(ENCODERS, STRENGTHS):
        vectors = np.hstack([encode_cached(load(name), texts.tolist()) for name in names])
        ranked = held_out_rankings(vectors, labels, voices, strength=strength, calibrated=False)
        topic = Share.of(_best_topic(ranked[i]) == labels[i] for i in content)
        yield f"{'+'.join(names)}, strength {strength:g}: right topic {topic}"
    chosen = held_out_rankings(vectors, labels, voices, strength=10.0, calibrated=True)
    for answer_at, refuse_ratio in itertools.product((0.3, 0.35, 0.4, 0.5), (0.8, 1.0, 1.3)):
        scope = ScopeDecision({"answer_at": answer_at, "refuse_ratio": refuse_ratio, "also_at": 0.6})
        decided = {i: scope.decide(chosen[i])[0] for i in [*content, *refused]}
        yield (f"answer_at {answer_at}, refuse_ratio {refuse_ratio}: "
               f"right {_share(decided, content, labels)}, asked back "
               f"{Share.of(decided[i] == FALLBACK for i in content)}, refused "
               f"{Share.of(decided[i] == OUT_OF_SCOPE for i in content)}; out of scope recognised "
               f"{_share(decided, refused, labels)}")
    for crisis_at in (0.05, 0.1, 0.15, 0.2, 0.3):
        seen = {i: confidence_of(ranking, CRISIS) >= crisis_at for i, ranking in chosen.items()}
        yield (f"crisis_at {crisis_at}, classifier alone: recall {Share.of(seen[i] for i in crisis)}, "
               f"look-alikes {Share.of(seen[i] for i in alike)}, content {Share.of(seen[i] for i in content)}")


def _best_topic(ranking: Ranking) -> str:
    return next(entry["name"] for entry in ranking if entry["name"].startswith("ask_"))


def _share(decided: dict[int, str], indices: Sequence[int], labels: np.ndarray) -> Share:
    return Share.of(decided[i] == labels[i] for i in indices)
