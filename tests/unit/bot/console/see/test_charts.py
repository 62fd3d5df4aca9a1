"""Charts as SVG that is heard, printed and not misled."""

from __future__ import annotations

from typing import Callable
from xml.etree import ElementTree

import pytest
from markupsafe import Markup

from bot.console.see import charts
from bot.console.see.charts import Series, Words

WORDS = Words("chart-a", "Messages", "Three days")
DRAW: dict[str, Callable[..., Markup]] = {
    "bars": charts.bars, "stacked": lambda *given: charts.bars(*given, stacked=True), "columns": charts.columns,
    "lines": charts.lines,
}


def parsed(drawing: Markup) -> ElementTree.Element:
    return ElementTree.fromstring(str(drawing))


def numbers(element: ElementTree.Element, *names: str) -> list[float]:
    return [float(element.attrib[name]) for name in names]


@pytest.fixture(params=DRAW)
def draw(request: pytest.FixtureRequest) -> Callable[..., Markup]:
    return DRAW[request.param]


def test_a_chart_is_an_image_with_a_title_and_a_description(draw: Callable[..., Markup]) -> None:
    """Which is all that a screen reader says of it."""
    drawing = parsed(draw(WORDS, ["x", "y"], [Series("one", [1, 2]), Series("two", [3, 4])]))
    named = {element.get("id"): element.text for element in drawing.iter()}
    assert drawing.get("role") == "img"
    assert named[drawing.attrib["aria-labelledby"]] == "Messages"
    assert named[drawing.attrib["aria-describedby"]] == "Three days"


def test_series_differ_by_more_than_colour(draw: Callable[..., Markup]) -> None:
    """By pattern, or by dash and mark, each with its name in the legend."""
    drawing = parsed(draw(WORDS, ["x"], [Series(f"s{place}", [place + 1]) for place in range(3)]))
    texts = [element.text for element in drawing.iter("text")]
    assert {"s0", "s1", "s2"} <= set(texts)
    patterns = [ElementTree.tostring(pattern[1]) if len(pattern) > 1 else b"" for pattern in drawing.iter("pattern")]
    assert len(set(patterns)) == 3
    if lines := [path for path in drawing.iter("path") if "line" in path.get("class", "").split()]:
        assert len({path.get("stroke-dasharray") for path in lines}) == 3


def test_words_from_outside_are_words(draw: Callable[..., Markup]) -> None:
    """Neither a label nor a title nor the name of a series becomes markup."""
    hostile = '"><script>alert(1)</script><a x="'
    drawn = draw(Words("c", hostile, hostile), [hostile, hostile], [Series(hostile, [1, 2]), Series("b", [1, 2])])
    assert "<script" not in drawn and "<a" not in drawn
    assert parsed(drawn).find("title").text == hostile  # type: ignore[union-attr]


def test_nothing_is_styled_in_place(draw: Callable[..., Markup]) -> None:
    """The pages' security policy would not let it, and print and dark have styles of their own."""
    drawn = draw(WORDS, ["x"], [Series("a", [1]), Series("b", [2])])
    assert "style" not in drawn and "#0" not in drawn.replace("url(#", "")


@pytest.mark.parametrize("values", [[], [0, 0], [None, None]], ids=["none", "zero", "unknown"])
def test_nothing_to_draw_is_drawn_too(draw: Callable[..., Markup], values: list[int | None]) -> None:
    """An empty period is a chart without marks, not an error."""
    drawing = parsed(draw(WORDS, ["x"] * len(values), [Series("a", values), Series("b", values)]))
    assert drawing.get("role") == "img"
    assert parsed(draw(WORDS, ["x", "y"], [])).get("role") == "img"


def test_columns_stand_on_each_other_in_proportion() -> None:
    """The second series begins where the first ends."""
    drawing = parsed(charts.columns(WORDS, ["x"], [Series("a", [30]), Series("b", [10])]))
    (y, height), (y_upper, height_upper) = [numbers(block, "y", "height") for block in drawing.iter("rect")
                                            if "block" in block.get("class", "").split()][:2]
    assert y_upper + height_upper == pytest.approx(y, abs=0.2) and height == pytest.approx(3 * height_upper, abs=0.5)


def test_a_line_is_broken_where_nothing_is_known() -> None:
    """Zero and unknown are not the same."""
    drawing = parsed(charts.lines(WORDS, list("abcd"), [Series("a", [1, None, 0, 2])]))
    (line,) = [path.attrib["d"] for path in drawing.iter("path") if "line" in path.get("class", "").split()]
    assert (line.count("M"), line.count("L")) == (2, 1)


@pytest.mark.parametrize(("most", "top"), [(0, 2), (1, 2), (3, 4), (5, 6), (9, 10), (11, 20), (41, 60), (199, 200)])
def test_the_scale_ends_at_a_round_number_whose_half_is_whole(most: int, top: int) -> None:
    """So that the middle line has a number that is right."""
    drawing = parsed(charts.columns(WORDS, ["x"], [Series("a", [most])], show=lambda number: f"{number:g}"))
    assert [element.text for element in drawing.iter("text")][:3] == ["0", f"{top / 2:g}", f"{top:g}"]
