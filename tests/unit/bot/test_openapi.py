"""The description of the public addresses: all of them, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from bot.server import create_app
from bot.settings import PROJECT, Settings

METHODS = {"get", "post", "put", "patch", "delete", "options", "head", "trace"}


def described() -> set[tuple[str, str]]:
    """(METHOD, path) of docs/openapi.yml."""
    paths = yaml.safe_load((PROJECT / "docs" / "openapi.yml").read_text(encoding="utf-8"))["paths"]
    return {(method.upper(), path.strip("/")) for path, item in paths.items() for method in item if method in METHODS}


def test_every_address_is_described_and_no_other(tmp_path: Path) -> None:
    """Whoever writes a client or a rule for a firewall needs nothing but the description."""
    app = create_app(Settings(var_dir=tmp_path))
    served = {(method, re.sub(r"<(\w+)(?::[^>]*)?>", r"{\1}", route.path).strip("/"))
              for route in app.router.routes for method in route.methods}
    assert len(served) > 10
    assert described() == served


def test_nothing_of_the_figures_is_among_the_public_addresses() -> None:
    """How many people were in danger is nobody's business outside."""
    assert [path for _, path in described() if "metric" in path] == []
