"""How far a training is said to be."""

from __future__ import annotations

import json
from pathlib import Path

from bot.console.people.accounts import Role
from bot.console.train.progress import FIRST_S, STEPS, expected_of, share_of
from bot.console.train.tables import jobs
from tests.support.console import console


def test_it_grows_and_never_claims_an_end_that_is_not_there() -> None:
    """A step that takes ten times as long as the last time stays short of its end."""
    shares, seconds = [], {}
    for step in STEPS:
        shares += [share_of(step, None, elapsed, seconds, FIRST_S) for elapsed in (0, 1, 5, 50, 10 * FIRST_S[step])]
        seconds[step] = 1.0
    assert shares == sorted(shares) and shares[0] == 0 and 0.9 < shares[-1] < 1


def test_what_a_step_tells_of_itself_counts_more_than_the_clock() -> None:
    """Half of the questions are asked, however long that took."""
    before = sum(FIRST_S[step] for step in STEPS[:STEPS.index("evaluate")])
    seconds = {step: 1.0 for step in STEPS[:STEPS.index("evaluate")]}
    share = share_of("evaluate", 0.5, 1000, seconds, FIRST_S)
    assert share == (before + FIRST_S["evaluate"] / 2) / sum(FIRST_S.values())


def test_the_last_training_says_how_long_this_one_takes(tmp_path: Path) -> None:
    """One that failed does not."""
    engine = console(tmp_path, Role.EDITOR).app.state.database
    with engine.begin() as connection:
        assert expected_of(connection) == FIRST_S
        for state, seconds in (("done", {"train": 30.0}), ("failed", {"train": 1.0})):
            connection.execute(jobs.insert().values(
                person_id=1, person="", state=state, host="", beat_at=0, started_at=0, step="card", step_at=0,
                seconds=json.dumps(seconds), expected="{}"))
        assert expected_of(connection) == {**FIRST_S, "train": 30.0}


def test_a_job_of_another_version_is_shown_all_the_same() -> None:
    """Its steps may have had other names."""
    assert share_of("polish", None, 3, {"grind": 2.0}, {"grind": 5.0}) == 1.0
