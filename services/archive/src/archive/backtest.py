"""One proposal replayed on the past, from columns to the event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from common.contracts.events.archive import ProposalBacktested
from common.contracts.events.rules import ProposalChecked
from common.contracts.utc import as_utc
from common.rulebook.book import ReleaseBook
from common.rulebook.errors import PatchConflict, RulebookError

from archive.answer import FEWEST_KNOWN, summed
from archive.columns import Past, Window, gather, opened
from archive.verdicts import verdicts

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def microseconds(moment: datetime) -> int:
    """Of Unix time, exactly."""
    return (moment - EPOCH) // MICROSECOND


def moment_of(microseconds: int) -> datetime:
    return EPOCH + microseconds * MICROSECOND


def gathered_in(evidence: Mapping[str, Any]) -> tuple[datetime, datetime] | None:
    """The window in which the evidence of a proposal was gathered: its `first` and `last` case, where it says so."""
    try:
        first, last = (datetime.fromisoformat(str(evidence[name])) for name in ("first", "last"))
        if first.tzinfo is None or last.tzinfo is None or first > last:
            return None
        return as_utc(first), as_utc(last)
    except (KeyError, ValueError):
        return None


def backtested(
    proposal: ProposalChecked, checked_at: datetime, book: ReleaseBook, parquet: Sequence[Path], csv: Path | None,
    folder: Path,
) -> ProposalBacktested:  # fmt: skip
    """What a checked proposal would have done before its check.

    The past is a view over segments and the journal's text; the answer is a function of its rows and of the releases
    alone, whatever their order. Raises ReleaseMissing.
    """
    left_out = gathered_in(proposal.evidence)
    window = Window(microseconds(checked_at), *(microseconds(at) for at in left_out or ()))
    about: dict[str, Any] = {"proposal_id": proposal.proposal_id, "as_of": checked_at, "fewest_known": FEWEST_KNOWN}
    if left_out is not None:
        about |= {"left_out_from": left_out[0], "left_out_until": left_out[1]}
    with opened(folder) as db:
        gather(db, parquet, csv)
        past = Past(db, window)
        since, without_these, waiting = past.decisions()
        about |= {
            "since": None if since is None else moment_of(since), "left_out": without_these, "waiting": waiting,
        }  # fmt: skip
        try:
            found = list(verdicts(past.inputs(), book, proposal.patch, checked_at))
        except (PatchConflict, RulebookError) as error:
            return ProposalBacktested(**about, verdict="not_replayable", reason=str(error))
        summary = summed(past.places(), past.changed(v for v in found if v.changed))
    return ProposalBacktested(
        **about, verdict=summary.verdict, known=summary.known, total=summary.total, slices=summary.slices,
        flows=summary.flows,
    )  # fmt: skip
