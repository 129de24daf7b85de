"""`python -m tests.bench.backtest [--decisions N]`: how long a backtest of so many past decisions takes on one core."""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

from archive.backtest import backtested
from archive.columns import TYPES, gather, opened

from tests.past import START, book_of_tests, past, to_lighting, write_csv

MADE, OPENED = 10_000, 9_100
"""Messages that are made one by one, of which more than so many are placed; the others are copies of them under ids of
their own."""


def segments(folder: Path, copies: int) -> list[Path]:
    """A file for each copy, as the archive seals them."""
    csv = write_csv(past(MADE), folder / "made.csv")
    found = []
    with opened(folder) as db:
        gather(db, [], csv)
        for copy in range(copies):
            file = folder / f"{copy}.parquet"
            others = ", ".join(name for name in TYPES if name != "case_id")
            db.execute(
                f"COPY (SELECT md5(case_id::VARCHAR || '{copy}')::UUID AS case_id, {others} FROM past)"  # noqa: S608
                f" TO '{file}' (FORMAT parquet, COMPRESSION zstd)"
            )
            found.append(file)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.backtest", description=__doc__)
    parser.add_argument("--decisions", type=int, default=1_000_000)
    given = parser.parse_args()
    patch = to_lighting()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = segments(folder, -(-given.decisions // OPENED))
        made = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began, cpu = time.perf_counter(), time.process_time()
        found = backtested("p", patch, {}, START.replace(year=2100), book_of_tests(), files, None, folder)
        seconds, core = time.perf_counter() - began, time.process_time() - cpu
        size = sum(file.stat().st_size for file in files)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"{found.total.decisions:,} decisions, {found.total.changed:,} changed: {seconds:.1f} s, {core:.1f} s of one"
        f" core; {size / 1e6:.0f} MB of Parquet; peak memory {made / 1024:.0f} MB before, {peak / 1024:.0f} MB after"
    )


if __name__ == "__main__":
    main()
