"""Text to unit vectors: what is done to a text first, what is remembered, and the real encoders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from nlu.encoders import Encoder, load
from nlu.encoders.bert_graph import build
from nlu.encoders.cache import encode_cached
from nlu.encoders.onnx_encoder import OnnxEncoder
from nlu.encoders.registry import ENCODER_DIR, file_hash, prepared
from nlu.encoders.text import has_words, prepare
from tests.support.networks import HIDDEN, MAX_TOKENS, TINY_BERT, WORDS, bert_weights, tokenizer_json
from tests.unit.nlu.conftest import LetterEncoder

QUESTIONS = ["Why does my baby cry so much?", "who r u", "Is it too late for us?", "¿Por qué llora mi bebé?",
             "My 14-month-old bites other kids at day care and laughs. " * 8]


# --- What is done to a text first -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "prepared"), [
    pytest.param("Why does she cry?", "Why does she cry?", id="plain"),
    pytest.param("she doesn’t ‘sleep’", "she doesn't 'sleep'", id="single quotes"),
    pytest.param("“spoiled”", '"spoiled"', id="double quotes"),
    pytest.param("0–3 — really…", "0-3 - really...", id="dashes and ellipsis"),
    pytest.param("ｗｈｙ　ｃｒｙ", "why cry", id="full width"),
    pytest.param("／restart", "/restart", id="slash made safe"),
    pytest.param("ﬁrst", "first", id="ligature"),
    pytest.param("bebe\u0301", "bebé", id="combining accent"),
    pytest.param("¿Qué hago?", "¿Qué hago?", id="Spanish stays"),
    pytest.param("why\ndoes\tshe\x00cry", "why does she cry", id="control characters"),
    pytest.param("why\u200bdoes she\u202ecry", "why does she cry", id="invisible characters"),
    pytest.param("  why  ", "why", id="blanks at the ends"),
    pytest.param("\ufeff", "", id="nothing but a mark"),
    pytest.param("", "", id="nothing"),
])
def test_text_is_prepared(text: str, prepared: str) -> None:
    """Typographic marks as on a keyboard, compatibility form, control characters as spaces; letters stay."""
    assert prepare(text) == prepared


@pytest.mark.parametrize("text", [*QUESTIONS, "“ﬁrst”…", "a\u0301\u200b"])
def test_prepared_text_needs_no_second_preparation(text: str) -> None:
    """Segments are cut from prepared text and prepared again: nothing changes."""
    assert prepare(prepare(text)) == prepare(text)


@pytest.mark.parametrize(("text", "words"), [
    ("why", True), ("ñ", True), ("2", True), ("🍼 ok", True), ("", False), ("...", False), ("🍼👶🏽", False),
    (" \n", False)])
def test_words_are_letters_or_digits(text: str, words: bool) -> None:
    """What holds neither cannot be read."""
    assert has_words(text) is words


# --- Embeddings that are kept -----------------------------------------------------------------------------------------


def test_first_call_encodes_and_gives_what_the_encoder_gives(tmp_path: Path) -> None:
    """In the order asked, float32, one row a text."""
    encoder = LetterEncoder()
    vectors = encode_cached(encoder, QUESTIONS, tmp_path)
    assert encoder.asked == QUESTIONS
    assert vectors.dtype == np.float32
    assert np.array_equal(vectors, LetterEncoder().encode(QUESTIONS))


def test_only_unseen_texts_are_encoded(tmp_path: Path) -> None:
    """A second training reads its new lines only, and gets the same vectors in the new order."""
    encode_cached(LetterEncoder(), ["old", "older"], tmp_path)
    encoder = LetterEncoder()
    vectors = encode_cached(encoder, ["new", "older", "newer", "old"], tmp_path)
    assert encoder.asked == ["new", "newer"]
    assert np.array_equal(vectors, LetterEncoder().encode(["new", "older", "newer", "old"]))


def test_text_that_occurs_twice_is_encoded_once(tmp_path: Path) -> None:
    """And has the same vector in both places."""
    encoder = LetterEncoder()
    vectors = encode_cached(encoder, ["same", "other", "same"], tmp_path)
    assert encoder.asked == ["same", "other"]
    assert np.array_equal(vectors[0], vectors[2])


def test_texts_that_differ_in_a_letter_are_different(tmp_path: Path) -> None:
    """Case, accents and blanks count."""
    encoder = LetterEncoder()
    encode_cached(encoder, ["bebe", "bebé", "Bebe", "bebe "], tmp_path)
    assert encoder.asked == ["bebe", "bebé", "Bebe", "bebe "]


def test_another_encoder_starts_anew(tmp_path: Path) -> None:
    """New weights never meet old embeddings."""
    encode_cached(LetterEncoder(), ["text"], tmp_path)
    other = LetterEncoder(fingerprint="letters-2")
    encode_cached(other, ["text"], tmp_path)
    assert other.asked == ["text"]


def test_file_of_another_width_is_not_believed(tmp_path: Path) -> None:
    """Vectors that do not fit the encoder are made again."""
    encode_cached(LetterEncoder(width=10), ["text"], tmp_path)
    assert encode_cached(LetterEncoder(width=26), ["text"], tmp_path).shape == (1, 26)


def test_nothing_to_encode_is_an_empty_table(tmp_path: Path) -> None:
    """No text gives no row, of the encoder's width."""
    assert encode_cached(LetterEncoder(), [], tmp_path).shape == (0, 26)


