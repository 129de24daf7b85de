"""The files of deployment name only what there is, and leave nothing of the catalogue out."""

from __future__ import annotations

import importlib.resources
import importlib.util
import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from common.contracts.catalogue import regional_instance
from common.federation.country import load_federation
from common.messaging.telemetry import metrics
from common.runtime.exporter import ExporterSettings
from common.runtime.settings import Settings
from jsonschema.validators import validator_for
from otklik.process_plan import AT_ONCE, GIVE_WAY, Process
from otklik.settings import OperatorSettings
from prometheus_client.metrics import MetricWrapperBase
from provision.job import ProvisionSettings, installation_of
from provision.plan import commands
from provision.secrets import write_secrets
from pydantic_settings import BaseSettings

from tests import conftest as service_settings
from tests.compose import COMPOSE, ROOT, environment, services

DEPLOY = ROOT / "deploy"
OBSERVABILITY = DEPLOY / "observability"
SERVICES = services()
OURS = {name: s for name, s in SERVICES.items() if "build" in s}
BOSTON = load_federation(DEPLOY / "federations" / "boston")
INSTALLATION = installation_of(BOSTON, "otklik")
KINDS: dict[str, type[BaseSettings]] = {
    **service_settings.KINDS, "provision": ProvisionSettings, "exporter": ExporterSettings, "otklik": OperatorSettings,
}  # fmt: skip
YAML = sorted([COMPOSE, *DEPLOY.glob("observability/**/*.yaml")])


def _secrets(folder: Path) -> Path:
    write_secrets(folder, INSTALLATION)
    return folder


def test_compose_is_valid_by_the_published_schema() -> None:
    vendored = importlib.resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    schema = json.loads(vendored.read_text())
    errors = validator_for(schema)(schema).iter_errors(yaml.safe_load(COMPOSE.read_text()))
    assert [f"{list(e.absolute_path)}: {e.message}"[:300] for e in errors] == []


def test_compose_has_every_service_instance_of_boston_the_clock_and_the_exporter() -> None:
    running = {name for name, s in OURS.items() if s.get("environment", {}).get("OTKLIK_NAME") == name}
    assert running == {*INSTALLATION.instances(), "clock", "exporter"}
    assert {regional_instance(r.id) for r in BOSTON.regions} <= running
    assert all("full" in OURS[name]["profiles"] for name in running)


@pytest.mark.parametrize("name", OURS)
def test_every_variable_is_a_setting_and_what_must_be_set_is(name: str, tmp_path: Path) -> None:
    settings = KINDS.get(name, Settings)
    prefix = settings.model_config["env_prefix"]
    given = environment(OURS[name], _secrets(tmp_path))
    assert {v.removeprefix(prefix).lower() for v in OURS[name]["environment"]} <= settings.model_fields.keys()
    assert {v.removeprefix(prefix).lower() for v in given} <= settings.model_fields.keys()
    needed = {field for field, about in settings.model_fields.items() if about.is_required()}
    assert needed <= {v.removeprefix(prefix).lower() for v in given}
    keys = {"OTKLIK_VAULT_KEY", "OTKLIK_PSEUDONYM_KEY", "OTKLIK_EDGE_KEY", "OTKLIK_VOICE_KEY"} & given.keys()
    assert keys == {
        "intake": {"OTKLIK_VAULT_KEY", "OTKLIK_PSEUDONYM_KEY"}, "channels": {"OTKLIK_EDGE_KEY"},
        "deliberation": {"OTKLIK_VOICE_KEY"},
    }.get(name, set())  # fmt: skip


def test_no_secret_is_in_the_file_and_each_process_has_its_own(tmp_path: Path) -> None:
    secrets = _secrets(tmp_path)
    held = json.loads((secrets / "secrets.json").read_text())
    assert len(set(held.values())) == len(held)
    assert not any(value in COMPOSE.read_text() for value in held.values())
    assert all(path.stat().st_mode & 0o077 == 0 for path in secrets.iterdir())
    files = [s["env_file"] for s in SERVICES.values() if "env_file" in s]
    assert len(set(files)) == len(files)
    assert {Path(f).name for f in files} <= {p.name for p in secrets.glob("*.env")}
    assert all(f.startswith("var/") for f in files)
    assert "var/" in (ROOT / ".gitignore").read_text().splitlines()


def test_secrets_are_made_once(tmp_path: Path) -> None:
    first = {p.name: p.read_text() for p in _secrets(tmp_path).iterdir()}
    assert {p.name: p.read_text() for p in _secrets(tmp_path).iterdir()} == first


