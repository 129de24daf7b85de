"""Citizens' voices and judgements of a tick, counted in batches: each is answered on its channel, and published. What a
citizen said before being erased counts without words, and is answered nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import asyncpg
from common.contracts.delivery import Emit
from common.contracts.envelope import Envelope
from common.contracts.events.deliberation import CitizenToBeTold, IdeaReceived
from common.contracts.events.intake import VoiceGiven
from common.contracts.frozen import value
from common.contracts.reference import reference_of
from common.messaging.erased_citizens import erased_among, erased_of

from deliberation import erasure_store, idea_store, judgement_store, judging, linked_store, moderation, store, voices
from deliberation.idea_withdrawal import take_back
from deliberation.ideas import received
from deliberation.judging_words import Verdicts, given, verdicts_in
from deliberation.model import Deliberation, Judgement, Speaker, Voice
from deliberation.news import MOST_CHARACTERS, News, to_be_told
from deliberation.proposals import Proposals
from deliberation.pseudonyms import Pseudonyms
from deliberation.words import has_words, idea_taken_back, named_in, understood

NOTICES, VOICES, PROCEEDINGS = "deliberation.notices", "deliberation.voices", "deliberation.proceedings"
CHUNK = 5_000
"""Voices on one proposal that are counted with one look at their speakers."""
LEAST_WORDS_OF_AN_IDEA = 3
IDEA_MARK = "I-"
REFERENCE_CHARACTERS = 6
Given = tuple[Envelope, VoiceGiven]


@value
class Word:
    """A voice on a proposal: which words of others it judges, and what else it says."""

    cause: Envelope
    voice: VoiceGiven
    verdicts: Verdicts
    text: str

    @property
    def says_more(self) -> bool:
        return not self.verdicts or self.voice.stance is not None or has_words(self.text)


class Counting:
    def __init__(self, names: Pseudonyms) -> None:
        self._names = names

    async def count(
        self, db: asyncpg.Connection, said: Sequence[Given], proposals: Proposals, now: datetime
    ) -> list[Emit]:
        """Count voices in their order; `now` is the tick's end."""
        emits: list[Emit] = []
        others = await linked_store.speakers_of(db, [voice for _, voice in said])
        if others:
            said = [
                (cause, voice.model_copy(update={"citizen": others.get(voice.voice_id, voice.citizen)}))
                for cause, voice in said
            ]
        by_proposal: dict[str, list[Word]] = {}
        taken_back: list[tuple[Envelope, VoiceGiven, str]] = []
        found = await erased_of(db, {voice.citizen for _, voice in said}, {voice.voice_id for _, voice in said})
        # Of an erased conversation a voice by itself is gone; its citizen may speak on elsewhere.
        erased = {**found.citizens, **{name: at for (name, _), at in found.words.items()}}
        for cause, voice in said:
            gone = _gone(voice, erased)
            if gone and proposals.find(proposal_named(voice)[0] or "") is None:
                continue
            if not gone and (idea := idea_taken_back(voice.text)) is not None:
                taken_back.append((cause, voice, idea))
                continue
            name, text = proposal_named(voice)
            about = proposals.find(name) if name is not None else None
            if about is None:
                emits += _without_proposal(cause, voice, name, text, now)
            else:
                by_proposal.setdefault(about.proposal_id, []).append(_word(cause, voice, text))
        for name, on_it in sorted(by_proposal.items()):
            for at in range(0, len(on_it), CHUNK):
                emits += await self._chunk(db, name, on_it[at : at + CHUNK], proposals, now, erased)
        await idea_store.add(db, [received(e.event) for e in emits if isinstance(e.event, IdeaReceived)])
        # An idea may be taken back at the tick at which it is noted.
        for cause, voice, idea in taken_back:
            emits += await take_back(db, cause, voice, idea, now)
        return emits

    async def _chunk(
        self,
        db: asyncpg.Connection,
        name: str,
        words: Sequence[Word],
        proposals: Proposals,
        now: datetime,
        erased: Mapping[str, datetime],
    ) -> list[Emit]:
        about: Deliberation = proposals.named(name)
        given = [word.voice for word in words]
        owners = await linked_store.joined(db, name, {voice.citizen for voice in given})
        if owners:
            erased = {**erased, **await erased_among(db, owners.values())}
        people = await self._people(db, name, given, erased, owners)
        known = await store.speakers(db, name, set(people.values()))
        strangers = await store.strangers(db, name, set(people.values()))
        judged = {number for word in words for number in (*word.verdicts.agree, *word.verdicts.disagree)}
        shown = await judgement_store.words(db, name, judged)
        changed: dict[str, Speaker] = {}
        new: list[Voice] = []
        judgements: list[Judgement] = []
        emits: list[Emit] = []

        def tell(word: Word, what: News) -> None:
            if _gone(word.voice, erased):
                return
            told = to_be_told(about, word.voice.citizen, what, word.voice.voice_id)
            emits.append(Emit(NOTICES, word.voice.citizen, told, word.cause, now))

        for word in words:
            cause, voice, citizen = word.cause, word.voice, people[word.voice.voice_id]
            gone = _gone(voice, erased)
            if word.verdicts:
                found = judging.judge(about, citizen, "citizen", word.verdicts, shown, voice.given_at)
                if isinstance(found, str):
                    tell(word, _not_counted(found))
                    continue
                if found is None:
                    tell(word, News("not_understood", {"why": "no_such_words"}))
                else:
                    about = found.deliberation
                    judgements.append(found.judgement)
                    speaker = self._names.of(name, voice.citizen, "citizen")
                    event = judging.published(found.judgement, speaker, voice.channel)
                    emits.append(Emit(VOICES, name, event, cause, now))
                    tell(word, _judged(found))
            if not word.says_more:
                continue
            said = voices.Said(
                voice.voice_id, citizen, "citizen", voice.channel, voice.stance, word.text, voice.given_at,
                stranger=citizen in strangers,
            )  # fmt: skip
            heard = voices.hear(about, known.get(citizen), said)
            if gone and isinstance(heard, voices.Counted):
                heard = replace(heard, voice=replace(heard.voice, words=""))
            if isinstance(heard, voices.Counted):
                about = heard.deliberation
                known[citizen] = changed[citizen] = heard.speaker
                new.append(heard.voice)
                if heard.voice.words:
                    shown[heard.voice.number] = True
                speaker = self._names.of(name, voice.citizen, "citizen")
                emits.append(Emit(VOICES, name, voices.published(heard, speaker), cause, now))
                what = News("counted", {"stance": heard.voice.stance, "number": str(heard.voice.number)})
                if heard.voice.stance == "amendment" and not gone:
                    emits.append(_idea(cause, voice, heard.voice.words, now, amends=name))
            elif gone:
                continue
            elif isinstance(heard, voices.Appealed):
                # What was counted just now may be what the appeal is about.
                await store.add_voices(db, new)
                new = []
                about, what, said_of_it = await self._appeal(db, about, citizen, heard.reason, cause, now)
                emits += said_of_it
            else:
                what = _not_counted(heard)
            tell(word, what)
        await store.save_speakers(db, name, changed.values())
        await store.add_voices(db, new)
        await judgement_store.add(db, judgements)
        if erased:
            own = {w.voice.voice_id: owners.get(w.voice.citizen, w.voice.citizen) for w in words}
            hidden = {people[one] for one in own if people[one] != own[one]}
            await erasure_store.mark_erased(db, name, hidden)
        proposals.put(about)
        return emits

    async def _people(
        self, db: asyncpg.Connection, name: str, given: Sequence[VoiceGiven], erased: Mapping[str, datetime],
        owners: Mapping[str, str],
    ) -> dict[str, str]:  # fmt: skip
        """Who speaks, by voice. An erased citizen is known by the published name, until they come back: then what
        counts under that name is theirs again, since one person has one voice. `owners`: as whom some speak here."""
        people = {voice.voice_id: owners.get(voice.citizen, voice.citizen) for voice in given}
        mine = [voice for voice in given if people[voice.voice_id] in erased]
        if not mine:
            return people
        back = {people[voice.voice_id] for voice in mine if not _gone(voice, erased)}
        for citizen in sorted(back):
            published = self._names.of(name, citizen, "citizen")
            await erasure_store.rename(db, name, published, citizen, erased=False)
        back |= (await store.speakers(db, name, {people[voice.voice_id] for voice in mine})).keys()
        for voice in mine:
            if people[voice.voice_id] not in back:
                people[voice.voice_id] = self._names.of(name, people[voice.voice_id], "citizen")
        return people

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


