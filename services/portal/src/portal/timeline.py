"""A case's history in words: one sentence an event, with who, why and what it rests on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from common.contracts.case_life import ANSWERED, CLOSED
from common.contracts.events import federal, intake, region, routing

from portal.formats import Times, listed, number, plain_type, working
from portal.language import N_, _
from portal.names import MATTERS, NOTICES, OTHER_ADDRESSES, TRIAGE_REASONS, Names
from portal.refusal_text import RefusalWords, order_words

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


BAD = frozenset({region.CaseOverdue.type, federal.CaseEscalated.type, region.CaseReopened.type,
                 region.CommandRefused.type, routing.RoutingCommandRefused.type,
                 intake.DeliveryFailed.type, routing.EmergencyNoticed.type, region.PriorityRaised.type})  # fmt: skip
REFUSED = frozenset({region.CommandRefused.type, routing.RoutingCommandRefused.type})
GOOD = frozenset({region.CaseAnswered.type, region.CaseConfirmed.type, routing.ThanksReceived.type})
RUNGS = {
    "authority_head": N_("authority head"),
    "regional_head": N_("regional head"),
    "federal": N_("federal"),
}
"""Who is told at a level of the ladder."""
OF_PROPOSALS = "proposal_"
"""How kinds of notices about proposals begin, in what is said of their delivery."""
VERDICTS = {"confirmed": N_("confirmed"), "reopened": N_("reopened"), "withdrawn": N_("withdrawn")}


def notice_words(notice: str) -> str:
    """What a notice brings the citizen."""
    known = NOTICES.get(notice)
    if known is not None:
        return _(known)
    if notice.startswith(OF_PROPOSALS):
        return _("a notice about a proposal ({kind})").format(kind=notice.removeprefix(OF_PROPOSALS).replace("_", " "))
    return _("a notice ({kind})").format(kind=notice)


class Teller:
    """Puts events into sentences with a federation's names and times."""

    def __init__(self, names: Names, times: Times) -> None:
        self._names, self._times = names, times
        self.refusals = RefusalWords(names, times)
        self._sentences: dict[str, Callable[[Data], str]] = {
            intake.MessageRegistered.type: self._registered,
            intake.MessageAdded.type: self._added,
            intake.AttachmentGiven.type: lambda d: (
                _("A picture came with it.") if d.get("picture") else _("A file came with it.")
            ),
            intake.VerdictGiven.type: self._verdict,
            intake.SupportGiven.type: lambda d: (
                _("The citizen says that it is about the same thing as the suggested case.")
                if d["supports"]
                else _("The citizen says that it is another matter than the suggested case.")
            ),
            intake.DeliveryFailed.type: lambda d: _("{notice} did not reach the citizen by {channel}.").format(
                notice=_capital(notice_words(d["notice"])), channel=names.channel(d["channel"])
            ),
            intake.DeliverySucceeded.type: lambda d: _("{notice} reached the citizen by {channel} after all.").format(
                notice=_capital(notice_words(d["notice"])), channel=names.channel(d["channel"])
            ),
            intake.NoticeRedirected.type: lambda d: _("{notice} goes to the citizen by {channel} instead.").format(
                notice=_capital(notice_words(d["notice"])), channel=names.channel(d["to_channel"])
            ),
            intake.OtherAddressNoted.type: lambda d: _(
                OTHER_ADDRESSES.get(d["state"], OTHER_ADDRESSES["unproved"])
            ).format(channel=names.channel(d["channel"])),
            routing.TriageRequested.type: self._triage,
            routing.TriageSupplemented.type: self._supplemented,
            routing.ClarificationAsked.type: lambda d: _("The citizen was asked which it is about: {choices}.").format(
                choices=listed([names.category(code) for code in d["choices"]], either=True)
            ),
            routing.TriageAnswered.type: self._triage_answered,
            routing.TriageDeclined.type: lambda d: (
                _("By the rules it is closed: people have closed several like it from this citizen.")
                if d.get("matter")
                else _("A person closed it in triage without a case.")
            ),
            routing.EmergencyNoticed.type: lambda d: (
                _("Its words show an emergency: the citizen is told to call {number}.").format(number=d["call"])
                if d.get("call")
                else _("Its words show an emergency.")
            ),
            routing.MessageSplit.type: lambda d: _(
                "A person divided it: each of {n} matters is a case of its own."
            ).format(n=len(d.get("parts") or ())),
            routing.ThanksReceived.type: lambda d: _("It says thanks and asks for nothing: it opens no case."),
            routing.DuplicateSuggested.type: lambda d: (
                _("It may belong to an early warning; its first case is {reference}, {metres} m away.")
                if d.get("warning")
                else _("It may be about the same thing as case {reference}, {metres} m away.")
            ).format(reference=d["other_reference"], metres=number(d["distance_metres"])),
            routing.DuplicateDecided.type: lambda d: (
                _("The suggestion is settled by the citizen's word.")
                if d.get("by") == "citizen"
                else _("A person said that it is about the same thing as the suggested case.")
                if d["same"]
                else _("A person said that it is another matter than the suggested case.")
            ),
            routing.CaseWarned.type: lambda d: _("It lies in the circle of an early warning that stands."),
            routing.RoutingCommandRefused.type: self._refused,
            region.CaseOpened.type: self._opened,
            region.CaseAccepted.type: lambda d: _("{authority} accepted the case.").format(
                authority=names.authority(d["authority"])
            ),
            region.WorkStarted.type: self._started,
            region.CaseTransferred.type: self._transferred,
            region.DisputeRaised.type: self._disputed,
            region.DisputeSettled.type: self._settled,
            region.CaseExtended.type: lambda d: _("The deadline was extended once, by {time}, to {due}.").format(
                time=working(d["by_minutes"]), due=times.plain(d["due_at"])
            ),
            region.CaseDeferred.type: lambda d: _("Deferred until {day}.").format(day=times.plain(d["until"])),
            region.CitizenAsked.type: lambda d: _("The citizen was asked."),
            region.CitizenReached.type: lambda d: _(
                "The question reached the citizen; the clock stands until the reply or the end of the term for it."
            ),
            region.CaseReminded.type: lambda d: _(
                "The citizen was reminded of the question; a reply is awaited until {day}."
            ).format(day=times.plain(d["ends_at"])),
            region.CaseWaitEnded.type: lambda d: (
                _("No reply came in time: by the rules the case is closed.")
                if d["then"] == "closes"
                else _("No reply came in time: work goes on without it; due {due}.").format(
                    due=times.plain(d["due_at"])
                )
            ),
            region.MessageJoined.type: self._joined_message,
            region.PriorityRaised.type: lambda d: _(
                "A later message shows an emergency: by the rules its priority rises from {before} to {now}."
            ).format(before=d["from_priority"], now=d["priority"]),
            region.CaseJoined.type: lambda d: _("Joined to another case about the same thing."),
            region.CaseAnswered.type: self._answered,
            region.CaseDeclined.type: lambda d: (
                _("Closed without an answer, since the citizen did not reply.")
                if d.get("no_reply")
                else _("Declined; the legal ground: {ground}.").format(ground=d["ground"])
            ),
            region.CaseConfirmed.type: lambda d: _("The citizen confirmed the answer{stars}.").format(stars=_stars(d)),
            region.CaseReopened.type: lambda d: _(
                "Reopened by the citizen, for the {nth} time{stars}; due {due}."
            ).format(nth=_nth(d["times"]), stars=_stars(d), due=times.plain(d["due_at"])),
            region.CaseRated.type: lambda d: _("The citizen rated the answer{stars}.").format(stars=_stars(d)),
            region.CaseWithdrawn.type: lambda d: _("The citizen withdrew the message."),
            region.CaseOverdue.type: lambda d: _("The deadline passed without an answer; it was {due}.").format(
                due=times.plain(d["due_at"])
            ),
            region.CaseOverdueWithdrawn.type: lambda d: _(
                "The clock had been wrong: the deadline had not come, it is {due}."
            ).format(due=times.plain(d["due_at"])),
            region.DirectiveReceived.type: lambda d: _("The region received a directive of the federal centre."),
            region.DirectiveAnswered.type: lambda d: (
                _("The region answered the directive, and did what it asked.")
                if d["fulfilled"]
                else _("The region answered the directive.")
            ),
            region.CommandRefused.type: self._refused,
            federal.CaseEscalated.type: lambda d: _("Climbed to level {level} of the ladder: {to}.").format(
                level=d["level"], to=_(str(RUNGS.get(d["to"], d["to"])))
            ),
            federal.CaseEscalationWithdrawn.type: lambda d: (
                _("The clock had been wrong: the case had not climbed above level {level} of the ladder.").format(
                    level=d["level"]
                )
                if d["level"]
                else _("The clock had been wrong: the case had not climbed.")
            ),
            federal.DirectiveWithdrawn.type: lambda d: _(
                "The clock had been wrong: the federal centre took its directive back."
            ),
            federal.DirectiveIssued.type: lambda d: _(
                "The federal centre issued a directive: {demand}; answer by {due}."
            ).format(demand=d["demand"], due=times.plain(d["answer_by"])),
            federal.DirectiveClosed.type: lambda d: (
                _("The directive was closed, in time.") if d["on_time"] else _("The directive was closed, late.")
            ),
        }

    def sentence(self, kind: str, data: Data) -> str:
        """What happened, in one sentence; an unknown type by its name."""
        made = self._sentences.get(kind)
        return made(data) if made else plain_type(kind).capitalize() + "."

    def tell(self, events: Sequence[Mapping[str, Any]], references: Mapping[str, str] | None = None) -> list[Line]:
        """The history as lines; registration and opening say the same text, so the second leaves it out.

        `references` are those of cases that refusals name by id.
        """
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
                    self.sentence(kind, data) + (_(" (Taken back: the clock was wrong.)") if revoked else ""),
                    self._by(event),
                    shown,
                    self.refusals.words(data, references) if kind in REFUSED else str(data.get("reason") or ""),
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
        return _("service {name}").format(name=event["source"])

    def _registered(self, data: Data) -> str:
        channel = self._names.channel(data["channel"])
        if data.get("part_of"):
            return _("It is a part of a message that arrived by {channel} and was divided.").format(channel=channel)
        return _("The message arrived by {channel}.").format(channel=channel)

    def _added(self, data: Data) -> str:
        words = [_edited(data) if data.get("replaces") else _("The citizen wrote again.")]
        place = data.get("place") or {}
        if data.get("category"):
            words.append(_("They say it is “{category}”.").format(category=self._names.category(data["category"])))
        if place.get("address"):
            words.append(_("They say it is at “{address}”.").format(address=place["address"]))
        if place.get("lat") is not None and place.get("lon") is not None:
            point = f"{place['lat']:.5f}, {place['lon']:.5f}"
            words.append(_("They mark the point {point}.").format(point=point))
        return " ".join(words)

    def _verdict(self, data: Data) -> str:
        word = _(str(VERDICTS.get(data["verdict"], data["verdict"])))
        return _("The citizen's word on the answer: {verdict}{stars}.").format(verdict=word, stars=_stars(data))

    def _refused(self, data: Data) -> str:
        return _("Refused: “{order}”. Nothing changed.").format(order=order_words(data["command"]))

    def _triage(self, data: Data) -> str:
        reason = _(TRIAGE_REASONS.get(data["reason"], data["reason"].replace("_", " ")))
        if data.get("matter"):
            matter = _(str(MATTERS.get(data["matter"], data["matter"])))
            return _("It waits for a person: {reason}. By its words: {matter}.").format(reason=reason, matter=matter)
        return _("It waits for a person: {reason}.").format(reason=reason)

    def _supplemented(self, data: Data) -> str:
        reason = _(TRIAGE_REASONS.get(data["reason"], data["reason"].replace("_", " ")))
        return _("The citizen said more; it still waits for a person: {reason}.").format(reason=reason)

    def _triage_answered(self, data: Data) -> str:
        names = self._names
        if data.get("completed"):
            words = _(
                "The citizen said what was missing, and the rules placed it: {category}, area {area}, {authority}."
            )
        elif data.get("clarified"):
            words = _("The citizen said what it is about: {category}, area {area}, {authority}.")
        else:
            words = _("A person placed it: {category}, area {area}, {authority}.")
        return words.format(
            category=names.category(data["category"]), area=data["area"], authority=names.authority(data["authority"])
        )

    def _opened(self, data: Data) -> str:
        names = self._names
        how = _("placed by a person") if data.get("by_hand") else _("placed by the rules")
        if data.get("handed_over_from"):
            how += _(", handed over from {region}").format(region=names.region(data["handed_over_from"]))
        return _("{region} opened the case for {authority} ({how}); due {due}.").format(
            region=names.region(data["region"]), authority=names.authority(data["authority"]), how=how,
            due=self._times.plain(data["due_at"]),
        )  # fmt: skip

    def _transferred(self, data: Data) -> str:
        names = self._names
        if data.get("to_region"):
            to = _("region {region}").format(region=names.region(data["to_region"]))
        else:
            to = names.authority(data["authority"])
        origin = names.authority(data["from_authority"])
        if not data.get("held_minutes"):
            return _("{authority} passed it on to {to}: it was not theirs.").format(authority=origin, to=to)
        return _("{authority} passed it on to {to} after {time}: it was not theirs.").format(
            authority=origin, to=to, time=working(data["held_minutes"])
        )

    def _disputed(self, data: Data) -> str:
        arbiter = _("the federal centre") if data["arbiter"] == "federal" else _("the region's operator or head")
        return _("{authority} says that it belongs to {to}; {arbiter} decides, and it stays here until then.").format(
            authority=self._names.authority(data["authority"]), arbiter=arbiter,
            to=self._place(data["claimed_authority"], data.get("claimed_region")),
        )  # fmt: skip

    def _settled(self, data: Data) -> str:
        to = self._place(data["to_authority"], data.get("to_region"))
        return _("The arbiter decided that it belongs to {to}.").format(to=to)

    def _place(self, authority: str, region_id: str | None) -> str:
        name = self._names.authority(authority)
        if region_id is None:
            return name
        return _("{authority} in {region}").format(authority=name, region=self._names.region(region_id))

    def _started(self, data: Data) -> str:
        authority = self._names.authority(data["authority"])
        if data.get("due_at") is None:
            return _("{authority} started work.").format(authority=authority)
        return _("{authority} went on without the citizen's reply; due {due}.").format(
            authority=authority, due=self._times.plain(data["due_at"])
        )

    def _joined_message(self, data: Data) -> str:
        if not data.get("due_at"):
            if data.get("replaces"):
                return _edited(data)
            return _("The citizen's message joined the case.")
        return _("The citizen's message joined the case, and work goes on; due {due}.").format(
            due=self._times.plain(data["due_at"])
        )

    def _answered(self, data: Data) -> str:
        text = (
            _("{authority} answered in time, after {time}.")
            if data["on_time"]
            else _("{authority} answered after the deadline, after {time}.")
        )
        return text.format(authority=self._names.authority(data["authority"]), time=working(data["worked_minutes"]))


