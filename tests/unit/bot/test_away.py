"""What a proxy says in the bot's place."""

from __future__ import annotations

import json

from bot.away import away_body
from bot.knowledge import Knowledge


def test_it_is_the_bots_own_error_with_every_line(knowledge: Knowledge) -> None:
    """A client that reads the bot's 503 reads this one."""
    body = json.loads(away_body(knowledge))
    assert set(body) == {"error", "lines"} and set(body["error"]) == {"code", "message"}
    assert body["lines"] == [line.to_dict("en") for line in knowledge.crisis.lines.values()] != []
    assert body["error"]["code"] == "unavailable"
