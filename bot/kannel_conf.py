"""Kannel's configuration, out of the template in `deploy/kannel`, the settings and the phrases."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass

from bot.errors import SettingsError
from bot.settings import PROJECT, Settings
from bot.sms import texts

TEMPLATE = PROJECT / "deploy" / "kannel" / "kannel.conf"
_BLANK = re.compile(r"@([A-Z_]+)@")


@dataclass(frozen=True)
class Ports:
    """Where Kannel listens, on 127.0.0.1."""

    admin: int = 13000
    box: int = 13001
    smsc: int = 10000


def kannel_conf(settings: Settings, ports: Ports = Ports()) -> str:
    """The configuration, ready to be used. Raises SettingsError where there is no token."""
    if not settings.kannel_token:
        raise SettingsError("IMH_KANNEL_TOKEN: is needed; make one with 'openssl rand -hex 16', start the bot with it")
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host
    values = {
        "ADMIN_PORT": str(ports.admin), "BOX_PORT": str(ports.box), "SMSC_PORT": str(ports.smsc),
        # Nobody types it, so nobody need choose it.
        "ADMIN_PASSWORD": hmac.new(settings.kannel_token.encode(), b"kannel admin", hashlib.sha256).hexdigest()[:24],
        "BOT": f"[{host}]:{settings.port}" if ":" in host else f"{host}:{settings.port}",
        "TOKEN": settings.kannel_token,
        "NO_ANSWER": texts.say("gateway_no_answer", "en"), "NO_SERVICE": texts.say("gateway_no_service", "en"),
        "NO_TEXT": texts.say("gateway_no_text", "en"), "EMPTY": texts.say("gateway_empty", "en"),
    }
    return _BLANK.sub(lambda blank: values[blank.group(1)], TEMPLATE.read_text(encoding="utf-8"))
