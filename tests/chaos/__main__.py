"""`make chaos`: does an installation keep its promises while everything around it fails?

For each seed a whole installation of its own starts: Kafka, PostgreSQL and every service as a separate process. A
seeded town loads it through channel topics, the HTTP edge and command topics, with repeats and garbage. Meanwhile every
service is killed, broker and database are restarted, replicas come, are frozen beyond their session and go. At the end
it must come to rest, and `tests.chaos.verify` proves from the topics alone that nothing was lost or done twice. A seed
gives the same load and the same order of faults; what they hit differs from run to run.

With `--senders 200` so many citizens speak at once on every channel instead, as its protocol wants, until each was
acknowledged: each acknowledged message must become exactly one case, part, join or item of triage, and be told once.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
import time
from pathlib import Path

from tests.chaos.run import Trial

ROOT = Path(__file__).parents[2]
SHOWN = 25


def say(words: str) -> None:
    print(f"  {time.strftime('%H:%M:%S')} {words}", flush=True)


async def trial(seed: int, given: argparse.Namespace) -> bool:
    """Run one seed and print what it found; True when everything holds."""
    began = time.monotonic()
    folder = given.folder.resolve() / f"seed-{seed}"
    jars = ROOT / "var" / "jars"
    jars.mkdir(parents=True, exist_ok=True)
    print(f"seed {seed}", flush=True)
    result = await Trial(seed, given.beats, folder, jars, given.port, say, given.senders).run()
    counts = ", ".join(f"{name} {count}" for name, count in result.counts.items())
    print(f"seed {seed}: {counts}; {time.monotonic() - began:.0f} s")
    for words in result.wrong[:SHOWN]:
        print(f"seed {seed}: WRONG: {words}")
    if len(result.wrong) > SHOWN:
        print(f"seed {seed}: and {len(result.wrong) - SHOWN} more")
    print(f"seed {seed}: {'does not hold; see ' + str(folder / 'logs') if result.wrong else 'holds'}", flush=True)
    return not result.wrong


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="how many, from 1 on")
    parser.add_argument("--seed", type=int, default=os.environ.get("SEED"), help="this one alone (also SEED=...)")
    parser.add_argument("--beats", type=int, default=70, help="length of the load; a beat is 0.8 s")
    parser.add_argument(
        "--senders", type=int, default=0, help="so many citizens at once over every channel, in wall time; 200, say"
    )
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "chaos")
    parser.add_argument("--port", type=int, default=8400, help="the first of some ten ports")
    given = parser.parse_args()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a broker that is away is what is wanted here
    seeds = [given.seed] if given.seed is not None else list(range(1, given.seeds + 1))
    wrong = [seed for seed in seeds if not asyncio.run(trial(seed, given))]
    print(f"{len(seeds) - len(wrong)} of {len(seeds)} seeds hold" + (f"; not {wrong}" if wrong else ""))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
