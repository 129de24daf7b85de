"""The releases that a command speaks of, and where each came from: of what runs, of a federation, or of an export."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from common.contracts.events.base import Event
from common.contracts.events.rules import (
    ProposalAccepted,
    ProposalAdopted,
    ProposalChecked,
    ProposalLapsed,
    ProposalRejected,
    ProposalReleased,
    ProposalReturned,
    ProposalWithdrawn,
    ReleasePublished,
    TrialEnded,
    TrialPaused,
    TrialResumed,
    TrialRolledBack,
    TrialStarted,
    TrialStepped,
)
from common.federation.country import Federation, load_federation
from common.messaging.kafka import read_to_end
from common.messaging.release_cache import as_release
from common.rulebook.book import ReleaseBook
from common.rulebook.release import Release

from otklik.dead_letter_command import Desk, desk_at
from otklik.rule_files import read_releases

TOLD: tuple[type[Event], ...] = (
    ProposalChecked, ProposalAccepted, ProposalRejected, ProposalReturned, ProposalWithdrawn, ProposalLapsed,
    TrialStarted, TrialStepped, TrialPaused, TrialResumed, TrialRolledBack, TrialEnded, ProposalAdopted,
)  # fmt: skip
STEPS: dict[str, type[Event]] = {model.type: model for model in TOLD}


@dataclass(frozen=True)
class KnownRules:
    """`proposals` and `came_from` are empty where only files are read."""

    federation: Federation
    releases: tuple[Release, ...]
    proposals: Mapping[str, ProposalChecked] = field(default_factory=dict)
    accepted: Mapping[str, ProposalAccepted] = field(default_factory=dict)
    open: frozenset[str] = frozenset()
    """Ids of proposals that nobody has decided on."""
    came_from: Mapping[tuple[str, int], str] = field(default_factory=dict)
    """The proposal of a release, by layer and number."""
    steps: Mapping[tuple[str, int], Sequence[ProposalReleased]] = field(default_factory=dict)
    """What a release does about proposals, by layer and number."""

    @property
    def book(self) -> ReleaseBook:
        return ReleaseBook(self.releases)

    def layer(self, name: str) -> list[Release]:
        """A layer's releases, oldest first."""
        return sorted((r for r in self.releases if r.layer == name), key=lambda r: r.number)


def rules_of(folder: Path, federation: Path | None, files: Path | None) -> KnownRules:
    """What runs under `folder`, unless files are named: a federation's folder, and an export beside it.

    Raises NothingRuns, FederationError, RuleFilesError, EmbeddedError, KafkaError.
    """
    if federation is not None:
        country = load_federation(federation)
        return KnownRules(country, tuple(read_releases(files) if files is not None else country.base_releases()))
    desk = desk_at(folder)
    if files is not None:
        return KnownRules(desk.federation, tuple(read_releases(files)))
    return asyncio.run(published(desk))


async def published(desk: Desk) -> KnownRules:
    """What runs at a desk."""
    releases, came_from = [], {}
    for record in await read_to_end(desk.settings, desk.installation.physical("rules.releases")):
        if record.value:
            event = ReleasePublished.model_validate_json(record.value)
            releases.append(as_release(event))
            if event.proposal_id is not None:
                came_from[(event.layer, event.number)] = event.proposal_id
    proposals: dict[str, ProposalChecked] = {}
    accepted: dict[str, ProposalAccepted] = {}
    waiting: set[str] = set()
    taken: dict[tuple[str, int], list[ProposalReleased]] = {}
    for record in await read_to_end(desk.settings, desk.installation.physical("rules.proposals")):
        model = STEPS.get((dict(record.headers).get("ce_type") or b"").decode("utf-8", "replace"))
        if model is None or not record.value:
            continue
        said = model.model_validate_json(record.value)
        if isinstance(said, ProposalChecked):
            proposals[said.proposal_id] = said
            waiting.add(said.proposal_id)
            continue
        waiting.discard(str(getattr(said, "proposal_id", "")))
        if isinstance(said, ProposalReleased):
            taken.setdefault((said.layer, said.number), []).append(said)
        if isinstance(said, ProposalAccepted):
            accepted[said.proposal_id] = said
    return KnownRules(desk.federation, tuple(releases), proposals, accepted, frozenset(waiting), came_from, taken)
