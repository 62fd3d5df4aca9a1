"""The bot in the terminal: the same exchange as on the web, with the quotation, citation and choices set apart."""

from __future__ import annotations

import asyncio
import uuid

from rich.console import Console, Group
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from bot.channels.exchange import Incoming, Message, exchange
from bot.errors import ChannelError
from bot.knowledge import Knowledge, current
from bot.render.plain import references
from bot.server import load_engine
from bot.settings import Settings

_BORDERS = {"crisis": "bold red", "answer": "green", "clarify": "yellow", "out_of_scope": "yellow", "notice": "dim"}


def chat(settings: Settings) -> None:
    """Ask and answer until an empty line or the end of the input."""
    asyncio.run(_chat(settings, Console(highlight=False)))


async def _chat(settings: Settings, console: Console) -> None:
    with console.status("Starting …"):
        engine = load_engine(settings)
    knowledge = current()
    console.print(Text(knowledge.phrase("greet", "en")))
    sender = f"terminal-{uuid.uuid4().hex}"
    while text := await asyncio.to_thread(_ask, console):
        try:
            reply = await exchange(engine, Incoming(sender, text, channel="terminal",
                                                     metadata={"erasable": True}))
        except ChannelError as error:
            console.print(knowledge.phrase(f"errors.{error.code}", "en"), style="red")
            continue
        for message in reply:
            console.print(panel(message, knowledge))


def _ask(console: Console) -> str:
    try:
        return console.input("[bold]> [/bold]").strip()
    except EOFError:
        return ""


def panel(message: Message, knowledge: Knowledge) -> Panel:
    """One message: plain words, then what backs them, dimmer; choices with their numbers."""
    custom, language = message["custom"], message["custom"]["language"]

    def label(key: str) -> str:
        return knowledge.phrase(f"labels.{key}", language)

    parts: list[object] = [Text(custom["plain"])]
    for line in custom.get("lines", []):
        reach = line["display"] + (f" / {knowledge.phrase('labels.text_line', language, number=line['sms'])}"
                                   if line["sms"] else "")
        parts.append(Text.assemble((f"{line['name']}: ", "bold"), (reach, "bold red"), f"  {line['when']}"))
    if quote := custom.get("quote"):
        parts.append(Padding(Text(f"“{quote['text']}”", style="italic"), (1, 0, 0, 3)))
        if quote["translation"]:
            parts.append(Padding(Text(f"{label('translation')} “{quote['translation']}”"), (0, 0, 0, 3)))
    if source := custom.get("source"):
        parts.append(Padding(Text(f"{label('source')} {source['title']}, {source['publisher']}", "dim"), (1, 0, 0, 0)))
        parts += [Text(line, "dim") for line in references((c["number"], c["reference"]) for c in custom["citations"])]
    for contact in custom.get("contacts", []):
        parts.append(Text("  ".join(filter(None, (contact["name"], contact["display"], contact["email"]))), "cyan"))
    if custom["reminder"]:
        parts.append(Text(custom["reminder"], "bold red"))
    parts += [Text(f"{number}. {button['title']}", "blue") for number, button in enumerate(message["buttons"], 1)]
    return Panel(Group(*parts), border_style=_BORDERS.get(custom["kind"], "blue"))
