"""An OpenTelemetry collector for tests: takes traces over HTTP on a port of 127.0.0.1 and reads what is in them."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Mapping

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


@dataclass(frozen=True)
class Span:
    """Ids in hexadecimal, `parent` empty at the top; times in nanoseconds since 1970; `kind` and `status` by number."""

    trace: str
    id: str
    parent: str
    name: str
    kind: int
    start_ns: int
    end_ns: int
    status: int
    attributes: Mapping[str, Any]

    @property
    def seconds(self) -> float:
        return (self.end_ns - self.start_ns) / 1e9


class Collector:
    """`POST` to `address`; a context manager. Answers with `status`, after `delay_s`."""

    def __init__(self, port: int = 0) -> None:
        self.status = 200
        self.delay_s = 0.0
        self.bodies: list[bytes] = []
        self.resources: list[Mapping[str, Any]] = []
        self.spans: list[Span] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                time.sleep(collector.delay_s)
                if collector.status == 200:
                    assert self.path == "/v1/traces" and self.headers["Content-Type"] == "application/x-protobuf"
                    collector._take(body)
                content = ExportTraceServiceResponse().SerializeToString()
                try:
                    self.send_response(collector.status)
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)
                except OSError:
                    pass  # the other side did not wait

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self._server.server_address[1]
        self.address = f"http://127.0.0.1:{self.port}/v1/traces"

    def __enter__(self) -> Collector:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def traces(self, count: int = 1, *, within_s: float = 10) -> dict[str, list[Span]]:
        """Trace -> its spans, in the order in which they began, once there are so many; else AssertionError."""
        deadline = time.monotonic() + within_s
        while True:
            found: dict[str, list[Span]] = defaultdict(list)
            for span in sorted(self.spans, key=lambda span: (span.start_ns, bool(span.parent))):
                found[span.trace].append(span)
            if len(found) >= count:
                return dict(found)
            assert time.monotonic() < deadline, f"{len(found)} of {count} traces came"
            time.sleep(0.05)

    def _take(self, body: bytes) -> None:
        self.bodies.append(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.resources.append(_attributes(resource.resource.attributes))
            self.spans += [
                Span(span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex(), span.name, span.kind,
                     span.start_time_unix_nano, span.end_time_unix_nano, span.status.code, _attributes(span.attributes))
                for scope in resource.scope_spans for span in scope.spans]


def _attributes(given: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in given}
