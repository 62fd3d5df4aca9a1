"""Confidences that mean what they say: of the answers given with 0.8, four in five are right.

One number, the temperature, divides the scores (Guo et al. 2017, https://arxiv.org/abs/1706.04599). It is chosen on
voices that the classifier did not train on, because tomorrow's askers are strangers too: folds of random lines would
let it recognise the writer and make it too sure of itself.
"""

from __future__ import annotations

from typing import Callable, Collection, Protocol, Sequence

import numpy as np
from rasa.shared.nlu.training_data.message import Message
from scipy.optimize import minimize_scalar

_RANGE = (0.1, 10.0)
NEVER_HELD_OUT = -1


class Fitted(Protocol):
    """A classifier: its labels, and scores (n, n_labels) for vectors (n, width)."""

    labels: Sequence[str]

    def scores(self, vectors: np.ndarray) -> np.ndarray: ...


def softmax(scores: np.ndarray) -> np.ndarray:
    """Probabilities over the last axis, same shape."""
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def voice(message: Message) -> str | None:
    """Who is meant to have said a training example, where its block says so."""
    return ((message.get("metadata") or {}).get("intent") or {}).get("voice")


def voice_folds(messages: Sequence[Message], *, count: int, unseen: Collection[str] = ()) -> np.ndarray:
    """A fold number for each message, int (n_messages,); lines of one voice stay together.

    Where some lines are of `unseen` voices, which the encoder was not tuned on, only those are ever held out and the
    others are `NEVER_HELD_OUT`: of voices that it knows the encoder is too sure. Elsewhere every voice is held out in
    its turn, and lines without a voice are dealt out.
    """
    voices = [voice(message) for message in messages]
    strangers = [name for name in dict.fromkeys(voices) if name in unseen]
    numbers = {name: i % count for i, name in enumerate(strangers or dict.fromkeys(filter(None, voices)))}
    return np.array([numbers.get(name, NEVER_HELD_OUT if strangers else i % count) for i, name in enumerate(voices)])


def choose_temperature(vectors: np.ndarray, labels: np.ndarray, folds: np.ndarray,
                       *, fit: Callable[[np.ndarray, np.ndarray], Fitted]) -> float:
    """The temperature with the least log loss on held-out folds; 1 where too little is held out to tell."""
    scores, truth = [], []
    for fold in sorted(set(folds.tolist()) - {NEVER_HELD_OUT}):
        inside, outside = folds != fold, folds == fold
        if len(set(labels[inside].tolist())) < 3:
            continue
        model = fit(vectors[inside], labels[inside])
        column = {label: i for i, label in enumerate(model.labels)}
        known = [i for i in np.flatnonzero(outside) if labels[i] in column]
        if not known:
            continue
        scores.append(_padded(model.scores(vectors[known]), len(set(labels.tolist()))))
        truth += [column[labels[i]] for i in known]
    if not truth:
        return 1.0
    stacked, picked = np.vstack(scores), np.array(truth)

    def log_loss(temperature: float) -> float:
        confidences = softmax(stacked / temperature)[np.arange(len(picked)), picked]
        return float(-np.log(np.maximum(confidences, 1e-12)).mean())

    return float(minimize_scalar(log_loss, bounds=_RANGE, method="bounded").x)


def _padded(scores: np.ndarray, width: int) -> np.ndarray:
    """Scores with as many columns as there are labels in all: a fold may lack a label altogether."""
    missing = width - scores.shape[1]
    return np.pad(scores, ((0, 0), (0, missing)), constant_values=-1e9) if missing else scores
