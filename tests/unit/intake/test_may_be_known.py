"""When a citizen is asked whether their case is a known one, and which words are an answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from common.contracts.events.base import Place
from common.contracts.events.channel import Contact, MessageReceived, SupportReceived
from common.contracts.events.routing import DuplicateSuggested
from common.rulebook.older_forms import in_todays_form
from intake.conversation import Conversation
from intake.may_be_known import ANSWERED, IN_WORK, AskedWhether, Support, question_of, support_in
from intake.standing import Standing
from intake.telling import OurWords

NOON = datetime(2011, 7, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LAMP = Conversation("web", "lamp", "K7M2P-4RTXA", "ann", "en", "c", NOON, by_edge=False)
HOLE = Conversation("web", "hole", "B8N3Q-5SVYC", "ann", "en", "c", NOON + HOUR, by_edge=False)
SUGGESTED = DuplicateSuggested(
    case_id="lamp", region="north", other_case="other", other_reference="D9P4R-6TWZE", category="street-light",
    distance_metres=35, apart_minutes=90, ask_citizen=True,
)  # fmt: skip
ASKED = {"lamp": AskedWhether("lamp", "other", NOON + HOUR)}


def stands(case_id: str, standing: str, at: datetime = NOON) -> Standing:
    return Standing(case_id, standing, "north", at)  # type: ignore[arg-type]


def said(text: str, **fields: object) -> MessageReceived:
    given = {"conversation": "ann", "contact": Contact(address="a"), "text": text, "sent_at": NOON + 2 * HOUR}
    return MessageReceived.model_validate(given | fields)


def heard(event: MessageReceived | SupportReceived, **standings: Standing) -> Support | None:
    return support_in(event, [LAMP, HOLE], ASKED, standings)


def test_the_citizen_is_told_kind_distance_and_state_of_the_other_case_and_nothing_else_of_it() -> None:
    telling = question_of(SUGGESTED, None, stands("other", "open"))
    assert telling is not None
    assert telling.kind == "may_be_known"
    assert telling.fields["distance"] == "35"
    assert telling.fields["standing"] == OurWords(IN_WORK)
    assert telling.fields.keys() == {"category", "distance", "standing"}
    answered = question_of(SUGGESTED, stands("lamp", "open"), stands("other", "answered"))
    assert answered is not None
    assert answered.fields["standing"] == OurWords(ANSWERED)


@pytest.mark.parametrize(
    ("own", "other"),
    [("waiting", "open"), ("answered", "open"), ("joined", "open"), ("open", "closed"), ("open", "joined")],
)
def test_nobody_is_asked_about_cases_that_do_not_stand_so_any_more(own: str, other: str) -> None:
    assert question_of(SUGGESTED, stands("lamp", own), stands("other", other)) is None


def test_nobody_is_asked_where_the_rules_do_not_say_so_nor_by_a_table_from_before_it_could() -> None:
    assert question_of(SUGGESTED.model_copy(update={"ask_citizen": False}), None, None) is None
    older = {"inputs": [], "outputs": [{"id": "s", "name": "suggest", "field": "suggest"}], "rules": [{"_id": "any"}]}
    assert in_todays_form("duplicates", older)["rules"] == [{"_id": "any", "out_ask_citizen": "false"}]


@pytest.mark.parametrize("text", ["yes", " Yes! ", "Да", "да, это то же самое.", "Sí", "the same", "Yes, K7M2P-4RTXA"])
def test_a_yes_alone_is_support(text: str) -> None:
    found = heard(said(text))
    assert found is not None
    assert (found.case.case_id, found.asked.other_case, found.supports) == ("lamp", "other", True)


@pytest.mark.parametrize("text", ["no", "Нет.", "нет, это другое", "k7m2p4rtxa: no"])
def test_a_no_alone_says_that_it_is_another_matter(text: str) -> None:
    found = heard(said(text))
    assert found is not None
    assert not found.supports


@pytest.mark.parametrize("text", ["yes, and the next lamp too", "no light", "нет света", "да когда же", "5", "", "ok"])
def test_whoever_says_more_says_it_to_people(text: str) -> None:
    assert heard(said(text)) is None


def test_a_yes_with_a_file_a_place_or_instead_of_an_earlier_message_is_a_message() -> None:
    assert heard(said("yes", attachments=("x",))) is None
    assert heard(said("yes", place=Place(lat=1, lon=1))) is None
    assert heard(said("yes", replaces="earlier")) is None


def test_a_yes_about_a_case_of_which_nobody_was_asked_is_a_message() -> None:
    assert heard(said(f"yes {HOLE.reference}")) is None
    assert support_in(said("yes"), [LAMP, HOLE], {}, {}) is None
    assert heard(said("yes"), lamp=stands("lamp", "joined")) is None


def test_a_yes_after_a_later_question_of_the_region_is_the_reply_to_that() -> None:
    later, earlier = NOON + HOUR * 1.5, NOON
    assert heard(said("yes"), hole=stands("hole", "waiting", later)) is None
    assert heard(said(f"yes {LAMP.reference}"), hole=stands("hole", "waiting", later)) is not None
    assert heard(said("yes"), hole=stands("hole", "waiting", earlier)) is not None


def test_a_button_says_of_which_case_it_is_or_means_the_last_question() -> None:
    fields = {"conversation": "ann", "contact": Contact(address="a"), "sent_at": NOON + 2 * HOUR, "supports": True}
    both = {**ASKED, "hole": AskedWhether("hole", "third", NOON + 2 * HOUR)}
    last = support_in(SupportReceived.model_validate(fields), [LAMP, HOLE], both, {})
    named = SupportReceived.model_validate(fields | {"case_reference": LAMP.reference})
    assert last is not None
    assert last.case.case_id == "hole"
    first = support_in(named, [LAMP, HOLE], both, {})
    assert first is not None
    assert first.case.case_id == "lamp"
    foreign = SupportReceived.model_validate(fields | {"case_reference": "D9P4R-6TWZE"})
    assert support_in(foreign, [LAMP, HOLE], both, {}) is None
