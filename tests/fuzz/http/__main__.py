"""`python -m tests.fuzz.http --seed N --seconds 60`: the HTTP edges under attack, on servers started for it.

The seed gives the attacks and their order for each attacker; what they meet differs from run to run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import sys
from pathlib import Path

from embedded.stack import Stack, start, stop

from tests.conftest import ROOT, new_ground
from tests.fuzz.http.process import channels_process
from tests.fuzz.http.run import PostOutcome, fuzz
from tests.server_folder import new_server_folder

MAX_GROWTH_MB = 200.0
"""Of one process, whatever is sent: bodies under way are bounded to 64 MiB, connections to 1,000."""


async def attack(stack: Stack, folder: Path, given: argparse.Namespace) -> PostOutcome:
    async with (
        new_ground(stack, folder, ROOT / "tests" / "federation") as ground,
        channels_process(ground, folder / "channels.log") as running,
    ):
        return await fuzz(running.port, running.pid, given.seed, given.seconds, given.attackers)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.http", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--attackers", type=int, default=150, help="hostile connections at a time")
    given = parser.parse_args()
    print(f"seed {given.seed}, {given.attackers} attackers for {given.seconds:g} s", flush=True)
    folder = new_server_folder("otklik-fuzz-")
    try:
        found = asyncio.run(attack(start(folder), folder, given))
    finally:
        stop(folder)
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(found.shown(), indent=1))
    wrong = found.complaints(MAX_GROWTH_MB)
    for words in wrong:
        print(f"seed {given.seed}: WRONG: {words}")
    print(f"seed {given.seed}: {'does not hold' if wrong else 'holds'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
