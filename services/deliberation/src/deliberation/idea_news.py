"""What becomes of a citizen's idea when `rules` has read the proposal that was made of it: load, decide, save, tell."""

from __future__ import annotations

from datetime import datetime

import asyncpg
from common.contracts.delivery import Emit
from common.contracts.envelope import Envelope
from common.contracts.events import rules
from common.contracts.events.base import Event

from deliberation import idea_store
from deliberation.ideas import Idea, free, to_be_told
from deliberation.news import FREES, OF_IDEAS

NOTICES, PROCEEDINGS = "deliberation.notices", "deliberation.proceedings"


async def checked(
    db: asyncpg.Connection, event: rules.ProposalChecked, reference: str, cause: Envelope, now: datetime
) -> list[Emit]:
    """The citizen hears by which name the proposal goes on."""
    idea = await idea_store.behind(db, event.proposal_id) if event.idea_id is not None else None
    if idea is None or idea.idea_id != event.idea_id:
        return []
    told = to_be_told(idea, OF_IDEAS[type(event)], reference=reference, title=event.title)
    return [Emit(NOTICES, idea.citizen, told, cause, now)]


async def freed(db: asyncpg.Connection, event: Event, cause: Envelope, now: datetime) -> list[Emit]:
    """Another proposal may be made of the idea; of one that nobody else has heard of the citizen is told here."""
    state = FREES.get(type(event))
    if state is None:
        return []
    idea = await idea_store.behind(db, str(getattr(event, "proposal_id", "")))
    if idea is None or not _about(idea, event):
        return []
    reason = str(getattr(event, "reason", ""))
    if isinstance(event, rules.RulesCommandRefused) and event.command == rules.WithdrawProposal.type:
        return [Emit(NOTICES, idea.citizen, to_be_told(idea, "not_withdrawn", reason=reason), cause, now)]
    done = free(idea, state, now, reason, getattr(event, "code", None), getattr(event, "details", None))
    if done is None:
        return []
    await idea_store.save(db, done.idea)
    emits = [Emit(PROCEEDINGS, idea.idea_id, done.event, cause, now)]
    if type(event) in OF_IDEAS:
        told = to_be_told(idea, OF_IDEAS[type(event)], reason=reason)
        emits.append(Emit(NOTICES, idea.citizen, told, cause, now))
    return emits


def _about(idea: Idea, event: Event) -> bool:
    """Whether it is said of the proposal that was made of the idea, and of no other that has taken its id."""
    if isinstance(event, rules.ProposalRefused):
        return event.idea_id == idea.idea_id
    if isinstance(event, rules.RulesCommandRefused):
        if event.command == rules.WithdrawProposal.type:
            return event.actor == idea.citizen
        return event.command == rules.ProposeChange.type and event.command_id == idea.command_id
    return True
