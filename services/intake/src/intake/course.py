"""Which case a message of a conversation is about, and whether it joins that one, reopens it or opens one of its own.

Pure. The rulebook's table `conversation` decides by how the case stands, what the message brings, how long ago the case
last moved and how long ago the citizen spoke last.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Literal

from common.contracts.events.channel import MessageReceived, VerdictReceived
from common.contracts.frozen import value
from common.contracts.reference import ALPHABET

from intake.conversation import Conversation
from intake.spoken_verdict import verdict_in
from intake.standing import Standing, Stands

Then = Literal["joins", "opens", "reopens", "asks"]
JUDGED: frozenset[Stands] = frozenset({"answered"})
TAKEN_BACK: frozenset[Stands] = frozenset({"open", "waiting", "answered"})
"""How a case stands about which words alone are a verdict, or take it back."""
REFERENCE = re.compile(rf"(?<![\w-])([{ALPHABET}]{{5}})-?([{ALPHABET}]{{5}})(?![\w-])", re.IGNORECASE)
"""A case's number, as people type it."""


@value
class Asked:
    """What the table is asked."""

    region: str | None
    """Whose overlay applies; None while no region has the case."""
    standing: Stands
    brings: str
    """`words`, or what the message has of its own: `place`, `category`, `category_and_place`, `file`."""
    days: int
    """Since the case last moved; 0 for one that has not yet."""
    minutes: int = 0
    """Since the citizen spoke last in the conversation."""


Rule = Callable[[Asked], Then]


@value
class Course:
    """What becomes of a message."""

    then: Then
    case: Conversation | None
    """That it is about; None in a conversation that is about no case yet, and of a verdict on a case that is not of the
    conversation."""
    into: str
    """The id of the case under which that one lives: its own, or another that it was joined to."""
    event: MessageReceived | VerdictReceived
    """What it comes to: words that say nothing but a verdict are one."""
    replaces: str | None = None
    """The earlier message that it is said instead of."""
    certain: bool = False
    """It replies to a question of that case, or names it."""


