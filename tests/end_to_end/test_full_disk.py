"""A disk that fills up under a running installation: said, survived, and over when there is room again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from embedded.kafka_server import KafkaServer

from tests.end_to_end.test_up_and_down import PATIENCE, PORT, otklik, services, until, up
from tests.server_folder import JARS

SIZE_MB = 3_000
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("installation")]


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of its own in memory; only root may mount one."""
    made = Path(tempfile.mkdtemp(prefix="otklik-disk-"))
    mounted = os.geteuid() == 0 and (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", str(made)], capture_output=True, check=False
        ).returncode
        == 0
    )
    if not mounted:
        made.rmdir()
        pytest.skip("a disk of its own needs the right to mount one")
    made.chmod(0o755)
    (made / "jars").symlink_to(JARS)
    try:
        yield made
    finally:
        otklik("down", "--folder", str(made)).communicate(timeout=PATIENCE)
        subprocess.run(["umount", str(made)], check=True)
        made.rmdir()


def fill(folder: Path) -> Path:
    """A file that takes all the room there is."""
    ballast = folder / "ballast"
    with ballast.open("wb") as file:
        try:
            while True:
                os.write(file.fileno(), b"\0" * 65_536)
        except OSError:
            assert shutil.disk_usage(folder).free < 65_536
    return ballast


def takes_a_message() -> bool:
    body = {"conversation": "a", "contact": {"address": "a@example.org"}, "text": "A hole", "category": "Pothole"}
    try:
        answer = httpx.post(f"http://127.0.0.1:{PORT + 1}/v1/channels/web/messages", json=body, timeout=20)
    except httpx.HTTPError:
        return False
    return answer.status_code in (202, 401, 403)


def ready(folder: Path) -> bool:
    status = otklik("status", "--folder", str(folder))
    status.communicate(timeout=PATIENCE)
    return status.returncode == 0


def test_a_full_disk_is_said_and_the_system_comes_back_when_there_is_room(small_disk: Path) -> None:
    said = Path(f"{small_disk}.said")
    with said.open("w") as file:
        supervisor = up(small_disk, output=file)
        try:
            until(lambda: len(services(small_disk)) >= 9 and ready(small_disk))
            ballast = fill(small_disk)
            until(lambda: "MB left: Kafka and PostgreSQL stop when it is full" in said.read_text())
            kafka = KafkaServer(small_disk)
            takes_a_message()
            if kafka.alive:
                kafka.kill()
            # A service whose process id cannot be noted must not run unknown either.
            psutil.Process(services(small_disk)["routing"]).kill()
            until(lambda: said.read_text().count("cannot be started and is tried again") >= 2)
            assert supervisor.poll() is None, said.read_text()
            ballast.unlink()
            until(lambda: "has room again" in said.read_text())
            until(lambda: ready(small_disk))
            assert takes_a_message()
            assert supervisor.poll() is None
        finally:
            supervisor.send_signal(signal.SIGTERM)
            supervisor.wait(PATIENCE)
    assert supervisor.returncode == 0
    said.unlink()
