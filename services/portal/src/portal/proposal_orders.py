"""What people do on pages about proposals, their deliberation, trial and review becomes signed commands."""

from __future__ import annotations

from common.contracts.events import deliberation, rules
from common.contracts.events.base import Actor, Command

from portal.forms import Form, FormRefused
from portal.language import _
from portal.orders import Order

STANCES = ("support", "object", "question", "comment")
"""What a form offers; an amendment is a patch and is made with the editor of the rulebook."""
ANSWERS = "answers."
"""Begins the names of the fields that choose objections for one answer."""
MOST_NUMBER = 999_999_999
TRIAL_ORDERS: dict[str, type[rules.TrialOrder]] = {
    "step": rules.StepTrial,
    "pause": rules.PauseTrial,
    "resume": rules.ResumeTrial,
    "adopt": rules.AdoptTrial,
    "roll_back": rules.RollBackTrial,
    "end": rules.EndTrial,
}


def decide_proposal(actor: Actor, form: Form) -> Order:
    accept = form.one_of("decision", ("accept", "reject")) == "accept"
    reason = form.needed("reason", _("A decision needs an answer in words: everybody who spoke is told it."))
    proposal = form.identifier("proposal_id")
    command = rules.DecideProposal(actor=actor, proposal_id=proposal, accept=accept, reason=reason)
    return _about(proposal, "rules.commands", command)


def give_voice(actor: Actor, form: Form) -> Order:
    stance = form.one_of("stance", STANCES)
    words = form.text("words")
    if stance != "support":
        words = form.needed("words", _("Write why: only support may go without words."))
    proposal = form.identifier("proposal_id")
    command = deliberation.GiveVoice.model_validate(
        {"actor": actor, "proposal_id": proposal, "stance": stance, "words": words}
    )
    return _voice(proposal, command, form)


def judge_voice(actor: Actor, form: Form) -> Order:
    """Agree or disagree with the words of another."""
    agrees = form.one_of("decision", ("agree", "disagree")) == "agree"
    proposal, number = form.identifier("proposal_id"), (form.whole("number", 1, MOST_NUMBER),)
    command = deliberation.JudgeVoices(
        actor=actor, proposal_id=proposal, agree=number if agrees else (), disagree=() if agrees else number
    )
    return _voice(proposal, command, form)


def answer_objection(actor: Actor, form: Form) -> Order:
    words = form.needed("words", _("An answer needs words: whoever objected is told them."))
    proposal = form.identifier("proposal_id")
    chosen = [form.identifier(name) for name in form.fields if name.startswith(ANSWERS) and form.text(name)]
    if form.text("voice_id"):
        chosen.insert(0, form.identifier("voice_id"))
    if not chosen:
        raise FormRefused(_("Choose at least one objection that the words answer."), "words")
    command = deliberation.AnswerObjection(
        actor=actor, proposal_id=proposal, voice_id=chosen[0], also=tuple(chosen[1:]), words=words
    )
    return _voice(proposal, command, form)


def moderate_voice(actor: Actor, form: Form) -> Order:
    """Hide words, ask for them to be shown again, or settle that."""
    proposal, voice = form.identifier("proposal_id"), form.identifier("voice_id")
    reason = form.needed("reason", _("Say why: it stands beside the voice for everybody."))
    base = {"actor": actor, "proposal_id": proposal, "voice_id": voice, "reason": reason}
    command: Command
    match form.one_of("decision", ("hide", "appeal", "show", "keep_hidden")):
        case "hide":
            command = deliberation.ModerateVoice.model_validate(base)
        case "appeal":
            command = deliberation.AppealModeration.model_validate(base)
        case settled:
            command = deliberation.SettleAppeal.model_validate({**base, "show": settled == "show"})
    return _voice(proposal, command, form)


def steer_trial(actor: Actor, form: Form) -> Order:
    name = form.one_of("decision", TRIAL_ORDERS)
    reason = form.needed("reason", _("An order about a trial needs a reason: it stands in the public record."))
    proposal = form.identifier("proposal_id")
    command = TRIAL_ORDERS[name].model_validate({"actor": actor, "proposal_id": proposal, "reason": reason})
    return _about(proposal, "rules.commands", command, form.text("seen"))


def review_change(actor: Actor, form: Form) -> Order:
    keep = form.one_of("decision", ("keep", "reverse")) == "keep"
    reason = form.needed("reason", _("A review needs a reason: it stands in the public record."))
    proposal = form.identifier("proposal_id")
    return _about(
        proposal, "rules.commands", rules.ReviewChange(actor=actor, proposal_id=proposal, keep=keep, reason=reason)
    )


def decline_idea(actor: Actor, form: Form) -> Order:
    words = form.needed("words", _("Say why: the citizen is told it, and it stands beside the wish for everybody."))
    idea = form.identifier("idea")
    return about_idea(idea, deliberation.DeclineIdea(actor=actor, idea_id=idea, words=words))


def about_idea(idea: str, command: Command) -> Order:
    """An order about a citizen's idea; what becomes of it stands on the page of ideas."""
    return Order("deliberation.commands", idea, command, "idea", idea, "/ideas")


def revoke_consent(actor: Actor, form: Form) -> Order:
    reason = form.needed("reason", _("Say why the consent holds no more: it stands in the public record."))
    layer, consent = form.text("layer"), form.identifier("consent")
    command = deliberation.RevokeStandingConsent(actor=actor, layer=layer, consent=consent, reason=reason)
    return Order("deliberation.commands", consent, command, "consent", f"{layer}/{consent}", "/consents")


def _about(proposal: str, topic: str, command: Command, occasion: str = "") -> Order:
    return Order(topic, proposal, command, "proposal", proposal, f"/proposals/{proposal}", occasion)


def _voice(proposal: str, command: Command, form: Form) -> Order:
    topic, back = "deliberation.commands", f"/proposals/{proposal}"
    return Order(topic, proposal, command, "voice", proposal, back, form.text("seen"))
