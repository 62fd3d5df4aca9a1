"""Release and take back: which version is in production, what could be, what was, and who answers from which."""

from bot.console.people.accounts import Role
from bot.console.publish import canary_pages, pages, trial_pages
from bot.console.publish.releasing import Refused, release, take_back
from bot.console.publish.trial_pages import background
from bot.console.web import NavItem

__all__ = ["Refused", "background", "nav", "release", "routes", "take_back"]

routes = [*pages.routes, *canary_pages.routes, *trial_pages.routes]
nav = NavItem("publish.nav", "/releases", Role.EDITOR)
