"""Whether a citizen's case is about the same thing as a known one: when they are asked, and what is an answer. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from common.contracts.events.channel import MessageReceived, SupportReceived
from common.contracts.events.intake import SupportGiven
from common.contracts.events.routing import DuplicateSuggested
from common.contracts.frozen import value
from common.contracts.reference import ALPHABET
from common.federation.languages import N_
from common.messaging.consume.time_bounds import Timeliness

from intake.conversation import Begun, Conversation, MessageDecision, Refusal
from intake.domain import Incoming, IntakeRules, message_id_of, refuse, refused
from intake.standing import Standing
from intake.telling import CategoryName, OurWords, Telling

YES = ("yes", "да", "sí", "si")
SAME = (
    "it is", "it is the same", "it is the same thing", "the same", "same", "i support it", "это то же", "то же",
    "это то же самое", "то же самое", "это оно", "поддерживаю", "присоединяюсь", "es lo mismo", "lo mismo",
)  # fmt: skip
NO = ("no", "нет")
ANOTHER = (
    "it is not", "it is not the same", "not the same", "it is another matter", "another matter", "it is another",
    "это другое", "другое", "это не то", "не то", "не то же", "это не то же самое", "no es lo mismo", "es otra cosa",
)  # fmt: skip


def _whole(words: Sequence[str], phrases: Sequence[str]) -> frozenset[str]:
    return frozenset((*words, *phrases, *(f"{word} {phrase}" for word in words for phrase in phrases)))


AGREED, DENIED = _whole(YES, SAME), _whole(NO, ANOTHER)
"""Whole messages, in lower case, without marks and with `е` for `ё`."""
NUMBER = re.compile(rf"(?<![\w-])[{ALPHABET}]{{5}}-?[{ALPHABET}]{{5}}(?![\w-])", re.IGNORECASE)
MARKS = re.compile(r"[.!?,;:—–\s]+")
LONGEST = 60
IN_WORK = N_("It is being dealt with.")
ANSWERED = N_("It has been answered.")


@value
class AskedWhether:
    """The citizen of a case was asked whether it is about the same thing as the other one."""

    case_id: str
    other_case: str
    asked_at: datetime


@value
class Support:
    """An answer to that."""

    case: Conversation
    asked: AskedWhether
    supports: bool


def question_of(event: DuplicateSuggested, own: Standing | None, other: Standing | None) -> Telling | None:
    """What the citizen is asked, from what anybody may know of the other case: of which kind it is, how far away, and
    how it stands. None where the rules ask nobody, where their own case is not simply open (a question of the region
    waits first), and where the other one has ended."""
    if not event.ask_citizen or not _open(own) or (other is not None and other.standing in ("closed", "joined")):
        return None
    answered = other is not None and other.standing == "answered"
    return Telling(
        "may_be_known",
        {
            "category": CategoryName(event.category), "distance": str(event.distance_metres),
            "standing": OurWords(ANSWERED if answered else IN_WORK),
        },
    )  # fmt: skip


def support_in(
    event: MessageReceived | SupportReceived, cases: Sequence[Conversation], asked: Mapping[str, AskedWhether],
    standings: Mapping[str, Standing],
) -> Support | None:  # fmt: skip
    """The answer that a word is and nothing else: to the question about the case that it names, else to the last one.
    None for any other message; a yes or a no after a later question of the region is the reply to that one."""
    words = event.text if isinstance(event, MessageReceived) else ""
    supports = event.supports if isinstance(event, SupportReceived) else _said(event)
    if supports is None:
        return None
    named = _number(event.case_reference or "" if isinstance(event, SupportReceived) else words)
    waiting = [(asked[one.case_id], one) for one in cases if one.case_id in asked and _open(standings.get(one.case_id))]
    if named is not None:
        waiting = [(question, one) for question, one in waiting if one.reference == named]
    if not waiting:
        return None
    question, case = max(waiting, key=lambda found: (found[0].asked_at, found[1].case_id))
    if isinstance(event, MessageReceived) and named is None:
        others = (standings.get(one.case_id) for one in cases)
        if any(s is not None and s.standing == "waiting" and s.since >= question.asked_at for s in others):
            return None
    return Support(case, question, supports)


def take_support(
    support: Support | None, begun: Begun | None, incoming: Incoming, rules: IntakeRules, clock: Timeliness
) -> MessageDecision:
    """What becomes of an answer; without a question that waits for one it is refused."""
    refusal = refused(support.case if support is not None else begun, incoming, rules, clock)
    if refusal is not None:
        return refusal
    if support is None:
        nothing = "no question whether this case is a known one waits for an answer, or it is decided already"
        return refuse(incoming, Refusal("refused", nothing), rules, clock)
    event, case, message_id = incoming.event, support.case, message_id_of(incoming.cause)
    said = SupportGiven(
        case_id=case.case_id, other_case=support.asked.other_case, citizen=case.citizen, supports=support.supports,
        given_at=event.sent_at, channel=case.channel, message_id=message_id, synthetic=event.synthetic,
    )  # fmt: skip
    tellings = () if support.supports else (Telling("kept_apart", {}),)
    return MessageDecision(message_id, event.sent_at, said, case, case.language, tellings)


def _said(event: MessageReceived) -> bool | None:
    """Yes or no where a message is nothing else; it may name a case."""
    alone = event.replaces is None and event.category is None and not event.attachments
    place = event.place
    if not alone or place.address is not None or place.lat is not None or len(event.text) > LONGEST:
        return None
    said = MARKS.sub(" ", NUMBER.sub(" ", event.text).lower().replace("ё", "е")).strip()
    if said in AGREED:
        return True
    return False if said in DENIED else None


def _number(text: str) -> str | None:
    found = NUMBER.search(text)
    if found is None:
        return None
    plain = found[0].replace("-", "").upper()
    return f"{plain[:5]}-{plain[5:]}"


def _open(standing: Standing | None) -> bool:
    return standing is None or standing.standing == "open"
