"""What becomes of posted messages, and which conversations are the channels' own: all that edges answer from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import asyncpg
from common.contracts.delivery import Delivery, Emit
from common.contracts.events import region
from common.contracts.events.base import Event
from common.contracts.events.channel import NoticeIssued
from common.contracts.events.intake import MessageAdded, MessageRefused, VerdictGiven
from common.contracts.events.routing import TriageDeclined
from common.contracts.reference import reference_of

from channels import case_state, store
from channels.case_state import CaseState
from channels.edge_key import EdgeKey, fingerprint
from channels.store import Outcome

STEPS: frozenset[type[Event]] = frozenset(
    {
        region.CaseOpenedSummary, region.CaseAccepted, region.WorkStarted, region.CaseTransferred,
        region.CaseDeferred, region.CitizenAsked, region.MessageJoined, region.CaseJoined, region.CaseAnswered,
        region.CaseDeclined, region.CaseConfirmed, region.CaseReopened, region.CaseWithdrawn,
    }
)  # fmt: skip
"""What may change a case's state."""


class ChannelsHandler:
    """Keeps what citizens over HTTP may ask for. It says nothing."""

    types: frozenset[type[Event]] = STEPS | {NoticeIssued, MessageAdded, VerdictGiven, MessageRefused, TriageDeclined}

    def __init__(self, key: EdgeKey) -> None:
        self._key = key

    async def handle(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> list[Emit]:
        outcomes = [(outcome, d) for d in batch if (outcome := _outcome(d.event)) is not None]
        posted: dict[str, str | None] = {}
        if outcomes:
            posted = await store.posted_among(db, {o.message_id for o, _ in outcomes})
            await store.note_begun_on_topic(
                db, self._begun_on_topic([d for o, d in outcomes if o.message_id not in posted])
            )
        ours = [(o, d.envelope.time) for o, d in outcomes if o.message_id in posted]
        await store.note_outcomes(db, [o for o, _ in ours])
        unopened = {case_id for o, _ in ours if (case_id := posted[o.message_id]) is not None and case_id != o.case_id}
        steps = [d for d in batch if isinstance(d.event, region.CaseEvent | TriageDeclined)]
        wanted = {o.case_id for o, _ in ours if o.case_id is not None} | {d.key for d in steps}
        wanted |= {d.event.into_case for d in steps if isinstance(d.event, region.CaseJoined)}
        if wanted:
            before = await store.cases_of(db, wanted)
            after = _after(before, ours, steps)
            await store.save_cases(db, [case for name, case in after.items() if case != before.get(name)])
        await store.drop_unopened(db, unopened)
        return []

    def _begun_on_topic(self, notices: Sequence[Delivery]) -> set[bytes]:
        """Fingerprints of conversations whose first message did not come over HTTP."""
        return {
            fingerprint(self._key.secret(d.topic.split(".")[1], d.event.conversation))
            for d in notices
            if isinstance(d.event, NoticeIssued)
        }


def _outcome(event: Event) -> Outcome | None:
    """What became of a message; of the first of a conversation its notice tells, of later ones intake's fact."""
    if isinstance(event, NoticeIssued):
        if event.notice != "registered" or event.message_id is None:
            return None
        return Outcome(event.message_id, "registered", event.case_id)
    if isinstance(event, MessageAdded):
        return Outcome(event.message_id, "registered", event.case_id)
    if isinstance(event, VerdictGiven):
        return Outcome(event.message_id, "registered", event.case_id) if event.message_id is not None else None
    if isinstance(event, MessageRefused):
        return Outcome(event.message_id, "refused", None, event.reason)
    return None


def _after(
    before: dict[str, CaseState], registered: Sequence[tuple[Outcome, datetime]], steps: Sequence[Delivery]
) -> dict[str, CaseState]:
    """The cases after a batch; cases that nobody over HTTP may ask for are left out."""
    after = dict(before)
    for outcome, time in registered:
        if outcome.case_id is not None:
            case = after.get(outcome.case_id) or CaseState(outcome.case_id, reference_of(outcome.case_id))
            after[case.case_id] = case_state.registered(case, time)
    for step in steps:
        known = after.get(step.key)
        if known is None:
            continue
        if isinstance(step.event, region.CaseEvent):
            after[known.case_id] = followed = case_state.follow(known, step.event, step.envelope.time)
            if followed.into_case is not None and followed.into_case not in after:
                after[followed.into_case] = CaseState(followed.into_case, reference_of(followed.into_case))
        else:
            after[known.case_id] = case_state.declined(known, step.envelope.time)
    return after
