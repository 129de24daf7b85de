"""What a learnt federation asks of changes of its rules: who is asked, what passes unasked, what is tried first."""

from __future__ import annotations

from datetime import date

from common.contracts.patch import Cells
from common.rulebook.jdm import document_of
from common.rulebook.release import NATIONAL

from world.cell_text import text_cell
from world.learn_rules import Documents

CENTRE = "federal:centre"
SPEAKERS = "citizen expert organisation region federal"
CONSENTING_REGIONS = 2
"""So many regions must speak about a change of the nation's rules, where there are as many."""


def change_tables(regions: int, until: date) -> Documents:
    """The tables that a proposed change is judged by; the standing consent holds until `until`."""
    rows = {"deliberation": _deliberation(regions), "standing_consent": _consents(until), "trial": _trials()}
    rows["loop_limits"] = _limits()
    return {name: document_of(name, found) for name, found in rows.items()}


def _deliberation(regions: int) -> list[tuple[str, Cells]]:
    """One row for the nation's layer, one for the regions': every table alike."""
    consenting = min(CONSENTING_REGIONS, regions)
    return [
        ("nation", _terms(NATIONAL, days=(5, 14), regions=consenting, federal=1, support=60)),
        ("region", _terms("overlay", days=(3, 10), regions=1, federal=0, support=50)),
    ]


def _consents(until: date) -> list[tuple[str, Cells]]:
    """Routing one cell or category to another authority passes unasked: it is tried first, and taken back at once."""
    cells = {
        "author": text_cell("misrouting"),
        "table": text_cell("jurisdiction"),
        "rows": "<= 1",
        "passes": "true",
        "given_by": text_cell(CENTRE),
        "until": text_cell(until.isoformat()),
    }
    return [("misrouting-one-row", cells)]


def _trials() -> list[tuple[str, Cells]]:
    """Cases may fairly be split in all of them: whoever acts, and by when, is no limit that neighbours share. Whether a
    case was handed on is known days after it, and most routes that are tried are right: a smaller part than half would
    leave more cases wrong until then than it spares. What concerns a case in ten days needs months to show anything."""
    routes, half = "jurisdiction", "50 100"
    return [
        ("jurisdiction-rare", _trial(routes, cases="<= 0.1", steps=half, least=3, days=240, beside=20)),
        ("jurisdiction-few", _trial(routes, cases="<= 0.5", steps=half, least=3, days=60, beside=20)),
        ("jurisdiction-some", _trial(routes, cases="<= 5", steps="60 100", least=3, days=45, beside=20)),
        ("jurisdiction", _trial(routes, steps=half, least=5, days=45, beside=20)),
        *((table, _trial(table, steps="5 20 50 100", least=30, days=60)) for table in ("deadline", "priority")),
    ]


def _limits() -> list[tuple[str, Cells]]:
    """The less often a loop is right, the less it may propose; deadlines are many rows of no office."""
    return [
        ("seldom-right", _limit(precision="< 25", most=1, pause=28)),
        ("half-right", _limit(precision="< 50", most=3, pause=14)),
        ("deadlines", _limit(table=text_cell("deadline"), most=60, pause=14)),
        ("others", _limit(most=8, pause=14)),
    ]


def _limit(*, most: int, pause: int, table: str = "", precision: str = "") -> Cells:
    return {
        "loop": "",
        "table": table,
        "precision": precision,
        "most_proposals": str(most),
        "cooldown_days": str(pause),
        "settling_days": "14",
        "return_days": "60",
    }


def _terms(layer: str, *, days: tuple[int, int], regions: int, federal: int, support: int) -> Cells:
    return {
        "layer": text_cell(layer),
        "term_days": str(days[0]),
        "longest_days": str(days[1]),
        "quorum_citizen": "3",
        "quorum_expert": "0",
        "quorum_organisation": "0",
        "quorum_region": str(regions),
        "quorum_federal": str(federal),
        "support_percent": str(support),
        "formula": text_cell("majority"),
        "speakers": text_cell(SPEAKERS),
        "told_at_most": "30",
    }


def _trial(table: str, *, steps: str, least: int, days: int, cases: str = "", beside: int = 0) -> Cells:
    return {
        "table": text_cell(table),
        "cases_a_day": cases,
        "unit": text_cell("case"),
        "steps": text_cell(steps),
        "least_outcomes": str(least),
        "longest_days": str(days),
        "holdout_percent": "5",
        "holdout_days": "30",
        "cases_beside": str(beside),
    }
