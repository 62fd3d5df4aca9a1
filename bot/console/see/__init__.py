"""What the bot was asked, what became of it, how it was liked and how long it took: counts, charts, exports."""

from bot.console.see.background import background
from bot.console.see.pages import nav, routes

__all__ = ["background", "nav", "routes"]