@pytest.mark.parametrize("name", SERVICES)
def test_every_path_module_and_dependency_is_there(name: str) -> None:
    service = SERVICES[name]
    for needed in service.get("depends_on", {}):
        profiles = set(SERVICES[needed]["profiles"])
        assert set(service["profiles"]) <= profiles, f"{needed} does not run in every profile of {name}"
    for volume in service.get("volumes", []):
        source = volume["source"] if isinstance(volume, dict) else volume.split(":")[0]
        if source.startswith("."):
            assert (ROOT / source).exists(), source
        else:
            assert source in yaml.safe_load(COMPOSE.read_text())["volumes"]
        if isinstance(volume, dict) and "subpath" in volume.get("volume", {}):
            assert volume["volume"]["subpath"] == service["environment"]["OTKLIK_NAME"]
    if "build" in service:
        part = service["build"]["args"]["SERVICE"]
        assert (ROOT / service["build"]["dockerfile"]).exists()
        assert part in {p.parent.name for p in ROOT.glob("*/*/pyproject.toml")}
        started = service.get("entrypoint") or service["command"]
        assert importlib.util.find_spec(started[2]) is not None
        assert started[2].split(".")[0] in {p.name for p in (ROOT / _folder(part) / "src").iterdir()}


def _folder(part: str) -> str:
    return next(str(p.parent.relative_to(ROOT)) for p in ROOT.glob("*/*/pyproject.toml") if p.parent.name == part)


def test_ports_are_published_on_loopback_alone() -> None:
    published = [port for s in SERVICES.values() for port in s.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_metrics_are_not_on_a_published_port() -> None:
    for name, service in OURS.items():
        published = {str(port).rsplit(":", 1)[1] for port in service.get("ports", ())}
        if published:
            given = environment(service, Path("nowhere"))
            assert given["OTKLIK_HEALTH_PORT"] not in published, name
            assert f":{given['OTKLIK_HEALTH_PORT']}/health/ready" in service["healthcheck"]["test"][-1], name


def test_every_container_is_bounded_and_what_is_inside_has_no_way_out() -> None:
    networks = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["networks"]
    for name, service in SERVICES.items():
        assert {"mem_limit", "pids_limit", "logging"} <= service.keys(), name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert all("size=" in mount for mount in service.get("tmpfs", ())), name
        open_to_the_host = any(not (networks[n] or {}).get("internal") for n in service["networks"])
        assert open_to_the_host == bool(service.get("ports")), name
        assert not service["image"].endswith(":latest"), name


def test_containers_share_the_processor_as_processes_of_a_machine_do() -> None:
    # Linux weighs niceness 0, 5 and 10 so, and a container by its shares.
    weights = {0: 1024, 5: 335, 10: 110}
    known = {name: one["cpu_shares"] for name, one in services().items() if name in GIVE_WAY or name in AT_ONCE}
    assert known == {name: weights[Process(name, "", {}, None).niceness] for name in {*GIVE_WAY, *AT_ONCE}}
    assert {services()[name]["cpu_shares"] for name in ("intake", "routing", "portal")} == {weights[5]}


def test_kafka_is_of_the_version_that_is_tested() -> None:
    locked = re.search(r"kafka_2\.13:(\S+) ", (ROOT / "libs/embedded/src/embedded/jars.lock").read_text())
    assert locked is not None
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{locked.group(1)}"


def test_the_dockerfile_copies_what_there_is_and_does_not_end_as_root() -> None:
    lines = (DEPLOY / "docker" / "Dockerfile").read_text().splitlines()
    copied = [shlex.split(line)[1:-1] for line in lines if line.startswith("COPY") and "--from" not in line]
    sources = [source for one in copied for source in one]
    assert sources
    assert all((ROOT / source).exists() for source in sources)
    let_through = (DEPLOY / "docker" / "Dockerfile.dockerignore").read_text().splitlines()
    assert {f"!{source}" for source in sources} <= set(let_through)
    users = [line.split()[1] for line in lines if line.startswith("USER")]
    assert users
    assert users[-1].split(":")[0] not in ("0", "root")
    assert any("uv sync --frozen" in line for line in lines)


@pytest.mark.parametrize("path", YAML, ids=lambda p: str(p.relative_to(ROOT)))
def test_yaml_parses(path: Path) -> None:
    assert yaml.safe_load(path.read_text())


def _rules() -> list[dict[str, Any]]:
    files = [yaml.safe_load((OBSERVABILITY / name).read_text()) for name in ("alerts.yaml", "objectives.yaml")]
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


def _declared() -> set[str]:
    """Every series name that Otklik exports."""
    found = set()
    for metric in _metrics():
        for family in metric.describe():
            ends = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}.get(family.type, ("",))
            found |= {family.name + end for end in ends}
    return found | {metrics.PROCESS_START}


def _metrics() -> list[MetricWrapperBase]:
    return [metric for metric in vars(metrics).values() if isinstance(metric, MetricWrapperBase)]


def _dashboards() -> list[dict[str, Any]]:
    return [json.loads(p.read_text()) for p in (OBSERVABILITY / "grafana" / "dashboards").glob("*.json")]


