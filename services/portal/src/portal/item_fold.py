"""What each event makes of what pages list besides cases: proposals, triage, dead letters, refused orders. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, get_args

from common.contracts.events import archive, deliberation, federal, intake, operations, region, routing, rules
from common.contracts.events.base import Event
from common.contracts.events.reflex import forecasts, mirror, observations, prevention, warnings
from common.contracts.frozen import value

from portal import proposal_fold
from portal.idea_fold import IdeaStep, fold_idea
from portal.proposal_fold import fold_proposal

Refused = (
    rules.RulesCommandRefused
    | routing.RoutingCommandRefused
    | region.CommandRefused
    | deliberation.DeliberationCommandRefused
    | intake.IntakeCommandRefused
    | prevention.ReflexCommandRefused
)
PROPOSED = (rules.ProposalChecked, rules.ProposalRefused)
"""Their time is when the proposal was made."""
PREVENTION: dict[type[prevention.PreventionEvent], str] = {
    prevention.PreventionOrdered: "open",
    prevention.PreventionOverdue: "overdue",
    prevention.PreventionAnswered: "answered",
    prevention.PreventionReviewed: "reviewed",
}
"""The state of a prevention order after what changes it."""
DAYS_OF_ARRIVALS = 56
"""So many days of a region's arrivals are kept beside what was forecast of them."""
MOST_OF_WARNING = 200
"""So many cases of an early warning are kept."""
LATEST_ALONE = ("candidates", "because", "authority_by_rules", "category_by_rules", "area")
"""Of what waits in triage: each is known from the last reading of it alone."""
LONGEST_COURSE = 200
"""So many looks at a trial are kept for its chart."""


@value
class Item:
    """The last word on a proposal, a backtest, a triage entry, a dead letter, a directive, a prevention order, an
    early warning, a finding, a refused order or a failed delivery."""

    kind: str
    id: str
    state: str
    time: datetime
    data: dict[str, Any]


