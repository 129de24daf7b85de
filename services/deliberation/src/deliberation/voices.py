"""One person's word on one proposal: whether it counts, and what it replaces. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal

from common.contracts.events.deliberation import Stance, VoiceCounted, VoiceRole
from common.contracts.frozen import value
from common.contracts.patch import Patch

from deliberation.model import Deliberation, Speaker, Voice
from deliberation.words import has_words, understood

Unheard = Literal["not_entitled", "closed_already"]
NotCounted = Literal["not_understood", "reason_needed", "nothing_said"] | Unheard


@value
class Said:
    """A word as it came. `stance` is what a form or a button says; None: as the words say."""

    voice_id: str
    person: str
    role: VoiceRole
    channel: str | None
    stance: Stance | None
    text: str
    given_at: datetime
    amendment: Patch | None = None
    stranger: bool = False
    """Nothing else is known of the citizen who says it."""


@value
class Counted:
    """The deliberation and the speaker afterwards, and the voice; `replaces` counted before."""

    deliberation: Deliberation
    speaker: Speaker
    voice: Voice
    replaces: str | None


@value
class Appealed:
    """A citizen asks that a hidden voice be looked at again."""

    reason: str


def hear(deliberation: Deliberation, before: Speaker | None, said: Said) -> Counted | Appealed | NotCounted:
    """Count a word. `before` is the speaker as known.

    The last support or objection of a person counts. A comment, a question or an amendment stands beside it and
    replaces nothing, so that nobody loses a vote by asking.
    """
    if deliberation.terms is None:
        return "closed_already"
    found = _stance(said)
    if isinstance(found, Appealed):
        return found
    refused = unheard(deliberation, said.role, said.given_at)
    if refused is not None:
        return refused
    if isinstance(found, str):
        return found
    stance, words = found
    if not has_words(words) and said.amendment is None:
        if stance == "object":
            return "reason_needed"
        if stance != "support":
            return "nothing_said"
    number = deliberation.last_number + 1
    voice = Voice(
        said.voice_id, deliberation.proposal_id, number, said.person, said.role, stance, words, said.channel,
        said.given_at, stranger=said.stranger,
    )  # fmt: skip
    speaker = before or Speaker(said.person, said.role)
    replaces = None
    if stance == "support" or stance == "object":
        replaces = speaker.voice_id
        speaker = replace(speaker, side=stance, voice_id=said.voice_id, answered=False)
    return Counted(replace(deliberation, last_number=number, last_opinion=number), speaker, voice, replaces)


def unheard(deliberation: Deliberation, role: VoiceRole, given_at: datetime) -> Unheard | None:
    """Why nobody of this role is heard at this time, or None."""
    if deliberation.terms is None or deliberation.until is None:
        return "closed_already"
    if deliberation.stage != "open" or given_at > deliberation.until:
        return "closed_already"
    return None if role in deliberation.terms.speakers else "not_entitled"


def _stance(said: Said) -> tuple[Stance, str] | Appealed | NotCounted:
    if said.stance is not None:
        return said.stance, said.text.strip()
    found = understood(said.text)
    if found is None:
        return "not_understood"
    return Appealed(found.words) if found.stance == "appeal" else (found.stance, found.words)


def published(counted: Counted, speaker: str, amendment: Patch | None = None, into: str | None = None) -> VoiceCounted:
    """The voice as everybody may read it; `speaker` is whom it names."""
    voice = counted.voice
    return VoiceCounted(
        proposal_id=voice.proposal_id, voice_id=voice.voice_id, number=voice.number, speaker=speaker, role=voice.role,
        stance=voice.stance, words=voice.words, channel=voice.channel, replaces=counted.replaces, amendment=amendment,
        amends_into=into, given_at=voice.given_at,
    )  # fmt: skip
