"""Whose X-Request-ID is taken over into the log and the traces, and whose is not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from sanic import Sanic

from bot.channels.observing import HEADER, observe, recorded
from bot.insight.record import leave
from bot.settings import load_settings

GIVEN = "0123456789abcdef0123456789abcdef"


def request(app: Sanic, peer: str) -> Any:
    """A request with an id of its own, from this address."""
    transport = SimpleNamespace(get_extra_info=lambda _: (peer, 40000))
    return SimpleNamespace(app=app, ctx=SimpleNamespace(), headers={HEADER.lower(): GIVEN, HEADER: GIVEN},
                           transport=transport)


@pytest.mark.parametrize(("proxies", "peer", "taken"), [
    ("192.0.2.7", "192.0.2.7", True),
    ("10.1.0.0/16", "10.1.200.3", True),
    ("10.1.0.0/16", "10.2.0.1", False),
    ("2001:db8::/32", "2001:db8::9", True),
    ("", "10.1.200.3", False),
])
def test_a_proxy_of_ours_brings_its_ids(proxies: str, peer: str, taken: bool) -> None:
    """Also one that is named by its network, as an ingress has to be: its ids were replaced once."""
    app = Sanic(f"ids_{abs(hash((proxies, peer)))}", configure_logging=False)
    observe(app, load_settings({"IMH_TRUSTED_PROXIES": proxies}))
    record = recorded(request(app, peer))
    leave()
    assert (record.id == GIVEN) is taken
