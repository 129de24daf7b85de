"""How much of one conversation is taken in a day, and what is told of the rest. Pure.

The message that begins a conversation counts for nothing. What answers a question of ours, and an emergency, is taken
beyond the limit, up to as many again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta, tzinfo

from common.contracts.events.channel import MessageReceived, VerdictReceived
from common.contracts.frozen import value
from common.federation.languages import N_

from intake.conversation import Conversation, Refusal
from intake.domain import Incoming
from intake.spoken_verdict import verdict_in
from intake.standing import Standing
from intake.telling import OurWords, Telling

EMERGENCY_SERVICES = N_("the emergency services")
"""Where the rules name no number."""


@value
class DayLimit:
    """What the rules say."""

    most: int
    call: str
    """The number to call in an emergency; may be empty."""


@value
class SaidToday:
    """What a conversation's citizen has said on one day."""

    thread: bytes
    day: date
    citizen: str
    said: int = 0
    beyond: int = 0
    """Taken though the day was full."""
    told: bool = False
    """That the day is full."""


@value
class DayRuling:
    """`refusal` is None for what is taken; `tellings` are the citizen's, once a day."""

    today: SaidToday
    refusal: Refusal | None = None
    tellings: tuple[Telling, ...] = ()


def counted(today: SaidToday, limit: DayLimit, *, goes_through: bool, until: datetime) -> DayRuling:
    """One more thing is said; `goes_through`: it is taken even where the day is full, which it is `until` then."""
    if today.said < limit.most:
        return DayRuling(replace(today, said=today.said + 1))
    if goes_through and today.beyond < limit.most:
        return DayRuling(replace(today, beyond=today.beyond + 1))
    reason = (
        f"more was said in this conversation today than the {limit.most} messages that are taken a day: go on after"
    )
    refusal = Refusal("refused", f"{reason} {until.isoformat()}", until, limit.call or None)
    if today.told:
        return DayRuling(today, refusal)
    call = limit.call or OurWords(EMERGENCY_SERVICES)
    return DayRuling(
        replace(today, told=True), refusal, (Telling("day_full", {"until": until, "call": call}),)
    )  # fmt: skip


def day_of(now: datetime, zone: tzinfo) -> date:
    return now.astimezone(zone).date()


def end_of(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), zone)


def answers_us(
    incoming: Incoming, cases: Sequence[Conversation], living: Mapping[str, str], standings: Mapping[str, Standing]
) -> bool:
    """Whether a word replies to a question of the region, or judges an answer."""
    known = [standings.get(living.get(one.case_id, one.case_id)) for one in cases]
    stands = {one.standing for one in known if one is not None}
    event = incoming.event
    if isinstance(event, VerdictReceived) or (isinstance(event, MessageReceived) and verdict_in(event.text)):
        return "answered" in stands
    return isinstance(event, MessageReceived) and "waiting" in stands
