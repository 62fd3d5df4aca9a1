"""Kannel's configuration is filled in whole, and safe."""

from __future__ import annotations

import re

import pytest

from bot.errors import SettingsError
from bot.kannel_conf import TEMPLATE, Ports, kannel_conf
from bot.knowledge import Knowledge, use
from bot.settings import Settings

TOKEN = "0123456789abcdef"


@pytest.fixture(autouse=True)
def content(knowledge: Knowledge) -> None:
    use(knowledge)


def test_every_blank_is_filled() -> None:
    """And the template gives no secret away."""
    conf = kannel_conf(Settings(kannel_token=TOKEN, port=5123), Ports(admin=1, box=2, smsc=3))
    assert not re.search(r"@[A-Z_]+@", conf)
    assert f'get-url = "http://127.0.0.1:5123/webhooks/sms/kannel?from=%p&to=%P&text=%a&id=%I&token={TOKEN}"' in conf
    assert "admin-port = 1\n" in conf and "smsbox-port = 2\n" in conf and "\nport = 3\n" in conf
    assert TOKEN not in re.search(r"admin-password = (\w+)", conf).group(1)
    assert TOKEN not in TEMPLATE.read_text(encoding="utf-8")


@pytest.mark.parametrize(("host", "address"), [("0.0.0.0", "127.0.0.1:5005"), ("::", "127.0.0.1:5005"),
                                               ("::1", "[::1]:5005"), ("10.0.0.4", "10.0.0.4:5005")])
def test_the_bot_is_where_it_listens(host: str, address: str) -> None:
    assert f"http://{address}/webhooks" in kannel_conf(Settings(kannel_token=TOKEN, host=host))


def test_no_text_of_ours_breaks_the_file() -> None:
    """Kannel's values end at a quotation mark."""
    for line in kannel_conf(Settings(kannel_token=TOKEN)).splitlines():
        if line.startswith("reply-"):
            assert re.fullmatch(r'reply-[a-z]+ = "[^"\\]{40,160}"', line), line


def test_without_a_token_there_is_no_configuration() -> None:
    with pytest.raises(SettingsError, match="IMH_KANNEL_TOKEN"):
        kannel_conf(Settings())
