"""The life of a case in its region, as one table: what may come in which state, from whom, and what follows.

A region refuses what no row allows; whoever offers, gives or waits for a step asks the table first.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal, get_args

from common.contracts.events import clock, federal, region, routing
from common.contracts.events.base import Event
from common.contracts.events.region import State
from common.contracts.frozen import value

Kind = Literal["open", "answered", "closed", "elsewhere"]
"""Of a state: the region owes an answer; it has answered, and the citizen may judge; closed for good; another region
has the case."""

KINDS: dict[State, Kind] = {
    "assigned": "open",
    "accepted": "open",
    "in_work": "open",
    "deferred": "open",
    "waiting": "open",
    "answered": "answered",
    "confirmed": "answered",
    "joined": "closed",
    "declined": "closed",
    "withdrawn": "closed",
    "handed_over": "elsewhere",
}


def _of(*kinds: Kind) -> frozenset[State]:
    return frozenset(state for state, kind in KINDS.items() if kind in kinds)


STATES: frozenset[State] = frozenset(KINDS)
OPEN = _of("open")
"""States in which the region owes an answer."""
ANSWERED = _of("answered")
CLOSED = _of("closed")
ENDED = STATES - OPEN
"""States in which nobody in the region has to do anything for now."""
TAKEN: frozenset[State] = frozenset({"accepted", "in_work", "deferred"})
"""An authority has taken the case, and nothing is awaited from the citizen."""
HELD = STATES - _of("elsewhere")
"""The region has the case, whether open or not."""
BY_AUTHORITY: frozenset[State] = ANSWERED | {"declined"}
"""Ended by what an authority decided; says whose the case was."""
JOINABLE: frozenset[State] = OPEN | {"answered"}
"""States of a case under which another may go on."""

LONGEST_DEFERRAL = timedelta(days=366)

ClockEffect = Literal["starts", "stops", "goes on"]
"""Of the clock of the answer: it counts anew; it stands still from here; it counts again from where it stood."""

Passed = Literal["deadline", "reminder", "reply_term"]
"""Moments of a case that come with time alone: its deadline; when the citizen is reminded of a question; until when
their reply is waited for."""

Role = Literal["desk", "operator", "regional_head"]
DESKS: frozenset[Role] = frozenset(get_args(Role))
HEADS: frozenset[Role] = frozenset({"operator", "regional_head"})


@value
class CaseRule:
    """One row: in `states` this command or fact is possible, causes `event` and leaves the case in one of `after`."""

    incoming: type[Event]
    states: frozenset[State]
    event: type[region.CaseEvent] | None
    """None: it changes what the region keeps and tells nobody."""
    after: frozenset[State] = frozenset()
    """Empty: the state stays. Several: which one, the region decides."""
    roles: frozenset[Role] = frozenset()
    """Who may command it; nobody for facts from outside the region."""
    verdict: str | None = None
    """Of a citizen's verdict: which word."""
    opens: bool = False
    """Also possible where the region does not have the case yet."""
    clock: ClockEffect | None = None
    """None: it goes on as before, or ends with the case (`ENDS`)."""
    passes: Passed = "deadline"
    """Of a tick: what moment of the case it is about."""

    @property
    def next_state(self) -> State:
        """The only state that can follow; ValueError when several can."""
        (state,) = self.after
        return state

    def becomes(self, before: State) -> frozenset[State]:
        """The states that may follow on `before`."""
        return self.after or frozenset({before})


def _to(*states: State) -> frozenset[State]:
    return frozenset(states)


COMMANDS: tuple[CaseRule, ...] = (
    CaseRule(region.AcceptCase, _to("assigned"), region.CaseAccepted, _to("accepted"), DESKS),
    CaseRule(region.StartWork, _to("accepted", "deferred"), region.WorkStarted, _to("in_work"), DESKS),
    CaseRule(region.StartWork, _to("waiting"), region.WorkStarted, _to("in_work"), DESKS, clock="goes on"),
    CaseRule(
        region.TransferCase, TAKEN | {"assigned"}, region.CaseTransferred, _to("assigned", "handed_over"), DESKS
    ),
    CaseRule(region.RaiseDispute, TAKEN | {"assigned"}, region.DisputeRaised, roles=DESKS),
    CaseRule(
        region.SettleDispute, TAKEN | {"assigned"}, region.DisputeSettled, TAKEN | {"assigned", "handed_over"}, HEADS
    ),
    CaseRule(region.ExtendCase, TAKEN, region.CaseExtended, roles=DESKS),
    CaseRule(region.DeferCase, _to("accepted", "in_work"), region.CaseDeferred, _to("deferred"), DESKS),
    CaseRule(region.AskCitizen, TAKEN, region.CitizenAsked, _to("waiting"), DESKS),
    CaseRule(region.JoinCase, OPEN, region.CaseJoined, _to("joined"), DESKS),
    CaseRule(region.AnswerCase, TAKEN | {"waiting"}, region.CaseAnswered, _to("answered"), DESKS),
    CaseRule(region.DeclineCase, OPEN, region.CaseDeclined, _to("declined"), DESKS),
    CaseRule(region.AnswerDirective, OPEN, region.DirectiveAnswered, roles=HEADS),
)  # fmt: skip
"""What people may order. An order about a case must also be possible for the case itself: it is extended once, joined
to a case that is JOINABLE, and so on."""

