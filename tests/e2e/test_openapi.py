"""A real server holds what docs/openapi.yml says, whatever is sent to it: described, forbidden, and plain noise."""

from __future__ import annotations

import uuid
import warnings
from pathlib import Path
from typing import Any, Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation.modes import GenerationMode
from schemathesis.specs.openapi.checks import (content_type_conformance, response_headers_conformance,
                                               response_schema_conformance, status_code_conformance)

from benchmarks.fuzz import noise, shoot
from tests.support.server import PROJECT, Server
from tests.support.texting import ENVIRONMENT, TOKEN, signature

pytestmark = pytest.mark.e2e

EXAMPLES = 200
NOISE = 2_000
SEED = 1317139
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
          response_schema_conformance]
SCHEMA = schemathesis.openapi.from_path(PROJECT / "docs" / "openapi.yml")
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]


def takes_anything(operation: Any) -> bool:
    """Whether there is something in a request that could be wrong."""
    return bool(operation.body or operation.query or operation.headers or operation.path_parameters)


CASES = [pytest.param(operation, mode, id=f"{operation.label}-{name}") for operation in OPERATIONS
         for mode, name in ((GenerationMode.POSITIVE, "allowed"), (GenerationMode.NEGATIVE, "forbidden"))
         if mode is GenerationMode.POSITIVE or takes_anything(operation)]


@pytest.fixture(scope="module")
def server(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("described"), environment=ENVIRONMENT) as running:
        yield running


@pytest.fixture(scope="module")
def visit(server: Server) -> tuple[str, str]:
    """A conversation of this server's, and the id of an answer in it."""
    sender = server.client.post("/webhooks/web/session").json()["sender"]
    return sender, server.say("what is infant mental health", sender=sender)[0]["custom"]["id"]


def admitted(case: Any, visit: tuple[str, str]) -> dict[str, str]:
    """Headers, and what stands in the case itself, by which a gateway's or a visitor's request is let in."""
    if isinstance(case.body, dict) and case.path.endswith(("/feedback", "/erase")) and "sender" in case.body:
        case.body.update({key: value for key, value in zip(("sender", "id"), visit) if key in case.body})
    if case.path.endswith("/kannel") and isinstance(case.query, dict) and case.method == "GET":
        case.query["token"] = TOKEN
    if "/twilio" in case.path and isinstance(case.body, dict):
        fields = {str(key): str(value) for key, value in case.body.items() if isinstance(value, str)}
        return {"X-Twilio-Signature": signature(fields, path=case.path)}
    return {}


@pytest.mark.parametrize(("operation", "mode"), CASES)
def test_responses_are_as_described(server: Server, visit: tuple[str, str], operation: Any,
                                    mode: GenerationMode) -> None:
    """No 5xx, no status, form, header or type that the description does not name; gateways with their key."""
    seen: list[int] = []

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
              phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
    def check(case: Any) -> None:
        sent = admitted(case, visit)
        response = case.call(base_url=f"http://127.0.0.1:{server.port}", headers=sent, allow_redirects=False)
        seen.append(response.status_code)
        case.validate_response(response, checks=CHECKS)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check()
    assert seen
    if mode is GenerationMode.POSITIVE and "/widget/" not in operation.path:
        assert any(status < 400 for status in seen)  # what is described can be had


def test_noise_is_no_reason_to_fail(server: Server) -> None:
    """2,000 bodies, queries and headers of random bytes: no 5xx, and the server answers a question as before."""
    statuses = shoot(server.port, noise(SEED, NOISE))
    assert sum(statuses.values()) == NOISE
    assert [status for status in statuses if status >= 500] == []
    assert server.say("what is infant mental health", sender=uuid.uuid4().hex)[0]["custom"]["kind"] == "answer"
