"""The history of a case in words for its citizen. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from common.contracts.events import region
from common.contracts.events.federal import CaseEscalated, CaseEscalationWithdrawn
from common.contracts.events.intake import (
    MessageAdded,
    MessageRegistered,
    OtherAddressNoted,
    SupportGiven,
    VerdictGiven,
)
from common.contracts.events.routing import (
    ClarificationAsked,
    DuplicateSuggested,
    EmergencyNoticed,
    JoinForwarded,
    MessageSplit,
    ThanksReceived,
    TriageDeclined,
    TriageRequested,
    VerdictForwarded,
)
from common.contracts.frozen import value
from common.contracts.reference import reference_of
from common.federation.languages import N_

from channels.case_history import HistoryEntry


@value
class Step:
    """A text, which may name {authority}, {due}, {metres}, {other} and {rating}."""

    text: str
    mark: str = ""
    """`own` of what the citizen did, `good` or `bad`."""


STEPS: Mapping[str, Step] = {
    MessageRegistered.type: Step(N_("You reported it:"), "own"),
    MessageAdded.type: Step(N_("You added:"), "own"),
    TriageRequested.type: Step(N_("The rules do not say whose this is: a person decides.")),
    ClarificationAsked.type: Step(N_("You are asked which of these it is about:")),
    DuplicateSuggested.type: Step(N_("Something of this kind was reported {metres} metres away before:")),
    TriageDeclined.type: Step(N_("It will not be dealt with:"), "bad"),
    EmergencyNoticed.type: Step(N_("It sounds urgent. If somebody is in danger now, call {other} at once."), "bad"),
    ThanksReceived.type: Step(N_("Your thanks are passed on. It needs no answer."), "good"),
    MessageSplit.type: Step(N_("It is about several matters: each is a case of its own, {other}.")),
    region.CaseOpenedSummary.type: Step(N_("It went to {authority}. An answer is due by {due}.")),
    region.CaseAccepted.type: Step(N_("{authority} took it on.")),
    region.WorkStarted.type: Step(N_("Work on it has begun.")),
    region.CaseTransferred.type: Step(N_("It was passed on to the body responsible: {authority}.")),
    region.CaseExtended.type: Step(N_("It needs more time: an answer is due by {due}.")),
    region.CaseDeferred.type: Step(N_("Work on it is put off until {due}.")),
    region.CitizenAsked.type: Step(N_("{authority} asks you:")),
    region.CaseReminded.type: Step(N_("No reply has come yet. One is waited for until {due}:")),
    region.MessageJoined.type: Step(N_("Your reply arrived and work goes on. An answer is due by {due}.")),
    region.CaseJoined.type: Step(N_("It is about the same thing as {other} and goes on with it.")),
    region.CaseAnswered.type: Step(N_("{authority} answered:"), "good"),
    region.CaseDeclined.type: Step(N_("It will not be dealt with, on this ground:"), "bad"),
    region.CaseConfirmed.type: Step(N_("It is closed, since you confirmed the answer."), "good"),
    region.CaseReopened.type: Step(N_("It is open again. A new answer is due by {due}.")),
    region.CaseWithdrawn.type: Step(N_("It is closed, since you took it back.")),
    region.CaseOverdue.type: Step(N_("The deadline passed without an answer."), "bad"),
    CaseEscalationWithdrawn.type: Step(N_("Our clock was wrong: it was not late when it was raised a level.")),
    region.CaseOverdueWithdrawn.type: Step(N_("Our clock was wrong: the deadline had not passed.")),
}
"""By the kind of entry; what is not here, is not told."""
RAISED: Mapping[str, Step] = {
    "authority_head": Step(N_("It is late and was raised to the head of the body responsible."), "bad"),
    "regional_head": Step(N_("It is late and was raised to the head of the region."), "bad"),
    "federal": Step(N_("It is late and was raised to the federal centre."), "bad"),
}
"""By whom a level of the ladder tells."""
VERDICTS: Mapping[str, Step] = {
    "confirmed": Step(N_("You confirmed the answer."), "own"),
    "reopened": Step(N_("You asked that it be opened again:"), "own"),
    "withdrawn": Step(N_("You took it back."), "own"),
}
SUPPORTS: Mapping[str, Step] = {
    "same": Step(N_("You said that it is the same."), "own"),
    "apart": Step(N_("You said that it is another matter."), "own"),
}
OTHER_ADDRESSES: Mapping[str, Step] = {
    "unproved": Step(
        N_(
            "A code was sent to the other address that you gave. Write it here within a day: until then the address is"
            " not confirmed, and nothing is told there."
        )
    ),
    "unused": Step(
        N_("The other address that you gave is not confirmed: no code can be sent there, so it is not used.")
    ),
    "proved": Step(N_("The other address is confirmed: what cannot be delivered here is told there."), "good"),
}
"""How another address stands that the citizen gave."""
FILES_ALONE = Step(N_("You added a file."), "own")
RATED = N_("Your rating: {rating} of 5.")
WENT_ON = Step(N_("No reply came in time. Work goes on without it; an answer is due by {due}."))
LIMITED = Step(N_("It is closed, since people have closed several messages of yours like it."), "bad")
CLOSED_UNHEARD = Step(N_("No reply came in time, so it is closed. You may report it again."), "bad")
RESUMED = Step(N_("Work goes on without your reply. An answer is due by {due}."))
VERDICT_REFUSED = Step(N_("Your word changed nothing: there was no answer to judge, or nothing to take back."), "bad")
MESSAGE_REFUSED = Step(N_("What you added could not be taken; please say it again."), "bad")

JOIN_REFUSED = Step(N_("It goes on by itself: what was reported before has ended meanwhile."))


@value
class Line:
    """One step as it is told: texts in English with the values of their names."""

    at: datetime
    step: Step
    words: str = ""
    due_at: datetime | None = None
    authority: str = ""
    """An id."""
    region: str | None = None
    """Whose time it is told in."""
    other: str = ""
    """The number of another case."""
    rating: int | None = None
    choices: tuple[str, ...] = ()
    """Codes of categories."""
    metres: str = ""
    """From an earlier case of the kind."""


def line_of(entry: HistoryEntry) -> Line | None:
    """None for what is told by another step or is no news."""
    step = _step(entry)
    if step is None or ("{due}" in step.text and entry.due_at is None):
        return None
    other = reference_of(entry.other) if entry.kind == region.CaseJoined.type and entry.other else ""
    if entry.kind == EmergencyNoticed.type:
        other = entry.other or ""
    if entry.kind == MessageSplit.type:
        other = ", ".join(reference_of(case_id) for case_id in (entry.other or "").splitlines())
    rating = entry.rating if entry.kind == VerdictGiven.type else None
    category, _, metres = (entry.other or "").partition("\n")
    suggested = entry.kind == DuplicateSuggested.type
    return Line(
        entry.at, step, entry.words, entry.due_at, entry.authority or "", entry.region, other, rating,
        (category,) if suggested else choices_of(entry), metres if suggested else "",
    )  # fmt: skip


def choices_of(entry: HistoryEntry) -> tuple[str, ...]:
    """The categories of a question to the citizen which it is."""
    return tuple((entry.other or "").splitlines()) if entry.kind == ClarificationAsked.type else ()


def _step(entry: HistoryEntry) -> Step | None:
    if entry.kind == MessageAdded.type and not entry.words:
        return FILES_ALONE
    if entry.kind == EmergencyNoticed.type and not entry.other:
        return None
    if entry.kind == TriageDeclined.type and not entry.words:
        return LIMITED
    if entry.kind == CaseEscalated.type:
        return RAISED.get(entry.other or "")
    if entry.kind == VerdictGiven.type:
        return VERDICTS.get(entry.other or "")
    if entry.kind == SupportGiven.type:
        return SUPPORTS.get(entry.other or "")
    if entry.kind == OtherAddressNoted.type:
        return OTHER_ADDRESSES.get((entry.other or "").partition("\n")[0])
    if entry.kind == region.CaseWaitEnded.type:
        return CLOSED_UNHEARD if entry.other == "closes" else WENT_ON
    if entry.kind == region.WorkStarted.type and entry.due_at is not None:
        return RESUMED
    if entry.kind == region.CommandRefused.type:
        if entry.other == JoinForwarded.type:
            return JOIN_REFUSED
        return VERDICT_REFUSED if entry.other == VerdictForwarded.type else MESSAGE_REFUSED
    return STEPS.get(entry.kind)
