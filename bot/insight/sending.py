"""How an alert reaches somebody: a JSON object to a web address, or an e-mail."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Mapping, Protocol
from urllib.parse import unquote, urlsplit

import httpx
import jinja2

from bot.settings import Settings

TIMEOUT_S = 10.0
_TEXT = Path(__file__).with_name("alert.txt")


class Way(Protocol):
    """Delivers an alert, or raises."""

    name: str

    def send(self, alert: Mapping[str, Any]) -> None: ...


def ways(settings: Settings) -> tuple[Way, ...]:
    """The ways that the settings name; none where nobody is to be told."""
    found: list[Way] = []
    if settings.alert_url:
        found.append(Webhook(settings.alert_url))
    if settings.alert_email:
        found.append(Mail(settings.alert_smtp, sender=settings.alert_from, recipient=settings.alert_email))
    return tuple(found)


class Webhook:
    """`POST` of the alert as JSON. Redirects are not followed: the address is the one that an operator chose."""

    name = "webhook"

    def __init__(self, address: str) -> None:
        self._address = address

    def send(self, alert: Mapping[str, Any]) -> None:
        """Raises httpx.HTTPError where the other side is away or answers with anything but 2xx."""
        response = httpx.post(self._address, json=alert, timeout=TIMEOUT_S, trust_env=False)
        if not response.is_success:
            raise httpx.HTTPError("refused")


class Mail:
    """An e-mail through one server; encrypted wherever the server offers it, always where the address is `smtps`."""

    name = "email"

    def __init__(self, server: str, *, sender: str, recipient: str) -> None:
        self._server, self._sender, self._recipient = urlsplit(server), sender, recipient

    def send(self, alert: Mapping[str, Any]) -> None:
        """Raises smtplib.SMTPException or OSError."""
        host, port = self._server.hostname or "", self._server.port or 0
        with smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=ssl.create_default_context()) \
                if self._server.scheme == "smtps" else smtplib.SMTP(host, port, timeout=TIMEOUT_S) as smtp:
            smtp.ehlo()
            if self._server.scheme == "smtp" and smtp.has_extn("starttls"):
                smtp.starttls(context=ssl.create_default_context())
                smtp.ehlo()
            if self._server.username:
                smtp.login(unquote(self._server.username), unquote(self._server.password or ""))
            smtp.send_message(self._message(alert))

    def _message(self, alert: Mapping[str, Any]) -> EmailMessage:
        subject, _, body = jinja2.Template(_TEXT.read_text(encoding="utf-8"), trim_blocks=True,
                                           undefined=jinja2.StrictUndefined).render(alert).partition("\n")
        message = EmailMessage()
        message["Subject"], message["From"], message["To"] = subject, self._sender, self._recipient
        message.set_content(body.strip() + "\n")
        return message