class PublicTeller(Teller):
    """The same for everybody: without what citizens and officials said, where it is, and where an event lies."""

    def __init__(self, names: Names, times: Times) -> None:
        super().__init__(names, times)
        self._sentences |= {
            intake.MessageAdded.type: lambda d: _edited(d) if d.get("replaces") else _("The citizen wrote again."),
            region.CaseDeclined.type: lambda d: (
                _("Closed without an answer, since the citizen did not reply.")
                if d.get("no_reply")
                else _("Declined on a legal ground.")
            ),
        }

    def tell(self, events: Sequence[Mapping[str, Any]], references: Mapping[str, str] | None = None) -> list[Line]:
        return [replace(line, said="", reason="", position="") for line in super().tell(events, references)]

    def _by(self, event: Mapping[str, Any]) -> str:
        """An actor by the office alone."""
        actor = event["data"].get("actor")
        known = actor if isinstance(actor, str) and self._names.knows(actor) else None
        return super()._by({**event, "data": {"actor": known}})


TOLD = {
    region.CaseConfirmed.type: "confirmed",
    region.CaseDeclined.type: "declined",
    region.CaseDeferred.type: "deferred",
    region.CaseJoined.type: "joined",
    region.CaseReopened.type: "reopened",
    region.CaseTransferred.type: "transferred",
    region.CaseWithdrawn.type: "withdrawn",
    routing.TriageDeclined.type: "unplaced",
    routing.ClarificationAsked.type: "clarify",
    routing.EmergencyNoticed.type: "emergency",
    routing.ThanksReceived.type: "thanked",
    routing.MessageSplit.type: "divided",
}
"""Kinds of notices by the event of which they tell; those that quote it, or depend on more, stand in `told`."""
REFUSALS_TOLD = {
    routing.VerdictForwarded.type: "verdict_refused",
    routing.MessageForwarded.type: "message_refused",
    routing.JoinForwarded.type: "join_refused",
    intake.SupportGiven.type: "join_refused",
}
"""The same by the type of what was refused."""