def fold_item(old: Item | None, event: Event, time: datetime, cause: str | None = None) -> Item | None:
    """The item after an event that `cause` (an order's id) brought about; None for events that are about no item."""
    key = item_key(event)
    if key is None:
        return None
    kind, name = key
    if kind == "proposal":
        state, told = fold_proposal(old.state if old else None, old.data if old else {}, event, time, cause)
        return Item(kind, name, state, time if old is None or isinstance(event, PROPOSED) else old.time, told)
    data = event.model_dump(mode="json", exclude_none=True)
    both = {**(old.data if old else {}), **data}
    if isinstance(event, Refused):
        return Item(kind, name, "refused", time, data)
    if isinstance(event, routing.TriageRequested):
        return old or Item(kind, name, "waiting", time, data)
    if isinstance(event, routing.TriageSupplemented):
        # What no reading tells any more goes: an item keeps what an event leaves out.
        found = {name: given for name, given in both.items() if name not in LATEST_ALONE or name in data}
        return Item(kind, name, old.state if old else "waiting", old.time if old else time, found)
    if isinstance(event, region.DisputeRaised):
        return Item(kind, name, "open", time, data)
    if isinstance(event, region.DisputeSettled):
        return Item(kind, name, "settled", old.time if old else time, both)
    if isinstance(event, routing.EmergencyNoticed):
        if old is None or old.state != "waiting":
            return old
        return Item(kind, name, old.state, old.time, {**old.data, "matter": "emergency"})
    if isinstance(event, routing.ClarificationAsked):
        return Item(kind, name, old.state if old else "waiting", old.time if old else time, {**data, **both})
    if isinstance(event, routing.TriageAnswered | routing.TriageDeclined):
        done = "answered" if isinstance(event, routing.TriageAnswered) else "declined"
        # The question's own time is kept: a queue is worked off oldest first.
        return Item(kind, name, done, old.time if old else time, both)
    if isinstance(event, routing.MessageSplit):
        # Without the parts' words, which their own cases have.
        return Item(
            kind, name, "divided", old.time if old else time, {**(old.data if old else {}), "actor": event.actor}
        )
    if isinstance(event, archive.ProposalBacktested):
        return Item(kind, name, event.verdict, time, data)
    if isinstance(event, mirror.MirrorObserved):
        return Item(kind, name, "ended" if event.ended else "running", time, data)
    if isinstance(event, observations.TrialObserved):
        return Item(kind, name, "seen", time, {**data, "course": course(old.data if old else {}, event)})
    if isinstance(event, deliberation.StandingConsentRevoked):
        return Item(kind, name, "revoked", time, {**data, "cause": cause})
    if isinstance(event, deliberation.IdeaReceived):
        return old or Item(kind, name, "open", time, data)
    if isinstance(event, IdeaStep):
        state, told = fold_idea(old.data if old else {}, event, cause)
        return Item(kind, name, state, old.time if old else time, told)
    if isinstance(event, prevention.PreventionEvent):
        state = PREVENTION.get(type(event), old.state if old else "open")
        if "days" in data:
            both["days_after" if isinstance(event, prevention.PreventionReviewed) else "days_before"] = both.pop("days")
        return Item(kind, name, state, old.time if old else time, both)
    if isinstance(event, forecasts.ArrivalsForecast | forecasts.ArrivalsScored):
        return Item(kind, name, "seen", time, arrivals(old.data if old else {}, event))
    if isinstance(event, observations.LoopDeclared):
        return Item(kind, name, "declared", time, data)
    if isinstance(event, observations.TrackRecordPublished):
        return Item(kind, name, "published", time, data)
    if isinstance(event, warnings.WarningEvent):
        if old and old.state == "withdrawn":
            if not isinstance(event, warnings.WarningRaised):
                return old
            old, both = None, dict(data)
        over = isinstance(event, warnings.WarningEnded)
        # The cases of the first word stay, and that it was raised says when.
        both["cases"] = [*(old.data if old else {}).get("cases", []), *data.get("cases", [])][:MOST_OF_WARNING]
        return Item(kind, name, "ended" if over else "standing", old.time if old else time, both)
    if isinstance(event, observations.FindingMade):
        return Item(kind, name, event.kind, time, data)
    if isinstance(event, operations.DeadLetterRecorded):
        return old or Item(kind, name, "open", time, data)
    if isinstance(event, operations.DeadLetterSettled):
        last = event.outcome if event.outcome in ("replayed", "skipped") else (old.state if old else "open")
        settled = {**(old.data if old else {}), "last": {**data, "cause": cause}}
        return Item(kind, name, last, old.time if old else time, settled)
    if isinstance(event, operations.DeadLetterExpired):
        return Item(kind, name, "expired", old.time if old else time, both)
    if isinstance(event, intake.DeliveryFailed):
        return Item(kind, name, "failed", time, data)
    if isinstance(event, intake.NoticeRedirected):
        return Item(kind, name, "redirected", old.time if old else time, both)
    if isinstance(event, intake.DeliverySucceeded):
        return Item(kind, name, "succeeded", old.time if old else time, both)
    if isinstance(event, federal.DirectiveIssued):
        return Item(kind, name, "open", time, data)
    if isinstance(event, federal.DirectiveWithdrawn):
        return Item(kind, name, "withdrawn", old.time if old else time, both)
    return Item(kind, name, "closed", old.time if old else time, both)


def item_key(event: Event) -> tuple[str, str] | None:
    """Kind and id of the item an event is about."""
    found = _KEYS.get(type(event))
    return None if found is None else (found[0], str(found[1](event)))


