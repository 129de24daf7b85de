"""Why an order was refused, in the reader's words: by the refusal's code, else as its service said it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from common.contracts.events import deliberation, federal, intake, region, routing, rules
from common.contracts.refusals import DETAILS, RefusalCode
from common.rulebook.release import NATIONAL

from portal.case_actions import COMMANDS, WORDS
from portal.formats import Times, plain_type
from portal.language import N_, _
from portal.names import TRIAGE_REASONS, Names
from portal.titles import TABLES, table_title

SENTENCES: dict[RefusalCode, str] = {
    "impossible_in_state": N_("“{order}” is possible while the state is: {states}. Now it is: {state}."),
    "no_such_case": N_("The region does not have this case."),
    "no_such_authority": N_("There is no authority {authority} in this federation."),
    "no_such_category": N_("There is no category {category} in this federation."),
    "no_such_area": N_("There is no area {area} in this federation."),
    "no_such_directive": N_("The case has no open directive of this kind: it was closed or taken back."),
    "no_such_layer": N_("There is no rulebook for {layer} in this federation."),
    "no_such_proposal": N_("This proposal is not known."),
    "no_such_letter": N_("There is no open dead letter of this kind any more: somebody has settled it, or it expired."),
    "no_such_release": N_(
        "The change was made for release {number} of {layer}, which does not exist; the newest is {newest}."
    ),
    "with_authority_already": N_("The case is with this authority already: {authority}."),
    "in_dispute": N_("It is in dispute whose the case is: the arbiter decides first."),
    "dispute_settled": N_("The arbiter has decided whose the case is."),
    "passed_on_too_often": N_(
        "The case was passed on {times} times already. Ask the arbiter whose it is, and say where it belongs."
    ),
    "no_dispute": N_("Nobody disputes whose the case is."),
    "arbiter_is_federal": N_("Between regions the federal centre decides."),
    "not_for_region": N_("{authority} does not serve {region}."),
    "which_region": N_("{authority} serves several regions ({regions}): choose which one gets the case."),
    "wrong_region": N_("The case was meant for {region}."),
    "extended_already": N_("The deadline was extended once already; a second time is not allowed."),
    "no_extension": N_("The rules allow no extension for this case."),
    "deadline_passed": N_("The deadline passed on {due_at}; it cannot be extended any more."),
    "date_not_in_future": N_("The date {until} is not in the future. Choose a later one."),
    "date_too_far": N_("The date {until} is more than a year away. Choose an earlier one."),
    "nothing_said": N_("Nothing was written for: {field}. Write it and send once more."),
    "too_long": N_("Too long: {field}. At most {most} characters. Shorten it and send once more."),
    "answer_too_short": N_(
        "The answer has {characters} characters; the rules ask for {least} or more. Say what was done and why."
    ),
    "joins_itself": N_("A case cannot be joined to itself. Write the number of the other one."),
    "no_case_to_join": N_("The region has no case {other} to join this one to."),
    "joined_elsewhere": N_("Case {other} goes on as case {into}: join this one to that."),
    "not_joinable": N_("Nothing can be joined to case {other} any more; its state is: {state}."),
    "confirmed_already": N_("The citizen has confirmed the answer already; only a rating can be added."),
    "directive_known": N_("The region has this directive already."),
    "role_not_allowed": N_("Your role ({role}) may not give this order. It is for: {roles}."),
    "role_not_held": N_("{actor} does not hold the role {role} for {scope} any more."),
    "other_scope": N_("{actor} acts for {scope}, and this is a matter of {needed}."),
    "principal_not_allowed": N_("The service that sent the order may not act in this role."),
    "not_proven": N_(
        "The order's signature was not accepted. Send it again; if that does not help, tell the operator."
    ),
    "time_not_possible": N_("The order's time ({time}) is not one that can be. Send it again."),
    "time_in_future": N_("The order's time ({time}) lay in the future: it was {now}. Send it again."),
    "expired": N_("The order had waited too long: it was of {time}, and it was {now}. Send it again."),
    "not_in_triage": N_("The message does not wait in triage any more: somebody has placed or declined it."),
    "not_placed": N_("It still cannot be placed: {why}. Needed: {missing}."),
    "no_point": N_("The message names no point on the map: choose the area."),
    "point_outside": N_("The message's point lies in no region: choose the area."),
    "number_of_parts": N_("A message is divided into {fewest} to {most} parts: fill in as many."),
    "part_already": N_("It is a part of a message that was divided already: place it, or decline it."),
    "taken_back": N_("Its citizen took it back: decline it."),
    "no_such_order": N_("No prevention order of this kind waits for an answer: it was reviewed, or never given."),
    "order_answered": N_("This prevention order was answered already."),
    "national_layer": N_("The nation's rules are the federal centre's to change."),
    "proposal_known": N_("This proposal is there already; its state is: {proposal_state}."),
    "proposal_settled": N_("Nothing is left to decide: the proposal's state is {proposal_state}."),
    "not_yet_decidable": N_("It may be decided when its deliberation has ended; its state is: {proposal_state}."),
    "no_trial": N_("No trial of this proposal runs; its state is: {proposal_state}."),
    "trial_paused": N_("The trial is paused: resume it first."),
    "trial_not_paused": N_("The trial is not paused."),
    "no_next_step": N_("All are in the trial already: adopt the change, take it back or end the trial."),
    "not_for_review": N_("There is nothing to review; the proposal's state is: {proposal_state}."),
    "not_the_author": N_("Only its author ({author}) may withdraw a proposal."),
    "forecast_impossible": N_("The forecast's numbers or dates cannot be."),
    "patch_empty": N_("The proposal changes nothing."),
    "patch_moved": N_("The rules have changed since, and the proposal does not fit them any more."),
    "patch_invalid": N_("The proposal cannot be applied to the rules as they are."),
    "layer_too_large": N_("With this change the rules would not fit into one release any more."),
    "table_unreadable": N_("With this change, table {table} could not be read any more."),
    "table_ambiguous": N_("With this change, table {table} would be read differently by another rules engine."),
    "names_unknown": N_("The change names an authority, an area or a category that is not there."),
    "loosens_standard": N_("The change would be looser than the nation's standard."),
    "deliberation_closed": N_("This proposal is not open to argument."),
    "may_not_speak": N_("The rules of this deliberation give your role no voice."),
    "spoke_in_another_role": N_("You have spoken about this proposal in another role; one person has one voice."),
    "no_such_voice": N_("The proposal has no such voice."),
    "not_an_objection": N_("Only objections and questions are answered, and this voice is neither."),
    "own_moderation": N_("Whoever hid the words may not appeal, and neither they nor who appealed may settle it."),
    "voice_state": N_("The words are hidden or shown already, or an appeal about them is not open."),
    "no_such_consent": N_("There is no such standing consent, or it is revoked already."),
    "author_not_proven": N_("To name a citizen as the author, take the wish up from the list of citizens' wishes."),
    "no_such_idea": N_("There is no such wish of a citizen."),
    "idea_settled": N_("A proposal can be made only of a wish that is open; this one is {idea_state}."),
    "not_suggested": N_("The case was not suggested as a duplicate of that one."),
    "suggestion_settled": N_("It is decided already whether the case is a duplicate."),
    "no_such_citizen": N_("No such citizen is known."),
    "erased_already": N_("This citizen is erased already, and has said nothing since."),
    "row_taken": N_("An open proposal changes one of its rows. Loops ask again from {until} on."),
    "taken_up": N_("A wider change, which is tried, gives the same answer wherever this one changes it."),
    "row_cools_down": N_("Loops have failed with one of its rows before ({times}). They ask again from {until} on."),
    "row_settles": N_("One of its rows was changed lately. Loops ask again from {until} on."),
    "budget_spent": N_(
        "The loop has proposed as many changes about {about} in 30 days as it may ({most}). It may again from"
        " {until} on."
    ),
    "citizens_words": N_(
        "The citizen's own words stay out of a proposal, which stands in the record for ever. Say it in yours."
    ),
}
IDEA_STATES = {
    "open": N_("open"),
    "taken_up": N_("taken up"),
    "declined": N_("declined"),
    "withdrawn": N_("withdrawn by its author"),
}
"""Where a citizen's idea stands."""
FIELDS = {
    "reason": N_("reason"),
    "question": N_("question"),
    "text": N_("answer"),
    "title": N_("title"),
    "words": N_("words"),
    "ground": N_("legal ground"),
}
ORDERS = {
    **{command.type: WORDS[name] for name, command in COMMANDS.items()},
    region.AnswerDirective.type: N_("Answer the directive"),
    routing.AnswerTriage.type: N_("Place the message"),
    routing.DeclineTriage.type: N_("Decline the message"),
    routing.SplitTriage.type: N_("Divide the message"),
    routing.RefuseDuplicate.type: N_("It is another matter"),
    routing.MessageForwarded.type: N_("A message of the citizen"),
    routing.VerdictForwarded.type: N_("The citizen's word on the answer"),
    routing.JoinForwarded.type: N_("The citizen's word that it is a known case"),
    intake.SupportGiven.type: N_("The citizen's word that it is a known case"),
    routing.CaseAssigned.type: N_("Give the case to the region"),
    federal.DirectiveIssued.type: N_("A directive of the federal centre"),
    rules.ProposeChange.type: N_("Propose a change"),
    rules.DecideProposal.type: N_("Decide the proposal"),
    rules.WithdrawProposal.type: N_("Withdraw the proposal"),
    rules.StepTrial.type: N_("Widen the trial"),
    rules.PauseTrial.type: N_("Pause the trial"),
    rules.ResumeTrial.type: N_("Resume the trial"),
    rules.AdoptTrial.type: N_("Adopt the change"),
    rules.RollBackTrial.type: N_("Roll the change back"),
    rules.EndTrial.type: N_("End the trial without a result"),
    rules.ReviewChange.type: N_("Review the change"),
    deliberation.GiveVoice.type: N_("Speak about the proposal"),
    deliberation.AnswerObjection.type: N_("Answer the objection"),
    deliberation.ModerateVoice.type: N_("Hide the words"),
    deliberation.AppealModeration.type: N_("Appeal against the hiding"),
    deliberation.SettleAppeal.type: N_("Settle the appeal"),
    deliberation.RevokeStandingConsent.type: N_("Revoke the standing consent"),
    deliberation.TakeUpIdea.type: N_("Make a proposal of the wish"),
    intake.EraseCitizen.type: N_("Erase the citizen"),
    deliberation.DeclineIdea.type: N_("Decline the wish"),
}
"""What can be refused, by type."""


