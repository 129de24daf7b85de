"""Who may answer, hide and appeal, and what an amendment becomes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from common.contracts.events.deliberation import (
    AnswerObjection,
    AppealModeration,
    GiveVoice,
    ModerateVoice,
    SettleAppeal,
)
from common.contracts.refusals import Reason
from deliberation.amendments import proposal as amended
from deliberation.amendments import refusal
from deliberation.course import checked, opening
from deliberation.model import Deliberation, Speaker, Voice
from deliberation.moderation import Moderated, moderate
from deliberation.objections import Answered, answer
from deliberation.terms import asked

from tests.deliberations import (
    CENTRE,
    EXPERT,
    NOON,
    NORTH,
    OPERATOR,
    SECOND,
    SOUTH,
    UNION,
    Country,
    Person,
    book,
    patch,
    proposal,
)

COUNTRY = Country()
VOICE = Voice("v1", "p", 1, "anna", "citizen", "object", "far", "web", NOON)
SPEAKER = Speaker("anna", "citizen", "object", "v1")


def opened(**given: Any) -> Deliberation:
    made = checked(proposal(**given), "P-X")
    return replace(
        opening(made, None, asked(book().in_force("north", NOON), made.patch), NOON).deliberation, last_number=1
    )


def answered(by: Person, about: Deliberation, voice: Voice | None = VOICE, words: str = "we come") -> Answered | Reason:
    command = AnswerObjection(actor=by.actor, proposal_id="p", voice_id="v1", words=words)
    return answer(COUNTRY, about, voice, SPEAKER, command, NOON)


def code(found: object) -> str:
    assert isinstance(found, Reason)
    return found.code


@pytest.mark.parametrize("by", [OPERATOR, NORTH, CENTRE])
def test_an_official_of_the_layer_answers_an_objection(by: Person) -> None:
    found = answered(by, opened())
    assert isinstance(found, Answered)
    assert found.speaker == replace(SPEAKER, answered=True)
    assert (found.event.number, found.deliberation.last_number) == (2, 2)


def test_the_author_answers_whatever_role_the_author_has() -> None:
    assert isinstance(answered(EXPERT, opened(actor="expert:roads")), Answered)
    assert code(answered(EXPERT, opened())) == "role_not_allowed"
    assert code(answered(replace(EXPERT, scope="north"), opened(actor="expert:roads"))) == "role_not_allowed"


def test_nobody_answers_for_another_region_or_the_nation() -> None:
    assert code(answered(SOUTH, opened())) == "other_scope"
    assert code(answered(NORTH, opened(patch=patch(layer="national")))) == "other_scope"
    assert isinstance(answered(CENTRE, opened(patch=patch(layer="national"))), Answered)


def test_only_objections_are_answered_in_words_while_it_is_open_or_waits() -> None:
    assert code(answered(NORTH, opened(), None)) == "no_such_voice"
    assert code(answered(NORTH, opened(), replace(VOICE, proposal_id="q"))) == "no_such_voice"
    assert code(answered(NORTH, opened(), replace(VOICE, stance="support"))) == "not_an_objection"
    assert code(answered(NORTH, opened(), words=" . ")) == "nothing_said"
    assert isinstance(answered(NORTH, replace(opened(), stage="waiting")), Answered)
    assert code(answered(NORTH, replace(opened(), stage="lapsed"))) == "deliberation_closed"


def test_an_objection_that_was_replaced_meanwhile_needs_the_answer_no_more() -> None:
    command = AnswerObjection(actor=NORTH.actor, proposal_id="p", voice_id="v1", words="we come")
    found = answer(COUNTRY, opened(), VOICE, replace(SPEAKER, voice_id="v2"), command, NOON)
    assert isinstance(found, Answered)
    assert found.speaker is None


def done(order: ModerateVoice | AppealModeration | SettleAppeal, voice: Voice = VOICE) -> Moderated | Reason:
    return moderate(COUNTRY, opened(), voice, order, NOON)


def hide(by: Person, reason: str = "insult") -> ModerateVoice:
    return ModerateVoice(actor=by.actor, proposal_id="p", voice_id="v1", reason=reason)


def appeal(by: Person) -> AppealModeration:
    return AppealModeration(actor=by.actor, proposal_id="p", voice_id="v1", reason="it is none")


def settle(by: Person, show: bool) -> SettleAppeal:
    return SettleAppeal(actor=by.actor, proposal_id="p", voice_id="v1", show=show, reason="read again")


def carried_out(order: ModerateVoice | AppealModeration | SettleAppeal, voice: Voice = VOICE) -> Voice:
    found = done(order, voice)
    assert isinstance(found, Moderated)
    assert found.voice.words == voice.words
    return found.voice


def test_hidden_words_are_kept_and_a_second_person_settles_an_appeal() -> None:
    hidden = carried_out(hide(CENTRE))
    assert (hidden.hidden, hidden.moderator) == (True, "federal:centre")
    open_appeal = carried_out(appeal(SOUTH), hidden)
    assert code(done(settle(CENTRE, True), open_appeal)) == "own_moderation"
    shown = carried_out(settle(SECOND, True), open_appeal)
    assert (shown.hidden, shown.appeal) == (False, "granted")
    assert code(done(hide(NORTH), shown)) == "voice_state"
    upheld = carried_out(settle(NORTH, False), open_appeal)
    assert (upheld.hidden, upheld.appeal) == (True, "upheld")
    assert code(done(appeal(SOUTH), upheld)) == "voice_state"


def test_hiding_needs_a_right_and_a_reason_and_something_to_hide() -> None:
    assert code(done(hide(SOUTH))) == "other_scope"
    assert code(done(hide(EXPERT))) == "role_not_allowed"
    assert code(done(hide(NORTH, reason=" "))) == "nothing_said"
    assert code(done(hide(NORTH), replace(VOICE, hidden=True))) == "voice_state"
    assert code(done(appeal(SOUTH))) == "voice_state"
    assert code(done(settle(NORTH, True))) == "voice_state"
    assert code(done(appeal(UNION), replace(VOICE, hidden=True))) == "may_not_speak"


def test_an_amendment_with_a_patch_becomes_a_proposal_that_names_the_first() -> None:
    other = patch(authority="yard-02")
    command = GiveVoice(actor=EXPERT.actor, proposal_id="p", stance="amendment", words="nearer", amendment=other)
    found = amended(opened(), command, VOICE)
    assert (found.amends, found.patch, found.actor, found.words) == ("p", other, EXPERT.actor, "nearer")
    assert found.needs_person
    assert found.title == "Amendment: Proposal p"
    again = amended(replace(opened(), title=found.title), command, VOICE)
    assert again.title == found.title


@pytest.mark.parametrize(
    ("by", "change", "why"),
    [
        (EXPERT, patch(), "patch_invalid"),
        (EXPERT, patch(layer="south"), "patch_invalid"),
        (UNION, patch(authority="yard-02"), "role_not_allowed"),
        (SOUTH, patch(authority="yard-02"), "other_scope"),
    ],
)
def test_what_is_no_amendment_of_the_proposal_is_refused(by: Person, change: Any, why: str) -> None:
    command = GiveVoice(actor=by.actor, proposal_id="p", stance="amendment", amendment=change)
    assert code(refusal(COUNTRY, by.actor, opened(), command)) == why


def test_only_an_amendment_holds_a_patch() -> None:
    command = GiveVoice(actor=EXPERT.actor, proposal_id="p", stance="support", amendment=patch(authority="yard-02"))
    assert code(refusal(COUNTRY, EXPERT.actor, opened(), command)) == "patch_invalid"
