"""What people of the federation say and order, at once: load, decide, save."""

from __future__ import annotations

from collections.abc import Callable

import asyncpg
from common.contracts.delivery import Delivery, Emit
from common.contracts.envelope import Envelope, derived_id
from common.contracts.events import deliberation as said
from common.contracts.events.base import Command, Event
from common.contracts.events.deliberation import VoiceRole
from common.contracts.refusals import Reason, coded
from common.contracts.rights import HasPeople, denial
from common.contracts.signing import SignatureRefused
from common.messaging.failures import TransientError
from common.rulebook import NATIONAL
from common.rulebook.book import ReleaseBook
from common.rulebook.errors import ReleaseMissing

from deliberation import amendments, idea_store, ideas, judgement_store, judging, store, voices
from deliberation.judging_words import given
from deliberation.model import PEOPLE, Deliberation, Voice
from deliberation.moderation import moderate
from deliberation.news import MOST_CHARACTERS, News, to_be_told
from deliberation.objections import answer, not_open
from deliberation.proposals import Proposals
from deliberation.pseudonyms import Pseudonyms
from deliberation.terms import consents_of

MODERATION = (said.ModerateVoice, said.AppealModeration, said.SettleAppeal)
ORDERS: frozenset[type[Event]] = frozenset(
    {
        said.GiveVoice, said.JudgeVoices, said.AnswerObjection, *MODERATION, said.RevokeStandingConsent,
        said.TakeUpIdea, said.DeclineIdea,
    }
)  # fmt: skip
PROCEEDINGS, VOICES, NOTICES = "deliberation.proceedings", "deliberation.voices", "deliberation.notices"
RULES = "rules.commands"


