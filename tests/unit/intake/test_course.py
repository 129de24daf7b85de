"""Which case a later message is about, and what becomes of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from common.contracts.events.base import Place
from common.contracts.events.channel import Contact, MessageReceived, VerdictReceived
from common.contracts.events.region import CaseAnswered, CaseJoined, CaseReopened, CitizenAsked
from common.contracts.events.routing import TriageDeclined
from common.contracts.reference import reference_of
from common.messaging.release_cache import Releases
from common.rulebook import NATIONAL, Release, sealed
from intake.conversation import Conversation
from intake.conversation_rules import ConversationRules, Ruling
from intake.course import Asked, Course, Then, course_of, course_of_edit, otherwise
from intake.spoken_verdict import Spoken, verdict_in
from intake.standing import Standing, Stands, after

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CONTACT = Contact(address="ann@example.org")
LAMP = Place(lat=0.5, lon=0.5)


def case(name: str) -> Conversation:
    return Conversation(
        channel="web", case_id=name, reference=reference_of(name), citizen="ann", language="en", correlation_id=name,
        begun_at=NOW, by_edge=True,
    )  # fmt: skip


OLD, NEW = case("old"), case("new")


def message(text: str = "It is out again", **fields: object) -> MessageReceived:
    given = {"conversation": "a", "contact": CONTACT, "text": text, "sent_at": NOW + timedelta(days=3), **fields}
    return MessageReceived.model_validate(given)


def verdict(word: str, text: str = "") -> VerdictReceived:
    given = {"conversation": "a", "contact": CONTACT, "verdict": word, "text": text, "sent_at": NOW}
    return VerdictReceived.model_validate(given)


def standing(name: str, stands: Stands) -> dict[str, Standing]:
    return {name: Standing(name, stands, "north", NOW)}


def course(event: MessageReceived | VerdictReceived, *stands: Stands, rule: Then | None = None) -> Course:
    """In a conversation about two cases, the old one and the new one, that stand so; `rule` is what the table says."""
    names = ("old", "new")[: len(stands)]
    known: dict[str, Standing] = {}
    for name, one in zip(names, stands, strict=True):
        known |= standing(name, one)
    cases = [OLD, NEW][: len(stands)]
    return course_of(event, cases, {}, known, otherwise if rule is None else lambda _: rule)


def test_a_message_joins_the_case_that_somebody_works_on() -> None:
    found = course(message(category="Street light", place=LAMP), "open")
    assert (found.then, found.case, found.into) == ("joins", OLD, "old")


def test_after_an_answer_what_has_a_place_of_its_own_is_another_case() -> None:
    assert course(message(category="Street light", place=LAMP), "answered").then == "opens"
    assert course(message(place=Place(address="Elm Street 7")), "answered").then == "opens"
    assert course(message(), "answered").then == "joins"


def test_nothing_joins_a_case_that_is_closed() -> None:
    assert course(message(), "closed").then == "opens"


def test_the_table_decides_what_becomes_of_a_message() -> None:
    asked: list[Asked] = []

    def rule(given: Asked) -> Then:
        asked.append(given)
        return "reopens"

    spoken_at = NOW + timedelta(days=3, minutes=-45)
    found = course_of(message("Still out", attachments=["x"]), [OLD], {}, standing("old", "answered"), rule, spoken_at)
    assert found.then == "reopens"
    assert asked == [Asked("north", "answered", "words", 3, 45)]
    assert course(message(), "open", rule="reopens").then == "joins", "only what was answered is opened again"


def test_a_reply_goes_to_the_case_that_waits_for_it_whatever_it_brings() -> None:
    found = course(message(category="Street light", place=LAMP), "waiting", "open", rule="opens")
    assert (found.then, found.case) == ("joins", OLD)


def test_a_message_is_about_the_newest_open_case_unless_it_names_another_by_its_number() -> None:
    assert course(message(), "open", "open").case == NEW
    assert course(message(), "open", "answered").case == OLD
    named = course(message(f"About {OLD.reference.lower()}: it is out again"), "open", "open")
    assert (named.then, named.case) == ("joins", OLD)
    foreign = course(message(f"About {reference_of('of another')}: it is out again"), "open", "open")
    assert foreign.case == NEW, "a number of another conversation is no way into its case"


def test_whoever_joined_speaks_in_the_living_case_and_takes_back_their_own_alone() -> None:
    living, known = {"old": "living"}, standing("living", "answered") | standing("old", "joined")
    added = course_of(message("Thanks"), [OLD], living, known, otherwise)
    assert (added.then, added.case, added.into) == ("joins", OLD, "living")
    for word, into in (("confirmed", "living"), ("reopened", "living"), ("withdrawn", "old")):
        assert course_of(verdict(word), [OLD], living, known, otherwise).into == into


def test_words_alone_take_an_open_case_back_and_judge_only_an_answered_one() -> None:
    for stands in ("open", "waiting", "answered"):
        back = course(message("I withdraw it."), stands).event
        assert isinstance(back, VerdictReceived)
        assert back.verdict == "withdrawn"
    assert isinstance(course(message("Решено"), "open").event, MessageReceived)
    assert isinstance(course(message("I withdraw it"), "closed").event, MessageReceived)


def test_a_verdict_judges_the_case_whose_number_it_gives_and_no_other() -> None:
    def given(number: str) -> VerdictReceived:
        return verdict("confirmed", f"{NEW.reference} is still dark").model_copy(update={"case_reference": number})

    assert course(given(OLD.reference), "answered", "answered").case == OLD
    assert course(given(f" {OLD.reference.replace('-', '').lower()}"), "answered", "answered").case == OLD
    for foreign in (reference_of("of another"), "no number"):
        assert course(given(foreign), "answered", "answered").case is None


def test_a_verdict_is_about_the_newest_case_that_it_can_be_about() -> None:
    assert course(verdict("confirmed"), "answered", "open").case == OLD
    assert course(verdict("withdrawn"), "open", "closed").case == OLD
    assert course(verdict("confirmed"), "open", "open").case == NEW
    assert course(verdict("reopened", f"{OLD.reference} leaks"), "answered", "answered").case == OLD


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Not solved!", Spoken("reopened")),
        ("не решено.", Spoken("reopened")),
        ("Решено", Spoken("confirmed")),
        ("5", Spoken("confirmed", 5)),
        ("оценка 4", Spoken("confirmed", 4)),
        ("4 of 5", Spoken("confirmed", 4)),
        ("отзываю", Spoken("withdrawn")),
        ("7", None),
        ("Thank you", None),
        ("It is solved, but the lamp beside it is out", None),
        ("", None),
    ],
)
def test_a_verdict_may_be_said_in_words_that_say_nothing_else(text: str, said: Spoken | None) -> None:
    assert verdict_in(text) == said


def test_words_are_a_verdict_only_on_an_answer() -> None:
    judged = course(message("Not solved"), "answered")
    assert isinstance(judged.event, VerdictReceived)
    assert (judged.event.verdict, judged.event.text) == ("reopened", "Not solved")
    assert isinstance(course(message("5"), "open").event, MessageReceived)


COMMON = {"case_id": "old", "region": "north", "authority": "yard-01", "actor": "desk"}


def test_a_case_stands_as_the_last_word_on_it_says_and_late_words_change_nothing() -> None:
    hour = timedelta(hours=1)
    asked = after(None, CitizenAsked.model_validate({**COMMON, "state": "waiting", "question": "?"}), NOW)
    assert asked == Standing("old", "waiting", "north", NOW)
    answer = {**COMMON, "state": "answered", "text": "Done", "on_time": True, "worked_minutes": 1}
    answered = after(asked, CaseAnswered.model_validate(answer), NOW + hour)
    assert answered == Standing("old", "answered", "north", NOW + hour)
    assert after(answered, CitizenAsked.model_validate({**COMMON, "state": "waiting", "question": "?"}), NOW) is None
    again = {**COMMON, "state": "accepted", "times": 1, "due_at": NOW}
    reopened = after(answered, CaseReopened.model_validate(again), NOW + 2 * hour)
    assert reopened is not None
    assert reopened.standing == "open"
    joined = after(None, CaseJoined.model_validate({**COMMON, "state": "joined", "into_case": "other"}), NOW)
    assert joined is not None
    assert joined.standing == "joined"
    declined = after(None, TriageDeclined(case_id="old", reason="spam", actor="operator"), NOW)
    assert declined == Standing("old", "closed", None, NOW)


def test_an_edit_goes_where_the_edited_message_went_though_that_case_has_ended_or_lives_under_another() -> None:
    event = message("It is the lamp at no. 9")
    found = course_of_edit(event, "m1", OLD, {"old": "living"}, standing("living", "closed"))
    assert found == Course("joins", OLD, "living", event, "m1")


def test_nothing_goes_to_a_case_that_was_declined_in_triage_whatever_the_rules_say() -> None:
    declined = {"old": Standing("old", "closed", None, NOW)}
    assert course_of_edit(message(), "m1", OLD, {}, declined) is None
    assert course_of(message(OLD.reference), [OLD], {}, declined, lambda _: "joins").then == "opens"


def test_what_brings_its_own_category_and_place_long_after_the_last_word_is_another_case_by_the_rules() -> None:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    table = json.loads((Path("tests/federation/rulebook/national/conversation.json")).read_text())
    release = sealed(Release(layer=NATIONAL, number=1, effective_at=epoch, tables={"conversation": table}))
    rules = ConversationRules(Releases([release]))
    assert rules.at(Asked(None, "open", "category_and_place", 0, 30), NOW).then == "joins"
    assert rules.at(Asked(None, "open", "category_and_place", 0, 31), NOW).then == "opens"
    assert rules.at(Asked(None, "open", "words", 0, 31), NOW).then == "joins"
    assert rules.at(Asked(None, "open", "place", 0, 721), NOW) == Ruling("asks", wait_minutes=60)
