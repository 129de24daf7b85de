"""What became of a voice, for the person who gave it. Pure."""

from __future__ import annotations

from common.contracts.frozen import value
from common.federation.languages import N_


@value
class StateText:
    """`look_again`: the next word on it comes by itself, soon."""

    title: str
    words: str
    look_again: bool = False
    kind: str = ""
    """`good` or `bad`, by which it is marked."""


ON_ITS_WAY = StateText(
    N_("Your words have arrived"),
    N_("They are kept safely and on their way to be counted. This page shows what becomes of them."),
    look_again=True,
)
STATES: dict[str, StateText] = {
    "given": StateText(
        N_("Your words were taken"),
        N_("They will be counted within a few minutes, and shown on the proposal's page without your address."),
        look_again=True,
    ),
    "counted": StateText(
        N_("Your voice is counted"),
        N_("Until the argument ends you may change your mind: your last “for” or “against” counts."),
        kind="good",
    ),
    "idea_received": StateText(
        N_("Your wish is noted"),
        N_("It stands on the list of proposals. Whoever is entitled may make a proposal of it; you stay its author."),
        kind="good",
    ),
    "not_understood": StateText(
        N_("Your voice was not counted"),
        N_("Nothing in it could be counted. Say it once more: for, or against and why, or a question."),
        kind="bad",
    ),
    "not_entitled": StateText(
        N_("Your voice was not counted"), N_("Citizens have no voice on this proposal."), kind="bad"
    ),
    "closed_already": StateText(
        N_("Your voice was not counted"), N_("The time to argue about this proposal is over."), kind="bad"
    ),
    "no_such_proposal": StateText(
        N_("Your voice was not counted"),
        N_("There is no proposal with this reference. Look it up on the list of proposals."),
        kind="bad",
    ),
    "answered": StateText(
        N_("Your objection was answered"), N_("The answer stands beside it on the proposal's page."), kind="good"
    ),
    "moderated": StateText(
        N_("Somebody judged whether your words may be shown"),
        N_("The proposal's page says whether they are hidden, and why. Your voice counts as before."),
    ),
    "refused": StateText(
        N_("Your words were not taken"), N_("Open the proposal's page and say it once more."), kind="bad"
    ),
}
NEWS = StateText(N_("Your voice was counted, and there is news"), N_("The proposal's page says how it stands."))


NAMES_NONE = StateText(
    N_("Your wish was not noted"),
    N_("It reads like a word on a proposal, and names none. Begin with what the rule should be."),
    kind="bad",
)


def state_text(state: str | None, about: str | None) -> StateText:
    """Of a voice on the proposal `about`, or of a wish; no state: nothing is known of it yet."""
    if about is None and state in ("no_such_proposal", "not_understood"):
        return NAMES_NONE
    return ON_ITS_WAY if state is None else STATES.get(state, NEWS)
