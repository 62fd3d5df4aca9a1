"""What speaks for and against the release of a model, by its card and that of the model in production."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterator, Mapping

from bot.console.train.card import QualityCard
from bot.evaluation.compare import Bounds, Loss, losses


@dataclass(frozen=True)
class Verdict:
    """A sentence, by its key in texts.yml and its values; `blocks` where only an administrator may release over it.

    `lines` are the keys of the held-out lines that it speaks of.
    """

    key: str
    values: Mapping[str, Any]
    blocks: bool
    lines: tuple[str, ...] = ()


def gate(before: QualityCard | None, after: QualityCard, bounds: Bounds) -> list[Verdict]:
    """Everything that there is to say, what blocks first. The models are compared over the lines that both were asked."""
    found = [*_leaks(after), *(_losses(before, after, bounds) if before else _first())]
    if not any(verdict.blocks for verdict in found):
        found.append(Verdict("train.gate.passes", {}, blocks=False))
    return sorted(found, key=lambda verdict: not verdict.blocks)


def _leaks(card: QualityCard) -> Iterator[Verdict]:
    if card.leaks:
        yield Verdict("train.gate.leaks", {"count": len(card.leaks)}, blocks=True,
                      lines=tuple(dict.fromkeys(key for key, _, _ in card.leaks)))


def _first() -> Iterator[Verdict]:
    yield Verdict("train.gate.first", {}, blocks=False)


def _losses(before: QualityCard, after: QualityCard, bounds: Bounds) -> Iterator[Verdict]:
    then, now = before.only(after), after.only(before)
    if not now.items["lines"]:
        yield from _first()
        return
    figures = then.quality.to_dict(), now.quality.to_dict()
    for loss in losses(*figures, bounds):
        yield Verdict(f"train.gate.{loss.kind}", _values(loss), blocks=True, lines=loss.keys or _lost(loss, then, now))


def _values(loss: Loss) -> dict[str, Any]:
    return {"name": loss.name.replace("_", " "), "before": loss.before.hits, "after": loss.after.hits,
            "total": loss.after.total, "count": len(loss.keys),
            "before_share": f"{loss.before.value:.1%}", "after_share": f"{loss.after.value:.1%}"}


def _lost(loss: Loss, then: QualityCard, now: QualityCard) -> tuple[str, ...]:
    """The lines that a loss is made of."""
    right = {outcome.key: outcome for outcome in then.quality.outcomes}
    if loss.kind == "topic":
        return tuple(o.key for o in now.quality.outcomes
                     if o.question.file == loss.name and right[o.key].right and not o.right)
    if loss.kind == "false_alarms":
        return tuple(o.key for o in now.quality.outcomes if o.kind == "crisis" and o.question.intent != "crisis"
                     and right[o.key].kind != "crisis")
    return ()
