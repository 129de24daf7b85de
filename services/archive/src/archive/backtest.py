"""One patch replayed on the past, from columns to the event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from common.contracts.events.archive import ProposalBacktested
from common.contracts.patch import Patch
from common.rulebook.book import ReleaseBook
from common.rulebook.errors import PatchConflict, RulebookError

from archive.answer import FEWEST_KNOWN, summed
from archive.columns import Past, Window, gather, opened
from archive.evidence import evidence_of, gathered_in
from archive.microseconds import microseconds, moment_of
from archive.rules_then import RulesThen
from archive.time_limit import NO_LIMIT, TimeLimit
from archive.unasked import unasked
from archive.verdicts import verdicts

MOST_REASON_CHARACTERS = 300


def why_not(error: Exception) -> str:
    """Why something could not be replayed, for people."""
    return f"{type(error).__name__}: {error}"[:MOST_REASON_CHARACTERS]


def backtested(
    proposal_id: str, patch: Patch, evidence: Mapping[str, Any], as_of: datetime, book: ReleaseBook,
    parquet: Sequence[Path], csv: Path | None, folder: Path, limit: TimeLimit = NO_LIMIT,
) -> ProposalBacktested:  # fmt: skip
    """What a patch would have done before `as_of`.

    The past is a view over segments and the journal's text; the answer is a function of its rows and of the releases
    alone, whatever their order. Raises ReleaseMissing, TooLong.
    """
    rules = RulesThen(book, patch, as_of)
    window = Window(microseconds(as_of), evidence=evidence_of(evidence), other_rules=rules.other_rules)
    about: dict[str, Any] = {
        "proposal_id": proposal_id,
        "as_of": as_of,
        "fewest_known": FEWEST_KNOWN,
        "unasked": unasked(patch),
    }
    if window.evidence and (gathered := gathered_in(evidence)) is not None:
        about |= {"left_out_from": gathered[0], "left_out_until": gathered[1]}
    with opened(folder) as db, limit.over(db):
        gather(db, parquet, csv)
        past = Past(db, window)
        try:
            found = [one for one in verdicts(limit.each(past.inputs()), rules) if one.changed]
        except (PatchConflict, RulebookError) as error:
            return ProposalBacktested(**about, verdict="not_replayable", reason=str(error))
        past.judge(found)
        since, left_out, waiting = past.decisions()
        summary = summed(past.places(), past.changed())
    return ProposalBacktested(
        **about, since=None if since is None else moment_of(since), left_out=left_out, waiting=waiting,
        verdict=summary.verdict, known=summary.known, total=summary.total, slices=summary.slices, flows=summary.flows,
    )  # fmt: skip
