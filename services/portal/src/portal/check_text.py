"""What the machine's check says about a gathered change, in the reader's words, beside the rows it is about. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from common.contracts.refusals import coded
from common.rulebook.examination import Fit, Unfit

from portal import machine_reasons
from portal.refusal_text import RefusalWords
from portal.row_draft import RowDraft
from portal.rule_text import RuleWords


@dataclass(frozen=True, slots=True)
class FindingText:
    """One thing found; `row` is the row in words where it is about one."""

    words: str
    row_id: str = ""
    row: str = ""


@dataclass(frozen=True, slots=True)
class CheckText:
    """`wrong` says why it would be refused; empty for a change that people may decide on."""

    wrong: str
    findings: Sequence[FindingText]


def check_text(
    found: Fit | Unfit, draft: RowDraft, rules: RuleWords, refusals: RefusalWords, machine: Callable[[str], str]
) -> CheckText:
    def about(reason: str) -> FindingText:
        named = machine_reasons.ROW.match(reason)
        row_id = named["row"] if named else ""
        cells = draft.rows.get(row_id)
        return FindingText(machine(reason), row_id, rules.sentence(draft.table, cells) if cells is not None else "")

    if isinstance(found, Fit):
        return CheckText("", [about(reason) for reason in found.findings])
    return CheckText(refusals.words(coded(found.reason)), [about(reason) for reason in found.rows])