def test_folder_of_embeddings_holds_no_utterance(tmp_path: Path) -> None:
    """What people wrote cannot be read out of it; no half-written file is left."""
    encode_cached(LetterEncoder(), ["my secret question"], tmp_path / "embeddings")
    (file,) = (tmp_path / "embeddings").iterdir()
    assert b"secret" not in file.read_bytes()
    with np.load(file) as stored:
        assert not any("secret" in str(stored[name]) for name in stored.files)


# --- A graph and its tokenizer ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiny_files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A graph of two layers that knows ten words, and its tokenizer."""
    folder = tmp_path_factory.mktemp("encoders")
    graph, tokenizer = folder / "tiny-int8.onnx", folder / "tiny-tokenizer.json"
    onnx.save(build(bert_weights(), TINY_BERT), graph)
    tokenizer.write_bytes(tokenizer_json())
    return graph, tokenizer


def tiny_encoder(graph: Path, tokenizer: Path) -> OnnxEncoder:
    return OnnxEncoder("tiny", graph, tokenizer, width=HIDDEN, max_tokens=MAX_TOKENS)


@pytest.fixture(scope="module")
def tiny(tiny_files: tuple[Path, Path]) -> OnnxEncoder:
    return tiny_encoder(*tiny_files)


def test_thousands_of_texts_keep_their_order(tiny: OnnxEncoder) -> None:
    """Training encodes two at once; each text has the vector that it has alone, to the last bit, in its place."""
    random = np.random.default_rng(0)
    texts = [" ".join(random.choice(WORDS[3:], size=random.integers(1, 12))) for _ in range(2000)]
    assert np.array_equal(tiny.encode(texts), np.concatenate([tiny.encode([text]) for text in texts]))


def test_text_is_prepared_before_it_is_read(tiny: OnnxEncoder) -> None:
    """Invisible characters and full-width letters do not make a known word unknown."""
    plain, other = tiny.encode(["why", "\ufeffｗｈｙ\u200b"])
    assert np.array_equal(plain, other)
    assert not np.array_equal(plain, tiny.encode(["[UNK]"])[0])


def test_text_is_read_up_to_its_limit(tiny: OnnxEncoder) -> None:
    """Of sixteen tokens two are the marks at its ends: the fifteenth word is not read, the fourteenth is."""
    beginning = "she sleeps so much " * 3 + "so "
    assert len(beginning.split()) == MAX_TOKENS - 3
    fourteenth, fifteenth = (tiny.encode([f"{beginning}{end}" for end in ends])
                             for ends in (("why", "baby"), ("why why", "why baby")))
    assert np.array_equal(*fifteenth)
    assert not np.array_equal(*fourteenth)


def test_other_weights_have_another_fingerprint(tiny: OnnxEncoder, tiny_files: tuple[Path, Path],
                                                tmp_path: Path) -> None:
    """It follows the graph, whatever the file is called, and can be a file's name."""
    graph, tokenizer = tiny_files
    same, other = tmp_path / "same.onnx", tmp_path / "other.onnx"
    same.write_bytes(graph.read_bytes())
    onnx.save(build(bert_weights(seed=7), TINY_BERT), other)
    assert tiny_encoder(same, tokenizer).fingerprint == tiny.fingerprint
    assert tiny_encoder(other, tokenizer).fingerprint != tiny.fingerprint
    assert Path(tiny.fingerprint).name == tiny.fingerprint


