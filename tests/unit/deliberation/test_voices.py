"""One person's words on one proposal: which one counts, and which does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from common.contracts.events.deliberation import Stance
from common.contracts.events.intake import VoiceGiven
from deliberation.counting import proposal_named
from deliberation.course import checked, opening
from deliberation.model import Deliberation, Speaker, Voice
from deliberation.moderation import erase
from deliberation.pseudonyms import Pseudonyms
from deliberation.terms import asked
from deliberation.voices import Appealed, Counted, Said, hear, published

from tests.deliberations import DAY, NOON, book, proposal


def opened(**terms: object) -> Deliberation:
    made = checked(proposal(), "P-ABC234")
    rules = book(**terms).in_force("north", NOON)
    return opening(made, None, asked(rules, made.patch), NOON).deliberation


def said(text: str, stance: Stance | None = None, number: int = 1) -> Said:
    return Said(f"v{number}", "anna", "citizen", "web", stance, text, NOON + timedelta(minutes=number))


def counted(about: Deliberation, before: Speaker | None, one: Said) -> Counted:
    found = hear(about, before, one)
    assert isinstance(found, Counted)
    return found


def test_the_last_side_of_a_person_counts_and_the_history_stays() -> None:
    first = counted(opened(), None, said("support"))
    second = counted(first.deliberation, first.speaker, said("against, too far", number=2))
    assert (second.speaker.side, second.speaker.voice_id, second.replaces) == ("object", "v2", "v1")
    assert [first.voice.number, second.voice.number, second.deliberation.last_number] == [1, 2, 2]


def test_a_question_or_a_comment_takes_no_side_away() -> None:
    first = counted(opened(), None, said("support"))
    second = counted(first.deliberation, first.speaker, said("who pays?", number=2))
    assert second.replaces is None
    assert second.speaker == first.speaker


def test_a_new_objection_of_the_same_person_needs_an_answer_again() -> None:
    first = counted(opened(), None, said("against: far"))
    answered = replace(first.speaker, answered=True)
    assert not counted(first.deliberation, answered, said("against: dark", number=2)).speaker.answered


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (said("against"), "reason_needed"),
        (said("", "object"), "reason_needed"),
        (said("?!", "object"), "reason_needed"),
        (said("comment"), "nothing_said"),
        (said("what a day"), "not_understood"),
        (replace(said("support"), given_at=NOON + 7 * DAY + timedelta(seconds=1)), "closed_already"),
        (replace(said("support"), role="organisation"), "not_entitled"),
    ],
)
def test_what_does_not_count_says_why(one: Said, why: str) -> None:
    assert hear(opened(), None, one) == why


def test_support_needs_no_words_and_a_button_needs_no_understanding() -> None:
    assert counted(opened(), None, said("", "support")).voice.stance == "support"
    assert counted(opened(), None, said("no idea", "comment")).voice.words == "no idea"


def test_nothing_counts_before_a_deliberation_is_open() -> None:
    assert hear(checked(proposal(), "P-ABC234"), None, said("support")) == "closed_already"


def test_an_appeal_in_words_is_no_voice_and_needs_no_open_deliberation() -> None:
    over = replace(opened(), stage="lapsed")
    assert hear(over, None, said("appeal: no insult")) == Appealed("no insult")


def test_a_published_name_holds_for_one_proposal_alone() -> None:
    names = Pseudonyms(bytes(32))
    assert names.of("p", "anna", "citizen") != names.of("q", "anna", "citizen")
    assert names.of("p", "anna", "citizen") != Pseudonyms(bytes([1]) * 32).of("p", "anna", "citizen")
    assert names.of("p", "head:north", "region") == "head:north"
    event = published(counted(opened(), None, said("support")), names.of("p", "anna", "citizen"))
    assert "anna" not in event.model_dump_json()


def test_erasing_takes_the_words_and_the_person_and_leaves_the_count() -> None:
    voice = counted(opened(), None, said("against: I live at the corner")).voice
    done = erase(opened(), voice, "name-of-p", NOON)
    gone = done.voice
    assert (gone.words, gone.person, gone.hidden) == ("", "name-of-p", True)
    kept = {"words": voice.words, "person": voice.person, "hidden": False}
    assert Voice(**{**_fields(gone), **kept}) == voice
    assert done.event is not None
    assert (done.event.erased, done.event.hidden, done.event.number) == (True, True, done.deliberation.last_number)
    silent = erase(opened(), replace(voice, words=""), "name-of-p", NOON)
    assert (silent.event, silent.voice.person, silent.deliberation) == (None, "name-of-p", opened())


def _fields(voice: Voice) -> dict[str, object]:
    return {name: getattr(voice, name) for name in Voice.__slots__}  # type: ignore[attr-defined]


@pytest.mark.parametrize(("stance", "named"), [("object", "P-7K2MNA"), (None, "P-2ABCDE")])
def test_words_that_name_another_proposal_count_there_only_where_no_form_said_which(
    stance: Stance | None, named: str
) -> None:
    voice = VoiceGiven(
        voice_id="v", citizen="c", channel="web", proposal="P-7K2MNA", stance=stance, given_at=NOON,
        text="P-2ABCDE: against, because it is better as it is",
    )  # fmt: skip
    assert proposal_named(voice)[0] == named