OPENING = CaseRule(
    routing.CaseAssigned, _to("handed_over"), region.CaseOpened, _to("assigned"), opens=True, clock="starts"
)  # fmt: skip
"""A case comes to the region, for the first time or again."""

FACTS: tuple[CaseRule, ...] = (
    OPENING,
    CaseRule(routing.MessageForwarded, HELD - {"waiting"}, region.MessageJoined),
    CaseRule(routing.MessageForwarded, _to("waiting"), region.MessageJoined, TAKEN, clock="goes on"),
    CaseRule(
        routing.VerdictForwarded, _to("answered"), region.CaseConfirmed, _to("confirmed"), verdict="confirmed"
    ),
    CaseRule(routing.VerdictForwarded, _to("confirmed"), region.CaseRated, verdict="confirmed"),
    CaseRule(
        routing.VerdictForwarded, ANSWERED, region.CaseReopened, _to("accepted"), verdict="reopened", clock="starts"
    ),
    CaseRule(
        routing.VerdictForwarded, OPEN | {"answered"}, region.CaseWithdrawn, _to("withdrawn"), verdict="withdrawn"
    ),
    CaseRule(routing.JoinForwarded, OPEN, region.CaseJoined, _to("joined")),
    CaseRule(routing.QuestionDeliveryForwarded, _to("waiting"), region.CitizenReached, clock="stops"),
    CaseRule(routing.QuestionDeliveryForwarded, STATES - {"waiting"}, None),
    CaseRule(federal.DirectiveIssued, HELD, region.DirectiveReceived),
    CaseRule(federal.DirectiveWithdrawn, STATES, None),
    CaseRule(clock.TimePassed, OPEN, region.CaseOverdue),
    CaseRule(clock.TimePassed, _to("waiting"), region.CaseReminded, passes="reminder"),
    CaseRule(
        clock.TimePassed, _to("waiting"), region.CaseWaitEnded, TAKEN | {"declined"}, clock="goes on",
        passes="reply_term",
    ),
    CaseRule(clock.TimeCorrected, STATES, region.CaseOverdueWithdrawn),
)  # fmt: skip
"""What comes from outside the region. An assigned case is taken at once, and so `accepted`, by an authority whose
acceptance is automatic."""

RULES = COMMANDS + FACTS
AUTOMATIC = CaseRule(routing.CaseAssigned, _to("assigned"), region.CaseAccepted, _to("accepted"))
"""The second step of an assignment or a transfer to an authority whose acceptance is automatic."""

COMMAND_ROLES: dict[type[Event], frozenset[str]] = {rule.incoming: frozenset(rule.roles) for rule in COMMANDS}
"""Who may give which command, whatever the state."""


def _by_state() -> dict[tuple[type[Event], str | None, str], CaseRule]:
    found: dict[tuple[type[Event], str | None, str], CaseRule] = {}
    for rule in RULES:
        if rule.passes != "deadline":
            continue
        for state in rule.states:
            if found.setdefault((rule.incoming, rule.verdict, state), rule) is not rule:
                raise ValueError(f"two rows for {rule.incoming.type} in state {state}")
    return found


_BY_STATE = _by_state()


def rule_of(incoming: type[Event], state: str, verdict: str | None = None) -> CaseRule | None:
    """The row that allows it, or None: in this state, or for a state that is no region's, it is not possible."""
    return _BY_STATE.get((incoming, verdict, state))


def rule_of_time(passed: Passed) -> CaseRule:
    """The row of a moment that came."""
    return next(rule for rule in FACTS if rule.incoming is clock.TimePassed and rule.passes == passed)


def possible_in(incoming: type[Event], verdict: str | None = None) -> frozenset[State]:
    """The states in which it is possible."""
    rules = [rule for rule in RULES if (rule.incoming, rule.verdict) == (incoming, verdict)]
    return frozenset[State]().union(*(rule.states for rule in rules))


def following(state: State) -> frozenset[State]:
    """Every state in which a case can be after one command or fact, `state` itself included."""
    after: Iterable[frozenset[State]] = (rule.becomes(state) for rule in RULES if state in rule.states)
    found = frozenset({state}).union(*after)
    return found | AUTOMATIC.after if found & AUTOMATIC.states else found


ENDS: frozenset[type[region.CaseEvent]] = frozenset(
    rule.event for rule in RULES if rule.event is not None and rule.after and rule.after <= ANSWERED | CLOSED
)
"""Events after which nobody owes an answer. A hand-over is none: another region owes it."""

CLOCK_EFFECTS: dict[type[region.CaseEvent], ClockEffect] = {
    rule.event: rule.clock for rule in RULES if rule.event is not None and rule.clock is not None
}
"""What the events of a case do to the clock of its answer. One after which it goes on holds the deadline in `due_at`;
without that nobody was waited for."""


def clock_stands(stopped_at: datetime | None, due_at: datetime) -> bool:
    """Whether the deadline waits for the clock to go on. One that had come before the clock stopped does not."""
    return stopped_at is not None and due_at > stopped_at
