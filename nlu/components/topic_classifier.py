"""Which intent a message has, by logistic regression on its sentence vectors."""

from __future__ import annotations

from typing import List, Sequence

import numpy as np
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.training_data.message import Message

from nlu.components.cuts import plainest
from nlu.components.encoder import embedding
from nlu.components.linear import LinearComponent
from nlu.components.ranking import CUTS, FALLBACK, HALF_RANKINGS, HALVES, RANKING, set_intent


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TopicClassifier(LinearComponent):
    """Sets the intent and the full ranking, and the halves that may ask different things with the ranking of each."""

    def vectors(self, messages: Sequence[Message]) -> np.ndarray:
        return np.stack([embedding(message) for message in messages])

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            vector = embedding(message)
            if vector is None:
                # No words to read. A button's payload has its intent set by Rasa after the last component.
                set_intent(message, FALLBACK, 0.0)
                continue
            ranking = self.rank(vector)
            set_intent(message, ranking[0]["name"], ranking[0]["confidence"], ranking)
            message.set(RANKING, ranking)
            cut = plainest(message.get(CUTS) or [], self.rank)
            message.set(HALVES, cut[0] if cut else ())
            message.set(HALF_RANKINGS, cut[1] if cut else ())
        return messages
