"""What citizens are told: every kind of notice with its English text, and what is not told, with the reason."""

from __future__ import annotations

from typing import Literal

from common.contracts.events import federal, intake, region, routing
from common.contracts.events.base import Event
from common.contracts.frozen import value
from common.federation.languages import N_

Notice = Literal["registered", "answered", "extended", "escalated", "refused"]
"""The few kinds that every adapter of a channel knows; `extended` stands for all news of a case that goes on."""


@value
class Kind:
    name: str
    """In the notice's id, in receipts, in the rulebook's table `texts`."""
    notice: Notice
    text: str
    """Said where the rulebook has no text; the key of the catalogues."""
    shared: bool = False
    """Told also to those whose cases were joined to the case."""


KINDS = {
    kind.name: kind
    for kind in (
        Kind("registered", "registered", N_("Your message is registered as {reference}.")),
        Kind("refused", "refused", N_("Your message could not be taken: {answer}")),
        Kind("added", "extended", N_("Your message was added to {reference}.")),
        Kind("changed", "extended", N_("Your message about {reference} is changed as you wrote.")),
        Kind(
            "taken_back", "extended",
            N_("You took a message about {reference} back. What it said stays known to those who had read it."),
        ),
        Kind(
            "added_to_answered", "extended",
            N_(
                "Your message was added to {reference}, which is answered. If it is not solved, reply: not solved."
                " About anything else, please say what and where."
            ),
        ),
        Kind(
            "added_to_closed", "extended",
            N_(
                "Your message was added to {reference}, which is closed: nobody works on it. About anything else,"
                " please say what and where."
            ),
        ),
        Kind(
            "emergency", "extended",
            N_(
                "If somebody is in danger now, call {call} at once: nobody may read this in time. {reference} goes on"
                " as urgent."
            ),
        ),
        Kind(
            "thanked", "extended",
            N_("Thank you for the kind words. They are passed on; {reference} needs no answer. If something is wrong,"
               " please write again."),
        ),
        Kind(
            "divided", "extended",
            N_(
                "{reference} is about several matters: each is a case of its own now, with an answer of its own. To"
                " write about one, begin your message with its number.\n{parts}"
            ),
        ),
        Kind(
            "limited", "refused",
            N_(
                "{reference} is closed without a look: people have closed several messages of yours like it. If"
                " something is wrong, please write what and where; you may do so in a month at the latest."
            ),
        ),
        Kind(
            "day_full", "refused",
            N_(
                "You have written as much here as is taken in one day: this message was not taken, and no further one"
                " is before {until}. Please write then. If somebody is in danger now, call {call} at once."
            ),
        ),
        Kind(
            "beside", "extended",
            N_(
                "{reference} is a case of its own. To write about {other} again, begin your message with its number,"
                " {other}."
            ),
        ),
        Kind(
            "which_case", "extended",
            N_(
                "Is this about {reference} or another matter? Please answer with a number; without an answer by {due}"
                " it goes to {reference}.\n{choices}"
            ),
        ),
        Kind("resumed", "extended", N_("Thank you, work on {reference} goes on. You will have an answer by {due}.")),
        Kind(
            "transferred", "extended",
            N_("{reference} was passed on to the body responsible: {authority}. The time for an answer goes on."),
            shared=True,
        ),
        Kind(
            "handed_over", "extended",
            N_(
                "{reference} was handed over to {region}, where {authority} is responsible for it now. The time for an"
                " answer goes on."
            ),
            shared=True,
        ),
        Kind("extended", "extended", N_("{reference} needs more time; you will have an answer by {due}."), shared=True),
        Kind(
            "deferred", "extended",
            N_("Work on {reference} is put off until {due}. The reason: {reason}"),
            shared=True,
        ),
        Kind(
            "asked", "extended",
            N_("A question about {reference}: {question} Please reply here."),
        ),
        Kind(
            "reminded", "extended",
            N_(
                "A reminder about {reference}: {question} Please reply here by {due}; without a reply work goes on with"
                " what is known."
            ),
        ),
        Kind(
            "reminded_closing", "extended",
            N_(
                "A reminder about {reference}: {question} Please reply here by {due}; without a reply it will be"
                " closed."
            ),
        ),
        Kind(
            "went_on", "extended",
            N_(
                "No reply came to the question about {reference}: work goes on without it. You will have an answer by"
                " {due}."
            ),
        ),
        Kind(
            "closed_unheard", "refused",
            N_(
                "{reference} is closed, since no reply came to the question about it. If it is still so, please write"
                " again."
            ),
            shared=True,
        ),
        Kind(
            "joined", "extended",
            N_("{reference} is about the same thing as {other} and goes on with it. You will be told the answer."),
        ),
        Kind(
            "may_be_known", "extended",
            N_(
                "{reference}: something of the same kind, {category}, was reported {distance} metres away before."
                " {standing} Is it the same? Reply yes, and both go on as one and you are told the answer; reply no,"
                " and yours goes on by itself."
            ),
        ),
        Kind(
            "many_reports", "extended",
            N_(
                "{reference}: {reports} or more reports of this kind ({category}) have come {where}, far more than"
                " usual. {authority} has them all. You need not report it again; you will be told the answer to yours."
            ),
        ),
        Kind(
            "many_reports_over", "extended",
            N_(
                "No more reports of this kind ({category}) than usual come any more. {reference} goes on until it is"
                " answered."
            ),
        ),
        Kind(
            "head_of_warning", "extended",
            N_(
                "To the head of {authority}: {reports} reports of one kind ({category}) have come in {region}, area"
                " {area}, within {metres} m, where {expected} are usual in that time. They may be about one thing."
                " Please do not answer this message."
            ),
        ),
        Kind(
            "head_of_wide_warning", "extended",
            N_(
                "To the head of {authority}: {reports} reports of one kind ({category}) have come from the whole of"
                " {region}, where {expected} are usual in that time. Please do not answer this message."
            ),
        ),
        Kind(
            "head_of_no_warning", "extended",
            N_(
                "To the head of {authority}: the early warning of many reports of one kind ({category}) in {region} is"
                " taken back; it was raised while the system's clock was wrong. Please do not answer this message."
            ),
        ),
        Kind(
            "head_of_shortfall", "extended",
            N_(
                "To the head of {authority}: deadlines in {region} will be missed. {work} cases are due by {day},"
                " {open} of them open now; at {rate} a working day about {short} will not be finished. It takes"
                " {needed} a working day to keep them. Please do not answer this message."
            ),
        ),
        Kind("kept_apart", "extended", N_("Thank you. {reference} goes on by itself.")),
        Kind(
            "join_refused", "extended",
            N_("{reference} goes on by itself: what was reported before has ended meanwhile."),
        ),
        Kind(
            "clarify", "extended",
            N_("{reference}: which of these is it about? Please answer with a number or in words:\n{choices}"),
        ),
        Kind("answered", "answered", N_("Answer to {reference}: {answer}"), shared=True),
        Kind("declined", "refused", N_("{reference} will not be dealt with, on this ground: {reason}"), shared=True),
        Kind("unplaced", "refused", N_("{reference} will not be dealt with: {reason}")),
        Kind(
            "confirmed_by_other", "extended",
            N_(
                "{reference} is closed, since somebody who reported the same confirmed the answer. If it is still so,"
                " ask for it to be opened again."
            ),
        ),
        Kind(
            "reopened_by_other", "extended",
            N_(
                "{reference} is open again, as somebody asked who reported the same. You will have a new answer by"
                " {due}."
            ),
        ),
        Kind("confirmed", "extended", N_("Thank you. {reference} is closed, since you confirmed the answer.")),
        Kind(
            "reopened", "extended",
            N_("{reference} is open again, as you asked. You will have a new answer by {due}."),
        ),
        Kind("withdrawn", "extended", N_("{reference} is closed, since you took it back.")),
        Kind(
            "joined_withdrawn", "extended",
            N_("Whoever first reported what {reference} is about took it back. If it is still so, please write again."),
        ),
        Kind(
            "verdict_refused", "extended",
            N_("Your word on {reference} changes nothing: there is no answer to judge, or nothing to take back."),
        ),
        Kind("message_refused", "extended", N_("Your message could not be added to {reference}; please repeat it.")),
        Kind("escalated", "escalated", N_("{reference} is late and was raised one level, to {to}.")),
        Kind(
            "corrected", "escalated",
            N_("{reference}: our clock was wrong. We told you too early that this is late; please disregard it."),
        ),
        Kind(
            "erased", "extended",
            N_(
                "Everything that we knew about you is erased: your address, your messages, who you are. This is the"
                " last that you hear of it; if you write again, it begins anew."
            ),
        ),
        Kind(
            "erasure_waits", "extended",
            N_(
                "This conversation is erased: what you wrote in it, its address and your name. Other conversations name"
                " the same address, and nobody has proved that they are yours: if they are, please ask for it in each."
                " If you write here again, it begins anew."
            ),
        ),
        Kind(
            "link_asked", "extended",
            N_(
                "If that address is known here, a code was sent to it. Write the code here within a day: then what you"
                " say on both channels is said by one person."
            ),
        ),
        Kind(
            "link_code", "extended",
            N_(
                "Somebody says on another channel that you and they are one person. If it is you, write this code"
                " there: {code}. Else do nothing, and give the code to nobody."
            ),
        ),
        Kind(
            "linked", "extended",
            N_("Your two channels are linked: what you say on both is said by one person, who is erased as one."),
        ),
        Kind("link_wrong", "extended", N_("That is not the code that was sent. Please try again.")),
        Kind(
            "link_ended", "extended",
            N_("That code does not count any more. If you still want your channels linked, please ask anew."),
        ),
        Kind(
            "address_code", "extended",
            N_(
                "Somebody who wrote to us by {channel} gave this address to be told here what cannot be delivered"
                " there. If it was you, write this code in that conversation within a day: {code}. Until then nothing"
                " is told here. If it was not you, reply: stop, and no more such codes are sent here."
            ),
        ),
        Kind(
            "address_asked", "extended",
            N_(
                "A code was sent to the other address that you gave ({channel}). Write the code here within a day:"
                " until then the address is not confirmed, and nothing about {reference} is told there."
            ),
        ),
        Kind(
            "address_unused", "extended",
            N_(
                "The other address that you gave ({channel}) is not confirmed, since no code can be sent there now:"
                " nothing about {reference} is told there."
            ),
        ),
        Kind(
            "address_proved", "extended",
            N_("Thank you, the other address is confirmed ({channel}): what cannot be delivered here is told there."),
        ),
        Kind(
            "address_ended", "extended",
            N_(
                "That code does not count any more, and the other address stays unconfirmed. If you still want to be"
                " told there, please give the address again."
            ),
        ),
        Kind(
            "original_opened", "extended",
            N_("What you wrote was opened as it came, by {by}. The reason given: {reason}"),
        ),
        Kind(
            "attachments", "extended",
            N_("Some files could not be kept: please send them again, or say in words what they show."),
        ),
        Kind(
            "said_again", "extended",
            N_("This could not be delivered by {channel}, so you are told it here.\n{answer}"),
        ),
        Kind(
            "said_again_unasked", "extended",
            N_(
                "{answer}\nWhoever wrote to us about {reference} gave this address, since {channel} does not reach"
                " them. An answer here does not count as theirs. If it was not you, reply: stop."
            ),
        ),
    )
}  # fmt: skip

