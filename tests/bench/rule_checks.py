"""How long the checks of a rulebook take: of a federation's folder, and of tables as large as a country's.

`python -m tests.bench.rule_checks [FEDERATION]`
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from common.contracts.patch import Patch, RowChange
from common.contracts.trial import TrialPlan
from common.federation.country import load_federation
from common.rulebook import NATIONAL, Release, check_table, loosened_rows, reverse
from common.rulebook.bitsets import compile_table
from common.rulebook.input_space import parts
from common.rulebook.jdm import rows_of
from common.rulebook.layers import Layer
from common.rulebook.no_looser import loosened_in

from tests.unit.rulebook.test_large_tables import country

BOSTON = Path(__file__).parents[2] / "deploy" / "federations" / "boston"


def timed(what: str, work: Callable[[], int]) -> None:
    began = time.process_time()
    found = work()
    print(f"{what:<66} {1000 * (time.process_time() - began):8.1f} ms of a core, {found} found")


def every_deadline_shorter(release: Release) -> TrialPlan:
    rows = rows_of("deadline", release.tables["deadline"])
    changes = tuple(
        RowChange(op="set", row_id=row_id, before=cells, after={**cells, "answer_minutes": "1"})
        for row_id, cells in rows
    )  # fmt: skip
    patch = Patch(layer=release.layer, base_number=release.number, table="deadline", changes=changes)
    return TrialPlan(
        proposal_id="all", patch=patch, reversal=reverse(patch, release.tables), unit="case", share=0.5, salt="salt",
        started_at=release.effective_at,
    )  # fmt: skip


def main(federation: Path) -> None:
    releases = load_federation(federation).base_releases()
    nation = next(r for r in releases if r.layer == NATIONAL)
    overlays = [r for r in releases if r is not nation]
    rows = sum(len(n["content"]["rules"]) for r in releases for d in r.tables.values()
               for n in d["nodes"] if "content" in n)  # fmt: skip
    print(f"{federation.name}: {len(releases)} layers, {rows} rows")
    timed(
        "static checks of every table",
        lambda: sum(len(check_table(name, d, r.layer)) for r in releases for name, d in r.tables.items()),
    )
    timed("the nation's tables compiled", lambda: len(Layer(nation).tables))
    tried = nation.model_copy(update={"trials": (every_deadline_shorter(nation),)})
    timed("the same with every deadline on trial", lambda: len(Layer(tried).trials))
    timed("no overlay looser", lambda: sum(len(loosened_rows(nation.tables, r.tables)) for r in overlays))
    for minutes, words in ((240, "nothing looser"), (960, "every row looser")):
        low, high = country(minutes)
        title = f"{len(low.rows)} rows against {len(high.rows)} (200 categories, 60 areas, 48 half-hours)"
        timed(f"{title}, {words}", lambda low=low, high=high: len(loosened_in(low, high)))  # type: ignore[misc]
    timed("rows of the larger table that decide somewhere", lambda: sum(1 for _ in parts([compile_table(high)])))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else BOSTON)
