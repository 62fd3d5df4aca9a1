"""The Helm chart renders with Helm itself into what Kubernetes accepts, and what it makes can do little harm."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Iterator

import pytest
import yaml

from bot.console.app import pages
from bot.settings import PROJECT, load_settings
from tests.support.tools import run

CHART = PROJECT / "deploy" / "chart"
EVERYTHING = {"ingress": {"enabled": True, "consoleHost": "console.example.org",
                          "consoleFrom": ["192.0.2.0/24", "2001:db8::/32"]},
              "networkPolicy": {"kannel": True, "monitoringNamespace": "monitoring",
                                "outward": [{"cidr": "203.0.113.7/32", "port": 465}],
                                "signIn": "203.0.113.9/32"},
              "bot": {"autoscaling": {"metric": "imh_answer_seconds_p95"}, "metricsPort": 9405, "workers": 2,
                      "settings": {"IMH_SMS_NUMBER": "911"},
                      "tolerations": [{"key": "chat", "operator": "Exists"}], "nodeSelector": {"disk": "fast"}},
              "image": {"digest": "sha256:" + "0" * 64}, "imagePullSecrets": [{"name": "registry"}]}
LITTLE = {"console": {"enabled": False}, "bot": {"autoscaling": {"enabled": False}},
          "networkPolicy": {"enabled": False}}
VALUES = {"as it is": {}, "with everything": EVERYTHING, "with little": LITTLE}
# The oldest that Chart.yaml allows, and the newest there is.
KUBERNETES = ("1.27.0", "1.37.0")


def report(values: dict[str, Any]) -> dict[str, Any]:
    """What Helm says of the chart under these values."""
    return json.loads(_said(json.dumps(values)))


@cache
def _said(values: str) -> str:
    """Asked once for each values: Helm takes a second to begin."""
    done = run("python", "tests/support/render_chart.py", CHART, stdin=values)
    assert done.returncode == 0, done.stderr
    return done.stdout


def manifests(values: dict[str, Any]) -> list[dict[str, Any]]:
    """The objects that would be made."""
    return [document for text in report(values)["manifests"].values()
            for document in yaml.safe_load_all(text) if document]


def pods(values: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from (document["spec"]["template"]["spec"] for document in manifests(values)
                if document["kind"] == "Deployment")


def only(values: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    [found] = [document for document in manifests(values)
               if document["kind"] == kind and document["metadata"]["name"] == name]
    return found


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
def test_helm_finds_nothing_wrong(values: dict[str, Any]) -> None:
    said = report(values)
    assert said["errors"] == [] and "refused" not in said
    assert [message for message in said["messages"] if message["severity"] > 1] == []


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
def test_kubernetes_accepts_every_object(values: dict[str, Any], version: str, tmp_path: Path) -> None:
    """Against its own schemas, no key that they do not know."""
    (tmp_path / "all.yaml").write_text(yaml.safe_dump_all(manifests(values)), encoding="utf-8")
    done = run("kubernetes-validate", "-k", version, "--strict", tmp_path / "all.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
def test_no_pod_can_do_more_than_it_needs(values: dict[str, Any]) -> None:
    """Nobody's user, nothing to write on but volumes, no capability, no key to the cluster."""
    for pod in pods(values):
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["runAsUser"] >= 10000
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "privileged": False,
                "capabilities": {"drop": ["ALL"]}}
            assert container["resources"]["limits"]["memory"] and container["resources"]["requests"]["cpu"]


def test_a_bot_is_asked_how_it_is() -> None:
    """Live: begin it again. Ready, once: it takes the place of an old one."""
    [container] = only({}, "Deployment", "imh-bot")["spec"]["template"]["spec"]["containers"]
    assert container["livenessProbe"]["httpGet"]["path"] == "/webhooks/web/health/live"
    assert container["startupProbe"]["httpGet"]["path"] == "/webhooks/web/health/ready"


