"""Names that no list holds, numbers taken apart, streets of New Mexico: floors, on a half that nothing was mended for."""

from __future__ import annotations

import time

import pytest

from benchmarks.ordinary import ordinary
from benchmarks.privacy import KINDS, PAGE, SNIPPETS, Score, corpus, measure, summed
from bot.privacy import Masker
from bot.privacy.masking import name_sections, ordinary_words

# Of a small set: each a miss or two below what was measured.
RECALL = {"held_out": 0.94, "development": 0.97}
PRECISION = {"held_out": 0.93, "development": 0.97}
NAMES_RECALL, NAMES_PRECISION = 0.90, 0.88
MOST_CLEAN_TOUCHED = {"held_out": 5, "development": 1}


@pytest.fixture(scope="module", params=["held_out", "development"])
def half(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def scores(half: str) -> dict[tuple[str, str], Score]:
    return measure(half, path=SNIPPETS)


def test_most_is_masked_and_little_else(half: str, scores: dict[tuple[str, str], Score]) -> None:
    """Over all kinds, and over names alone, which are the hardest."""
    total, names = summed(scores), summed(scores, kind="name")
    assert total.recall >= RECALL[half] and total.precision >= PRECISION[half], total
    assert names.recall >= NAMES_RECALL and names.precision >= NAMES_PRECISION, names


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "name"])
def test_no_number_and_no_address_is_kept(scores: dict[tuple[str, str], Score], kind: str) -> None:
    """Telephones, e-mail, social security, births, addresses: none of them is missed."""
    one = summed(scores, kind=kind)
    assert one.wanted >= 3 and one.hidden == one.wanted, one


def test_what_says_nothing_of_anybody_stays(half: str) -> None:
    """Programmes, places, ordinary words with a capital."""
    masker = Masker.load()
    touched = [message.text for message in corpus(half, SNIPPETS) if not message.spans and masker.find(message.text)]
    assert len(touched) <= MOST_CLEAN_TOUCHED[half], touched


def test_the_halves_are_what_they_say() -> None:
    """At least 200 and 150, a quarter Spanish, a third with nothing to mask, none in both."""
    halves = {name: corpus(name, SNIPPETS) for name in ("development", "held_out")}
    assert len(halves["development"]) >= 200 and len(halves["held_out"]) >= 150
    assert not {message.text for message in halves["development"]} & {message.text for message in halves["held_out"]}
    for messages in halves.values():
        assert sum(message.language == "es" for message in messages) >= len(messages) / 4
        assert sum(not message.spans for message in messages) >= len(messages) / 3


def test_the_page_says_what_is_measured() -> None:
    """docs/privacy.md holds the figures of the present rules for both halves."""
    page = PAGE.read_text(encoding="utf-8")
    for name in ("development", "held_out"):
        total = summed(measure(name, path=SNIPPETS))
        assert f"{total.found}/{total.wanted}" in page and f"{total.right}/{total.masked}" in page


@pytest.mark.parametrize("unit", ["my sister in law kaelith says help ", "5 0 ", "5*5*5*5_", "505 55 5 ",
                                  "12 camino de la ", "4 calle de los ", "Zorblat and Quint ", "12 vista nw "])
def test_time_grows_with_the_length_only(unit: str) -> None:
    """Four times the text, about four times the time: a pattern that runs away takes sixteen times as long."""
    masker = Masker.load()

    def seconds(length: int) -> float:
        text, best = unit * (length // len(unit)), float("inf")
        for _ in range(5):
            start = time.thread_time()
            masker.find(text)
            best = min(best, time.thread_time() - start)
        return best

    assert seconds(8000) < 8 * seconds(2000)


def test_ordinary_words_are_no_names() -> None:
    """bot/privacy/words.txt: nobody's given name, nothing with a capital, nothing too short to be looked up."""
    words = ordinary_words()
    assert len(words) > 10_000 and not words & name_sections()["given"]
    assert all(len(word) > 2 and word == word.lower() for word in words)


def test_ordinary_words_are_those_in_small_letters() -> None:
    """A word that stands with a capital as often is a name or a place; so is a given name, however it is written."""
    texts = ["the baby sleeps", "we saw Taos and taos", "my jayden sleeps", "ALL IN CAPITALS", "Nobody knows"]
    assert ordinary(texts, frozenset({"jayden"})) == ["and", "baby", "knows", "saw", "sleeps", "the"]