QUOTES = {
    region.CaseAnswered.type: "answered",
    region.CitizenAsked.type: "asked",
    region.CaseReminded.type: "reminded",
}
"""Kinds of notices that quote their event, by its type."""


def told(
    reference: str, channel: str, events: Sequence[Mapping[str, Any]], times: Times, *, quoted: bool = True
) -> list[tuple[datetime, str]]:
    """What the citizen was told, in substance: intake words it by table `texts` in the citizen's language. Not
    `quoted`: of what an authority said to them only that it did."""

    def words(event: Mapping[str, Any]) -> str:
        if not quoted and event["type"] in QUOTES:
            return f"{_capital(notice_words(QUOTES[event['type']]))}."
        return _told(reference, channel, event["type"], event["data"], times)

    return [(event["time"], found) for event in events if (found := words(event))]


def _edited(data: Data) -> str:
    """Of a message that is said instead of an earlier one."""
    if str(data.get("text", "")).strip():
        return _("The citizen changed an earlier message; it says now what stands here.")
    return _("The citizen took an earlier message back.")


def _told(reference: str, channel: str, kind: str, data: Data, times: Times) -> str:
    """The substance of the notice about one event; empty for an event of which the citizen is not told."""
    if kind == intake.MessageRegistered.type and data.get("part_of"):
        return _("Its number, {reference}, among those of the other parts.").format(reference=reference)
    if kind == intake.MessageRegistered.type:
        words = _("The message is registered under {reference} (by {channel}).")
        return words.format(reference=reference, channel=channel)
    if kind == region.CaseAnswered.type:
        return _("The answer: {text}").format(text=data["text"])
    if kind == region.CitizenAsked.type:
        return _("The question: {text}").format(text=data["question"])
    if kind == region.CaseReminded.type:
        return _("The question once more: {text}").format(text=data["question"])
    if kind == region.CaseExtended.type:
        return _("More time is needed; an answer comes by {due}.").format(due=times.plain(data["due_at"]))
    if kind == federal.CaseEscalated.type:
        return _("The case is late and was raised one level.")
    if kind == federal.CaseEscalationWithdrawn.type:
        return _("Word that the case is late had come too early: the clock was wrong.")
    if kind == region.MessageJoined.type and data.get("replaces") and not data.get("due_at"):
        notice = "changed" if data["text"].strip() else "taken_back"
    elif kind == region.MessageJoined.type:
        ended = "added_to_answered" if data["state"] in ANSWERED else "added_to_closed"
        notice = "resumed" if data.get("due_at") else ended if data["state"] in ANSWERED | CLOSED else "added"
    elif kind == region.CaseWaitEnded.type:
        notice = "closed_unheard" if data["then"] == "closes" else "went_on"
    elif kind == region.CaseTransferred.type and data.get("to_region"):
        notice = "handed_over"
    elif kind == routing.TriageDeclined.type and data.get("matter"):
        notice = "limited"
    elif (kind == routing.EmergencyNoticed.type and not data.get("call")) or (
        kind == region.CaseDeclined.type and data.get("no_reply")
    ):
        notice = ""
    elif kind == region.CommandRefused.type:
        notice = REFUSALS_TOLD.get(data["command"], "")
    else:
        notice = TOLD.get(kind, "")
    return f"{_capital(notice_words(notice))}." if notice else ""


def _stars(data: Data) -> str:
    return _(", {rating} of 5").format(rating=data["rating"]) if data.get("rating") else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def trace_of(events: Sequence[Mapping[str, Any]]) -> str | None:
    """The trace id of the case's first traced event."""
    for event in events:
        parts = (event["traceparent"] or "").split("-")
        if len(parts) == 4:
            return str(parts[1])
    return None


def _nth(times: int) -> str:
    words = {1: _("first"), 2: _("second"), 3: _("third")}
    return words[times] if times in words else _("{n}th").format(n=times)
