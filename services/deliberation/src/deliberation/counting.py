"""Citizens' voices of a tick, counted in batches: each is answered on its channel, and published."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import asyncpg
from common.contracts.delivery import Emit
from common.contracts.envelope import Envelope
from common.contracts.events.deliberation import CitizenToBeTold, IdeaReceived
from common.contracts.events.intake import VoiceGiven
from common.contracts.reference import reference_of

from deliberation import moderation, store, voices
from deliberation.model import Deliberation, Speaker, Voice
from deliberation.news import MOST_CHARACTERS, News, to_be_told
from deliberation.proposals import Proposals
from deliberation.pseudonyms import Pseudonyms
from deliberation.words import has_words, named_in, understood

NOTICES, VOICES, PROCEEDINGS = "deliberation.notices", "deliberation.voices", "deliberation.proceedings"
CHUNK = 5_000
"""Voices on one proposal that are counted with one look at their speakers."""
LEAST_WORDS_OF_AN_IDEA = 3
IDEA_MARK = "I-"
REFERENCE_CHARACTERS = 6
Given = tuple[Envelope, VoiceGiven]


class Counting:
    def __init__(self, names: Pseudonyms) -> None:
        self._names = names

    async def count(
        self, db: asyncpg.Connection, given: Sequence[Given], proposals: Proposals, now: datetime
    ) -> list[Emit]:
        """Count voices in their order; `now` is the tick's end."""
        emits: list[Emit] = []
        by_proposal: dict[str, list[tuple[Envelope, VoiceGiven, str]]] = {}
        for cause, voice in given:
            name, text = proposal_named(voice)
            about = proposals.find(name) if name is not None else None
            if about is None:
                emits += _without_proposal(cause, voice, name, text, now)
            else:
                by_proposal.setdefault(about.proposal_id, []).append((cause, voice, text))
        for name, on_it in sorted(by_proposal.items()):
            for at in range(0, len(on_it), CHUNK):
                emits += await self._chunk(db, name, on_it[at : at + CHUNK], proposals, now)
        return emits

    async def _chunk(
        self,
        db: asyncpg.Connection,
        name: str,
        given: Sequence[tuple[Envelope, VoiceGiven, str]],
        proposals: Proposals,
        now: datetime,
    ) -> list[Emit]:
        about = proposals.find(name)
        assert about is not None
        known = await store.speakers(db, name, {voice.citizen for _, voice, _ in given})
        changed: dict[str, Speaker] = {}
        new: list[Voice] = []
        emits: list[Emit] = []
        for cause, voice, text in given:
            citizen = voice.citizen
            said = voices.Said(
                voice.voice_id, citizen, "citizen", voice.channel, voice.stance, text, voice.given_at
            )  # fmt: skip
            heard = voices.hear(about, known.get(citizen), said)
            if isinstance(heard, voices.Counted):
                about = heard.deliberation
                known[citizen] = changed[citizen] = heard.speaker
                new.append(heard.voice)
                speaker = self._names.of(name, citizen, "citizen")
                emits.append(Emit(VOICES, name, voices.published(heard, speaker), cause, now))
                what = News("counted", {"stance": heard.voice.stance, "number": str(heard.voice.number)})
                if heard.voice.stance == "amendment":
                    emits.append(_idea(cause, voice, heard.voice.words, now, amends=name))
            elif isinstance(heard, voices.Appealed):
                # What was counted just now may be what the appeal is about.
                await store.add_voices(db, new)
                new = []
                about, what, said_of_it = await self._appeal(db, about, citizen, heard.reason, cause, now)
                emits += said_of_it
            else:
                what = _not_counted(heard)
            emits.append(Emit(NOTICES, citizen, to_be_told(about, citizen, what, voice.voice_id), cause, now))
        await store.save_speakers(db, name, changed.values())
        await store.add_voices(db, new)
        proposals.put(about)
        return emits

    async def _appeal(
        self, db: asyncpg.Connection, about: Deliberation, citizen: str, reason: str, cause: Envelope, now: datetime
    ) -> tuple[Deliberation, News, list[Emit]]:
        hidden = await store.hidden_voice(db, about.proposal_id, citizen)
        if hidden is None:
            return about, _not_counted("not_understood"), []
        speaker = self._names.of(about.proposal_id, citizen, "citizen")
        done = moderation.appeal(about, hidden, speaker, reason, now)
        assert isinstance(done, moderation.Moderated)
        await store.save_moderation(db, done.voice)
        emits = [Emit(VOICES, about.proposal_id, done.event, cause, now)]
        return done.deliberation, News("moderated", {"state": "appealed", "reason": reason[:MOST_CHARACTERS]}), emits


def proposal_named(voice: VoiceGiven) -> tuple[str | None, str]:
    """The proposal that a voice names, by its field or in its words, and the words without that.

    Where a form or a button gives the stance, its field says the proposal too: words may compare it with another.
    """
    if voice.stance is not None and voice.proposal is not None:
        return voice.proposal, voice.text
    named, text = named_in(voice.text)
    return (named or voice.proposal), text


def _not_counted(why: voices.NotCounted) -> News:
    if why in ("not_entitled", "closed_already"):
        return News(why, {})
    return News("not_understood", {"why": why})


def _without_proposal(cause: Envelope, voice: VoiceGiven, name: str | None, text: str, now: datetime) -> Iterable[Emit]:
    """A word that names no proposal that there is: a wish for another rule, or nothing that can be counted."""

    def told(reference: str, what: News) -> Emit:
        event = CitizenToBeTold.model_validate(
            {
                "reference": reference, "citizen": voice.citizen, "kind": what.kind, "facts": what.facts,
                "answers": voice.voice_id,
            }
        )  # fmt: skip
        return Emit(NOTICES, voice.citizen, event, cause, now)

    if name is not None:
        yield told(name, News("no_such_proposal", {}))
    elif voice.stance is not None or understood(text) is not None:
        yield told("", News("no_such_proposal", {}))
    elif len(text.split()) < LEAST_WORDS_OF_AN_IDEA or not has_words(text):
        yield told("", News("not_understood", {"why": "not_understood"}))
    else:
        yield _idea(cause, voice, text, now)
        yield told(_idea_reference(voice), News("idea_received", {}))


def _idea(cause: Envelope, voice: VoiceGiven, words: str, now: datetime, amends: str | None = None) -> Emit:
    """For an expert or an official who can put a citizen's words into rows; the citizen stays the author."""
    event = IdeaReceived(
        idea_id=voice.voice_id, reference=_idea_reference(voice), citizen=voice.citizen, channel=voice.channel,
        words=words, amends=amends, received_at=voice.given_at,
    )  # fmt: skip
    return Emit(PROCEEDINGS, voice.voice_id, event, cause, now)


def _idea_reference(voice: VoiceGiven) -> str:
    return f"{IDEA_MARK}{reference_of(voice.voice_id).replace('-', '')[:REFERENCE_CHARACTERS]}"
