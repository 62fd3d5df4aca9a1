"""Which version answers a sender: the one in production, or the one that a share of the senders is answered from first.

Danger is heard by both. What production hears as a crisis, production answers, with its own words and lines: whatever a
version on trial makes of a message, nobody gets less than they would have got without it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from rasa.core.agent import Agent

from bot.canary import belongs
from bot.channels.exchange import understood
from bot.knowledge import Knowledge, current, one_knowledge
from bot.logs import where

logger = logging.getLogger(__name__)

_CRISIS = "crisis"


@dataclass(frozen=True)
class Version:
    """A model and a content that belong together. `agent` is None where no model is loaded."""

    agent: Agent | None
    knowledge: Knowledge


async def version_for(ctx: Any, sender_id: str, text: str) -> Version:
    """The version that answers this message of a sender, as they typed it. `ctx` is the application's."""
    # Taken together, with no await between: both are of one release.
    production, on_trial = Version(ctx.agent, current()), getattr(ctx, "on_trial", None)
    if on_trial is None or production.agent is None or not belongs(sender_id, on_trial.share):
        return production
    try:
        with one_knowledge(production.knowledge):
            heard = await understood(production.agent, text)
    except Exception as error:  # whatever the pipeline raises: what production does then is what is to be done
        logger.error("A message could not be looked through: %s", where(error))
        return production
    if heard["intent"].get("name") == _CRISIS:
        return production
    return Version(on_trial.running.engine, on_trial.running.knowledge)
