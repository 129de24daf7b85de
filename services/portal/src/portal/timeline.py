"""A case's history in words: one sentence an event, with who, why and what it rests on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from common.contracts.events import federal, intake, region, routing

from portal.formats import Times, plain_type, working
from portal.names import Names

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One event as people read it."""

    time: datetime
    words: str
    by: str
    said: str
    """Quoted text: what was asked, answered or written, already redacted by intake."""
    reason: str
    tone: str
    """`bad` for what should not have happened, `good` for an end, else empty."""
    synthetic: bool
    type: str
    position: str


NOTICES = {
    "registered": "the receipt",
    "answered": "the answer",
    "extended": "word of the extension",
    "escalated": "word of the delay",
    "refused": "word of the refusal",
    "added": "word that the message was added",
    "resumed": "word that work goes on",
    "transferred": "word of the hand-over",
    "deferred": "word that work is put off",
    "asked": "the question",
    "joined": "word of the joined case",
    "declined": "word that it is not dealt with",
    "unplaced": "word that it is not dealt with",
    "confirmed": "thanks for the confirmation",
    "reopened": "word that it is open again",
    "withdrawn": "word that it is closed",
    "joined_withdrawn": "word that the joined case is closed",
    "verdict_refused": "word that the verdict changes nothing",
    "message_refused": "word that the message was not added",
    "attachments": "word about the attachments",
    "corrected": "the correction",
}
BAD = frozenset({region.CaseOverdue.type, federal.CaseEscalated.type, region.CaseReopened.type,
                 region.CommandRefused.type, routing.RoutingCommandRefused.type,
                 intake.DeliveryFailed.type})  # fmt: skip
GOOD = frozenset({region.CaseAnswered.type, region.CaseConfirmed.type})
TRIAGE_REASONS = {
    "no_place": "it names no place",
    "outside_every_region": "its place lies outside every region",
    "unknown_category": "no rule knows what it is about",
    "no_authority": "no rule names an authority for it",
    "confirm": "a rule asks a person to confirm this kind",
}


def notice_words(notice: str) -> str:
    """What a notice brings the citizen."""
    return NOTICES.get(notice, f"a notice ({notice})")


