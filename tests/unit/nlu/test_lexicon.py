"""Reading word lists, and the notation of patterns."""

from __future__ import annotations

from pathlib import Path

import pytest
from rasa.shared.exceptions import InvalidConfigException

from nlu.components.choices import ChoiceRecogniser
from nlu.components.language import LanguageDetector
from nlu.components.people import PeopleExtractor
from nlu.lexicon import FOLDER, fingerprint, fold, read
from nlu.lexicon.matching import WordPatterns


def patterns(*lines: str, **lists: list[str]) -> WordPatterns:
    return WordPatterns(file="words.yml", families={"child": ["baby", "son"], "my": ["my"]}, numbers={"two": 2},
                        phrases={"old": ["years old", "yo"]}, patterns={"found": lines, **lists})


@pytest.mark.parametrize("text", ["", "SEÑORA “años” — ½ ª", "İstanbul Ÿ ß", "nin\u0303o 😭\x00", "don’t"])
def test_folding_keeps_every_character_in_its_place(text: str) -> None:
    """A position in the folded text is the same position in the message."""
    assert len(fold(text)) == len(text)


def test_folding_takes_case_accents_and_typography_away() -> None:
    """Lists are written once, whatever phone or keyboard a message comes from."""
    assert fold("¿Está “MÁS” grande, Ñato? Don’t — 2ª") == '¿esta "mas" grande, nato? don\'t - 2a'


@pytest.mark.parametrize(("content", "mend"), [
    ("words: [a]\n", "list.yml: limit: has to be a whole number"),
    ("words: [a]\nlimit: many\n", "list.yml: limit: has to be a whole number"),
    ("words: [a]\nlimit: 1\nextra: 2\n", "list.yml: extra: is not used"),
    ("words: [a, yes]\nlimit: 1\n", "list.yml: words: YAML reads yes, no, on and off as true and false"),
    ("", "list.yml: is empty"),
], ids=["missing", "wrong_type", "unknown", "yes_is_true", "empty"])
def test_a_wrong_list_names_file_key_and_mend(tmp_path: Path, content: str, mend: str) -> None:
    """Staff edit these files: an error says what to do."""
    (tmp_path / "list.yml").write_text(content, encoding="utf-8")
    with pytest.raises(InvalidConfigException, match=mend):
        read("list", keys={"words": list, "limit": int}, folder=tmp_path)


def test_a_fingerprint_follows_the_file(tmp_path: Path) -> None:
    """An edited list makes Rasa train again."""
    file = tmp_path / "list.yml"
    file.write_text("words: [a]", encoding="utf-8")
    before = fingerprint("list", folder=tmp_path)
    file.write_text("words: [b]", encoding="utf-8")
    assert fingerprint("list", folder=tmp_path) != before


@pytest.mark.parametrize(("component", "name"), [
    (ChoiceRecogniser, "choices"), (LanguageDetector, "language"), (PeopleExtractor, "people")], ids=lambda v: str(v))
def test_components_hand_their_lists_to_the_fingerprint(component: type, name: str) -> None:
    """Rasa itself sees only a component's class."""
    assert component.fingerprint_addon({}) == fingerprint(name)
    assert (FOLDER / f"{name}.yml").is_file()


@pytest.mark.parametrize(("line", "text", "found"), [
    ("my baby", "so my baby cries", "my baby"),
    ("<my> <child>", "my son", "my son"),
    ("my _ baby", "my little baby", "my little baby"),
    ("my ~*2 baby", "my two son baby", "my two son baby"),
    ("<number> {old}", "she is 2 years old", "2 years old"),
    ("<number> {old}", "my 2yo", "2yo"),
    ("new? baby", "new baby", "new baby"),
    ("baby .", "a baby, it is", "baby"),
    ("^ baby $", "baby", "baby"),
    ("mom|dad here", "dad here", "dad here"),
    ("<child> cries", "the baby's cries", "baby's cries"),
])
def test_the_notation(line: str, text: str, found: str) -> None:
    """Each kind of item finds what the notation says, at its place in the message."""
    span, = patterns(line).find(text)
    words = [token for token in span.tokens if token.family != "stop"]
    assert text[words[0].start:words[-1].end] == found


@pytest.mark.parametrize(("line", "text"), [
    ("my _ baby", "my son baby"), ("my _ baby", "my mom baby"), ("^ baby", "a baby"), ("baby $", "baby cries"),
    ("my ~ baby", "my, baby"), ("my baby", 'she said "my baby"'), ("my baby", "myself, baby"),
])
def test_what_the_notation_leaves_out(line: str, text: str) -> None:
    """`_` takes no listed word, `~` no sign, and a quotation is somebody else's words."""
    assert [span for span in patterns(line, also=["my mom"]).find(text) if span.name == "found"] == []


@pytest.mark.parametrize(("line", "mend"), [
    ("<dog> barks", "<dog> is not among the families"), ("{dog}", "{dog} is not among the phrases"),
    ("word|<child>*2", "word is not among the families"), ("a**", "'a\\*\\*' is no item"),
])
def test_a_wrong_pattern_names_file_list_and_mend(line: str, mend: str) -> None:
    """A slip in the notation is found when the component is made, not by a message."""
    with pytest.raises(InvalidConfigException, match=f"words.yml: patterns.found: .*{mend}"):
        patterns(line)


def test_a_word_belongs_to_one_family() -> None:
    """Two families would make the pattern that wins a matter of chance."""
    with pytest.raises(InvalidConfigException, match="families.b: 'x' is in a too"):
        WordPatterns(file="words.yml", families={"a": ["x"], "b": ["x"]}, numbers={}, phrases={}, patterns={})


def test_messages_do_not_grow_the_vocabulary() -> None:
    """A server reads strangers' words for months; spaCy would keep each of them."""
    words = patterns("my _ baby")
    words.find("my first baby")
    before = len(words._vocab), len(words._vocab.strings)
    words.find("my never-heard-of-before 4711 baby")
    assert (len(words._vocab), len(words._vocab.strings)) == before


def test_the_longest_match_of_a_list_stays() -> None:
    """One list says a thing once, however many of its lines see it."""
    spans = patterns("my baby", "my baby cries", "baby").find("my baby cries")
    assert [span.last - span.first for span in spans] == [2]
