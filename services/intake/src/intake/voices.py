"""A citizen's word on a proposed change of rules: which message is one, and what becomes of it. Pure."""

from __future__ import annotations

import re
from collections.abc import Container
from datetime import datetime

from common.contracts.events.base import Place
from common.contracts.events.channel import MessageReceived, VoiceReceived
from common.contracts.events.intake import VoiceGiven
from common.contracts.frozen import value
from common.messaging.consume.time_bounds import Timeliness

from intake.conversation import Begun, MessageDecision
from intake.domain import Incoming, IntakeRules, message_id_of, reader_language, refused
from intake.redaction import redact

UNKNOWN_PROPOSAL = "[unknown proposal]"
"""Stands on internal topics for what names no proposal by its form."""
REFERENCE = re.compile(r"(?<![\w-])[PР]-([2-9A-Z]{4,10})(?![\w-])", re.IGNORECASE)
"""What citizens are told to name a proposal by. The first letter may be the Cyrillic one, which looks the same."""
PROPOSAL_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
STANCE_BEFORE = re.compile(
    r"\W*(?:(?:yes|no|i|am|do|don|t|not|support|object|oppose|against|for|in|favou?r|of|agree|disagree|comment"
    r"|question|on|about|to|with|да|нет|я|за|против|поддерживаю|возражаю"
    r"|согласен|согласна|не|вопрос|комментарий|по|о|об|с)\b\W*){0,5}",
    re.IGNORECASE,
)
"""What people put before the reference: a mark, or a few words that take a side and say nothing else."""
_BACK = (
    r"(?:(?:i|я) )?(?:withdraw|take back|taking back|отзываю|забираю|снимаю|отменяю)"
    r"(?: (?:my|мою|свою|моё|своё))?(?: (?:idea|wish|proposal|идею|пожелание|предложение))?"
)
_IDEA = r"[IІ]-[2-9A-Z]{6}"
IDEA_TAKEN_BACK = re.compile(rf"\W*(?:{_BACK}\W+{_IDEA}|{_IDEA}\W+{_BACK})\W*", re.IGNORECASE)
"""As citizens are told to take an idea of their own back. The first letter may be the Cyrillic one."""
MAX_WORDS = 4_000
"""Characters of a voice; whatever is longer stays a message."""


@value
class Asked:
    """The proposal that a conversation was told of last."""

    reference: str
    until: datetime | None
    """When its deliberation ends at the latest; None where none was opened."""


@value
class VoiceDecision:
    """What becomes of a voice that is taken."""

    voice_id: str
    at: datetime
    event: VoiceGiven
    language: str
    """Of a conversation that it begins."""


def reference_in(text: str) -> str | None:
    """The first reference of a proposal in a text, as it is written by us."""
    found = REFERENCE.search(text)
    return f"P-{found[1].upper()}" if found is not None else None


def voice_on(event: MessageReceived, *, about_a_case: bool, asked: Asked | None, opened: Container[str]) -> str | None:
    """The reference of the proposal that an ordinary message is unmistakably a voice on; None: it is a message.

    What chooses a category, a place or an attachment is a report. Else it is a voice where it begins with the reference
    of a proposal in `opened`, or where it is said in time in a conversation which was asked about a proposal and is
    about no case. So a case never loses a word: who writes there of a proposal has to begin with its reference.
    """
    if event.category or event.attachments or event.place != Place() or len(event.text) > MAX_WORDS:
        return None
    found = REFERENCE.search(event.text)
    if found is not None and STANCE_BEFORE.fullmatch(event.text[: found.start()]):
        reference = f"P-{found[1].upper()}"
        if reference in opened:
            return reference
    if about_a_case or asked is None or asked.until is None or event.sent_at > asked.until:
        return None
    return asked.reference


def takes_idea_back(text: str) -> bool:
    """Whether a message is nothing but a word that takes back the idea which it names."""
    return IDEA_TAKEN_BACK.fullmatch(text) is not None


def as_voice(event: MessageReceived, reference: str | None) -> VoiceReceived:
    """The message as the voice that it is."""
    return VoiceReceived(
        conversation=event.conversation, contact=event.contact, proposal=reference, text=event.text,
        sent_at=event.sent_at, synthetic=event.synthetic,
    )  # fmt: skip


def decide_voice(
    begun: Begun | None, asked: Asked | None, incoming: Incoming, rules: IntakeRules, clock: Timeliness
) -> VoiceDecision | MessageDecision:
    """Decide one voice; `begun` is the conversation that it names, where that was begun. Refused as a message is."""
    refusal = refused(begun, incoming, rules, clock)
    if refusal is not None:
        return refusal
    event = incoming.event
    assert isinstance(event, VoiceReceived)
    language = reader_language(incoming, rules, begun.language if begun else None)
    voice_id = message_id_of(incoming.cause)
    given = VoiceGiven(
        voice_id=voice_id, citizen=incoming.citizen, channel=incoming.channel, proposal=_named(event, asked),
        stance=event.stance, text=rules.redact(event.text), language=language, agree=event.agree,
        disagree=event.disagree, given_at=event.sent_at, synthetic=event.synthetic,
    )  # fmt: skip
    return VoiceDecision(voice_id, event.sent_at, given, language)


def _named(event: VoiceReceived, asked: Asked | None) -> str | None:
    """As the citizen named it, where that has the form of a reference or an id, or as the conversation was told."""
    if event.proposal is None or not event.proposal.strip():
        return reference_in(event.text) or (asked.reference if asked else None)
    name = event.proposal.strip()
    if PROPOSAL_ID.fullmatch(name):
        return name.lower()
    if REFERENCE.fullmatch(name) and redact(name) == name:
        return reference_in(name)
    return UNKNOWN_PROPOSAL
