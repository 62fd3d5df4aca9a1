"""The words that the bot listens for hold together, and no change of them may take away what everybody relies on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.errors import ContentError
from bot.lexicons import CONTENT, FILES, current_lexicons, load_lexicons, problems


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """The lexicons as they are, to be changed."""
    for name in FILES:
        shutil.copyfile(CONTENT / name, tmp_path / name)
    return tmp_path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def told(content: Path) -> list[str]:
    return [str(problem) for problem in problems(content)]


def test_those_of_the_program_hold() -> None:
    """Nothing to mend."""
    assert problems(CONTENT) == []


def test_the_same_files_are_not_read_again(content: Path) -> None:
    """Whatever folder they lie in."""
    live, loaded = current_lexicons(), load_lexicons(content)
    assert (loaded.screen, loaded.keywords, loaded.masker) == (live.screen, live.keywords, live.masker)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_told(content: Path, name: str) -> None:
    """By its name; and nothing is loaded."""
    (content / name).unlink()
    assert told(content) == [f"bot/content/{name}: is missing; put it back"]
    with pytest.raises(ContentError, match=name):
        load_lexicons(content)


BROKEN = {
    "no YAML": ("sms_keywords.yml", "words:\n", "words: [\n", "not readable YAML"),
    "a word that YAML takes for true": ("sms_keywords.yml", 'in, "on", for', "in, on, for", "True is not of type"),
    "a capital that no message has": ("sms_keywords.yml", "[stop, stopall,", "[Stop, stopall,", "does not match"),
    "a group that is none": ("sms_keywords.yml", "<stop> <writing> <us>", "<stop> <wrting> <us>", "not among the groups"),
    "an unknown key": ("sms_keywords.yml", "polite:", "politely:", "politely"),
    "a language that is gone": ("sms_keywords.yml", "    es: [ayuda, ayudame, ayudenme, informacion, informes]\n", "", "required property"),
    "a mask that is gone": ("privacy_lexicon.yml", 'phone: "[phone]", ', "", "required property"),
    "a list that is empty": ("privacy_lexicon.yml", "spoken_at: [at, arroba]", "spoken_at: []", "spoken_at"),
    "a section of names that is gone": ("names.txt", "\n= family\n", "\n", "family"),
    "a line of danger that cannot be read": ("crisis_lexicon.yml", "\nrules:\n",
                                             "\nrules:\n  x: {kind: nothing, says: [a b]}\n", "is no kind"),
}


@pytest.mark.parametrize(("name", "old", "new", "words"), BROKEN.values(), ids=BROKEN)
def test_what_does_not_hold_is_told_with_its_file(content: Path, name: str, old: str, new: str, words: str) -> None:
    """And no server loads it."""
    change(content / name, old, new)
    assert any(name in problem and words in problem for problem in told(content)), told(content)
    with pytest.raises(ContentError, match=name):
        load_lexicons(content)


TAKEN_AWAY = {
    "STOP in Spanish": ("sms_keywords.yml", "es: [alto, pare,", "es: [", "no longer obeys 'ALTO'"),
    "a plain request": ("sms_keywords.yml", "    - <stop> <writing> <us>\n", "", "please stop texting me"),
    "crying is a request": ("sms_keywords.yml", "    - <stop> <writing> <us>\n",
                            "    - <stop> <writing> <us>\n    - i cant stop crying\n", "takes 'I can't stop crying'"),
    "introductions": ("privacy_lexicon.yml", "name is", "nome is", "no longer masks 'my name is"),
}


@pytest.mark.parametrize(("name", "old", "new", "words"), TAKEN_AWAY.values(), ids=TAKEN_AWAY)
def test_what_everybody_relies_on_stays(content: Path, name: str, old: str, new: str, words: str) -> None:
    """Well-formed, and yet refused: an opt-out that is not obeyed, a name that is kept."""
    change(content / name, old, new)
    assert any(words in problem for problem in told(content)), told(content)
    with pytest.raises(ContentError):
        load_lexicons(content)


def test_a_lexicon_that_hears_nothing_is_refused(content: Path) -> None:
    """Without a rule there is no danger: the file is well-formed, and every kind that is not heard is told."""
    text = (content / "crisis_lexicon.yml").read_text(encoding="utf-8")
    (content / "crisis_lexicon.yml").write_text(text.split("\nrules:\n")[0] + "\nrules: {}\n", encoding="utf-8")
    found = told(content)
    assert any("my baby is not breathing" in problem for problem in found)
    assert any("no respira" in problem for problem in found) and len(found) == 12
