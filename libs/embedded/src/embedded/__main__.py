"""`python -m embedded start|stop|status|lock|cache [--folder DIR]`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from embedded import jars
from embedded.errors import EmbeddedError
from embedded.java_cache_making import ensure_java_cache
from embedded.kafka_server import SHORT_LIVED
from embedded.stack import start, status, stop


def main() -> None:
    parser = argparse.ArgumentParser(prog="embedded", description=__doc__)
    parser.add_argument("action", choices=["start", "stop", "status", "lock", "cache"])
    parser.add_argument("--folder", type=Path, default=Path("var"))
    parser.add_argument("--kafka-port", type=int)
    parser.add_argument("--postgres-port", type=int)
    given = parser.parse_args()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, _interrupt)
    try:
        if given.action == "start":
            stack = start(given.folder, kafka_port=given.kafka_port, postgres_port=given.postgres_port)
            print(f"Kafka at {stack.kafka_bootstrap}, PostgreSQL at 127.0.0.1:{stack.postgres_port}")
        elif given.action == "stop":
            stop(given.folder)
        elif given.action == "status":
            for name, up in status(given.folder).items():
                print(f"{name}: {'running' if up else 'stopped'}")
        elif given.action == "cache":
            os.environ[SHORT_LIVED] = "1"
            ensure_java_cache(given.folder)
        else:
            jars.LOCK.write_text(jars.relock())
    except EmbeddedError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("interrupted; what had begun is ended")


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Once: what has begun is ended first, and a second signal must not interrupt that."""
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
