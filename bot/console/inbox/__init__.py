"""The inbox: what people asked that the bot did not understand, grouped, worst first, put where it belongs in two keys.

    collect.py, thumbs.py, sweep.py   from Rasa's events to rows of `messages`, and away with them again
    reasons.py, rules.yml             which of them should be looked at
    encoding.py, groups.py            which of those mean the same; ranking.py: what to look at first
    queue.py, filters.py              what pages show
    states.py, labelling.py           what reviewers do; danger.py: what takes two of them
    pages.py, acts.py                 the pages, and the forms in them
"""

from bot.console.inbox.work import background
from bot.console.inbox.routes import nav, routes

__all__ = ["background", "nav", "routes"]
