"""What a card keeps of outcomes gives the same figures again, without the words."""

from __future__ import annotations

import json

from bot.evaluation.held_out import Outcome, Thought, key_of
from bot.evaluation.items import from_items, to_items
from bot.evaluation.quality import Quality
from nlu.corpus import Utterance


def outcome(text: str, intent: str, file: str, answered: str, **marks: str) -> Outcome:
    kind = answered if answered in {"crisis", "clarify", "out_of_scope"} else "answer"
    return Outcome(Utterance(text, intent, file, {"language": "en", "voice": "secret", **marks}), kind,
                   (answered,) if kind == "answer" else (), frozenset({"contact"}),
                   Thought(f"ask_{answered}" if kind == "answer" else answered, 0.75, {}), 12.5)


QUALITY = Quality(
    [outcome("is it normal that he bites", "ask_indicators", "indicators", "indicators", asker="parent"),
     outcome("who do I call", "ask_contact", "contact", "clarify", asker="provider"),
     outcome("I want to end it", "crisis", "crisis", "clarify", kind="self_harm"),
     outcome("I could eat him up", "ask_indicators", "lookalikes", "crisis"),
     outcome("the weather", "out_of_scope", "out_of_scope", "out_of_scope", distance="far")],
    [True, False], [True],
    [Outcome(Utterance("my neighbour Maria", "", "", {"key": "17"}), "clarify", (), frozenset(),
                       Thought("nlu_fallback", 0.1, {}), 9.0)])


def test_the_figures_are_the_same_again() -> None:
    """Through JSON and back."""
    items = json.loads(json.dumps(to_items(QUALITY, ["d1", "d2"], ["c1"], frozenset())))
    again = from_items(items)
    assert again.to_dict() == QUALITY.to_dict()
    assert [o.reachable for o in again.outcomes] == [o.reachable for o in QUALITY.outcomes]
    assert again.to_dict()["missed_danger"] == [key_of("I want to end it")]


def test_no_word_of_a_line_or_message_is_kept() -> None:
    """Only keys, and for messages of people their numbers."""
    items = to_items(QUALITY, ["d1", "d2"], ["c1"], {key_of("who do I call")})
    stored = json.dumps(items)
    for word in ("bites", "call", "Maria", "weather", "secret"):
        assert word not in stored
    assert items["also"] == {"17": "clarify"}
    assert [key for key, item in items["lines"].items() if item["staff"]] == [key_of("who do I call")]
