"""Staff examples in NLU files: read by Rasa as they were typed, taken out without a trace, nothing else touched."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLReader

from bot.console.teach.examples import (
    EVALUATION,
    TRAINING,
    Example,
    examples_in,
    file_of,
    with_example,
    without_example,
)
from bot.console.teach.words import cleaned, folded, for_evaluation
from bot.errors import StaffFileError
from nlu.corpus import utterances

FIRST = Example("who picks up at noon", "ask_contact", "en", "ana", "2026-11-28", 4711, "parent")
SECOND = Example("¿quién contesta?", "ask_contact", "es", "Ben", "2026-11-29", 4712, "provider")
DANGER = Example("the bottle of pills is open", "crisis", "en", "ana", "2026-11-28", 4713, marks={"kind": "emergency"})
# What a message may hold that a YAML file, or Rasa's reading of it, would make something else of.
HOSTILE = {
    "quotes": 'she said "no" and \'yes\'', "colon": "age: 3", "hash": "is this # normal", "yaml tag": "!!python/object:x",
    "anchor": "&a *a", "brace": "{a: b}", "dash": "- is this a list", "bar": "| what", "percent": "%TAG ! x", "yes": "yes",
    "number": "12", "null": "null ~", "variable": "what does ${HOME} mean", "unset variable": "is ${IMH_NOT_SET} bad",
    "escape": "what is \\u0041 and \\uZZZZ", "backslash": "c:\\users\\baby", "tab": "a\tb", "lines": "one\ntwo\r\nthree",
    "line separator": "a\u2028b\u2029c\x85d", "control": "a\x00b\x1bc\x7fd", "not a character": "a\ufffeb\uffffc",
    "half a character": "a\ud800b", "direction": "abc\u202ecba", "byte order": "\ufeffabc", "emoji": "mi bebé 👨‍👩‍👧 llora 😭",
    "entity": "see [my leaflet](https://x.example)", "entity dictionary": 'why [this]{"entity": "a"} and [that]{broken',
    "entity list": "[a][b]", "script": "<script>alert(1)</script>", "long": "w " * 3000, "document": "--- a ...",
}


def training_texts(text: str) -> list[tuple[str, str, dict]]:
    """What Rasa reads of an NLU file: words, intent, metadata."""
    data = RasaYAMLReader().reads(text)
    return [(message.get("text"), message.get("intent"), message.get("metadata")) for message in data.training_examples]


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
def test_rasa_reads_the_words_and_nothing_else(words: str) -> None:
    """Whatever a stranger typed, the file stays readable and the example is one line of just these words."""
    example = Example(words, "ask_contact", "en", "ana", "2026-11-28", 7, "parent")
    text = with_example(with_example(None, FIRST, TRAINING), example, TRAINING)
    read = training_texts(text)
    assert [(words_read, intent) for words_read, intent, _ in read] == [
        (FIRST.text, "ask_contact"), (cleaned(words), "ask_contact")]
    assert not RasaYAMLReader().reads(text).entities
    text.encode("utf-8")
    assert without_example(text, example, TRAINING) == with_example(None, FIRST, TRAINING)


@pytest.mark.parametrize("name", ["quotes", "variable", "unset variable", "escape", "backslash", "emoji", "script",
                                  "document"])
def test_ordinary_words_stay_as_they_were(name: str) -> None:
    """Only what a file cannot hold is changed."""
    assert cleaned(HOSTILE[name]) == HOSTILE[name]


@pytest.mark.parametrize("words", ["", " \n", "?!", "\x00", "👶"])
def test_without_a_word_there_is_no_example(words: str) -> None:
    """There would be nothing to learn from."""
    with pytest.raises(StaffFileError):
        with_example(None, Example(words, "ask_contact", "en", "ana", "2026-11-28", 1), TRAINING)


def test_rasa_and_the_corpus_read_who_and_when(tmp_path: Path) -> None:
    """Metadata of the block and of the example, in the places where the components look for them."""
    text = with_example(with_example(None, FIRST, TRAINING), DANGER, TRAINING)
    assert training_texts(text)[1][2] == {
        "intent": {"kind": "emergency", "asker": "mixed", "voice": "staff", "language": "en"},
        "example": {"by": "ana", "at": "2026-11-28", "message": 4713}}
    (tmp_path / "contact.yml").write_text(text, encoding="utf-8")
    first, _ = utterances(tmp_path)
    assert (first.text, first.intent, first.file) == (FIRST.text, "ask_contact", "contact")
    assert first.marks == {"asker": "parent", "voice": "staff", "language": "en", "by": "ana", "at": "2026-11-28",
                           "message": 4711}


def test_examples_are_found_again() -> None:
    """As they were put in; what staff typed themselves has no message to go back to."""
    typed = Example("typed by staff", "ask_contact", "en", "ana", "2026-11-28", None, "parent")
    text = None
    for example in (FIRST, SECOND, DANGER, typed):
        text = with_example(text, example, TRAINING)
    assert text and list(examples_in(text)) == [FIRST, SECOND, DANGER]


@pytest.mark.parametrize("use", [TRAINING, EVALUATION])
def test_adding_and_taking_out_leaves_no_trace(use: str) -> None:
    """Byte by byte what was there before, whatever is taken out first; in the end there is no file."""
    steps: list[str | None] = [None]
    for example in (FIRST, SECOND, DANGER, Example("and at night", "ask_contact", "en", "ana", "2026-11-28", 9, "parent")):
        steps.append(with_example(steps[-1], example, use))
        assert with_example(steps[-1], example, use) == steps[-1], "the same once more changes nothing"
    assert [without_example(steps[1] or "", FIRST, use), without_example(steps[2] or "", SECOND, use),
            without_example(steps[3] or "", DANGER, use)] == steps[:3]
    text = steps[3] or ""
    for example in (FIRST, DANGER):
        text = without_example(text, example, use) or ""
    assert text == with_example(None, SECOND, use)


HAND_MADE = """\
# Ana's notes:   keep the order!

