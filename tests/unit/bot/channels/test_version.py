"""Which version answers: a sender's own, and production's wherever it hears a crisis."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from bot.canary import Share, belongs
from bot.channels import version
from bot.channels.version import Version, version_for
from bot.knowledge import current, load_knowledge

HALF = Share("a" * 16, 50)
INSIDE = next(name for name in map(str, range(99)) if belongs(name, HALF))
OUTSIDE = next(name for name in map(str, range(99)) if not belongs(name, HALF))


class Context:
    """An application with one version in production and one on trial; what production hears is given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, hears: Any = "ask_indicators") -> None:
        self.asked: list[tuple[Any, str, Any]] = []
        self.trial = replace(load_knowledge())
        self.production = current()
        self.ctx = SimpleNamespace(agent="production", on_trial=SimpleNamespace(
            share=HALF, running=SimpleNamespace(engine="trial", knowledge=self.trial)))

        async def understood(agent: Any, text: str) -> dict[str, Any]:
            self.asked.append((agent, text, current()))
            if isinstance(hears, Exception):
                raise hears
            return {"intent": {"name": hears}}

        monkeypatch.setattr(version, "understood", understood)

    def chosen(self, sender: str) -> Version:
        return asyncio.run(version_for(self.ctx, sender, "My words"))


def test_a_sender_of_the_share_is_answered_from_the_version_on_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    """Model and content, after production has looked for danger in the words, with its own content."""
    context = Context(monkeypatch)
    assert context.chosen(INSIDE) == Version("trial", context.trial)
    assert context.asked == [("production", "My words", context.production)]


def test_everybody_else_is_answered_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """At no more cost: nothing is asked twice."""
    context = Context(monkeypatch)
    assert context.chosen(OUTSIDE) == Version("production", context.production) and context.asked == []


def test_what_production_hears_as_a_crisis_production_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the other version would make of it."""
    context = Context(monkeypatch, hears="crisis")
    assert context.chosen(INSIDE) == Version("production", context.production)


def test_what_production_cannot_look_through_it_answers_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """That is an error with the crisis lines: a version on trial is no way around it."""
    context = Context(monkeypatch, hears=RuntimeError("My words"))
    assert context.chosen(INSIDE) == Version("production", context.production)


@pytest.mark.parametrize("ctx", [SimpleNamespace(agent="production"), SimpleNamespace(agent="production", on_trial=None)],
                         ids=["rasa run", "nothing on trial"])
def test_without_a_version_on_trial_production_answers(ctx: Any) -> None:
    """Also under `rasa run`, which knows of none."""
    assert asyncio.run(version_for(ctx, INSIDE, "x")).agent == "production"


def test_without_a_model_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The channel then says so, with the crisis lines."""
    context = Context(monkeypatch)
    context.ctx.agent = None
    assert context.chosen(INSIDE).agent is None
