"""Alphabets, septets and segments; the vectors stand in segment_vectors.yml."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Mapping

import pytest
import yaml

from bot.sms.segments import Size, fold, size

VECTORS = yaml.safe_load(Path(__file__).with_name("segment_vectors.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("vector", [pytest.param(vector, id=vector["name"]) for vector in VECTORS])
def test_a_text_is_counted_as_it_is_sent(vector: Mapping[str, Any]) -> None:
    """Alphabet, units and segments of the vector."""
    text = vector["text"] * vector.get("repeat", 1) + vector.get("then", "")
    assert size(text) == Size(vector["alphabet"], vector["units"], vector["segments"])


@pytest.mark.parametrize(("text", "folded"), [
    pytest.param("“It’s” ‘so’", "\"It's\" 'so'", id="quotation marks"),
    pytest.param("0–3 — later…", "0-3 - later...", id="dashes and dots"),
    pytest.param("331\u00a07138 • x", "331 7138 - x", id="no-break space and bullet"),
    pytest.param("mamá, aquí, ÓPTIMO, tú", "mama, aqui, OPTIMO, tu", id="accents outside the alphabet"),
    pytest.param("¿Qué? ¡Niño, pingüino!", "¿Qué? ¡Niño, pingüino!", id="Spanish inside the alphabet stays"),
    pytest.param("mama\u0301 n\u0303", "mama ñ", id="accents written as marks of their own"),
    pytest.param("👶 ok", "👶 ok", id="what has no plain form stays"),
])
def test_folding(text: str, folded: str) -> None:
    """Typographic marks and costly accents become plain; folding twice changes nothing more."""
    assert fold(text) == folded
    assert fold(folded) == folded
