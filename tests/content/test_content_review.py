"""docs/content-review.md: every wording is there, claim by claim, with a passage that exists."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from bot.knowledge import AUDIENCES, Knowledge
from bot.settings import PROJECT

MEDIA = {"web": "plain", "SMS": "sms"}
VERDICTS = ("carried", "holds: the brief is silent", "fits")


@dataclass(frozen=True)
class Claim:
    """A row of the review; `where` is an audience and a medium, or "both, title"."""

    topic: str
    where: str
    text: str
    passages: tuple[str, ...]
    verdict: str


def read_review() -> list[Claim]:
    """The rows of the table, in order."""
    text = (PROJECT / "docs" / "content-review.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", text, re.MULTILINE)
    return [Claim(topic, where, claim, tuple(passages.split(", ")), verdict)
            for topic, where, claim, passages, verdict in rows]


REVIEW = read_review()


@pytest.mark.parametrize("medium", MEDIA)
@pytest.mark.parametrize("audience", AUDIENCES)
def test_the_claims_joined_are_the_wording(knowledge: Knowledge, audience: str, medium: str) -> None:
    """A wording that was changed has to be reviewed again, and no topic is left out."""
    for topic in knowledge.topics.values():
        claims = [claim.text for claim in REVIEW if (claim.topic, claim.where) == (topic.name, f"{audience}, {medium}")]
        assert " ".join(claims) == getattr(topic.wording("en", audience), MEDIA[medium]), topic.name


def test_the_titles_are_reviewed(knowledge: Knowledge) -> None:
    """As they stand in the topics."""
    titles = {claim.topic: claim.text for claim in REVIEW if claim.where == "both, title"}
    assert titles == {topic.name: topic.title["en"] for topic in knowledge.topics.values()}


def test_nothing_else_is_reviewed(knowledge: Knowledge) -> None:
    """A row for a topic, an audience or a medium that is gone is gone too."""
    places = {"both, title", *(f"{audience}, {medium}" for audience in AUDIENCES for medium in MEDIA)}
    assert [claim for claim in REVIEW if claim.topic not in knowledge.topics or claim.where not in places] == []


def test_every_passage_exists(knowledge: Knowledge) -> None:
    """In the brief of the claim's topic."""
    wrong = [(claim.topic, passage) for claim in REVIEW for passage in claim.passages
             if passage not in knowledge.briefs[knowledge.topics[claim.topic].brief].passages]
    assert REVIEW and wrong == []


def test_every_claim_has_a_verdict() -> None:
    """Carried by the passage, fitting as a title, or true of what the brief leaves out."""
    assert [claim for claim in REVIEW if not claim.verdict.startswith(VERDICTS)] == []
