"""The component that puts vectors on a message."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Callable

import numpy as np
import pytest
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components import encoder as component
from nlu.components.encoder import SentenceEncoder, embedding
from nlu.encoders.cache import encode_cached
from tests.unit.nlu.conftest import CONTEXT, RESOURCE, LetterEncoder, message

Make = Callable[..., SentenceEncoder]


@pytest.fixture
def letters() -> dict[str, LetterEncoder]:
    """Two encoders by name."""
    return {"wide": LetterEncoder("wide", width=26, fingerprint="wide-1"),
            "narrow": LetterEncoder("narrow", width=10, fingerprint="narrow-1")}


@pytest.fixture
def make(letters: dict[str, LetterEncoder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Makes the component on encoders of letters, with embeddings kept in the test's folder."""
    monkeypatch.setattr(component, "load", letters.__getitem__)
    monkeypatch.setattr(component, "encode_cached", partial(encode_cached, directory=tmp_path))
    return lambda *names: SentenceEncoder.create({"encoders": list(names)}, None, RESOURCE, CONTEXT)


def test_message_gets_the_vectors_side_by_side(make: Make, letters: dict[str, LetterEncoder]) -> None:
    """In the order of the configuration, float32, as long as the widths together."""
    (done,) = make("wide", "narrow").process([message("why")])
    vector = embedding(done)
    assert vector.shape == (36,)
    assert vector.dtype == np.float32
    assert np.array_equal(vector, np.hstack([letters[name].encode(["why"])[0] for name in ("wide", "narrow")]))


def test_training_and_conversation_give_the_same_vector(make: Make) -> None:
    """What the classifier learnt on is what it is asked with."""
    encoder = make("wide", "narrow")
    data = TrainingData([message(text, intent="greet") for text in ("hello", "why", "hello")])
    encoder.process_training_data(data)
    for example in data.training_examples:
        (asked,) = encoder.process([message(example.get("text"))])
        assert np.array_equal(embedding(asked), embedding(example))


def test_training_again_encodes_only_what_is_new(make: Make, letters: dict[str, LetterEncoder]) -> None:
    """Embeddings of utterances that were read before are kept."""
    make("wide").process_training_data(TrainingData([message("hello", intent="greet")]))
    make("wide").process_training_data(TrainingData([message("hello", intent="greet"), message("hi", intent="greet")]))
    assert letters["wide"].asked == ["hello", "hi"]


def test_conversations_are_not_kept(make: Make, tmp_path: Path) -> None:
    """What people write to the bot leaves no file."""
    make("wide").process([message("something private")])
    assert list(tmp_path.iterdir()) == []


def test_message_of_parts_is_cut_in_halves(make: Make, letters: dict[str, LetterEncoder]) -> None:
    """At each cut the two sides, with the vectors of their parts; no cut where the message is of one piece."""
    whole, single = message("why and who"), message("why")
    whole.set("segments", ["why", "who"])
    make("wide").process([whole, single])
    ((before, behind),) = whole.get("cuts")
    assert (before.text, behind.text) == ("why", "who")
    assert np.allclose([before.vector, behind.vector], letters["wide"].encode(["why", "who"]), atol=1e-6)
    assert single.get("cuts") == []


def test_what_stands_before_the_question_is_not_encoded(make: Make, letters: dict[str, LetterEncoder]) -> None:
    """ "No, I meant the money" asks about money."""
    put_right = message("no, i meant the money")
    put_right.set("asked", "the money")
    make("wide").process([put_right])
    assert letters["wide"].asked == ["the money"]


@pytest.mark.parametrize("given", [
    pytest.param(Message(data={}), id="no text"),
    pytest.param(Message(data={"text": None}), id="null text"),
    pytest.param(message(""), id="empty text"),
    pytest.param(message("?! ..."), id="signs"),
    pytest.param(message("🍼👶🏽"), id="emoji"),
    pytest.param(message("/ask_contact"), id="payload of a button"),
])
def test_message_without_words_gets_no_vector(make: Make, given: Message) -> None:
    """There is nothing to read, and that is no error."""
    make("wide").process([given])
    assert embedding(given) is None


@pytest.mark.parametrize("text", ["2", "¿?ñ", "／restart", "why?"],
                         ids=["digit", "one letter", "slash made safe", "word"])
def test_message_with_anything_to_read_gets_a_vector(make: Make, text: str) -> None:
    """A letter or a digit is enough."""
    (done,) = make("wide").process([message(text)])
    assert embedding(done) is not None


def test_training_data_without_text_is_left_alone(make: Make) -> None:
    """Examples without text get no vector; those beside them do."""
    data = TrainingData([Message(data={"action_name": "action_answer"}), message("hello", intent="greet")])
    make("wide").process_training_data(data)
    assert [embedding(example) is None for example in data.training_examples] == [True, False]


def test_story_only_training_data_is_no_error(make: Make) -> None:
    """Nothing to encode gives nothing."""
    make("wide", "narrow").process_training_data(TrainingData([]))


def test_vectors_of_other_components_are_not_taken_for_ours() -> None:
    """Another featurizer in the pipeline does not change what the classifier reads."""
    ours, theirs = np.ones(3), np.zeros(5)
    made = message("why", vector=theirs, origin="CountVectorsFeaturizer")
    assert embedding(made) is None
    for feature in message("why", vector=ours).features:
        made.add_features(feature)
    assert np.array_equal(embedding(made), ours)


def test_fingerprint_names_every_encoder_in_order(make: Make, letters: dict[str, LetterEncoder]) -> None:
    """New weights, or another order of the vectors, make Rasa train again."""
    def fingerprint(*names: str) -> str:
        return SentenceEncoder.fingerprint_addon({"encoders": list(names)})

    before = fingerprint("wide", "narrow")
    assert fingerprint("wide", "narrow") == before
    assert fingerprint("narrow", "wide") != before
    assert fingerprint("wide") != before
    letters["narrow"].fingerprint = "narrow-2"
    assert fingerprint("wide", "narrow") != before


def test_fingerprint_is_given_without_a_configuration(letters: dict[str, LetterEncoder],
                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that Rasa restores from its cache asks with none of our keys: the defaults count, nothing is raised."""
    (only,) = SentenceEncoder.get_default_config()["encoders"]
    monkeypatch.setattr(component, "load", {only: letters["wide"]}.__getitem__)
    assert SentenceEncoder.fingerprint_addon({}) == "wide-1"


def test_unknown_encoder_is_an_error(make: Make) -> None:
    """A misspelt name in config.yml stops the training, not the answers."""
    with pytest.raises(KeyError):
        make("wode")