class RefusalWords:
    """Words for refusals, with a federation's names and times."""

    def __init__(self, names: Names, times: Times) -> None:
        self._said: dict[str, Callable[[str], str]] = {
            **dict.fromkeys(("authority",), names.authority),
            **dict.fromkeys(("actor", "author"), names.actor),
            **dict.fromkeys(("until", "due_at", "time", "now"), times.plain),
            **dict.fromkeys(("scope", "needed", "layer"), lambda name: _place(names, name)),
            "region": names.region, "regions": _each(names.region),
            "role": names.role, "roles": _each(names.role),
            "state": names.state, "states": _each(names.state),
            "category": names.category, "missing": _each(_), "proposal_state": _,
            "idea_state": lambda state: _(IDEA_STATES.get(state, state)),
            "field": lambda name: _(FIELDS.get(name, name)),
            "about": lambda about: _about(names, about),
            "table": table_title, "why": lambda why: _(TRIAGE_REASONS.get(why, why)),
        }  # fmt: skip

    def words(self, refusal: Mapping[str, Any], references: Mapping[str, str] | None = None) -> str:
        """The sentence for an event that refuses something; `references` are those of cases that it may name by id."""
        code: Any = refusal.get("code")
        details = refusal.get("details") or {}
        sentence = SENTENCES.get(code)
        if sentence is None or not set(DETAILS.get(code, ())) <= details.keys():
            return str(refusal.get("reason") or "")
        told = {name: self._said.get(name, str)(value) for name, value in details.items()}
        told |= {name: (references or {}).get(details[name], details[name]) for name in CASES if name in details}
        return _(sentence).format(**told, order=order_words(str(refusal.get("command", ""))))


CASES = ("other", "into")
"""Details that are ids of cases."""


def cases_named(refusals: Iterable[Mapping[str, Any]]) -> set[str]:
    """Ids of the cases that refusals name."""
    given = [refusal.get("details") or {} for refusal in refusals]
    return {details[name] for details in given for name in CASES if details.get(name)}


def order_words(command: str) -> str:
    """An order as its button calls it; others by their type."""
    known = ORDERS.get(command)
    return _(known) if known is not None else plain_type(command)


def _each(words: Callable[[str], str]) -> Callable[[str], str]:
    return lambda names: ", ".join(words(name) for name in names.split(",") if name)


def _about(names: Names, about: str) -> str:
    """What a loop's proposals are counted by: an authority, or a table of a layer."""
    layer, _sep, table = about.rpartition(":")
    return table_title(table) if layer and table in TABLES else names.authority(about)


def _place(names: Names, name: str) -> str:
    """A region, an authority or the nation by its title."""
    if name in (NATIONAL, "*"):
        return _("the nation")
    region = names.region(name)
    return region if region != name else names.authority(name)