UNTOLD: dict[type[Event], str] = {
    intake.MessageRegistered: "its notice is issued in the same decision",
    intake.AttachmentGiven: "the message that it came with is registered or added",
    intake.MessageAdded: "the region's MessageJoined is told",
    intake.MessageRefused: "its notice is issued in the same decision",
    intake.SupportGiven: "what follows is told; a no at once",
    intake.VerdictGiven: "what the region makes of it is told",
    intake.DeliveryFailed: "about a notice, for the operator",
    intake.DeliverySucceeded: "about a notice, for the operator",
    intake.CitizenErased: "its notice is issued in the same decision, before the address is forgotten",
    intake.ConversationErased: "its notice is issued in the same decision, before the address is forgotten",
    intake.CitizensLinked: "its notices are issued in the same decision",
    intake.OriginalOpened: "its notice is issued in the same decision",
    intake.RequestNoted: "for whoever asks over HTTP",
    intake.IntakeCommandRefused: "for whoever gave the order",
    intake.OtherAddressNoted: "its notice is issued in the same decision",
    intake.NoticeRedirected: "the notice itself is told, on the other channel",
    intake.QuestionDelivered: "about a notice, for the region's clock",
    intake.VoiceGiven: "the deliberation says what the citizen is told",
    intake.VoiceNoted: "for whoever asks over HTTP",
    routing.TriageRequested: "the message is registered; that a person looks at it changes nothing for the citizen",
    routing.TriageSupplemented: "the citizen's own words, which a person is shown",
    routing.TriageAnswered: "the region's case follows",
    routing.DuplicateSuggested: "the citizen is asked where the rules say so and both cases still stand so",
    routing.DuplicateDecided: "a join is told by the region; a refusal changes nothing",
    routing.CaseWarned: "at the next tick, with all that is known of the warning",
    routing.CaseAssigned: "for the region",
    routing.MessageForwarded: "for the region",
    routing.VerdictForwarded: "for the region",
    routing.QuestionDeliveryForwarded: "for the region",
    routing.JoinForwarded: "for the region",
    region.CaseOpened: "the message is registered already",
    region.CaseAccepted: "a step inside the region; the state over HTTP shows it",
    region.WorkStarted: "a step inside the region; the state over HTTP shows it",
    region.CitizenReached: "the question itself was told",
    region.CaseRated: "the citizen's own word after the case was closed",
    region.CaseOverdue: "the ladder's first rung is told",
    region.CaseOverdueWithdrawn: "the withdrawn escalation is told",
    region.PriorityRaised: "the citizen was told at once where to call",
    region.DisputeRaised: "between officials; the case stays where it is",
    region.DisputeSettled: "a move that follows is told",
    region.DirectiveReceived: "between the federal centre and the region",
    region.DirectiveAnswered: "between the federal centre and the region",
    federal.DirectiveIssued: "between the federal centre and the region",
    federal.DirectiveWithdrawn: "between the federal centre and the region",
    federal.DirectiveClosed: "between the federal centre and the region",
}
"""Events about a case or a message that no notice follows, and why."""
