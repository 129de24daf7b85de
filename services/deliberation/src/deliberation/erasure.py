"""A citizen was erased: words go, counts stay, and the person becomes the published name."""

from __future__ import annotations

from dataclasses import replace

import asyncpg
from common.contracts.delivery import Emit
from common.contracts.envelope import Envelope, derived_id
from common.contracts.events.intake import CitizenErased, ConversationErased
from common.messaging import erased_citizens

from deliberation import erasure_store, linked_store
from deliberation.ideas import withdraw
from deliberation.moderation import erase
from deliberation.proposals import Proposals
from deliberation.pseudonyms import Pseudonyms

VOICES, PROCEEDINGS = "deliberation.voices", "deliberation.proceedings"


async def obey(
    db: asyncpg.Connection, event: CitizenErased, cause: Envelope, proposals: Proposals, names: Pseudonyms
) -> list[Emit]:
    """Forget what the citizen has said, and say so of each voice that had words. `proposals` holds all on which the
    citizen spoke."""
    citizen, now = event.citizen, cause.time
    await erased_citizens.remember(db, [event])
    await linked_store.end(db, citizen, event.erased_at)
    emits: list[Emit] = []
    for voice in await erasure_store.voices(db, citizen, event.erased_at):
        about = proposals.find(voice.proposal_id)
        assert about is not None
        done = erase(about, voice, names.of(voice.proposal_id, citizen, "citizen"), now)
        await erasure_store.save_voice(db, done.voice)
        if done.event is not None:
            proposals.put(done.deliberation)
            # One erasure is said of several voices of one proposal: the id says of which.
            name = derived_id("erased", cause.id, voice.voice_id)
            emits.append(Emit(VOICES, voice.proposal_id, done.event, cause, now, id=name))
    for about in proposals.all():
        speaker = names.of(about.proposal_id, citizen, "citizen")
        await erasure_store.rename(db, about.proposal_id, citizen, speaker, erased=True)
        if about.author_citizen == citizen:
            proposals.put(replace(about, author_citizen=None))
    for idea in await erasure_store.forget(db, citizen):
        done_with = withdraw(idea, now)
        if done_with is not None:
            name = derived_id("erased", cause.id, idea.idea_id)
            emits.append(Emit(PROCEEDINGS, idea.idea_id, done_with.event, cause, now, id=name))
    return emits


async def obey_of_conversation(
    db: asyncpg.Connection, event: ConversationErased, cause: Envelope, proposals: Proposals, names: Pseudonyms
) -> list[Emit]:
    """Forget what was said in one conversation: whoever named the same address elsewhere speaks on there, so the person
    stays. `proposals` holds all on which words of it are."""
    citizen, now = event.citizen, cause.time
    await erased_citizens.remember_conversations(db, [event])
    emits: list[Emit] = []
    for voice in await erasure_store.voices(db, citizen, event.erased_at):
        about = proposals.find(voice.proposal_id)
        if voice.voice_id not in event.messages or about is None:
            continue
        done = erase(about, voice, names.of(voice.proposal_id, citizen, "citizen"), now)
        await erasure_store.save_voice(db, replace(done.voice, person=voice.person))
        if done.event is not None:
            proposals.put(done.deliberation)
            name = derived_id("erased", cause.id, voice.voice_id)
            emits.append(Emit(VOICES, voice.proposal_id, done.event, cause, now, id=name))
    for idea in await erasure_store.forget_ideas(db, citizen, event.messages):
        done_with = withdraw(idea, now)
        if done_with is not None:
            name = derived_id("erased", cause.id, idea.idea_id)
            emits.append(Emit(PROCEEDINGS, idea.idea_id, done_with.event, cause, now, id=name))
    return emits
