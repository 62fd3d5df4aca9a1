"""Looks into the database of a server beside it, as an operator would."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any


def database(var_dir: Path) -> Path:
    """The file in which a server with this var folder keeps conversations."""
    return var_dir / "conversations.db"


def events(var_dir: Path, sender: str) -> list[dict[str, Any]]:
    """The stored events of a conversation, oldest first."""
    with closing(sqlite3.connect(f"file:{database(var_dir)}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT data FROM events WHERE sender_id = ? ORDER BY id", (sender,)).fetchall()
    return [json.loads(data) for (data,) in rows]


def said(var_dir: Path, sender: str) -> list[str]:
    """What the person wrote, in order."""
    return [event["text"] for event in events(var_dir, sender) if event["event"] == "user"]


def turns(var_dir: Path, sender: str) -> list[tuple[str, list[str]]]:
    """Each message of the person with the texts that answered it, in the order in which they were stored."""
    found: list[tuple[str, list[str]]] = []
    for event in events(var_dir, sender):
        if event["event"] == "user":
            found.append((event["text"], []))
        elif event["event"] == "bot":
            found[-1][1].append(event["text"])
    return found
