"""Words that count how often one is looked at: whether a text takes long is told without a clock."""

from __future__ import annotations

from typing import Callable, Sequence


class Counted(list[str]):
    """Fails where its words are looked at too often: a time-out would make us wait."""

    most = 0

    def __getitem__(self, place: int) -> str:  # type: ignore[override]
        self.most -= 1
        assert self.most >= 0, f"looked at too often: {' '.join(self)[:60]}"
        return super().__getitem__(place)


def counting(split: Callable[[str], Sequence[str]], each: int) -> Callable[[str], Counted]:
    """The same as `split`, of words that may each be looked at `each` times at most."""
    def counted(text: str) -> Counted:
        words = Counted(split(text))
        words.most = each * (len(words) + 1)
        return words

    return counted
