"""A phone in the terminal: the text-message core with a person in front of it, segments and cost beside each text."""

from __future__ import annotations

import asyncio
import uuid
from types import SimpleNamespace

from rich.align import Align
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from bot.channels.sms import SmsService
from bot.errors import UnansweredError
from bot.server import load_engine
from bot.settings import Settings
from bot.sms.messages import Inbound
from bot.sms.segments import size

GATEWAY = "terminal"
# Numbers that belong to nobody (555-01xx); the conversation is kept under their pseudonym like any other.
PHONE, PROGRAMME = "+15055550123", "+15055550100"
_WIDTH = 46


def phone(settings: Settings, *, price_usd: float) -> None:
    """Text and be texted until an empty line or the end of the input; `price_usd` is a segment's, either way."""
    asyncio.run(_phone(settings, price_usd, Console(highlight=False)))


async def _phone(settings: Settings, price_usd: float, console: Console) -> None:
    with console.status("Starting …"):
        service = SmsService()
        service.open(settings)
        service.dialogue.ctx = SimpleNamespace(agent=load_engine(settings))
    spent = 0
    console.print(Text(f"You are {PHONE} and text {PROGRAMME}. An empty line ends it.", "dim"))
    while text := _typed(console):
        inbound = Inbound(GATEWAY, uuid.uuid4().hex, PHONE, PROGRAMME, text)
        try:
            texts = await service.desk.answer(inbound)
        except UnansweredError:
            texts = (service.desk.unavailable(inbound),)
        spent += size(text).segments
        console.print(Align.right(_note(text, price_usd)))
        if not texts:
            console.print(Text("(nothing is sent)", "dim"))
        for answer in texts:
            spent += size(answer).segments
            console.print(Panel(Text(answer), width=_WIDTH, border_style="green"))
            console.print(_note(answer, price_usd))
    console.print(Text(f"{spent} segments both ways, ${spent * price_usd:.4f}", "bold"))


def _typed(console: Console) -> str:
    try:
        return console.input("[bold]> [/bold]").strip()
    except EOFError:
        return ""


def _note(text: str, price_usd: float) -> Text:
    """How the text goes over the air and what that costs."""
    sent = size(text)
    unit = "septets" if sent.alphabet == "GSM-7" else "units"
    segments = f"{sent.segments} segment{'s' if sent.segments > 1 else ''}"
    return Text(f"{segments} · {sent.units} {unit} {sent.alphabet} · ${sent.segments * price_usd:.4f}", "dim")
