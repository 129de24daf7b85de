"""`python -m tests.bench.page_times URL`: asks for a page again and again until it is told to end by SIGTERM, at most
twenty minutes, and prints how long the answers took, in milliseconds."""

from __future__ import annotations

import http.client
import signal
import statistics
import sys
import time
from types import FrameType
from urllib.parse import urlsplit

LONGEST_SECONDS = 1_200
PAUSE_SECONDS = 0.05


def main(url: str) -> None:
    ended = False

    def end(_number: int, _frame: FrameType | None) -> None:
        nonlocal ended
        ended = True

    signal.signal(signal.SIGTERM, end)
    where, took, size = urlsplit(url), [], 0
    connection = http.client.HTTPConnection(str(where.hostname), where.port, timeout=60)
    until = time.monotonic() + LONGEST_SECONDS
    while not ended and time.monotonic() < until:
        began = time.perf_counter()
        connection.request("GET", where.path)
        answer = connection.getresponse()
        size = len(answer.read())
        if answer.status != 200:
            raise SystemExit(f"{url} answered {answer.status}")
        took.append(1_000 * (time.perf_counter() - began))
        time.sleep(PAUSE_SECONDS)
    if len(took) < 2:
        raise SystemExit("the page was not asked for often enough")
    places = statistics.quantiles(took, n=100)
    print(
        f"the page, {len(took):,} times, {size:,} bytes at last: median {statistics.median(took):.0f} ms,"
        f" p99 {places[98]:.0f} ms, longest {max(took):.0f} ms",
        flush=True,
    )


if __name__ == "__main__":
    main(sys.argv[1])