class Orders:
    def __init__(
        self, federation: HasPeople, book: ReleaseBook, check: Callable[[Delivery], str], names: Pseudonyms
    ) -> None:
        self._federation = federation
        self._book = book
        self._check = check
        self._names = names

    async def carry_out(self, db: asyncpg.Connection, delivery: Delivery, proposals: Proposals) -> list[Emit]:
        """Do what a command orders; a refusal is said with its reason."""
        command, cause = delivery.event, delivery.envelope
        assert isinstance(command, Command)
        done: list[Emit] | str
        try:
            principal = self._check(delivery)
        except SignatureRefused as error:
            done = error.reason
        else:
            done = await self._do(db, command, cause, principal, proposals)
        if isinstance(done, list):
            return done
        about = str(getattr(command, command.subject_field))
        refused = said.DeliberationCommandRefused(
            proposal_id=about, command=command.type, command_id=cause.id, actor=command.actor.id, **coded(done)
        )
        return [Emit(PROCEEDINGS, about, refused, cause, cause.time)]

    async def _do(
        self, db: asyncpg.Connection, command: Command, cause: Envelope, principal: str, proposals: Proposals
    ) -> list[Emit] | Reason:
        if isinstance(command, said.RevokeStandingConsent):
            return await self._revoke(db, command, cause)
        if isinstance(command, said.TakeUpIdea):
            return await self._take_up(db, command, cause, principal)
        if isinstance(command, said.DeclineIdea):
            return await self._decline(db, command, cause)
        name = str(getattr(command, command.subject_field))
        found = proposals.find(name)
        if found is None:
            return Reason("no_such_proposal", f"there is no proposal {name}")
        if isinstance(command, said.GiveVoice):
            return await self._give_voice(db, command, cause, found, proposals)
        if isinstance(command, said.JudgeVoices):
            return await self._judge(db, command, cause, found, proposals)
        if isinstance(command, said.AnswerObjection):
            return await self._answer(db, command, cause, found, proposals)
        assert isinstance(command, MODERATION)
        done = moderate(self._federation, found, await store.voice(db, command.voice_id), command, cause.time)
        if isinstance(done, Reason):
            return done
        proposals.put(done.deliberation)
        await store.save_moderation(db, done.voice)
        emits = [Emit(VOICES, found.proposal_id, done.event, cause, cause.time)]
        # That somebody else has appealed is no news to whose words they are.
        if not isinstance(command, said.AppealModeration):
            state = "shown" if not done.voice.hidden else "upheld" if done.voice.appeal == "upheld" else "hidden"
            emits += self._told(found, done.voice, "moderated", {"state": state, "reason": command.reason}, cause)
        return emits

    async def _give_voice(
        self,
        db: asyncpg.Connection,
        command: said.GiveVoice,
        cause: Envelope,
        found: Deliberation,
        proposals: Proposals,
    ) -> list[Emit] | Reason:
        actor = command.actor
        role = self._role(command, found)
        if isinstance(role, Reason):
            return role
        patch = command.amendment
        if patch is not None:
            refused = amendments.refusal(self._federation, actor, found, command)
            if refused is not None:
                return refused
        voice = voices.Said(
            derived_id("voice", cause.source, cause.id), actor.id, role, None, command.stance, command.words,
            cause.time, patch,
        )  # fmt: skip
        known = await store.speakers(db, found.proposal_id, [actor.id])
        if actor.id in known and known[actor.id].role != role:
            prose = f"{actor.id!r} has spoken as {known[actor.id].role} before: one person has one voice"
            return Reason("spoke_in_another_role", prose)
        heard = voices.hear(found, known.get(actor.id), voice)
        if isinstance(heard, str | voices.Appealed):
            return _reason(heard, found, role)
        proposals.put(heard.deliberation)
        await store.save_speakers(db, found.proposal_id, [heard.speaker])
        await store.add_voices(db, [heard.voice])
        made = None if patch is None else amendments.proposal(found, command, heard.voice)
        into = None if made is None else made.proposal_id
        event = voices.published(heard, actor.id, patch, into)
        emits = [Emit(VOICES, found.proposal_id, event, cause, cause.time)]
        if made is not None:
            emits.append(Emit(RULES, made.proposal_id, made, cause, cause.time, correlation_id=made.proposal_id))
        return emits

    async def _judge(
        self,
        db: asyncpg.Connection,
        command: said.JudgeVoices,
        cause: Envelope,
        found: Deliberation,
        proposals: Proposals,
    ) -> list[Emit] | Reason:
        actor = command.actor
        role = self._role(command, found)
        if isinstance(role, Reason):
            return role
        verdicts = given(command.agree, command.disagree)
        shown = await judgement_store.words(db, found.proposal_id, {*verdicts.agree, *verdicts.disagree})
        judged = judging.judge(found, actor.id, role, verdicts, shown, cause.time)
        if isinstance(judged, str):
            return _reason(judged, found, role)
        if judged is None:
            return Reason("no_such_voice", "the proposal has no words with these numbers, or they are hidden")
        proposals.put(judged.deliberation)
        await judgement_store.add(db, [judged.judgement])
        return [Emit(VOICES, found.proposal_id, judging.published(judged.judgement, actor.id, None), cause, cause.time)]

    def _role(self, command: said.GiveVoice | said.JudgeVoices, found: Deliberation) -> VoiceRole | Reason:
        """As what a person of the federation speaks, or why not."""
        actor = command.actor
        # About the nation's rules everybody speaks who may at all, about a region's own its people.
        region = actor.scope if found.layer == NATIONAL else found.layer
        refused = denial(self._federation, actor, type(command), region=region)
        if refused is not None:
            return refused
        role = PEOPLE.get(actor.role)
        if role is None:
            return Reason("may_not_speak", f"role {actor.role!r} has no voice: for a region its head speaks")
        return role

    async def _answer(
        self,
        db: asyncpg.Connection,
        command: said.AnswerObjection,
        cause: Envelope,
        found: Deliberation,
        proposals: Proposals,
    ) -> list[Emit] | Reason:
        """Each objection by itself, in the order in which they are named; a refusal of one takes all back."""
        named = list(dict.fromkeys((command.voice_id, *command.also)))
        held = await store.voices_named(db, named)
        known = await store.speakers(db, found.proposal_id, {voice.person for voice in held.values()})
        about, answered, emits = found, [], list[Emit]()
        for voice_id in named:
            voice = held.get(voice_id)
            speaker = known.get(voice.person) if voice is not None else None
            one = command.model_copy(update={"voice_id": voice_id})
            done = answer(self._federation, about, voice, speaker, one, cause.time)
            if isinstance(done, Reason):
                return done
            assert voice is not None
            about = done.deliberation
            if done.speaker is not None:
                answered.append(done.speaker)
            emits.append(Emit(VOICES, found.proposal_id, done.event, cause, cause.time))
            facts = {"answer": command.words, "by": command.actor.id}
            emits += self._told(found, voice, "answered", facts, cause)
        proposals.put(about)
        await store.save_speakers(db, found.proposal_id, answered)
        return emits

    async def _revoke(
        self, db: asyncpg.Connection, command: said.RevokeStandingConsent, cause: Envelope
    ) -> list[Emit] | Reason:
        refused = denial(self._federation, command.actor, type(command), region=command.layer)
        if refused is not None:
            return refused
        try:
            known = consents_of(self._book.in_force(command.layer, cause.time), command.layer)
        except ReleaseMissing as error:
            raise TransientError(str(error)) from error
        if command.consent not in known:
            return Reason("no_such_consent", f"layer {command.layer} has no standing consent {command.consent}")
        actor, now = command.actor.id, cause.time
        if not await store.revoke(db, command.layer, command.consent, actor, command.reason, now):
            return Reason("no_such_consent", f"the standing consent {command.consent} is revoked already")
        event = said.StandingConsentRevoked(
            layer=command.layer, consent=command.consent, actor=actor, reason=command.reason, revoked_at=now
        )
        return [Emit(PROCEEDINGS, command.consent, event, cause, now)]

    async def _take_up(
        self, db: asyncpg.Connection, command: said.TakeUpIdea, cause: Envelope, principal: str
    ) -> list[Emit] | Reason:
        idea, now = await idea_store.find(db, command.idea_id), cause.time
        done = ideas.take_up(self._federation, idea, command, principal, cause.id, now)
        if isinstance(done, Reason):
            return done
        await idea_store.save(db, done.idea)
        name = command.proposal_id
        return [
            Emit(PROCEEDINGS, command.idea_id, done.event, cause, now),
            Emit(RULES, name, done.proposal, cause, now, correlation_id=name, id=done.idea.command_id),
        ]

    async def _decline(self, db: asyncpg.Connection, command: said.DeclineIdea, cause: Envelope) -> list[Emit] | Reason:
        now = cause.time
        done = ideas.decline(self._federation, await idea_store.find(db, command.idea_id), command, now)
        if isinstance(done, Reason):
            return done
        await idea_store.save(db, done.idea)
        told = ideas.to_be_told(done.idea, "declined", reason=command.words)
        return [
            Emit(PROCEEDINGS, command.idea_id, done.event, cause, now),
            Emit(NOTICES, done.idea.citizen, told, cause, now),
        ]

    def _told(self, about: Deliberation, voice: Voice, kind: str, facts: dict[str, str], cause: Envelope) -> list[Emit]:
        """A citizen hears what became of a voice; people of the federation read it on their pages."""
        if voice.role != "citizen":
            return []
        short = {name: text[:MOST_CHARACTERS] for name, text in facts.items()}
        event = to_be_told(about, voice.person, News(kind, short), answers=voice.voice_id)
        return [Emit(NOTICES, voice.person, event, cause, cause.time)]


def _reason(why: voices.NotCounted | voices.Appealed, about: Deliberation, role: str) -> Reason:
    if why == "closed_already":
        return not_open(about)
    if why == "not_entitled":
        return Reason("may_not_speak", f"role {role!r} has no voice on this proposal")
    prose = "an objection needs a reason" if why == "reason_needed" else "a voice needs words"
    return Reason("nothing_said", prose, field="words")
