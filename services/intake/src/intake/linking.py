"""A code that was sent to an address is written in a conversation elsewhere: both are one person's. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from common.contracts.events.base import Place
from common.contracts.events.channel import MessageReceived
from common.contracts.frozen import value

LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Of codes: none looks like another."""
CODE = re.compile(rf"\s*([{LETTERS}]{{4}})[-\s]?([{LETTERS}]{{4}})\s*", re.IGNORECASE)
LONGEST = 40
"""Characters of a message that may be a code."""
TERM = timedelta(days=1)
"""How long a code counts."""
MOST_WRONG = 5
"""Wrong codes, after which none is awaited any more."""
MOST_CODES = 5
"""Codes that are sent to one citizen within the term, whoever asks for them and whatever becomes of them."""
MOST_IN_THREAD = 5
"""Requests in one conversation within the term, whomever they are about."""
MOST_OF_CITIZEN = 10
"""Requests of one citizen within the term, in whichever conversations."""

MOST_VOICES = 1_000
"""Of a linked conversation, that become the other's."""


@value
class AwaitedCode:
    """A code that is awaited in a conversation."""

    thread: bytes
    """A keyed hash of channel and conversation."""
    citizen: str
    """Who asked for it."""
    other: str
    """To whom it was sent."""
    code: bytes
    """A keyed hash."""
    asked_at: datetime
    wrong: int = 0
    """Other codes that came instead."""
    proves: str = ""
    """Of which address that was given in the conversation, by its keyed hash, it proves that it is the citizen's; empty
    where it links two channels."""


@value
class AskedCodes:
    """How often codes were asked for within the term, before."""

    to_other: int
    in_thread: int
    by_citizen: int


@value
class AskedCode:
    """One request for a code."""

    id: str
    thread: bytes
    citizen: str
    other: str
    at: datetime
    sent: bool


class CodesAsked:
    """Requests for codes, those that are decided now too."""

    def __init__(self, asked: Sequence[AskedCode]) -> None:
        self._asked = list(asked)

    def before(self, awaited: AwaitedCode) -> AskedCodes:
        """Within the term before a code that is asked for now."""
        recent = [one for one in self._asked if one.at > awaited.asked_at - TERM]
        return AskedCodes(
            to_other=sum(one.sent and one.other == awaited.other for one in recent),
            in_thread=sum(one.thread == awaited.thread for one in recent),
            by_citizen=sum(one.citizen == awaited.citizen for one in recent),
        )

    def note(self, one: AskedCode) -> None:
        self._asked.append(one)


def request_outcome(asked: AskedCodes) -> Literal["code_sent", "code_withheld", "link_limited"]:
    """Whether a code is sent. Who asks hears of the own limits; that the other was sent enough is not told, since that
    would tell that there is such an address."""
    if asked.in_thread >= MOST_IN_THREAD or asked.by_citizen >= MOST_OF_CITIZEN:
        return "link_limited"
    return "code_sent" if asked.to_other < MOST_CODES else "code_withheld"


def code_in(event: MessageReceived) -> str | None:
    """The code that a message is, as it was sent; None for a message that says or brings anything else."""
    if len(event.text) > LONGEST or event.category or event.attachments or event.place != Place():
        return None
    found = CODE.fullmatch(event.text)
    return f"{found[1]}-{found[2]}".upper() if found is not None else None


def code_of(digest: bytes) -> str:
    """A code of eight letters from a keyed hash of at least eight bytes."""
    letters = "".join(LETTERS[byte % len(LETTERS)] for byte in digest[:8])
    return f"{letters[:4]}-{letters[4:]}"


@value
class JudgedCode:
    """What a code does in a conversation."""

    right: AwaitedCode | None
    """The one that it is."""
    wrong: tuple[AwaitedCode, ...] = ()
    """Those that may be tried again."""
    ended: tuple[AwaitedCode, ...] = ()
    """Those that count no more."""

    @property
    def outcome(self) -> Literal["linked", "address_proved", "link_wrong", "link_ended", "address_ended"]:
        if self.right is not None:
            return "address_proved" if self.right.proves else "linked"
        if self.wrong:
            return "link_wrong"
        return "address_ended" if all(one.proves for one in self.ended) else "link_ended"


def judge_all(awaited: Sequence[AwaitedCode], given: bytes, at: datetime) -> JudgedCode:
    """Of all that are awaited in the conversation: the right one ends itself alone, a wrong one is a try at each."""
    judged = [(one, judge(one, given, at)) for one in awaited]
    right = next((one for one, outcome in judged if outcome == "linked"), None)
    if right is not None:
        return JudgedCode(right)
    return JudgedCode(
        None,
        tuple(one for one, outcome in judged if outcome == "link_wrong"),
        tuple(one for one, outcome in judged if outcome == "link_ended"),
    )


def judge(awaited: AwaitedCode, given: bytes, at: datetime) -> Literal["linked", "link_wrong", "link_ended"]:
    """What a code does: links, may be tried again, or ends it. `given` is its keyed hash."""
    if at > awaited.asked_at + TERM:
        return "link_ended"
    if given == awaited.code:
        return "linked"
    return "link_wrong" if awaited.wrong + 1 < MOST_WRONG else "link_ended"