def test_every_metric_named_exists() -> None:
    expressions = [rule["expr"] for rule in _rules()]
    expressions += [t["expr"] for board in _dashboards() for panel in board["panels"] for t in panel["targets"]]
    recorded = {rule["record"] for rule in _rules() if "record" in rule}
    used = {name for text in expressions for name in re.findall(r"\b(?:otklik[_:][a-z0-9_:]+|process_[a-z_]+)", text)}
    assert len(used) > 10
    assert used <= _declared() | recorded, sorted(used - _declared() - recorded)


def test_buckets_asked_for_exist() -> None:
    for rule in _rules():
        for name, le in re.findall(r"(otklik_\w+)_bucket\{le=\"([\d.]+)\"", rule["expr"]):
            family = next(f for m in _metrics() for f in m.collect() if f.name == name)
            there = {sample.labels["le"] for sample in family.samples if "le" in sample.labels}
            assert le in there, f"{name} has the buckets {sorted(there)}"


@pytest.mark.parametrize(
    "arguments", [["check", "config", "prometheus.yaml"], ["test", "rules", "alerts.test.yaml", "objectives.test.yaml"]]
)
def test_prometheus_own_tool_agrees(arguments: list[str]) -> None:
    tool = shutil.which("promtool") or shutil.which(ROOT / "var/promtool/usr/bin/promtool")
    if tool is None:
        pytest.skip("not checked: promtool, which comes with Prometheus, is not installed")
    done = subprocess.run([tool, *arguments], cwd=OBSERVABILITY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_a_test_that_fires_it_and_one_that_does_not() -> None:
    files = [
        yaml.safe_load((OBSERVABILITY / name).read_text()) for name in ("alerts.test.yaml", "objectives.test.yaml")
    ]
    cases = [case for file in files for one in file["tests"] for case in one["alert_rule_test"]]
    fired = {case["alertname"] for case in cases if case["exp_alerts"]}
    quiet = {case["alertname"] for case in cases if not case["exp_alerts"]}
    alerts = {rule["alert"] for rule in _rules() if "alert" in rule}
    assert (alerts - fired, alerts - quiet) == (set(), set())
    assert (fired | quiet) <= alerts


def test_every_alert_has_a_page_with_its_name() -> None:
    for rule in _rules():
        if "alert" in rule:
            page = ROOT / rule["annotations"]["runbook"]
            assert rule["alert"] in page.read_text(), f"{page} does not speak of {rule['alert']}"
            assert rule["labels"]["severity"] in ("page", "ticket")
            assert rule["alert"] in (DEPLOY / "runbooks" / "README.md").read_text()


def test_prometheus_reads_every_instance_and_its_rule_files_are_mounted() -> None:
    settings = yaml.safe_load((OBSERVABILITY / "prometheus.yaml").read_text())
    targets = settings["scrape_configs"][0]["static_configs"][0]["targets"]
    assert {t.split(":")[0] for t in targets} == {*INSTALLATION.instances(), "clock", "exporter"}
    for name, port in (target.split(":") for target in targets):
        given = environment(OURS[name], Path("nowhere"))
        assert port == given.get("OTKLIK_HEALTH_PORT", given["OTKLIK_HTTP_PORT"]), name
    mounted = {v.split(":")[1] for v in SERVICES["prometheus"]["volumes"]}
    assert {f"/etc/prometheus/{file}" for file in settings["rule_files"]} <= mounted


def test_collector_pipelines_name_parts_that_are_configured() -> None:
    settings = yaml.safe_load((OBSERVABILITY / "collector.yaml").read_text())
    for pipeline in settings["service"]["pipelines"].values():
        for kind in ("receivers", "processors", "exporters"):
            assert set(pipeline[kind]) <= settings[kind].keys()
    assert settings["exporters"]["otlp/jaeger"]["endpoint"].split(":")[0] in SERVICES


def test_the_dashboard_uses_a_source_that_is_provisioned() -> None:
    sources = yaml.safe_load((OBSERVABILITY / "grafana/provisioning/datasources/sources.yaml").read_text())
    known = {s["uid"] for s in sources["datasources"]}
    boards = _dashboards()
    assert boards
    assert {panel["datasource"]["uid"] for board in boards for panel in board["panels"]} <= known


def test_the_plan_for_an_outside_cluster_makes_every_user_topic_and_right_and_holds_no_password() -> None:
    lines = list(commands(INSTALLATION, replication=3))
    users = {shlex.split(x)[shlex.split(x).index("--entity-name") + 1] for x in lines if x.startswith("kafka-configs")}
    assert users == {*INSTALLATION.instances(), "operator", "clock", "exporter"}
    topic = next(x for x in lines if "--topic otklik.rules.releases.v1 --partitions" in x)
    assert "--partitions 1 --replication-factor 3" in topic
    assert "cleanup.policy=compact" in topic
    right = "--allow-principal User:regional-west --operation Write --topic otklik.region.west.cases.v1"
    assert any(line.endswith(right) for line in lines)
    assert not any("User:regional-west" in x and "region.central" in x for x in lines)
    assert all("password=$PASSWORD_" in x for x in lines if "password=" in x)
