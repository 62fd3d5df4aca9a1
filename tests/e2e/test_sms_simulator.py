"""`make sms`: a phone in the terminal."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.server import PROJECT, share_models

pytestmark = pytest.mark.e2e


def test_a_phone_shows_texts_segments_and_cost(trained: Path, tmp_path: Path) -> None:
    """What is sent and what comes back, each with its segments and its price, silence too, and the sum at the end."""
    share_models(tmp_path)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("IMH_")}
    done = subprocess.run(
        [sys.executable, "-m", "bot", "sms", "--price", "0.01"], cwd=PROJECT, capture_output=True, text=True,
        timeout=180, env={**kept, "IMH_VAR_DIR": str(tmp_path), "COLUMNS": "100"},
        input="preemie just home from nicu mom scared to hold him\nMORE\nstop\nwhat is infant mental health\n\n")
    assert done.returncode == 0, done.stderr[-2000:]
    shown = " ".join(re.sub(r"[│╭╮╰╯─]", " ", done.stdout).split())
    for words in ("Babies with biological risks do better", "(505) 331-7138", "HELP for help, STOP to end",
                  "The brief's words", "you are out and get no more texts", "(nothing is sent)"):
        assert words in shown, words
    told = re.findall(r"(\d+) segments? · \d+ septets GSM-7 · \$(\d\.\d{4})", shown)
    assert len(told) == 8 and all(float(price) == int(segments) / 100 for segments, price in told)
    total = sum(int(segments) for segments, _ in told)
    assert f"{total} segments both ways, ${total / 100:.4f}" in shown
