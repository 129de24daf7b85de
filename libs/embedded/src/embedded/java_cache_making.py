"""Makes Java's cache of the broker's loaded classes, by a broker that starts and ends."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
from pathlib import Path

import psutil

from embedded.jars import ensure_jars
from embedded.java_cache import NAME, WITHOUT_CODE
from embedded.kafka_server import KafkaServer
from embedded.processes import running

PATIENCE_SECONDS = 300.0


def ensure_java_cache(folder: Path) -> None:
    """Make it for brokers that end soon (SHORT_LIVED) and share `folder/jars`, unless it is there."""
    jars = ensure_jars(folder).resolve()
    cache = jars / NAME
    if cache.exists():
        return
    print("making Java's cache of Kafka's classes, once", flush=True)
    made = Path(tempfile.mkdtemp(prefix="otklik-cache-"))
    part = jars / f".{NAME}.{os.getpid()}.part"
    try:
        (made / "jars").symlink_to(jars)
        server = KafkaServer(made, java_options=[*WITHOUT_CODE, f"-XX:AOTCacheOutput={part}"])
        server.start("unused")
        process = running(server.pid_file)
        if process is not None:
            # It writes the cache while it ends, for longer than the end of a server may take.
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(psutil.TimeoutExpired):
                process.wait(PATIENCE_SECONDS)
        if part.exists() and running(server.pid_file) is None:
            part.replace(cache)
    finally:
        KafkaServer(made).stop()
        part.unlink(missing_ok=True)
        shutil.rmtree(made, ignore_errors=True)
