"""Answers to objections: by the proposal's author, or by an official entitled on its layer. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from common.contracts.events.base import Actor
from common.contracts.events.deliberation import AnswerObjection, ObjectionAnswered
from common.contracts.frozen import value
from common.contracts.refusals import Reason
from common.contracts.rights import HasPeople, denial

from deliberation.model import Deliberation, Speaker, Voice
from deliberation.words import has_words


@value
class Answered:
    """The deliberation afterwards; `speaker` where the objection still stood."""

    deliberation: Deliberation
    speaker: Speaker | None
    event: ObjectionAnswered


def answer(
    federation: HasPeople,
    deliberation: Deliberation,
    voice: Voice | None,
    speaker: Speaker | None,
    command: AnswerObjection,
    now: datetime,
) -> Answered | Reason:
    """Answer one objection, or a question, which no decision waits for. An objection that its author has replaced
    meanwhile may be answered too, and needs it no more."""
    refused = _may_not(federation, command.actor, deliberation)
    if refused is not None:
        return refused
    if deliberation.stage not in ("open", "waiting"):
        return not_open(deliberation)
    if voice is None or voice.proposal_id != deliberation.proposal_id:
        return no_such_voice(command.voice_id)
    if voice.stance not in ("object", "question"):
        return Reason("not_an_objection", f"voice {voice.voice_id} is neither an objection nor a question")
    if not has_words(command.words):
        return Reason("nothing_said", "an answer needs words", field="words")
    after = replace(deliberation, last_number=deliberation.last_number + 1)
    stands = speaker is not None and speaker.voice_id == voice.voice_id
    event = ObjectionAnswered(
        proposal_id=voice.proposal_id, voice_id=voice.voice_id, number=after.last_number, actor=command.actor.id,
        role=command.actor.role, words=command.words, answered_at=now,
    )  # fmt: skip
    return Answered(after, replace(speaker, answered=True) if stands and speaker is not None else None, event)


def _may_not(federation: HasPeople, actor: Actor, deliberation: Deliberation) -> Reason | None:
    author = actor.id == deliberation.author and deliberation.loop is None
    if author and any((p.id, p.role, p.scope) == (actor.id, actor.role, actor.scope) for p in federation.people):
        return None
    return denial(federation, actor, AnswerObjection, region=deliberation.layer)


def not_open(deliberation: Deliberation) -> Reason:
    prose = f"proposal {deliberation.proposal_id} is not open to argument: it is {deliberation.stage}"
    return Reason("deliberation_closed", prose)


def no_such_voice(voice_id: str) -> Reason:
    return Reason("no_such_voice", f"the proposal has no voice {voice_id}")
