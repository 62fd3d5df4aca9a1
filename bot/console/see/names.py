"""Words for what is counted: names of channels, topics and outcomes, numbers with their units."""

from __future__ import annotations

from bot.console.see.figures import Share
from bot.console.see.sheets import Cell, Name, in_words
from bot.console.texts import say, sentences
from bot.knowledge import current
from bot.knowledge.values import in_language


def title(column: str) -> str:
    """What stands above a column."""
    return say(f"see.columns.{column}")


def csv_title(column: str) -> str:
    """The same in a file, where numbers stand without their unit."""
    return say("see.columns.in_ms", title=title(column)) if column.endswith("_ms") else title(column)


def named(name: Name) -> str:
    """The name of a value; the value itself where nobody has named it yet, a new channel for example."""
    if name.of == "topic":
        topic = current().topics.get(name.value)
        return in_language(topic.title, "en") if topic else name.value
    key = f"see.{name.of}.{name.value or 'all'}"
    return say(key) if key in sentences() else name.value


def shown(cell: Cell, column: str = "") -> str:
    """A cell as it is read in a page."""
    if cell is None or isinstance(cell, Share) and not cell.whole:
        return say("see.unknown")
    if isinstance(cell, Share):
        return (say("see.of", part=cell.part, whole=cell.whole) if cell.value is None
                else say("see.percent", number=f"{cell.value * 100:.0f}"))
    if isinstance(cell, (int, float)):
        return milliseconds(cell) if column.endswith("_ms") else thousands(cell)
    return in_words(cell, named)


def milliseconds(number: float) -> str:
    """A response time in the unit that reads best."""
    if number >= 10_000:
        return say("see.seconds", number=f"{number / 1000:.0f}")
    if number >= 1_000:
        return say("see.seconds", number=f"{number / 1000:.1f}")
    return say("see.milliseconds", number=f"{number:.0f}")


def thousands(number: float) -> str:
    """A count, in groups of three."""
    return f"{number:,.0f}"
