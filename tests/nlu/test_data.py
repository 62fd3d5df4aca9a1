"""The training data and the held-out set are as large and as mixed as the project promises."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from bot.evaluation.held_out import HELD_OUT
from bot.knowledge import Knowledge
from nlu.corpus import DATA, utterances


def test_every_topic_is_asked_by_parents_and_providers(knowledge: Knowledge) -> None:
    """At least 60 utterances a topic, at least 30 from each side."""
    counts = Counter((line.file, line.marks["asker"]) for line in utterances() if line.file in knowledge.topics)
    for topic in knowledge.topics:
        assert counts[topic, "parent"] >= 30 and counts[topic, "provider"] >= 30, topic
        assert counts[topic, "parent"] + counts[topic, "provider"] >= 60, topic


def test_danger_and_its_borders_are_well_covered() -> None:
    """At least 200 of danger in six kinds, 300 out of scope, most of them near, 60 of small talk."""
    lines = utterances()
    danger = Counter(line.marks["kind"] for line in lines if line.intent == "crisis")
    assert sum(danger.values()) >= 200 and len(danger) == 6 and min(danger.values()) >= 20
    beyond = Counter(line.marks["distance"] for line in lines if line.file == "out_of_scope")
    assert sum(beyond.values()) >= 300 and beyond["near"] > beyond["far"]
    assert sum(line.file == "smalltalk" for line in lines) >= 60


def test_held_out_set_is_large_enough(knowledge: Knowledge) -> None:
    """At least 20 a topic, 100 of danger, 60 look-alikes, 60 out of scope."""
    counts = Counter(line.file for line in utterances(HELD_OUT))
    assert min(counts[topic] for topic in knowledge.topics) >= 20
    assert counts["crisis"] >= 100 and counts["lookalikes"] >= 60 and counts["out_of_scope"] >= 60


@pytest.mark.parametrize("folder", [DATA, HELD_OUT], ids=["training", "held out"])
def test_no_line_stands_twice(folder) -> None:
    """Not under one intent nor under two, whatever the case and the punctuation."""
    seen = defaultdict(list)
    for line in utterances(folder):
        seen["".join(c for c in line.text.lower() if c.isalnum())].append((line.file, line.text))
    assert [found for found in seen.values() if len(found) > 1] == []


def test_no_topic_is_one_template(knowledge: Knowledge) -> None:
    """No opening pair of words takes more than a tenth of a topic's lines."""
    for topic in knowledge.topics:
        lines = [line.text.lower().split() for line in utterances() if line.file == topic]
        (opening, count), = Counter(tuple(words[:2]) for words in lines).most_common(1)
        assert count <= len(lines) / 10, (topic, opening)