@pytest.mark.parametrize("missing", [0, 1], ids=["graph", "tokenizer"])
def test_missing_file_says_how_to_mend_it(tiny_files: tuple[Path, Path], tmp_path: Path, missing: int) -> None:
    """The operator reads which file it is and what to run."""
    files = [*tiny_files]
    files[missing] = tmp_path / "nowhere"
    with pytest.raises(FileNotFoundError, match="nowhere is missing; run 'make setup'"):
        tiny_encoder(*files)


@pytest.mark.parametrize("damaged", [0, 1], ids=["graph", "tokenizer"])
def test_damaged_file_is_an_error(tiny_files: tuple[Path, Path], tmp_path: Path, damaged: int) -> None:
    """A file that was cut short does not become an encoder that says something else."""
    files = [*tiny_files]
    files[damaged] = tmp_path / "damaged"
    files[damaged].write_bytes(tiny_files[damaged].read_bytes()[:-200])
    with pytest.raises(Exception, match="(?i)protobuf|pars|EOF"):
        tiny_encoder(*files)


# --- The real encoders ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["e5"])
def encoder(request: pytest.FixtureRequest) -> Encoder:
    """Each encoder that config.yml may name."""
    return load(request.param)


def test_vectors_are_of_length_one(encoder: Encoder) -> None:
    """Float32, one row of the encoder's width a text, finite, whatever the text."""
    vectors = encoder.encode([*QUESTIONS, "", "🍼🍼", "x" * 2000])
    assert vectors.shape == (len(QUESTIONS) + 3, encoder.width)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(vectors)), abs=1e-3)


def test_neighbours_do_not_change_a_vector(encoder: Encoder) -> None:
    """A text has the same vector alone and among others, to the last bit: in training as in a conversation."""
    together = encoder.encode(QUESTIONS)
    for text, vector in zip(QUESTIONS, together):
        assert np.array_equal(encoder.encode([text])[0], vector)


def test_same_words_in_other_marks_are_the_same(encoder: Encoder) -> None:
    """Typographic quotes and full-width letters make no difference."""
    plain, typographic, wide = encoder.encode(["she doesn't cry", "she doesn’t cry", "ｓｈｅ doesn't cry"])
    assert np.array_equal(plain, typographic)
    assert np.array_equal(plain, wide)


def test_like_questions_are_nearer_than_unlike_ones(encoder: Encoder) -> None:
    """The vectors have the meaning of the weights that they are made with."""
    cry, tears, plan = encoder.encode(["Why does my baby cry so much?", "what makes my infant weep all the time",
                                       "Where can I download the 2003 Strategic Plan?"])
    assert cry @ tears > cry @ plan + 0.3


def test_no_text_gives_no_row(encoder: Encoder) -> None:
    """Nothing asked, nothing encoded, no error."""
    assert encoder.encode([]).shape == (0, encoder.width)


def test_encoder_is_loaded_once(encoder: Encoder) -> None:
    """Everybody in a process shares it; its fingerprint can be a file's name."""
    assert load(encoder.name) is encoder
    assert Path(encoder.fingerprint).name == encoder.fingerprint


def test_multilingual_encoder_reads_both_languages() -> None:
    """A question lies near itself in the other language."""
    english, spanish, other = load("e5").encode(["Why does my baby cry so much?", "¿Por qué llora tanto mi bebé?",
                                                 "¿Dónde está el plan estratégico de 2003?"])
    assert english @ spanish > english @ other + 0.3


def test_fingerprint_is_that_of_the_graph(encoder: Encoder) -> None:
    """Other weights, other fingerprint."""
    assert file_hash(ENCODER_DIR / f"{encoder.name}-int8.onnx")[:16] in encoder.fingerprint
    assert prepared(encoder.name)[0] == ENCODER_DIR / f"{encoder.name}-int8.onnx"


def test_long_text_is_read_from_its_beginning(encoder: Encoder) -> None:
    """What stands beyond the first 128 tokens is not read, and is no error."""
    long = "why does my baby cry so much every evening " * 40
    one, other = encoder.encode([long + "and laugh", long + "and sleep"])
    assert np.array_equal(one, other)


def test_unknown_encoder_is_an_error() -> None:
    """A misspelt name in config.yml does not go unnoticed."""
    with pytest.raises(KeyError):
        load("e55")
