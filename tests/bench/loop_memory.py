"""What loops keep in memory of each open case: bytes, by loop.

`python -m tests.bench.loop_memory [--cases 5000]`

So many cases of the Boston log are opened within ten minutes, a tick every minute, and nothing else happens to them.
Counted are the loop's own objects (`tracemalloc`); texts of the facts are shared by all loops and are not among them.
"""

from __future__ import annotations

import argparse
import gc
import tracemalloc
from datetime import timedelta
from random import Random

from common.rulebook.book import ReleaseBook
from reflex import store
from reflex.facts import CaseOpened, Point
from reflex.loop import Loop, LoopContext
from reflex.loops import LOOPS

from tests.bench.loop_costs import boston

WEEKS, MINUTES = 6, 10
MOVED_DEGREES = 0.001


def opened_at_once(known: list[CaseOpened], cases: int, seed: int) -> list[CaseOpened]:
    """Cases like those that are known, at once and at places of their own."""
    random, found, began = Random(seed), list[CaseOpened](), known[-1].at
    for number in range(cases):
        like, at = random.choice(known), began + timedelta(minutes=MINUTES) * number / cases
        name, point = f"{random.getrandbits(128):032x}", like.point
        if point is not None:
            point = Point(*(degrees + random.uniform(-MOVED_DEGREES, MOVED_DEGREES) for degrees in point))
        changes = {"received_at": at, "due_at": at + (like.due_at - like.at), "point": point}
        found.append(like.model_copy(update={"id": name, "at": at, "case_id": name, **changes}))
    return found


def kept(loop: Loop, facts: list[CaseOpened]) -> float:
    """Bytes a case, when all are open."""
    minute, now, at = timedelta(minutes=1), facts[0].at, 0
    loop.on_tick(now)
    gc.collect()
    tracemalloc.start()
    while at < len(facts):
        now += minute
        while at < len(facts) and facts[at].at < now:
            loop.observe(facts[at])
            at += 1
        loop.on_tick(now)
        store.texts_of((loop.name, key, body) for key, body in loop.changed().items())
    gc.collect()
    found, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return found / len(facts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    subject, facts = boston(WEEKS, given.seed)
    opened = opened_at_once([fact for fact in facts if isinstance(fact, CaseOpened)], given.cases, given.seed)
    whole = 0.0
    for name, build in LOOPS.items():
        loop = build(LoopContext(subject.federation, ReleaseBook(subject.federation.base_releases())))
        if CaseOpened in loop.facts:
            found = kept(loop, opened)
            whole += found
            print(f"{name:<16}{found:>8.0f} bytes a case", flush=True)
    print(f"{'all':<16}{whole:>8.0f}")


if __name__ == "__main__":
    main()
