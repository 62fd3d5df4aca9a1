"""The figures on an address of their own: worker n listens on `IMH_METRICS_PORT` + n, and says n in the label `worker`.

In a thread, so that they can be read while the loop is busy; that is when somebody wants to.
"""

from __future__ import annotations

import errno
import logging
import shutil
from typing import Any, Iterable, Iterator

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from bot.insight.metrics import REGISTRY
from bot.settings import Settings

logger = logging.getLogger(__name__)


class MetricsPort:
    """Serves the figures of one worker for as long as its server runs."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._server: Any = None

    def start(self, app: Any, *_: Any) -> None:
        """Listen; takes and ignores what else a server's listeners are called with. A port that is taken is logged."""
        if not self._settings.metrics_port:
            return
        for worker in range(self._settings.workers):
            registry = CollectorRegistry(auto_describe=False)
            registry.register(Labelled((REGISTRY, ServerState(app, self._settings)), str(worker)))
            try:
                self._server, _thread = start_http_server(self._settings.metrics_port + worker,
                                                          self._settings.metrics_host, registry)
                return
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    break
        # People are answered all the same.
        logger.error("IMH_METRICS_PORT: %s cannot be listened on; no figures are served.", self._settings.metrics_port)

    def stop(self, *_: Any) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()


class Labelled:
    """Other collectors' figures, each with the label `worker`."""

    def __init__(self, collectors: Iterable[Any], worker: str) -> None:
        self._collectors, self._worker = tuple(collectors), worker

    def collect(self) -> Iterator[Metric]:
        """The figures as they are now."""
        for collector in self._collectors:
            for metric in collector.collect():
                labelled = Metric(metric.name, metric.documentation, metric.type, metric.unit)
                labelled.samples = [sample._replace(labels={**sample.labels, "worker": self._worker})
                                    for sample in metric.samples]
                yield labelled


class ServerState:
    """What is not counted but looked at: the model, the queue, the disk."""

    def __init__(self, app: Any, settings: Settings) -> None:
        self._app, self._settings = app, settings

    def collect(self) -> Iterator[Metric]:
        """The figures as they are now."""
        agent, updates = getattr(self._app.ctx, "agent", None), getattr(self._app.ctx, "updates", None)
        yield GaugeMetricFamily("imh_model_loaded", "1 where questions can be answered", value=float(agent is not None))
        release = GaugeMetricFamily("imh_release_info", "The release that is live; always 1",
                                    labels=("bundle", "model"))
        if running := getattr(updates, "running", None):
            release.add_metric((running.bundle.name, running.bundle.model_hash[:12]), 1)
        yield release
        waiting, senders = queue(agent)
        yield GaugeMetricFamily("imh_messages_waiting", "Messages being answered or waiting for it", value=waiting)
        yield GaugeMetricFamily("imh_senders_waiting", "Senders with a message behind another one", value=senders)
        yield GaugeMetricFamily("imh_releases_unseen", "1 where no release can be looked for",
                                value=float(bool(getattr(updates, "troubled", False))))
        try:
            disk = shutil.disk_usage(self._settings.var_dir)
        except OSError:
            return
        yield GaugeMetricFamily("imh_var_free_bytes", "Free space where the var folder is", value=disk.free)


def queue(agent: Any) -> tuple[int, int]:
    """How many messages are in the queue, and how many senders have one behind another; zeros where nobody knows."""
    count = getattr(getattr(agent, "lock_store", None), "queue", None)
    return count() if count else (0, 0)
