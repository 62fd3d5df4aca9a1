"""What a proxy says in the bot's place while no bot answers: the same body as the bot's own 503, out of the content."""

from __future__ import annotations

import json

from bot.knowledge import Knowledge


def away_body(knowledge: Knowledge) -> str:
    """JSON with the error in plain words and every crisis line, in English like the bot's other errors."""
    lines = [line.to_dict("en") for line in knowledge.crisis.lines.values()]
    error = {"code": "unavailable", "message": knowledge.phrase("errors.unavailable", "en")}
    return json.dumps({"error": error, "lines": lines}, ensure_ascii=False, indent=1) + "\n"
