"""How much of what must not be kept is masked: floors on the half of the corpus that no rule was mended for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from benchmarks.privacy import KINDS, LANGUAGES, PAGE, Score, corpus, measure, milliseconds, score, summed
from bot.knowledge import Knowledge
from bot.privacy import Masker
from bot.privacy.masking import LEXICON
from bot.privacy.text import Found

RECALL, PRECISION, MOST_MS = 0.95, 0.90, 1.0


@pytest.fixture(scope="module")
def scores() -> dict[tuple[str, str], Score]:
    return measure("test")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_kind_is_masked_in_each_language(scores: dict[tuple[str, str], Score], kind: str, language: str) -> None:
    """Recall 95 %, precision 90 %."""
    one = summed(scores, kind=kind, language=language)
    assert one.wanted >= 6
    assert one.recall >= RECALL and one.precision >= PRECISION, one


def test_the_corpus_is_what_it_says() -> None:
    """At least 320 messages, two thirds English, nearly half with nothing to mask, none in both halves."""
    halves = {half: corpus(half) for half in ("development", "test")}
    messages = [message for half in halves.values() for message in half]
    spanish = sum(message.language == "es" for message in messages) / len(messages)
    clean = sum(not message.spans for message in messages) / len(messages)
    assert len(messages) >= 320 and 0.28 <= spanish <= 0.40 and 0.38 <= clean <= 0.50
    assert not {message.text for message in halves["test"]} & {message.text for message in halves["development"]}
    assert {span.kind for message in messages for span in message.spans} == set(KINDS)
    assert all("](" not in message.text for message in messages)


def test_the_page_says_what_is_measured(scores: dict[tuple[str, str], Score]) -> None:
    """docs/privacy.md holds the figures of the present rules; `python -m benchmarks privacy` writes them."""
    page = PAGE.read_text(encoding="utf-8")
    total = summed(scores)
    assert f"{total.found}/{total.wanted}" in page and f"{total.right}/{total.masked}" in page


def test_a_message_takes_less_than_a_millisecond() -> None:
    """The longest of the corpus, too."""
    half, most = milliseconds()
    assert half < MOST_MS / 2 and most < MOST_MS


@pytest.mark.parametrize(("found", "expected"), [
    ([Found(3, 11, "name")], Score(1, 1, 1, 1, 1)),
    ([Found(3, 6, "name")], Score(1, 0, 0, 1, 1)),
    ([Found(3, 11, "phone")], Score(1, 0, 1, 0, 0)),
    ([Found(0, 30, "name")], Score(1, 1, 1, 1, 0)),
    ([], Score(1, 0, 0, 0, 0)),
], ids=["exact", "half of it", "as another kind", "with much else", "not at all"])
def test_what_counts_as_found(found: list[Found], expected: Score) -> None:
    """Every letter, as its kind; and not half the message with it."""
    class Fixed:
        def find(self, text: str) -> list[Found]:
            return found
    message = type(corpus("test")[0])("im Ana Baca and she cries a lot", "en", (Found(3, 11, "name"),))
    assert score(Fixed(), message)["name"] == expected


def test_what_is_everybodys_is_not_masked(knowledge: Knowledge) -> None:
    """People, numbers and addresses as the brief prints them, and every crisis line."""
    masker, contacts = Masker.load(), knowledge.contacts.values()
    printed = [*(contact.name for contact in contacts), *(contact.display for contact in contacts),
               *(contact.email for contact in contacts if contact.email),
               *(reference.full for brief in knowledge.briefs.values() for reference in brief.references.values()),
               *(line.display for line in knowledge.crisis.lines.values()),
               *(line.tty for line in knowledge.crisis.lines.values() if line.tty)]
    assert len(printed) > 12
    assert [text for text in printed if masker.mask(f"is it {text} or not") != f"is it {text} or not"] == []


def test_the_lexicon_holds_words_only() -> None:
    """YAML reads `no` and `on` as truth values: unquoted, they would be words that never fit."""
    lexicon = yaml.safe_load(Path(LEXICON).read_text(encoding="utf-8"))
    lists = {key: words for key, words in lexicon.items() if key != "masks"}
    assert [(key, word) for key, words in lists.items() for word in words
            if not isinstance(word, str) or '"' in word or word != word.lower()] == []
    assert {re.sub(r"[\[\]]", "", mask) for mask in lexicon["masks"].values()} and set(lexicon["masks"]) == set(KINDS)
