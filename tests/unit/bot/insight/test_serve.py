"""The figures' own port, what is looked at beside what is counted, and the files that name figures."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Iterator

import httpx
import pytest
import yaml

from bot.insight import metrics
from bot.insight.serve import Labelled, MetricsPort, ServerState, queue
from bot.settings import PROJECT, Settings
from bot.store.locks import QueueLockStore
from bot.store.shared_lock import lock_store
from tests.support.server import free_port

DASHBOARD = PROJECT / "deploy" / "grafana" / "dashboard.json"
ALERTS = PROJECT / "deploy" / "prometheus" / "alerts.yml"
# What Prometheus itself adds to whatever it reads.
FROM_PROMETHEUS = {"up"}


def app(**ctx: Any) -> Any:
    return SimpleNamespace(ctx=SimpleNamespace(**ctx))


def sample_names() -> set[str]:
    """Every name under which a figure can be asked for, with and without anything counted yet."""
    state = ServerState(app(agent=None, updates=None), Settings())
    names = set()
    for collector in (metrics.REGISTRY, state):
        for metric in collector.collect():
            if metric.type == "histogram":
                names |= {f"{metric.name}_{end}" for end in ("bucket", "count", "sum")}
            else:
                names.add(f"{metric.name}_total" if metric.type == "counter" else metric.name)
    return names | FROM_PROMETHEUS


def names_in(expression: str) -> set[str]:
    """The figures that a PromQL expression asks for."""
    bare = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]|\b(?:by|without|on|ignoring)\s*\([^)]*\)', " ", expression)
    return {word for word, call in re.findall(r"\b([a-zA-Z_:][\w:]*)(\s*\()?", bare)
            if not call and word not in {"and", "or", "unless"}}


def expressions(node: Any) -> Iterator[str]:
    """All `expr` of a dashboard or a file of rules."""
    if isinstance(node, dict):
        for key, inner in node.items():
            if key == "expr":
                yield inner
            else:
                yield from expressions(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from expressions(inner)


@pytest.mark.parametrize("path", [DASHBOARD, ALERTS], ids=lambda path: path.name)
def test_every_figure_that_is_asked_for_is_there(path: Path) -> None:
    """A panel or an alert on a figure that nobody counts is silent for ever."""
    text = path.read_text(encoding="utf-8")
    found = list(expressions(json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)))
    assert len(found) >= 5
    asked = {name for expression in found for name in names_in(expression)}
    assert asked and asked - sample_names() == set()


def test_the_names_in_an_expression_are_found() -> None:
    """The test above can fail: functions and labels are no figures, everything else is."""
    assert names_in('histogram_quantile(0.95, sum by (le, stage) (rate(imh_wrong_bucket{stage="nlu_x"}[5m]))) > 1') == {
        "imh_wrong_bucket"}
    assert names_in("up == 0 or process_wrong_bytes > 3") == {"up", "process_wrong_bytes"}


def test_every_alert_says_what_to_do() -> None:
    """A name, how urgent it is, and words."""
    rules = [rule for group in yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"] for rule in group["rules"]]
    assert {"BotErrors", "BotSlow", "BotNoModel", "BotCrises"} <= {rule["alert"] for rule in rules}
    for rule in rules:
        assert rule["labels"]["severity"] in {"page", "ticket"} and rule["annotations"]["summary"], rule


def test_a_panel_has_an_id_of_its_own() -> None:
    """Grafana takes the last of two with the same."""
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) >= 8


def test_the_documentation_names_every_figure() -> None:
    """Whoever reads a figure can look up what it means."""
    page = (PROJECT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    assert [name for name in sample_names() if name.startswith("imh_")
            and re.sub("_(bucket|count|sum)$", "", name) not in page] == []


def test_figures_are_served_on_their_own_address_with_their_worker(tmp_path: Path) -> None:
    """Every line has the label; nothing is served once the server stopped."""
    port = MetricsPort(Settings(var_dir=tmp_path, metrics_port=free_port()))
    port.start(app(agent=None, updates=None), None)
    address = f"http://127.0.0.1:{port._settings.metrics_port}/metrics"
    text = httpx.get(address, trust_env=False).text
    samples = [line for line in text.splitlines() if not line.startswith("#")]
    assert 'imh_model_loaded{worker="0"} 0.0' in samples
    assert [line for line in samples if 'worker="0"' not in line] == []
    port.stop()
    with pytest.raises(httpx.TransportError):
        httpx.get(address, trust_env=False)


def test_the_next_worker_takes_the_next_port(tmp_path: Path) -> None:
    """Each worker counts for itself."""
    first = free_port()
    settings = Settings(var_dir=tmp_path, metrics_port=first, workers=2)
    ports = [MetricsPort(settings), MetricsPort(settings)]
    try:
        for port in ports:
            port.start(app(agent=None, updates=None))
        assert 'worker="1"' in httpx.get(f"http://127.0.0.1:{first + 1}/metrics", trust_env=False).text
    finally:
        for port in ports:
            port.stop()


def test_a_port_that_is_taken_stops_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """People are answered without figures; the log names the setting."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = MetricsPort(Settings(var_dir=tmp_path, metrics_port=taken.getsockname()[1]))
        port.start(app(agent=None, updates=None))
        port.stop()
    assert "IMH_METRICS_PORT" in caplog.text


def test_nothing_is_served_unless_asked_for() -> None:
    """Off by default."""
    port = MetricsPort(Settings())
    port.start(app(agent=None, updates=None))
    assert port._server is None


def test_the_state_names_the_release_and_the_queue(tmp_path: Path) -> None:
    """Which model answers, who waits, and how much room there is."""
    bundle = SimpleNamespace(name="0123456789abcdef", model_hash="f" * 64)
    agent = SimpleNamespace(lock_store=SimpleNamespace(queue=lambda: (3, 1)))
    updates = SimpleNamespace(running=SimpleNamespace(bundle=bundle), troubled=True)
    state = ServerState(app(agent=agent, updates=updates), Settings(var_dir=tmp_path))
    found = {sample.name: (sample.labels, sample.value)
             for metric in Labelled((state,), "4").collect() for sample in metric.samples}
    assert found["imh_release_info"] == ({"bundle": bundle.name, "model": "f" * 12, "worker": "4"}, 1)
    assert found["imh_messages_waiting"][1] == 3 and found["imh_senders_waiting"][1] == 1
    assert found["imh_releases_unseen"][1] == 1 and found["imh_var_free_bytes"][1] > 0
    assert queue(None) == (0, 0)


def test_every_lock_says_who_waits() -> None:
    """Where one did not, the figure was 0 for ever, and the alert on it silent."""
    for settings in (Settings(), Settings(workers=2, redis_url="redis://127.0.0.1:9/0"),
                     Settings(db_url="postgresql://127.0.0.1:9/imh")):
        store = lock_store(settings)

        async def waiting(store: Any = store) -> tuple[int, int]:
            async with QueueLockStore.lock(getattr(store, "_here", store), "ana"):
                return queue(SimpleNamespace(lock_store=store))

        assert asyncio.run(waiting()) == (1, 0), type(store)
