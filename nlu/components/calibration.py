"""Confidences that mean what they say: of the answers given with 0.8, four in five are right.

One number, the temperature, divides the scores (Guo et al. 2017, https://arxiv.org/abs/1706.04599). It is chosen on
voices that the classifier did not train on, because tomorrow's askers are strangers too: folds of random lines would
let it recognise the writer and make it too sure of itself.
"""

from __future__ import annotations

from typing import Any, Callable, Collection, Mapping, Protocol, Sequence

import numpy as np
from rasa.shared.nlu.training_data.message import Message
from scipy.optimize import minimize_scalar

from nlu.components.sorts import intent_of

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


def marks(message: Message) -> Mapping[str, Any]:
    """What the block of a training example is marked with (asker, voice, kind, …)."""
    return (message.get("metadata") or {}).get("intent") or {}


def voice(message: Message) -> str | None:
    """Who is meant to have said a training example, where its block says so."""
    return marks(message).get("voice")


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
    """The temperature with the least log loss on held-out folds; 1 where too little is held out to tell.

    A label may be a sort of an intent (see `sorts`): what counts is how likely the intent was.
    """
    intents = np.array([intent_of(label) for label in labels.tolist()])
    width = len(set(labels.tolist()))
    scores, meant = [], []
    for fold in sorted(set(folds.tolist()) - {NEVER_HELD_OUT}):
        inside, outside = folds != fold, folds == fold
        if len(set(labels[inside].tolist())) < 3:
            continue
        model = fit(vectors[inside], labels[inside])
        columns = np.array([intent_of(label) for label in model.labels])
        known = np.flatnonzero(outside & np.isin(intents, columns))
        if not len(known):
            continue
        # A fold may lack a label altogether.
        scores.append(_padded(model.scores(vectors[known]), width, with_value=-1e9))
        meant.append(_padded(intents[known, np.newaxis] == columns, width, with_value=False))
    if not scores:
        return 1.0
    stacked, picked = np.vstack(scores), np.vstack(meant)

    def log_loss(temperature: float) -> float:
        confidences = (softmax(stacked / temperature) * picked).sum(axis=1)
        return float(-np.log(np.maximum(confidences, 1e-12)).mean())

    return float(minimize_scalar(log_loss, bounds=_RANGE, method="bounded").x)


def _padded(table: np.ndarray, width: int, *, with_value: float | bool) -> np.ndarray:
    """A table with `width` columns; those that it lacks hold `with_value`."""
    return np.pad(table, ((0, 0), (0, width - table.shape[1])), constant_values=with_value)