def _gone(voice: VoiceGiven, erased: Mapping[str, datetime]) -> bool:
    """Whether its citizen, or the conversation in which it was said, was erased after that."""
    found = (erased.get(voice.citizen), erased.get(voice.voice_id))
    return any(at is not None and voice.given_at <= at for at in found)


def proposal_named(voice: VoiceGiven) -> tuple[str | None, str]:
    """The proposal that a voice names, by its field or in its words, and the words without that.

    Where a form or a button gives the stance or judges, its field says the proposal too: words may compare it with
    another.
    """
    if voice.proposal is not None and (voice.stance is not None or voice.agree or voice.disagree):
        return voice.proposal, voice.text
    named, text = named_in(voice.text)
    return (named or voice.proposal), text


def _word(cause: Envelope, voice: VoiceGiven, text: str) -> Word:
    """A button's word on the words of others holds; else the text may begin with one. With a stance of its own the text
    is its reason."""
    verdicts = given(voice.agree, voice.disagree)
    if not verdicts and voice.stance is None:
        verdicts, text = verdicts_in(text)
    return Word(cause, voice, verdicts, text)


def _judged(found: judging.Judged) -> News:
    """What was understood of a judgement."""
    of = {"agree": found.judgement.agree, "disagree": found.judgement.disagree, "unknown": found.unknown}
    facts = {name: ", ".join(map(str, numbers))[:MOST_CHARACTERS] for name, numbers in of.items() if numbers}
    return News("counted", facts)


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
    elif voice.stance is not None or voice.agree or voice.disagree or understood(text) is not None:
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
