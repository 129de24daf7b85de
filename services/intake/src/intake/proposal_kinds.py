"""What citizens are told about proposed changes of rules: each kind of notice in English, sentence by sentence."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter

from common.contracts.frozen import value
from common.federation.languages import N_

PREFIX = "proposal_"
"""Of these kinds in the rulebook's table `texts`, in ids of notices and in what is said of their delivery."""
HOW = N_(
    "To have your say, reply here and begin with {reference}: for; against, because ...; a comment; or a question."
)
JUDGE = N_(
    "To judge what others said, reply here with its numbers on the proposal's page: {reference} agree 12; disagree 3."
)
WHY = N_("The reason: {reason}")
COUNTS = N_("Voices: {voices}, for: {support}, against: {object}.")
WITHOUT_BURSTS = N_(
    "Of these, {bursts} came in a short time. Without them: for {others_support}, against {others_object}."
    " It would end otherwise with them than without, so a person decides."
)


@value
class ProposalKind:
    """Sentences in their order, a line each: one is said where all that it names is known."""

    name: str
    """As `CitizenToBeTold.kind` says it, or `CitizenToBeToldOfIdea.kind` after `idea_`."""
    sentences: tuple[str, ...]


def fields_of(sentence: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(sentence) if name)


PROPOSAL_KINDS: Mapping[str, ProposalKind] = {
    kind.name: kind
    for kind in (
        ProposalKind(
            "opened",
            (
                N_("A change of the rules is proposed: {title}"),
                N_("What it would change: {words}"),
                N_("People may argue about it until {until}; then it is decided."),
                HOW,
                JUDGE,
            ),
        ),
        ProposalKind(
            "counted",
            (
                N_("Your word on {reference} was counted: {stance}."),
                N_("You agree with these words of others on {reference}: {agree}."),
                N_("You disagree with these words of others on {reference}: {disagree}."),
                N_("Nobody's words have these numbers, or they are hidden: {unknown}."),
                N_("It is number {number}. Until the end you may change your mind: your last for or against counts."),
                N_("You will be told what becomes of the proposal."),
            ),
        ),
        ProposalKind(
            "not_understood",
            (
                N_("Your word was not counted."),
                N_("Why: {why}."),
                HOW,
                JUDGE,
                N_("A wish for another rule takes a few words more; to report a problem, begin a new conversation."),
            ),
        ),
        ProposalKind(
            "not_entitled", (N_("Your word on {reference} was not counted: citizens have no voice on this proposal."),)
        ),
        ProposalKind(
            "closed_already",
            (N_("Your word on {reference} was not counted: the time to argue about this proposal is over."),),
        ),
        ProposalKind(
            "no_such_proposal",
            (
                N_("Your word was not counted: there is no such proposal."),
                N_("Please begin your reply with the reference that you were told, such as P-7K2MNA."),
            ),
        ),
        ProposalKind("answered", (N_("Your objection to {reference} was answered: {answer}"),)),
        ProposalKind(
            "moderated",
            (
                N_("Your words on {reference}: {state}."),
                WHY,
                N_("Your voice counts as before. To have it looked at again, reply: {reference} appeal, and why."),
            ),
        ),
        ProposalKind(
            "may_be_decided",
            (N_("The argument about {reference} is over, and it may be decided now: {title}"), COUNTS, WITHOUT_BURSTS),
        ),
        ProposalKind("lapsed", (N_("The proposal {reference} is dropped: {title}"), WHY, COUNTS)),
        ProposalKind("accepted", (N_("The proposal {reference} was accepted: {title}"), WHY)),
        ProposalKind("rejected", (N_("The proposal {reference} was rejected: {title}"), WHY)),
        ProposalKind(
            "on_trial",
            (N_("The proposal {reference} is being tried in a part of the cases: {title}"),),
        ),
        ProposalKind("adopted", (N_("The proposal {reference} is now a rule for all: {title}"), WHY)),
        ProposalKind(
            "rolled_back",
            (N_("The proposal {reference} did harm and was taken back; the old rule holds: {title}"), WHY),
        ),
        ProposalKind(
            "inconclusive",
            (N_("The trial of {reference} did not show that it is better; the old rule holds: {title}"), WHY),
        ),
        ProposalKind(
            "returned", (N_("The proposal {reference} was given back to its author, to be made anew: {title}"), WHY)
        ),
        ProposalKind("refused", (N_("The proposal {reference} breaks a rule and goes no further: {title}"), WHY)),
        ProposalKind("withdrawn", (N_("The proposal {reference} was withdrawn by its author: {title}"), WHY)),
        ProposalKind("kept", (N_("The rule of {reference} was looked at again and stays: {title}"), WHY)),
        ProposalKind(
            "reversed",
            (
                N_("The rule of {reference} was looked at again and is to be taken back: {title}"),
                WHY,
                N_("It holds until {until}."),
            ),
        ),
        ProposalKind(
            "idea_received",
            (
                N_("Your wish is noted as {reference}. Somebody who is entitled to may make a proposal of it."),
                N_("You stay its author, and will be told."),
            ),
        ),
        ProposalKind(
            "idea_taken_up",
            (
                N_("Your wish {reference} became a proposal: {title}"),
                N_("Its reference is {proposal}. You are its author, and will be told what becomes of it."),
                N_("To take it back, reply: withdraw {reference}."),
            ),
        ),
        ProposalKind(
            "idea_refused",
            (
                N_("A proposal that was made of your wish {reference} was refused by the check."),
                WHY,
                N_("Your wish stays listed: another proposal may be made of it."),
            ),
        ),
        ProposalKind("idea_declined", (N_("No proposal is made of your wish {reference}."), WHY)),
        ProposalKind("idea_withdrawn", (N_("Your wish {reference} is taken back."),)),
        ProposalKind(
            "idea_withdrawing",
            (
                N_("Your wish {reference} is taken back."),
                N_("The proposal that was made of it is withdrawn as well, if it is not decided yet."),
            ),
        ),
        ProposalKind(
            "idea_not_withdrawn",
            (N_("The proposal that was made of your wish {reference} goes on: it cannot be withdrawn any more."),),
        ),
    )
}
IDEA = "idea_"
"""Of kinds of notices about a citizen's own idea, before `CitizenToBeToldOfIdea.kind`."""

FACTS: Mapping[str, Mapping[str, str]] = {
    "stance": {
        "support": N_("for"),
        "object": N_("against"),
        "comment": N_("a comment"),
        "question": N_("a question"),
        "amendment": N_("an amendment"),
    },
    "state": {
        "hidden": N_("they are hidden"),
        "shown": N_("they are shown again"),
        "upheld": N_("they stay hidden"),
        "appealed": N_("they will be looked at again"),
    },
    "why": {
        "not_understood": N_("it is not clear whether you are for or against"),
        "reason_needed": N_("who is against has to say why"),
        "nothing_said": N_("it holds no words"),
        "no_such_words": N_("nobody's words have the numbers that you gave, or they are hidden"),
    },
    "reason": {
        "supported": N_("enough people had their say and support it"),
        "quorum_not_met": N_("too few people had their say"),
        "not_supported": N_("too few support it"),
        "objections_unanswered": N_("objections were not answered in time"),
        "withdrawn": N_("its author withdrew it"),
        "consent_revoked": N_("the standing consent by which it would have passed was revoked"),
        "taken_up": N_("a wider change that says the same is tried in its place"),
    },
}
"""What values of facts mean, where they are words of ours and no person's."""