def course_of(
    event: MessageReceived | VerdictReceived, cases: Sequence[Conversation], living: Mapping[str, str],
    standings: Mapping[str, Standing], rule: Rule, spoken_at: datetime | None = None,
) -> Course:  # fmt: skip
    """`cases` are those of the conversation in the order in which they were opened; `living` says where joined ones go
    on; `spoken_at` is when somebody spoke last in the conversation."""
    if not cases:
        return Course("opens", None, "", event)
    stands = [_stands(one, living, standings) for one in cases]
    if isinstance(event, VerdictReceived):
        place = _judged(event, cases, stands)
        if place is None:
            return Course("joins", None, "", event)
        return Course("joins", cases[place], _into(event, cases[place], living), event)
    named = _named(event.text, cases)
    place = _about(cases, stands) if named is None else named
    case, standing = cases[place], stands[place]
    verdict = verdict_in(event.text) if _brings(event) == "words" else None
    if verdict is not None and standing in (JUDGED if verdict.word != "withdrawn" else TAKEN_BACK):
        said = VerdictReceived(
            conversation=event.conversation, contact=event.contact, verdict=verdict.word, rating=verdict.rating,
            text=event.text if verdict.word == "reopened" else "", sent_at=event.sent_at, synthetic=event.synthetic,
        )  # fmt: skip
        return Course("joins", case, _into(said, case, living), said)
    into = living.get(case.case_id, case.case_id)
    if standing == "waiting" or (named is not None and standing == "open"):
        return Course("joins", case, into, event, certain=True)
    known = standings.get(into)
    asked = Asked(
        known.region if known is not None else None, standing, _brings(event),
        max(0, (event.sent_at - known.since).days) if known is not None else 0,
        max(0, int((event.sent_at - spoken_at).total_seconds() // 60)) if spoken_at is not None else 0,
    )  # fmt: skip
    then = rule(asked)
    if then == "reopens" and standing != "answered":
        then = "joins"
    return Course("opens" if _unread(known) else then, case, into, event)


def course_of_edit(
    event: MessageReceived, replaces: str, case: Conversation, living: Mapping[str, str],
    standings: Mapping[str, Standing],
) -> Course | None:  # fmt: skip
    """What becomes of a message that is said instead of an earlier one about this case: it goes where that one went.
    None where nobody would read it there."""
    into = living.get(case.case_id, case.case_id)
    return None if _unread(standings.get(into)) else Course("joins", case, into, event, replaces)


def course_by_choice(
    event: MessageReceived, case: Conversation, living: Mapping[str, str], standings: Mapping[str, Standing], *,
    another: bool,
) -> Course:  # fmt: skip
    """What becomes of a message once it is known whether it is about this case or about another matter. Nothing goes
    where nobody works any more."""
    into = living.get(case.case_id, case.case_id)
    known = standings.get(into)
    closed = known is not None and known.standing == "closed"
    return Course("opens" if another or closed else "joins", case, into, event)


def _unread(standing: Standing | None) -> bool:
    """Declined in triage, or closed as thanks: no region has it."""
    return standing is not None and standing.standing == "closed" and standing.region is None


def otherwise(asked: Asked) -> Then:
    """Where no row of the rulebook decides: nothing joins what nobody works on any more, and what has a category or a
    place of its own after an answer is another matter."""
    if asked.standing == "closed":
        return "opens"
    return "opens" if asked.standing == "answered" and asked.brings in ("place", "category_and_place") else "joins"


def as_reopening(event: MessageReceived) -> VerdictReceived:
    """A message that opens its case again."""
    return VerdictReceived(
        conversation=event.conversation, contact=event.contact, verdict="reopened", text=event.text,
        sent_at=event.sent_at, synthetic=event.synthetic,
    )  # fmt: skip


def _stands(case: Conversation, living: Mapping[str, str], standings: Mapping[str, Standing]) -> Stands:
    known = standings.get(living.get(case.case_id, case.case_id))
    if known is None:
        return "open"
    # Joined to a case that this service has heard no more of: that one is not its own to know.
    return "open" if known.standing == "joined" else known.standing


def _named(text: str, cases: Sequence[Conversation]) -> int | None:
    """The case whose number the words begin with or hold."""
    for found in REFERENCE.finditer(text):
        number = f"{found[1]}-{found[2]}".upper()
        for place, case in enumerate(cases):
            if case.reference == number:
                return place
    return None


def _about(cases: Sequence[Conversation], stands: Sequence[Stands]) -> int:
    """The newest case that waits for its citizen, else the newest that is open, else the newest."""
    for wanted in ("waiting", "open"):
        for place in reversed(range(len(cases))):
            if stands[place] == wanted:
                return place
    return len(cases) - 1


def _judged(event: VerdictReceived, cases: Sequence[Conversation], stands: Sequence[Stands]) -> int | None:
    """The case whose number is named, else the newest that the verdict can be about. None where a number is given that
    is of no case of the conversation: a word on one case must not judge another."""
    if event.case_reference is not None:
        return _named(event.case_reference, cases)
    named = _named(event.text, cases)
    if named is not None:
        return named
    fit = ("open", "waiting", "answered") if event.verdict == "withdrawn" else ("answered",)
    fitting = (place for place in reversed(range(len(cases))) if stands[place] in fit)
    return next(fitting, len(cases) - 1)


def _into(event: VerdictReceived, case: Conversation, living: Mapping[str, str]) -> str:
    """Whoever joined another's case judges that one's answer, and takes back their own alone."""
    return case.case_id if event.verdict == "withdrawn" else living.get(case.case_id, case.case_id)


def _brings(event: MessageReceived) -> str:
    place = event.place
    placed = place.address is not None or (place.lat is not None and place.lon is not None)
    if event.category and placed:
        return "category_and_place"
    if event.category:
        return "category"
    if placed:
        return "place"
    return "file" if event.attachments and not event.text.strip() else "words"