_KEYS: dict[type[Event], tuple[str, Callable[[Any], str]]] = {
    **{kind: ("proposal", lambda e: e.proposal_id) for kind in proposal_fold.TOLD},
    **{
        kind: ("refusal", lambda e: e.command_id)
        for kind in (
            rules.RulesCommandRefused,
            routing.RoutingCommandRefused,
            region.CommandRefused,
            deliberation.DeliberationCommandRefused,
            intake.IntakeCommandRefused,
            prevention.ReflexCommandRefused,
        )
    },
    **{
        kind: ("triage", lambda e: e.case_id)
        for kind in (
            routing.TriageRequested,
            routing.TriageSupplemented,
            routing.ClarificationAsked,
            routing.TriageAnswered,
            routing.TriageDeclined,
            routing.EmergencyNoticed,
            routing.MessageSplit,
        )
    },
    **{kind: ("dispute", lambda e: e.case_id) for kind in (region.DisputeRaised, region.DisputeSettled)},
    archive.ProposalBacktested: ("backtest", lambda e: e.proposal_id),
    observations.TrialObserved: ("trial", lambda e: e.proposal_id),
    mirror.MirrorObserved: ("mirror", lambda e: f"{e.dimension}|{e.name}|{e.week.isoformat()}"),
    deliberation.StandingConsentRevoked: ("consent", lambda e: f"{e.layer}/{e.consent}"),
    **{kind: ("idea", lambda e: e.idea_id) for kind in (deliberation.IdeaReceived, *get_args(IdeaStep))},
    **dict.fromkeys(PREVENTION, ("prevention", lambda e: e.order_id)),
    prevention.PreventionReminded: ("prevention", lambda e: e.order_id),
    **{kind: ("arrivals", lambda e: e.region) for kind in (forecasts.ArrivalsForecast, forecasts.ArrivalsScored)},
    observations.LoopDeclared: ("loop", lambda e: e.loop),
    observations.TrackRecordPublished: ("record", lambda e: f"{'loop' if e.loop else 'person'}|{e.author}"),
    **{
        kind: ("warning", lambda e: e.warning_id)
        for kind in (warnings.WarningRaised, warnings.WarningGrown, warnings.WarningEnded)
    },
    observations.FindingMade: ("finding", lambda e: f"{e.loop}/{e.key}/{e.found_at.isoformat()}"),
    **{
        kind: ("dead_letter", lambda e: e.dead_letter_id)
        for kind in (operations.DeadLetterRecorded, operations.DeadLetterSettled, operations.DeadLetterExpired)
    },
    **{
        kind: ("delivery", lambda e: e.notice_id)
        for kind in (intake.DeliveryFailed, intake.DeliverySucceeded, intake.NoticeRedirected)
    },
    **{
        kind: ("directive", lambda e: e.directive_id)
        for kind in (federal.DirectiveIssued, federal.DirectiveWithdrawn, federal.DirectiveClosed)
    },
}


ITEM_TYPES: frozenset[type[Event]] = frozenset(_KEYS)
"""Events that are about an item."""


def course(before: dict[str, Any], event: observations.TrialObserved) -> list[dict[str, Any]]:
    """The evidence of gain and the greatest evidence of harm at each look, oldest first; of many every second."""
    harm = max((guard.evidence / guard.bound for guard in event.guards if guard.bound > 0), default=0.0)
    point = {
        "at": event.observed_at.isoformat(), "share": event.share, "harm": harm,
        "gain": event.gain / event.gain_bound if event.gain_bound > 0 else 0.0,
    }  # fmt: skip
    found = [*before.get("course", []), point]
    return found if len(found) <= LONGEST_COURSE else [*found[:-1:2], found[-1]]


def arrivals(before: dict[str, Any], event: forecasts.ArrivalsForecast | forecasts.ArrivalsScored) -> dict[str, Any]:
    """A region's newest forecast, the scores of the last days, and of each of those days what came and what was
    forecast: (count, expected, low, high) by series."""
    told = event.model_dump(mode="json", exclude_none=True)
    if isinstance(event, forecasts.ArrivalsForecast):
        return {**before, "forecast": told}
    day = {f"{s.what}|{s.name}": [s.count, s.expected, s.low, s.high] for s in event.series}
    days = {**before.get("days", {}), event.day.isoformat(): day}
    kept = sorted(days)[-DAYS_OF_ARRIVALS:]
    return {**before, "days": {name: days[name] for name in kept}, "horizons": told["horizons"]}
