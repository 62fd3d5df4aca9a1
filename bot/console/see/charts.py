"""Charts as SVG, drawn here: bars that lie, columns in stacks, lines.

Each is an image to a screen reader, with a title and a sentence on what it shows; the numbers stand in a table beside
it. Series differ by pattern, dash and mark, so that they are told apart in black and white. Colours and sizes are the
style sheet's (static/see.css); a chart is 320 units wide, so that its words can still be read on a narrow phone.
All words come from the caller and are escaped here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Callable, Sequence, Union

from markupsafe import Markup, escape

WIDTH = 320.0
_LABEL_CHARACTERS = 42
_LEFT, _TOP, _PLOT = 48.0, 10.0, 130.0
_LINE = 16.0
# Pattern by pattern, what is drawn in a tile of 6 x 6; the first series is solid.
_TILES = (
    "",
    "M-1 7 7 -1M-1 1 1 -1M5 7 7 5",
    "M0 3H6",
    "M1.5 0V6M4.5 0V6",
    "M-1 7 7 -1M-1 -1 7 7",
    "M3 2.9V3.1",
)
_DOTS = 5
_DASHES = ("none", "6 3", "2 3")
_Number = Union[int, float]
Show = Callable[[_Number], str]


@dataclass(frozen=True)
class Series:
    """A name for the legend, and a value for each place; None where nothing is known."""

    name: str
    values: Sequence[_Number | None]


@dataclass(frozen=True)
class Words:
    """What a chart says of itself; `id` is unique in its page."""

    id: str
    title: str
    description: str


def bars(words: Words, labels: Sequence[str], series: Sequence[Series], *, show: Show = str,
         stacked: bool = False) -> Markup:
    """A row a label: the label, the first value in figures (all of them, where they are stacked), the bars."""
    thick = 10.0
    rows = 1 if stacked else len(series)
    step = _LINE + rows * thick + 8.0
    longest = max((sum(at) if stacked else max(at) for at in zip(*(_known(one) for one in series))), default=0) or 1
    parts = []
    for number, label in enumerate(labels):
        top = number * step
        values = [_known(one)[number] for one in series]
        parts += [_text(0, top + 12, _short(label)),
                  _text(WIDTH, top + 12, " / ".join(map(show, values if stacked else values[:1])), anchor="end")]
        left = 0.0
        for place, value in enumerate(values):
            width = value / longest * WIDTH
            y = top + _LINE + (0 if stacked else place * thick)
            if value:
                parts.append(_block(words.id, place, left, y, max(width, 1.0), thick - 1))
            left += width if stacked else 0
    return _drawing(words, parts, len(labels) * step, series)


def columns(words: Words, labels: Sequence[str], series: Sequence[Series], *, show: Show = str) -> Markup:
    """A column a label, the first series at its foot; the first and the last label are written below."""
    totals = [sum(at) for at in zip(*(_known(one) for one in series))]
    top = _nice(max(totals, default=0))
    parts = _scale(top, show)
    step = (WIDTH - _LEFT) / max(1, len(labels))
    for number in range(len(labels)):
        foot = _TOP + _PLOT
        for place, one in enumerate(series):
            height = _known(one)[number] / top * _PLOT
            foot -= height
            if height:
                parts.append(_block(words.id, place, _LEFT + number * step + step * 0.1, foot, step * 0.8, height))
    parts += _ends(labels)
    return _drawing(words, parts, _TOP + _PLOT + _LINE + 4, series)


def lines(words: Words, labels: Sequence[str], series: Sequence[Series], *, show: Show = str) -> Markup:
    """A line a series, broken where nothing is known; marks on each value."""
    top = _nice(max((value for one in series for value in one.values if value is not None), default=0))
    parts = _scale(top, show)
    step = (WIDTH - _LEFT) / max(1, len(labels))
    for place, one in enumerate(series):
        points = [None if value is None else (_LEFT + (number + 0.5) * step, _TOP + _PLOT * (1 - value / top))
                  for number, value in enumerate(one.values)]
        path, pen = "", "M"
        for point in points:
            path, pen = (path, "M") if point is None else (f"{path}{pen}{point[0]:.1f} {point[1]:.1f}", "L")
        parts.append(_element("path", d=path or "M0 0", class_=f"line series-{place}",
                              stroke_dasharray=_DASHES[place % len(_DASHES)]))
        parts += [_mark(place, *point) for point in points if point is not None]
    parts += _ends(labels)
    return _drawing(words, parts, _TOP + _PLOT + _LINE + 4, series, marks=True)


def _drawing(words: Words, parts: Sequence[Markup], height: float, series: Sequence[Series], *,
             marks: bool = False) -> Markup:
    """The image: title, description, patterns, the drawing, and a legend where there is more than one series."""
    legend = [] if len(series) < 2 else [piece for place, one in enumerate(series) for piece in (
        _mark(place, 6, height + place * _LINE + 12) if marks
        else _block(words.id, place, 0, height + place * _LINE + 6, 12, 12),
        _text(18, height + place * _LINE + 16, _short(one.name)))]
    height += len(legend) // 2 * _LINE + 8
    return _element(
        "svg", _element("title", escape(words.title), id=f"{words.id}-title"),
        _element("desc", escape(words.description), id=f"{words.id}-desc"),
        _element("defs", *(_pattern(words.id, place) for place in range(len(series)))), *parts, *legend,
        role="img", aria_labelledby=f"{words.id}-title", aria_describedby=f"{words.id}-desc", class_="chart",
        viewBox=f"0 0 {WIDTH:.0f} {math.ceil(height)}")


def _pattern(chart: str, place: int) -> Markup:
    tile = _TILES[place % len(_TILES)]
    ground = _element("rect", width="6", height="6", class_="ground" if tile else "solid")
    drawn = [_element("path", d=tile, class_="dot" if place == _DOTS else "hatch")] if tile else []
    return _element("pattern", ground, *drawn, id=f"{chart}-{place}", width="6", height="6",
                    patternUnits="userSpaceOnUse", class_=f"series-{place}")


def _block(chart: str, place: int, x: float, y: float, width: float, height: float) -> Markup:
    return _element("rect", x=f"{x:.1f}", y=f"{y:.1f}", width=f"{width:.1f}", height=f"{height:.1f}",
                    fill=f"url(#{chart}-{place})", class_=f"block series-{place}")


def _mark(place: int, x: float, y: float) -> Markup:
    """A disc, a square, a triangle."""
    shape = (f"M{x - 3:.1f} {y:.1f}a3 3 0 1 0 6 0a3 3 0 1 0 -6 0", f"M{x - 3:.1f} {y - 3:.1f}h6v6h-6z",
             f"M{x:.1f} {y - 4:.1f}l4 7h-8z")[place % 3]
    return _element("path", d=shape, class_=f"mark series-{place}")


def _scale(top: float, show: Show) -> list[Markup]:
    """Lines across at nothing, half and all, each with its value."""
    found = []
    for share in (0.0, 0.5, 1.0):
        y = _TOP + _PLOT * (1 - share)
        found += [_element("path", d=f"M{_LEFT:.0f} {y:.1f}H{WIDTH:.0f}", class_="grid"),
                  _text(_LEFT - 4, y + 4, show(top * share), anchor="end")]
    return found


def _ends(labels: Sequence[str]) -> list[Markup]:
    y = _TOP + _PLOT + _LINE
    last = [_text(WIDTH, y, labels[-1], anchor="end")] if len(labels) > 1 else []
    return [_text(_LEFT, y, labels[0]), *last] if labels else []


def _text(x: float, y: float, words: str, *, anchor: str = "start") -> Markup:
    return _element("text", escape(words), x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor)


def _element(name: str, *children: Markup, **attributes: str) -> Markup:
    """An element; an attribute's `_` is a hyphen, one at its end is nothing."""
    given = Markup("").join(Markup(' {}="{}"').format(Markup(key.rstrip("_").replace("_", "-")), value)
                            for key, value in attributes.items())
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), given, Markup("").join(children))


def _known(series: Series) -> list[_Number]:
    return [value or 0 for value in series.values]


def _short(label: str) -> str:
    return label if len(label) <= _LABEL_CHARACTERS else f"{label[:_LABEL_CHARACTERS - 1].rstrip()}…"


def _nice(value: float) -> float:
    """The next of 2, 4, 10, 20, 40, 100, … that is not smaller: half of it is a whole number too."""
    size = 10.0 ** math.floor(math.log10(max(value, 2)))
    return next(size * factor for factor in (1, 2, 4, 6, 8, 10) if size * factor >= max(value, 2))
