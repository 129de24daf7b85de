"""`python -m tests.evaluation [--days N] [--json FILE]`: the loop on half a year of the demonstration city."""

from __future__ import annotations

import argparse
import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from laboratory.misrouting import policy
from world.ground_truth import Truth
from world.log import read_log

from tests.evaluation.demonstration import FEDERATION, LOG, cases_of, drive, planted
from tests.evaluation.figures import report


def evaluate(days: int | None = None, seed: int = 1) -> dict[str, Any]:
    """Both runs, without and with the loop, over the log's first days or all of it."""
    truth = Truth.load(FEDERATION)
    cases = cases_of(truth, read_log(LOG, truth.log.times_in).rows)
    if days is not None:
        cases = [c for c in cases if c.opened_at <= cases[0].opened_at + timedelta(days=days)]
    nobody, loop = (drive(truth, cases, one, seed) for one in (policy.nobody, policy.loop))
    return report(nobody, loop, truth.planted_by_cell, planted(truth, cases))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.evaluation", description=__doc__)
    parser.add_argument("--days", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the figures there as well")
    given = parser.parse_args()
    began = time.perf_counter()
    figures = evaluate(given.days, given.seed)
    figures["seconds"] = round(time.perf_counter() - began, 1)
    text = json.dumps(figures, indent=1, ensure_ascii=False)
    print(text)
    if given.json is not None:
        given.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
