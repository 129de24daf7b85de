"""`make fuzz`: records at byte level over a real broker, on every topic that others may write.

A whole installation starts as processes. Integrators of three channels and the outside world send records and batches
that are wrong in every field, in a seeded order, while citizens write on two other channels. None of theirs may be
lost, doubled or refused, their median delay stays below two seconds, memory stays bounded, and every service is ready
at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import sys
import time
from pathlib import Path

from tests.fuzz.run import Trial, shown

ROOT = Path(__file__).parents[2]


def say(words: str) -> None:
    print(f"  {time.strftime('%H:%M:%S')} {words}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--records", type=int, default=100_000, help="how many are sent")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "fuzz")
    parser.add_argument("--port", type=int, default=8500, help="the first of some ten ports")
    given = parser.parse_args()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what the broker refuses is counted
    jars = ROOT / "var" / "jars"
    jars.mkdir(parents=True, exist_ok=True)
    print(f"seed {given.seed}, {given.records} records", flush=True)
    result = asyncio.run(Trial(given.seed, given.records, given.folder.resolve(), jars, given.port, say).run())
    print(shown(result.figures))
    for words in result.wrong:
        print(f"seed {given.seed}: WRONG: {words}")
    print(f"seed {given.seed}: {'does not hold; see ' + str(given.folder / 'logs') if result.wrong else 'holds'}")
    return 1 if result.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