def test_a_database_that_is_away_takes_no_pod_out_of_the_service() -> None:
    """It is the same for all: nobody would be left to say the crisis lines. `ready` is 503 then, `live` is not."""
    [container] = only({}, "Deployment", "imh-bot")["spec"]["template"]["spec"]["containers"]
    assert container["readinessProbe"]["httpGet"] == {"path": "/webhooks/web/health/live", "port": "http"}


def test_the_figures_are_for_the_monitoring_alone() -> None:
    """A port for each worker, let through from one namespace; none where nobody asked for them."""
    [container] = only(EVERYTHING, "Deployment", "imh-bot")["spec"]["template"]["spec"]["containers"]
    assert container["ports"] == [{"name": "http", "containerPort": 5005}, {"name": "metrics-0", "containerPort": 9405},
                                  {"name": "metrics-1", "containerPort": 9406}]
    plain = {variable["name"]: variable.get("value") for variable in container["env"]}
    assert (plain["IMH_METRICS_PORT"], plain["IMH_METRICS_HOST"]) == ("9405", "0.0.0.0")
    [public, monitoring] = only(EVERYTHING, "NetworkPolicy", "imh-bot")["spec"]["ingress"]
    assert [port["port"] for port in public["ports"]] == [5005]
    assert monitoring == {
        "from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}],
        "ports": [{"protocol": "TCP", "port": 9405}, {"protocol": "TCP", "port": 9406}]}
    [container] = only({}, "Deployment", "imh-bot")["spec"]["template"]["spec"]["containers"]
    assert [port["name"] for port in container["ports"]] == ["http"]
    assert "IMH_METRICS_PORT" not in {variable["name"] for variable in container["env"]}
    assert [port["port"] for port in only(EVERYTHING, "Service", "imh-bot")["spec"]["ports"]] == [5005]


def test_the_console_is_asked_how_it_is() -> None:
    """A database that is away is no reason to begin it again, only to send nobody there."""
    [container] = only({}, "Deployment", "imh-console")["spec"]["template"]["spec"]["containers"]
    assert container["livenessProbe"]["httpGet"]["path"] == container["startupProbe"]["httpGet"]["path"] == "/health/live"
    assert container["readinessProbe"]["httpGet"]["path"] == "/health/ready"


def test_every_variable_is_a_setting() -> None:
    """A setting that nobody reads would look as if it held."""
    known = set((PROJECT / ".env.example").read_text(encoding="utf-8").replace("=", " ").split())
    names = {variable["name"].removesuffix("_FILE") for values in VALUES.values() for pod in pods(values)
             for container in pod["containers"] for variable in container["env"]}
    assert names - known == set()


def test_what_the_chart_sets_can_be_used() -> None:
    """The bot's own reading of the variables finds nothing wrong."""
    [container] = only(EVERYTHING, "Deployment", "imh-bot")["spec"]["template"]["spec"]["containers"]
    plain = {variable["name"]: variable["value"] for variable in container["env"]
             if "value" in variable and not variable["name"].endswith("_FILE")}
    held = {"IMH_CONSOLE_TOKEN": "0123456789abcdef" * 4, "IMH_DB_URL": "postgresql://db/imh"}
    assert load_settings({**plain, **held}).trusts("10.2.3.4")


def test_secrets_are_named_never_held() -> None:
    """No object of kind Secret, and none through the settings of the values."""
    assert "Secret" not in {document["kind"] for document in manifests(EVERYTHING)}
    for name in ("IMH_SECRET", "IMH_CONSOLE_TOKEN", "IMH_DB_URL", "IMH_PSEUDONYM_KEY", "IMH_ALERT_SMTP", "IMH_OIDC_CLIENT_SECRET"):
        assert "refused" in report({"bot": {"settings": {name: "x" * 64}}}), name
    assert "refused" not in report({"bot": {"settings": {"IMH_SMS_NUMBER": "911"}}})


