"""What the widget may cost: bytes over the line, and memory however long somebody talks."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from benchmarks.widget import ELEMENTS, IDLE, Figure, held, missed
from tests.support.server import Server
from tests.support.widget import Widget

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

TOPICS = ("contact", "indicators", "define_imh", "strategic_plan", "brain_development")


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_demonstration_page_is_60_kilobytes_at_most(page: Page, server: Server, language: str) -> None:
    """Everything that goes over the line for a first visit, headers included."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(str(server.client.base_url.join(f"/webhooks/web/?language={language}")), wait_until="networkidle")
    expect(Widget(page).field).to_be_visible()
    assert 4 <= len(sizes) <= 6 and sum(sizes) <= 60 * 1024, "the page, two styles, the script, an icon"


def test_a_missed_bound_is_told() -> None:
    """The benchmark ends with an error then; what nothing is asked of misses nothing."""
    held_one, missed_one = Figure("a", "1 s", "≤ 3 s"), Figure("b", "4 s", "≤ 3 s", held=False)
    assert missed([held_one, missed_one, Figure("c", "9 s")]) == ["b: 4 s; asked for: ≤ 3 s"]


def test_a_second_visit_costs_little_more_than_the_page(page: Page, server: Server) -> None:
    """Files that the browser has are not sent again."""
    address = str(server.client.base_url.join("/webhooks/web/"))
    page.goto(address, wait_until="networkidle")
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(address, wait_until="networkidle")
    assert sum(sizes) <= 8 * 1024


def test_memory_is_steady_over_300_messages(demonstration: Widget) -> None:
    """No more elements after message 300 than after 150, and no more script memory but for noise."""
    session = demonstration.page.context.new_cdp_session(demonstration.page)
    steps = {}
    for number in range(1, 301):
        demonstration.write(f"/ask_{TOPICS[number % len(TOPICS)]}")
        expect(demonstration.mine.last).to_be_visible()
        demonstration.page.wait_for_function(IDLE)
        if number in {150, 300}:
            demonstration.page.wait_for_timeout(300)
            steps[number] = (held(session), demonstration.page.evaluate(ELEMENTS))
    (heap_before, elements_before), (heap_after, elements_after) = steps[150], steps[300]
    assert heap_after <= heap_before * 1.15
    assert elements_after == elements_before
    expect(demonstration.log).to_contain_text("Older messages are no longer shown here.")
