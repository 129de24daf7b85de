"""A citizen's word that takes an own idea back: load, decide, save, answer."""

from __future__ import annotations

from datetime import datetime

import asyncpg
from common.contracts.delivery import Emit
from common.contracts.envelope import Envelope
from common.contracts.events.base import Actor
from common.contracts.events.deliberation import CitizenToBeTold
from common.contracts.events.intake import VoiceGiven
from common.contracts.events.rules import WithdrawProposal

from deliberation import idea_store
from deliberation.ideas import to_be_told, withdraw

NOTICES, PROCEEDINGS, RULES = "deliberation.notices", "deliberation.proceedings", "rules.commands"
CITIZEN = "citizen"
REASON = "the citizen whose idea it was takes it back"


async def take_back(
    db: asyncpg.Connection, cause: Envelope, voice: VoiceGiven, reference: str, now: datetime
) -> list[Emit]:
    """The idea is over; a proposal that was made of it is withdrawn by `rules`, where it may be still."""
    citizen = voice.citizen
    idea = await idea_store.of_citizen(db, citizen, reference)
    done = withdraw(idea, now) if idea is not None else None
    if idea is None or done is None:
        nothing = CitizenToBeTold(
            reference="", citizen=citizen, kind="no_such_proposal", answers=voice.voice_id
        )  # fmt: skip
        return [Emit(NOTICES, citizen, nothing, cause, now)]
    await idea_store.save(db, done.idea)
    made = done.event.proposal_id
    told = to_be_told(done.idea, "withdrawn" if made is None else "withdrawing", answers=voice.voice_id)
    emits = [Emit(PROCEEDINGS, idea.idea_id, done.event, cause, now), Emit(NOTICES, citizen, told, cause, now)]
    if made is not None:
        order = WithdrawProposal(
            actor=Actor(id=citizen, role=CITIZEN), proposal_id=made, reason=REASON, synthetic=voice.synthetic
        )
        emits.append(Emit(RULES, made, order, cause, now, correlation_id=made))
    return emits
