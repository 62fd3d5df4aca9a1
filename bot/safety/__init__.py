"""The rules that hear danger in a message: no model, no network, no Rasa, nothing kept.

    text -> words (spelling, one language or two) -> patterns of the lexicon -> Finding

What is heard stands as data in `bot/content/crisis_lexicon.yml`; what is then said, in `bot/content/crisis.yml`.
"""

from bot.safety.lexicon import DEFAULT, KINDS, UNCLEAR
from bot.safety.screen import CrisisScreen, Finding, shared_screen, use_screen

__all__ = ["DEFAULT", "KINDS", "UNCLEAR", "CrisisScreen", "Finding", "shared_screen", "use_screen"]