@pytest.mark.parametrize("values", [{"image": {"tag": "latest"}}, {"image": {"digest": "sha256:12"}}, {"bots": {}},
                                    {"publicUrl": "chat.example.org"}, {"bot": {"replicas": 0}},
                                    {"networkPolicy": {"outward": [{"cidr": "203.0.113.7/32"}]}}])
def test_values_that_cannot_be_meant_are_refused(values: dict[str, Any]) -> None:
    assert "refused" in report(values)


def test_a_bot_reaches_its_stores_and_the_console_alone() -> None:
    """And is reached by the ingress alone."""
    policy = only({}, "NetworkPolicy", "imh-bot")["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert sorted(port["port"] for rule in policy["egress"] for port in rule["ports"]) == [53, 53, 5006, 5432, 6379]
    assert all(rule["to"] for rule in policy["egress"])
    told = only(EVERYTHING, "NetworkPolicy", "imh-bot")["spec"]["egress"]
    assert {"to": [{"ipBlock": {"cidr": "203.0.113.7/32"}}], "ports": [{"protocol": "TCP", "port": 465}]} in told
    [inward] = policy["ingress"]
    assert inward["from"] == [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}}}]


def test_the_public_reaches_two_channels_and_not_the_gateways() -> None:
    [rule] = only(EVERYTHING, "Ingress", "imh-bot")["spec"]["rules"]
    assert {(path["path"], path["pathType"]) for path in rule["http"]["paths"]} == {
        ("/", "Exact"), ("/webhooks/web", "Prefix"), ("/webhooks/sms/twilio", "Prefix")}


def test_the_public_reaches_every_room_of_the_console_and_no_release() -> None:
    """Bots fetch releases inside, as with the Caddyfile. A room that is new has to be named in the chart."""
    [rule] = only(EVERYTHING, "Ingress", "imh-console")["spec"]["rules"]
    paths = {(path["path"], path["pathType"]) for path in rule["http"]["paths"]}
    first = {route.path.split("/")[1] for route in pages()} - {"bundle", ""}
    assert paths == {("/", "Exact"), *((f"/{name}", "Prefix") for name in {*first, "static"})}


def test_the_console_can_be_kept_to_some_networks() -> None:
    """As IMH_CONSOLE_FROM does it for the Caddyfile; nothing is said where nothing is wanted."""
    key = "nginx.ingress.kubernetes.io/whitelist-source-range"
    annotations = only(EVERYTHING, "Ingress", "imh-console")["metadata"]["annotations"]
    assert annotations[key] == "192.0.2.0/24,2001:db8::/32"
    assert annotations["nginx.ingress.kubernetes.io/proxy-body-size"] == "1m"
    everybody = {"ingress": {"enabled": True, "consoleHost": "console.example.org"}}
    assert key not in only(everybody, "Ingress", "imh-console")["metadata"]["annotations"]
    assert "refused" in report({"ingress": {"consoleFrom": ["192.0.2.7"]}})


def test_bots_grow_and_do_not_all_go_at_once() -> None:
    spec = only(EVERYTHING, "HorizontalPodAutoscaler", "imh-bot")["spec"]
    assert spec["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "imh-bot"}
    assert [metric["type"] for metric in spec["metrics"]] == ["Resource", "Pods"]
    assert only({}, "PodDisruptionBudget", "imh-bot")["spec"]["minAvailable"] >= 1
    assert "replicas" not in only({}, "Deployment", "imh-bot")["spec"], "autoscaler and chart would fight over it"


def test_what_staff_wrote_outlives_the_chart() -> None:
    """The console's volume stays when the release is taken away; two consoles never write on it."""
    volume = only({}, "PersistentVolumeClaim", "imh-console")
    assert volume["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    console = only({}, "Deployment", "imh-console")["spec"]
    assert (console["replicas"], console["strategy"]) == (1, {"type": "Recreate"})
