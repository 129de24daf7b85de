"""Citizens who are one person have one voice on each proposal that is still argued about."""

from __future__ import annotations

from dataclasses import replace

import asyncpg
from common.contracts.delivery import Emit
from common.contracts.envelope import Envelope, derived_id
from common.contracts.events.intake import CitizensLinked
from common.messaging.erased_citizens import erased_among

from deliberation import erasure_store, linked_store, store
from deliberation.joining import join
from deliberation.model import Deliberation
from deliberation.proposals import Proposals
from deliberation.pseudonyms import Pseudonyms

VOICES = "deliberation.voices"


async def obey(
    db: asyncpg.Connection, event: CitizensLinked, cause: Envelope, proposals: Proposals, names: Pseudonyms
) -> list[Emit]:
    """`proposals` holds all that are argued about. Totals that are published stand as they were counted."""
    if event.citizen == event.into_citizen:
        return []
    await linked_store.remember(db, event)
    # The word of an erasure that came after the link may be read before it.
    gone = await erased_among(db, {event.citizen, event.into_citizen})
    ended = max((at for at in gone.values() if at >= event.linked_at), default=None)
    if ended is not None:
        await linked_store.end(db, event.citizen, ended)
    if event.voices is None:
        await linked_store.told_as(db, event.citizen, event.into_citizen)
    emits: list[Emit] = []
    for about in proposals.all():
        if event.voices is None and about.author_citizen == event.citizen:
            about = replace(about, author_citizen=event.into_citizen)
            proposals.put(about)
        if about.stage in linked_store.OPEN:
            emits += await _join(db, event, about, cause, proposals, names)
            if ended is not None:
                name = names.of(about.proposal_id, event.into_citizen, "citizen")
                await erasure_store.rename(db, about.proposal_id, event.into_citizen, name, erased=True)
    return emits


async def _join(
    db: asyncpg.Connection, event: CitizensLinked, about: Deliberation, cause: Envelope, proposals: Proposals,
    names: Pseudonyms,
) -> list[Emit]:  # fmt: skip
    name, citizen, into = about.proposal_id, event.citizen, event.into_citizen
    published = names.of(name, citizen, "citizen"), names.of(name, into, "citizen")
    mine = await linked_store.voices_of(db, name, (citizen, published[0]))
    if event.voices is not None:
        # Over HTTP nobody proves an address: theirs is what was said in the linked conversation, and nothing else.
        if not mine or not mine.keys() <= set(event.voices):
            return []
    elif not mine and not await linked_store.judged(db, name, (citizen, published[0])):
        return []
    # Whoever was erased and speaks again takes over what stands under the published name.
    await erasure_store.rename(db, name, published[0], citizen, erased=False)
    await erasure_store.rename(db, name, published[1], into, erased=False)
    known = await store.speakers(db, name, {citizen, into})
    theirs = await linked_store.voices_of(db, name, (into, published[1]))
    done = join(about, known.get(citizen), known.get(into), {**mine, **theirs}, into, published, cause.time)
    await linked_store.join(db, name, {citizen: into, published[0]: published[1]})
    await store.save_speakers(db, name, [done.speaker] if done.speaker is not None else [])
    await linked_store.keep_joined(db, name, citizen, into)
    proposals.put(done.deliberation)
    return [Emit(VOICES, name, done.event, cause, cause.time, id=derived_id("joined", cause.id, name))]