version: '3.1'   # as Rasa wants it
nlu:
    # night questions
    - intent:   "ask_contact"
      metadata: {language: en,  voice: staff, asker: parent}   # odd spacing
      examples:
        - text: 'first'      # why
          metadata: {by: ana, message: 1}
          # between

        - metadata:
            by: ben
            message: 2
          text: >-
            folded
            text

    - intent: ask_contact
      examples: |
        - a line
        - another line

# the end
"""


@pytest.mark.parametrize("text", [HAND_MADE, HAND_MADE.replace("\n", "\r\n"), HAND_MADE.rstrip(), HAND_MADE + "\n\n",
                                  HAND_MADE.split("    - intent: ask_contact\n      examples: |")[0].rstrip()],
                         ids=["as it is", "Windows line ends", "no last line end", "blank lines after", "ends in an example"])
def test_a_file_edited_by_hand_keeps_its_format(text: str) -> None:
    """Comments, order, quoting, spacing: only the lines of the example come and go."""
    newline = "\r\n" if "\r\n" in text else "\n"
    for example in (FIRST, SECOND):
        longer = with_example(text, example, TRAINING)
        gone = [line for line in longer.split(newline) if line not in text.split(newline)]
        assert len(gone) == (2 if example == FIRST else 5) or example == SECOND
        assert cleaned(example.text) in [entry["text"] for block in yaml.safe_load(longer)["nlu"]
                                         if isinstance(block["examples"], list) for entry in block["examples"]]
        assert without_example(longer, example, TRAINING) == text


def test_taking_out_of_a_file_edited_by_hand() -> None:
    """An example of several lines goes with all of them and leaves its neighbours' comments."""
    text = without_example(HAND_MADE, Example("folded text", "ask_contact", "en", "ben", "", 2), TRAINING)
    assert text == HAND_MADE.replace("        - metadata:\n            by: ben\n            message: 2\n          text: >-\n"
                                     "            folded\n            text\n", "")
    alone = "# notes\nversion: \"3.1\"\nnlu:\n- intent: ask_contact\n  examples:\n  - text: one\n    metadata: {message: 1}\n"
    emptied = without_example(alone, Example("one", "ask_contact", "en", "", "", 1), TRAINING)
    assert emptied == "# notes\nversion: \"3.1\"\nnlu: []\n"
    assert without_example(with_example(emptied, FIRST, TRAINING), FIRST, TRAINING) == emptied


@pytest.mark.parametrize("text", ["nlu: [", "", "version: 1\n", "nlu: [{intent: a, examples: []}]\n", "- a\n"])
def test_a_file_that_is_none_is_told(text: str) -> None:
    """Instead of being written over."""
    with pytest.raises(StaffFileError):
        with_example(text, FIRST, TRAINING)


@pytest.mark.parametrize("topic", ["../../x", "ask_../x", "ask_a\0b", "ask_" + "a" * 60, "ask_con", "nul", "ask_com1", "",
                                   "ask_", "ask_A", "ask_a.yml", "ask_é", "ask_a b", "/etc/passwd", ".hidden"])
def test_a_topic_that_is_no_file_name_is_refused(topic: str) -> None:
    """Neither out of the folder nor anything that a file system cannot hold."""
    with pytest.raises(StaffFileError):
        file_of(topic, TRAINING)


def test_one_in_five_measures() -> None:
    """The same share whatever the settings say, and each text the same way each time, however it is typed."""
    texts = [f"question number {number}" for number in range(3000)]
    for one_in in (1, 2, 5, 10):
        share = sum(for_evaluation(text, one_in) for text in texts) / len(texts)
        assert abs(share - 1 / one_in) < 0.03
    assert all(for_evaluation(text, 5) == for_evaluation(f"  {text.upper()}?!", 5) for text in texts[:200])
    assert folded("¿Qué  PASA?") == "qué pasa"
