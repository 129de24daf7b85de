"""Every proposal is adopted some days after it was made, if it still applies, and binds at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from common.contracts.events.rules import ProposeChange
from common.federation.country import Federation
from common.rulebook.book import ReleaseBook
from common.rulebook.examination import Fit, examine
from common.rulebook.references import names_of
from reflex.facts import ProposalAdopted, ProposalReturned
from rules.releases import next_release

ADOPTED_AFTER = timedelta(days=3)


@dataclass
class Made:
    """One proposal, and from when it bound; None where it was not adopted."""

    at: datetime
    command: ProposeChange
    effective_at: datetime | None = None


class Adopting:
    """The rulebook of a run: `book` has a federation's first releases, and one more for each adopted proposal."""

    def __init__(self, federation: Federation, after: timedelta = ADOPTED_AFTER) -> None:
        self._after = after
        self._names = names_of(federation)
        self._heads = {release.layer: release for release in federation.base_releases()}
        self._waiting: list[Made] = []
        self.book = ReleaseBook(self._heads.values())

    def wait(self, made: Made) -> None:
        """Decide a proposal when its time has come."""
        self._waiting.append(made)

    def decide(self, until: datetime) -> Iterator[ProposalAdopted | ProposalReturned]:
        """What becomes of the proposals whose time has come, as it is told just before `until`."""
        told_at = until - timedelta(seconds=1)
        ready = [m for m in self._waiting if m.at + self._after <= until]
        self._waiting = [m for m in self._waiting if m.at + self._after > until]
        for made in ready:
            patch, proposal_id = made.command.patch, made.command.proposal_id
            fit = examine(patch, dict(self._heads), self._names)
            if not isinstance(fit, Fit):
                yield ProposalReturned(id=f"{proposal_id}:1", at=told_at, proposal_id=proposal_id)
                continue
            release = next_release(self._heads[patch.layer], fit.tables, until)
            self._heads[patch.layer] = release
            self.book.add(release)
            made.effective_at = release.effective_at
            yield ProposalAdopted(
                id=f"{proposal_id}:1", at=told_at, proposal_id=proposal_id, effective_at=release.effective_at
            )