class Teller:
    """Puts events into sentences with a federation's names and times."""

    def __init__(self, names: Names, times: Times) -> None:
        self._names, self._times = names, times
        self._sentences: dict[str, Callable[[Data], str]] = {
            intake.MessageRegistered.type: lambda d: f"The message arrived by {names.channel(d['channel'])}.",
            intake.MessageAdded.type: lambda d: "The citizen wrote again.",
            intake.VerdictGiven.type: lambda d: f"The citizen's word on the answer: {d['verdict']}{self._stars(d)}.",
            intake.DeliveryFailed.type: lambda d: (
                f"{notice_words(d['notice']).capitalize()} did not reach the citizen by {names.channel(d['channel'])}."
            ),
            intake.DeliverySucceeded.type: lambda d: (
                f"{notice_words(d['notice']).capitalize()} reached the citizen by {names.channel(d['channel'])}"
                " after all."
            ),
            routing.TriageRequested.type: self._triage,
            routing.TriageAnswered.type: lambda d: (
                f"A person placed it: {names.category(d['category'])}, area {d['area']},"
                f" {names.authority(d['authority'])}."
            ),
            routing.TriageDeclined.type: lambda d: "A person closed it in triage without a case.",
            routing.RoutingCommandRefused.type: self._refused,
            region.CaseOpened.type: self._opened,
            region.CaseAccepted.type: lambda d: f"{names.authority(d['authority'])} accepted the case.",
            region.WorkStarted.type: self._started,
            region.CaseTransferred.type: self._transferred,
            region.CaseExtended.type: lambda d: (
                f"The deadline was extended once, by {working(d['by_minutes'])}, to {times.plain(d['due_at'])}."
            ),
            region.CaseDeferred.type: lambda d: f"Deferred until {times.plain(d['until'])}.",
            region.CitizenAsked.type: lambda d: "The citizen was asked.",
            region.CitizenReached.type: lambda d: "The question reached the citizen; the clock stands until the reply.",
            region.MessageJoined.type: self._joined_message,
            region.CaseJoined.type: lambda d: "Joined to another case about the same thing.",
            region.CaseAnswered.type: self._answered,
            region.CaseDeclined.type: lambda d: f"Declined; the legal ground: {d['ground']}.",
            region.CaseConfirmed.type: lambda d: f"The citizen confirmed the answer{self._stars(d)}.",
            region.CaseReopened.type: lambda d: (
                f"Reopened by the citizen, for the {_nth(d['times'])} time{self._stars(d)};"
                f" due {times.plain(d['due_at'])}."
            ),
            region.CaseRated.type: lambda d: f"The citizen rated the answer{self._stars(d)}.",
            region.CaseWithdrawn.type: lambda d: "The citizen withdrew the message.",
            region.CaseOverdue.type: lambda d: (
                f"The deadline passed without an answer; it was {times.plain(d['due_at'])}."
            ),
            region.CaseOverdueWithdrawn.type: lambda d: (
                f"The clock had been wrong: the deadline had not come, it is {times.plain(d['due_at'])}."
            ),
            region.DirectiveReceived.type: lambda d: "The region received a directive of the federal centre.",
            region.DirectiveAnswered.type: lambda d: (
                "The region answered the directive" + (", and did what it asked." if d["fulfilled"] else ".")
            ),
            region.CommandRefused.type: self._refused,
            federal.CaseEscalated.type: lambda d: (
                f"Climbed to level {d['level']} of the ladder: {d['to'].replace('_', ' ')}."
            ),
            federal.CaseEscalationWithdrawn.type: lambda d: (
                "The clock had been wrong: the case had not climbed"
                + (f" above level {d['level']} of the ladder." if d["level"] else ".")
            ),
            federal.DirectiveWithdrawn.type: lambda d: (
                "The clock had been wrong: the federal centre took its directive back."
            ),
            federal.DirectiveIssued.type: lambda d: (
                f"The federal centre issued a directive: {d['demand']}; answer by {times.plain(d['answer_by'])}."
            ),
            federal.DirectiveClosed.type: lambda d: (
                "The directive was closed, " + ("in time." if d["on_time"] else "late.")
            ),
        }

    def sentence(self, kind: str, data: Data) -> str:
        """What happened, in one sentence; an unknown type by its name."""
        made = self._sentences.get(kind)
        return made(data) if made else plain_type(kind).capitalize() + "."

    def tell(self, events: Sequence[Mapping[str, Any]]) -> list[Line]:
        """The history as lines; registration and opening say the same text, so the second leaves it out."""
        lines = []
        seen: set[str] = set()
        for event in events:
            kind, data = event["type"], event["data"]
            said = str(data.get("text") or data.get("question") or "")
            shown = "" if said in seen else said
            seen.add(said)
            revoked = event.get("taken_back_at") is not None
            lines.append(
                Line(
                    event["time"],
                    self.sentence(kind, data) + (" (Taken back: the clock was wrong.)" if revoked else ""),
                    self._by(event),
                    shown,
                    str(data.get("reason") or ""),
                    "bad" if kind in BAD and not revoked else "good" if kind in GOOD else "",
                    bool(data.get("synthetic")),
                    kind,
                    f"{event['topic']}/{event['partition']}/{event['offset']}",
                )
            )
        return lines

    def _by(self, event: Mapping[str, Any]) -> str:
        actor = event["data"].get("actor")
        if isinstance(actor, str) and actor:
            return self._names.actor(actor)
        return f"service {event['source']}"

    def _stars(self, data: Data) -> str:
        return f", {data['rating']} of 5" if data.get("rating") else ""

    def _refused(self, data: Data) -> str:
        return f"An order was refused ({plain_type(data['command'])}); nothing changed."

    def _triage(self, data: Data) -> str:
        reason = TRIAGE_REASONS.get(data["reason"], data["reason"].replace("_", " "))
        return f"It waits for a person: {reason}."

    def _opened(self, data: Data) -> str:
        names = self._names
        came = f", handed over from {names.region(data['handed_over_from'])}" if data.get("handed_over_from") else ""
        how = "placed by a person" if data.get("by_hand") else "placed by the rules"
        return (
            f"{names.region(data['region'])} opened the case for {names.authority(data['authority'])}"
            f" ({how}{came}); due {self._times.plain(data['due_at'])}."
        )

    def _transferred(self, data: Data) -> str:
        names = self._names
        held = f" after {working(data['held_minutes'])}" if data.get("held_minutes") else ""
        if data.get("to_region"):
            to = f"region {names.region(data['to_region'])}"
        else:
            to = names.authority(data["authority"])
        return f"{names.authority(data['from_authority'])} passed it on to {to}{held}: it was not theirs."

    def _started(self, data: Data) -> str:
        authority = self._names.authority(data["authority"])
        if data.get("due_at") is None:
            return f"{authority} started work."
        return f"{authority} went on without the citizen's reply; due {self._times.plain(data['due_at'])}."

    def _joined_message(self, data: Data) -> str:
        again = f", and work goes on; due {self._times.plain(data['due_at'])}" if data.get("due_at") else ""
        return f"The citizen's message joined the case{again}."

    def _answered(self, data: Data) -> str:
        when = "in time" if data["on_time"] else "after the deadline"
        return f"{self._names.authority(data['authority'])} answered {when}, after {working(data['worked_minutes'])}."


def told(reference: str, channel: str, events: Sequence[Mapping[str, Any]], times: Times) -> list[tuple[datetime, str]]:
    """What the citizen was told, in substance: intake words it by table `texts` in the citizen's language."""
    found: list[tuple[datetime, str]] = []
    for event in events:
        kind, data = event["type"], event["data"]
        if kind == intake.MessageRegistered.type:
            found.append((event["time"], f"The message is registered under {reference} (by {channel})."))
        elif kind == region.CaseAnswered.type:
            found.append((event["time"], f"The answer: {data['text']}"))
        elif kind == region.CaseExtended.type:
            found.append((event["time"], f"More time is needed; an answer comes by {times.plain(data['due_at'])}."))
        elif kind == federal.CaseEscalated.type:
            found.append((event["time"], "The case is late and was raised one level."))
        elif kind == federal.CaseEscalationWithdrawn.type:
            found.append((event["time"], "Word that the case is late had come too early: the clock was wrong."))
    return found


def trace_of(events: Sequence[Mapping[str, Any]]) -> str | None:
    """The trace id of the case's first traced event."""
    for event in events:
        parts = (event["traceparent"] or "").split("-")
        if len(parts) == 4:
            return str(parts[1])
    return None


def _nth(times: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(times, f"{times}th")
