"""The series grows: a second brief is a folder of data, and no code changes for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.knowledge import Knowledge, load_knowledge
from bot.knowledge.answers import Author
from bot.render.plain import plain
from bot.render.sms import sms

# `purpose` is an id of the first brief as well: ids belong to their brief.
BRIEF_MD = """# Issues Brief No. 2: Sleep

[purpose] **The purpose of this second brief** is to speak of *sleep*.
[s_rhythm] Babies find a rhythm of their own^1;

[ref_1] ^1 Moon, L. (2011). *Night*. Santa Fe: NM.
"""
BRIEF_YML = """
id: issues-brief-2
number: 2
title: Infant Sleep
publisher: Sleep Society
references:
  - {number: 1, passage: ref_1, short: Moon 2011}
"""
TOPIC_YML = """
topic: sleep_rhythm
brief: issues-brief-2
title: {en: How babies find a rhythm}
passages: [purpose, s_rhythm]
cites: [1]
related: [daily_interactions]
answer:
  en:
    parent: {plain: Your baby finds a rhythm., sms: Babies find a rhythm.}
    provider: {plain: Infants find a rhythm., sms: Infants find a rhythm.}
"""


@pytest.fixture
def two_briefs(content: Path) -> Knowledge:
    """The content with a second brief and one topic of it."""
    folder = content / "briefs" / "issues-brief-2"
    folder.mkdir()
    (folder / "brief.md").write_text(BRIEF_MD, encoding="utf-8")
    (folder / "brief.yml").write_text(BRIEF_YML, encoding="utf-8")
    (content / "topics" / "sleep_rhythm.yml").write_text(TOPIC_YML, encoding="utf-8")
    return load_knowledge(content)


def test_its_topic_is_answered_out_of_it(two_briefs: Knowledge) -> None:
    """Source, quotation and citation are the second brief's."""
    answer = Author(two_briefs, "en", "parent").topic("sleep_rhythm").to_dict()
    assert answer["plain"] == "Your baby finds a rhythm."
    assert answer["source"] == {"brief": "issues-brief-2", "title": "Infant Sleep", "publisher": "Sleep Society"}
    assert answer["quote"]["text"] == ("The purpose of this second brief is to speak of sleep.\n"
                                       "Babies find a rhythm of their own")
    (citation,) = answer["citations"]
    assert (citation["number"], citation["reference"]) == (1, "Moon, L. (2011). Night. Santa Fe: NM.")
    assert [choice["topic"] for choice in answer["related"]] == ["daily_interactions"]


def test_says_who_names_it(two_briefs: Knowledge) -> None:
    """Its publisher and its reference, not the first brief's."""
    origin = Author(two_briefs, "en", "parent").origin("sleep_rhythm")
    assert "Infant Sleep" in origin.plain and "Sleep Society" in origin.plain and "Moon, L. (2011)" in origin.plain
    assert "Zeanah" not in origin.plain


def test_it_is_rendered_with_its_own_name(two_briefs: Knowledge) -> None:
    """On the web and in a text message."""
    answer = Author(two_briefs, "en", "provider").topic("sleep_rhythm")
    assert "Infant Sleep, Sleep Society." in plain(answer, two_briefs)
    assert "Sleep Society Issues Brief 2; Moon 2011" in sms(answer, two_briefs)


def test_the_first_brief_keeps_its_own(two_briefs: Knowledge) -> None:
    """The same id and the same number mean other words in another brief."""
    author = Author(two_briefs, "en", "parent")
    purpose, numbered = author.topic("purpose_of_brief"), author.topic("risk_or_protective")
    assert purpose.quote and purpose.quote.text.startswith("The purpose of this Issues Brief (first in a series)")
    assert [citation.short for citation in numbered.citations] == ["Zeanah et al. 2005"]
