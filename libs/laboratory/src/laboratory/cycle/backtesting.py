"""What the archive would say of a proposal: its cases of the past, decided again by the archive's own functions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from archive.answer import summed
from archive.columns import ChangedGroup, DecisionInputs, PlaceCount, VerdictRow
from archive.evidence import evidence_of
from archive.microseconds import microseconds
from archive.rules_then import RulesThen
from archive.verdicts import verdict
from common.contracts.events.archive import ProposalBacktested
from common.contracts.patch import Patch
from common.rulebook.book import ReleaseBook
from common.rulebook.cells import parse_test
from common.rulebook.errors import PatchConflict, RulebookError
from common.rulebook.release import NATIONAL
from common.rulebook.tables import TABLES

from laboratory.cycle.handling import Handled

Kind = tuple[str, str, str]
"""Region, area and type of a case: all that its decision is made of, but for the rules."""


class Past:
    """The cases of a run until now."""

    def __init__(self) -> None:
        self._cases: defaultdict[Kind, list[Handled]] = defaultdict(list)
        self._since: datetime | None = None
        self._places: Counter[tuple[str, str, str, str]] = Counter()

    def add(self, case: Handled) -> None:
        self._since = self._since or case.at
        self._cases[case.region, case.cell[1], case.type].append(case)
        self._places[case.region, case.cell[1], case.channel, case.cell[0]] += 1

    def backtest(
        self, proposal_id: str, patch: Patch, evidence: Mapping[str, Any], as_of: datetime, book: ReleaseBook
    ) -> ProposalBacktested:
        """What the patch would have done; cases that the proposal was made of are left out."""
        rules, windows, left_out = RulesThen(book, patch, as_of), evidence_of(evidence), 0
        groups: Counter[tuple[Any, ...]] = Counter()
        try:
            for (region, area, given), cases in self._cases.items():
                if patch.layer not in (NATIONAL, region) or not _may_concern(patch, *cases[0].cell):
                    continue
                inputs = DecisionInputs(0, region, area, given, False, None, None, area)
                found = verdict(inputs, *rules.of(region, None))
                for case in cases if found.changed else ():
                    at = microseconds(case.at)
                    if any(
                        w.first <= at <= w.last and w.category in (None, case.cell[0]) and w.area in (None, area)
                        for w in windows
                    ):
                        left_out += 1
                        continue
                    about = (region, area, case.channel, case.cell[0], found.without, found.instead)
                    groups[about + _came(case, found, as_of)] += 1
        except (PatchConflict, RulebookError) as error:
            return ProposalBacktested(
                proposal_id=proposal_id, as_of=as_of, verdict="not_replayable", reason=str(error)[:300]
            )
        summary = summed(
            [PlaceCount(*place, count) for place, count in self._places.items()],
            [_group(key, count) for key, count in groups.items()],
        )
        return ProposalBacktested(
            proposal_id=proposal_id, as_of=as_of, since=self._since, verdict=summary.verdict, known=summary.known,
            total=summary.total, slices=summary.slices, flows=summary.flows, left_out=left_out,
        )  # fmt: skip


def _may_concern(patch: Patch, category: str, area: str) -> bool:
    """Whether a row that the patch changes takes cases of a cell: of all others it changes none, and to decide them
    again takes seconds."""
    given = {"category": category, "area": area}
    tests = [(column.name, column.type) for column in TABLES[patch.table].inputs if column.name in given]
    return any(
        all(parse_test(cells.get(name, ""), kind).holds(given[name]) for name, kind in tests)
        for change in patch.changes
        for cells in (change.before, change.after)
        if cells is not None
    )


def _came(case: Handled, found: VerdictRow, as_of: datetime) -> tuple[bool, bool, bool, bool, bool]:
    """Saved, timed, late without and with the change, known; joined cases tell nothing."""
    answered = case.answered is not None and case.answered < as_of
    passed_on = case.lies_with != case.given_to
    saved = (
        found.without is not None and found.instead is not None and case.given_to == found.without != found.instead
        and passed_on and case.lies_with == found.instead
    )  # fmt: skip
    timed = (
        found.without == found.instead and answered and not case.joined
        and found.without_minutes != found.instead_minutes
    )  # fmt: skip
    worked = case.worked if timed else 0
    return (
        saved, timed, timed and worked > found.without_minutes, timed and worked > found.instead_minutes,
        not case.joined and (answered or passed_on),
    )  # fmt: skip


def _group(key: Sequence[Any], count: int) -> ChangedGroup:
    region, area, channel, category, without, instead, saved, timed, late_without, late_with, known = key
    return ChangedGroup(
        region, area, channel, category, without, instead, count, count * saved, count * timed, count * late_without,
        count * late_with, count * known,
    )  # fmt: skip
