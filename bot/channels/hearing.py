"""Danger in what somebody wrote, by the rules: before every limit, timed and counted."""

from __future__ import annotations

from bot.insight.record import hears, stage
from bot.safety import shared_screen
from bot.safety.screen import Finding


def heard(text: str, language: str | None = None) -> Finding:
    """What the rules hear in a text. `language` is the one that the person chose, where they did."""
    with stage("safety"):
        finding = shared_screen().screen(text)
    if finding:
        hears(finding.kinds, language)
    return finding
