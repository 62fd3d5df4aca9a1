"""This room's pages and its part of the navigation.

Not in the package's `__init__`, as in other rooms: what all pages share imports from this package.
"""

from __future__ import annotations

from bot.console.people import entrance, log, pages, provider_pages
from bot.console.people.accounts import Role
from bot.console.web import NavItem

routes = [*entrance.routes, *provider_pages.routes, *pages.routes, *log.routes]
nav = (
    NavItem("people.nav.accounts", "/accounts", Role.ADMINISTRATOR),
    NavItem("people.nav.audit", "/audit", Role.ADMINISTRATOR),
    NavItem("people.nav.account", "/account", Role.REVIEWER),
)
