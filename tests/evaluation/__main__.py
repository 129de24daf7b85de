"""`python -m tests.evaluation [--days N] [--json FILE]`: the loop on half a year of the demonstration city."""

from __future__ import annotations

import argparse
import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from world.ground_truth import Truth
from world.log import read_log
from world.log_requests import rows_of

from tests.conftest import ROOT
from tests.evaluation.city import City
from tests.evaluation.figures import report

FEDERATION = ROOT / "deploy" / "federations" / "boston"
LOG = FEDERATION / "log" / "boston_2011_h2.csv.gz"


def evaluate(days: int | None = None, seed: int = 1) -> dict[str, Any]:
    """Both runs, without and with acceptance, over the log's first days or all of it."""
    truth = Truth.load(FEDERATION)
    rows = rows_of(read_log(LOG, truth.log.times_in).rows, truth)
    if days is not None:
        rows = [r for r in rows if r.opened_at <= rows[0].opened_at + timedelta(days=days)]
    never = City(truth, rows, accept=False, seed=seed).run()
    auto = City(truth, rows, accept=True, seed=seed).run()
    return report(never, auto, truth.planted_by_cell, rows[-1].opened_at)


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
