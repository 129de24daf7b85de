"""What a page offers to do about a case: each command of the case's life under a name of its own, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from common.contracts.case_life import rule_of
from common.contracts.events import region as cases
from common.contracts.events.base import Command

from portal.case_fold import CaseView
from portal.language import N_, _

History = Sequence[Mapping[str, Any]]

COMMANDS: dict[str, type[Command]] = {
    "accept": cases.AcceptCase,
    "start_work": cases.StartWork,
    "answer": cases.AnswerCase,
    "ask": cases.AskCitizen,
    "transfer": cases.TransferCase,
    "dispute": cases.RaiseDispute,
    "settle": cases.SettleDispute,
    "extend": cases.ExtendCase,
    "defer": cases.DeferCase,
    "join": cases.JoinCase,
    "decline": cases.DeclineCase,
}
"""Every command about a case but the answer to a directive, which has a form of its own; in the page's order."""

WORDS = {
    "accept": N_("Accept the case"),
    "start_work": N_("Start work"),
    "answer": N_("Answer the citizen"),
    "ask": N_("Ask the citizen"),
    "transfer": N_("Pass it on to another authority"),
    "dispute": N_("Ask the arbiter whose it is"),
    "settle": N_("Decide whose it is"),
    "extend": N_("Extend the deadline, once"),
    "defer": N_("Put it off to a later date"),
    "join": N_("Join it to another case"),
    "decline": N_("Decline on a legal ground"),
}
WORDS_IN_STATE = {
    ("start_work", "deferred"): N_("Go on with the work"),
    ("start_work", "waiting"): N_("Go on without the citizen's reply"),
    ("answer", "waiting"): N_("Answer without the citizen's reply"),
}
"""Where the state gives a command another meaning."""


@dataclass(frozen=True, slots=True)
class CaseAction:
    """A button or form that a page offers."""

    name: str
    words: str


def possible(case: CaseView, history: History, now: datetime) -> list[tuple[CaseAction, type[Command]]]:
    """What the region would take about the case as it stands, whoever gave it."""
    return [
        (CaseAction(name, _(WORDS_IN_STATE.get((name, case.state), WORDS[name]))), command)
        for name, command in COMMANDS.items()
        if rule_of(command, case.state) is not None
        and (name != "extend" or _extendable(case, history, now))
        and _fits_dispute(name, dispute_of(history) is not None)
    ]


def dispute_of(history: History) -> Mapping[str, Any] | None:
    """What the holder said whose the case is, while the arbiter has not decided."""
    found: Mapping[str, Any] | None = None
    for event in history:
        if event["type"] == cases.DisputeRaised.type:
            found = event["data"]
        elif event["type"] in (cases.DisputeSettled.type, cases.CaseOpened.type):
            found = None
    return found


def _fits_dispute(name: str, disputed: bool) -> bool:
    """While it is disputed whose the case is, nobody passes it on; only then the arbiter decides."""
    return disputed if name == "settle" else not disputed if name in ("transfer", "dispute") else True


def _extendable(case: CaseView, history: History, now: datetime) -> bool:
    """Once a case, before its deadline, where the rules allow it."""
    if case.overdue or case.due_at is None or case.due_at <= now:
        return False
    return not any(e["type"] == cases.CaseExtended.type for e in history) and _extension(history) != 0


def _extension(history: History) -> int | None:
    """Minutes by which the rules let the deadline be extended: the strictest layer's; None when no row says."""
    opened = [e["data"].get("because", ()) for e in history if e["type"] == cases.CaseOpened.type]
    given = [b.get("outputs", {}).get("extension_minutes") for because in opened[-1:] for b in because]
    return min((int(minutes) for minutes in given if minutes is not None), default=None)
