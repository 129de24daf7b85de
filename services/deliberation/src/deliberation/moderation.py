"""Hiding the words of a voice, and looking at that again: the original is kept and counts as before. Of an erased
citizen the words go for good. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from common.contracts.events.deliberation import AppealModeration, ModerateVoice, SettleAppeal, VoiceModerated
from common.contracts.frozen import value
from common.contracts.refusals import Reason
from common.contracts.rights import HasPeople, denial

from deliberation.model import PEOPLE, Deliberation, Voice
from deliberation.objections import no_such_voice
from deliberation.words import has_words

Order = ModerateVoice | AppealModeration | SettleAppeal


@value
class Moderated:
    deliberation: Deliberation
    voice: Voice
    event: VoiceModerated


@value
class Erased:
    """`event` where the voice had words that others may have read."""

    deliberation: Deliberation
    voice: Voice
    event: VoiceModerated | None


ERASED = "its author asked for everything about them to be erased"
CITIZEN = "citizen"


def erase(deliberation: Deliberation, voice: Voice, speaker: str, now: datetime) -> Erased:
    """The words go, the voice counts on. The speaker becomes the name that holds for this proposal alone."""
    without = replace(voice, words="", person=speaker, hidden=voice.hidden or bool(voice.words))
    if not voice.words:
        return Erased(deliberation, without, None)
    done = _moderated(deliberation, without, CITIZEN, ERASED, now)
    return Erased(done.deliberation, done.voice, done.event.model_copy(update={"erased": True}))


def moderate(
    federation: HasPeople, deliberation: Deliberation, voice: Voice | None, order: Order, now: datetime
) -> Moderated | Reason:
    """Carry out an order about a voice, also after the deliberation has ended."""
    if voice is None or voice.proposal_id != deliberation.proposal_id:
        return no_such_voice(order.voice_id)
    if not voice.words and voice.hidden:
        return _state(voice, "its author was erased: there are no words to show")
    # Whoever may speak may appeal, wherever they are from; the others act for the layer.
    anywhere = isinstance(order, AppealModeration)
    region = order.actor.scope if anywhere else deliberation.layer
    refused = denial(federation, order.actor, type(order), region=region)
    if refused is None and not has_words(order.reason):
        refused = Reason("nothing_said", "a reason is needed", field="reason")
    if refused is not None:
        return refused
    if isinstance(order, ModerateVoice):
        if voice.hidden or voice.appeal == "granted":
            return _state(voice, "it is hidden already, or was shown again by an appeal")
        after = replace(voice, hidden=True, moderator=order.actor.id, appeal="none")
    elif isinstance(order, AppealModeration):
        if order.actor.role != "operator" and PEOPLE.get(order.actor.role) not in _speakers(deliberation):
            return Reason("may_not_speak", f"role {order.actor.role!r} has no voice on this proposal")
        return appeal(deliberation, voice, order.actor.id, order.reason, now)
    else:
        if voice.appeal != "open":
            return _state(voice, "no appeal about it is open")
        if order.actor.id in (voice.moderator, voice.appellant):
            return _own("an appeal is settled by another person than the ones who hid the words and who appealed")
        after = replace(voice, hidden=not order.show, appeal="granted" if order.show else "upheld")
    return _moderated(deliberation, after, order.actor.id, order.reason, now)


def appeal(deliberation: Deliberation, voice: Voice, actor: str, reason: str, now: datetime) -> Moderated | Reason:
    """Ask a second person to look at a hidden voice: once a hiding."""
    if not voice.hidden or voice.appeal != "none":
        return _state(voice, "it is not hidden, or was appealed about already")
    if actor == voice.moderator:
        return _own("whoever hid the words does not use up their one appeal")
    return _moderated(deliberation, replace(voice, appeal="open", appellant=actor), actor, reason, now)


def _moderated(deliberation: Deliberation, voice: Voice, actor: str, reason: str, now: datetime) -> Moderated:
    after = replace(deliberation, last_number=deliberation.last_number + 1)
    event = VoiceModerated(
        proposal_id=voice.proposal_id, voice_id=voice.voice_id, number=after.last_number, hidden=voice.hidden,
        reason=reason, actor=actor, appeal=voice.appeal, moderated_at=now,
    )  # fmt: skip
    return Moderated(after, voice, event)


def _speakers(deliberation: Deliberation) -> tuple[str, ...]:
    return deliberation.terms.speakers if deliberation.terms is not None else ()


def _own(why: str) -> Reason:
    return Reason("own_moderation", why)


def _state(voice: Voice, why: str) -> Reason:
    return Reason("voice_state", f"voice {voice.voice_id}: {why}")
