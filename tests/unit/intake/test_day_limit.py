"""How much of a conversation is taken in a day, what goes through all the same, and what is told of the rest."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from common.contracts.envelope import Envelope
from common.contracts.events.channel import Contact, MessageReceived, SupportReceived, VerdictReceived
from common.messaging.release_cache import Releases
from common.rulebook.jdm import document_of
from common.rulebook.release import NATIONAL, Release, sealed
from intake.conversation import Conversation
from intake.day_limit import DayLimit, SaidToday, answers_us, counted, day_of, end_of
from intake.day_rules import DayRules
from intake.domain import Incoming
from intake.standing import Standing, Stands
from intake.telling import OurWords
from world.matter_words import matter_rows, word_rows

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
UNTIL = datetime(2026, 3, 3, tzinfo=UTC)
ANN = Contact(address="ann@example.org")
LIMIT = DayLimit(2, "112")
EMPTY = SaidToday(b"thread", date(2026, 3, 2), "ann")


def said(today: SaidToday, *through: bool, limit: DayLimit = LIMIT) -> tuple[SaidToday, list[str]]:
    """What is known after these, and what became of each."""
    became = []
    for one in through:
        ruling = counted(today, limit, goes_through=one, until=UNTIL)
        today = ruling.today
        became.append("taken" if ruling.refusal is None else "told" if ruling.tellings else "refused")
    return today, became


def test_what_is_beyond_the_day_is_refused_and_its_citizen_told_once() -> None:
    today, became = said(EMPTY, False, False, False, False)
    assert became == ["taken", "taken", "told", "refused"]
    assert (today.said, today.beyond, today.told) == (2, 0, True)


def test_what_goes_through_does_so_beyond_the_day_up_to_as_many_again() -> None:
    _, became = said(EMPTY, True, False, False, True, True, True, False)
    assert became == ["taken", "taken", "told", "taken", "taken", "refused", "refused"]


def test_the_refusal_says_when_one_may_go_on_and_whom_to_call() -> None:
    full, _ = said(EMPTY, False, False)
    ruling = counted(full, LIMIT, goes_through=False, until=UNTIL)
    assert ruling.refusal is not None
    assert (ruling.refusal.fault, UNTIL.isoformat() in ruling.refusal.reason) == ("refused", True)
    assert (ruling.refusal.until, ruling.refusal.call) == (UNTIL, "112")
    (telling,) = ruling.tellings
    assert (telling.kind, telling.fields["until"], telling.fields["call"]) == ("day_full", UNTIL, "112")
    nobody = counted(full, DayLimit(2, ""), goes_through=False, until=UNTIL).tellings[0]
    assert nobody.fields["call"] == OurWords("the emergency services")


def test_a_day_is_the_countrys_and_ends_at_its_midnight_when_clocks_change_too() -> None:
    boston = ZoneInfo("America/New_York")
    assert day_of(datetime(2026, 3, 2, 4, 59, tzinfo=UTC), boston) == date(2026, 3, 1)
    assert day_of(datetime(2026, 3, 2, 5, tzinfo=UTC), boston) == date(2026, 3, 2)
    assert end_of(date(2026, 3, 2), boston) == datetime(2026, 3, 3, 5, tzinfo=UTC)
    assert end_of(date(2026, 3, 8), boston) == datetime(2026, 3, 9, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("stands", "kind", "text", "answers"),
    [
        ("waiting", MessageReceived, "It is the one by the school", True),
        ("open", MessageReceived, "It is the one by the school", False),
        ("answered", MessageReceived, "not solved", True),
        ("answered", MessageReceived, "It is the one by the school", False),
        ("answered", VerdictReceived, "", True),
        ("open", VerdictReceived, "", False),
        ("waiting", SupportReceived, "", False),
    ],
)
def test_replies_to_a_question_of_the_region_and_judgements_of_an_answer_answer_us(
    stands: Stands, kind: type[MessageReceived | VerdictReceived | SupportReceived], text: str, *, answers: bool
) -> None:
    fields = {"conversation": "a", "contact": ANN, "text": text, "sent_at": NOW, "verdict": "reopened",
              "supports": True}  # fmt: skip
    event = kind.model_validate(fields)
    incoming = Incoming(
        event, Envelope("1", "channel/web", event.type, NOW, "1", "1"), "web", "ann", by_edge=False, appended_at=NOW,
        claimed_at=NOW,
    )  # fmt: skip
    case = Conversation("web", "joined", "K-1", "ann", "en", "c", NOW, by_edge=False)
    living, standings = {"joined": "leads"}, {"leads": Standing("leads", stands, "north", NOW)}
    assert answers_us(incoming, [case], living, standings) is answers


def rules(*tables: str) -> DayRules:
    """Of a federation whose first release has these."""
    rows = {
        "daily_messages": [("sms", {"channel": '"sms"', "most": "5", "call": '"112"'}),
                           ("any", {"most": "50", "call": '"112"'})],
        "matters": matter_rows("112"), "matter_words": word_rows(("en", "ru")),
    }  # fmt: skip
    documents = {name: document_of(name, rows[name]) for name in tables}
    release = sealed(Release(layer=NATIONAL, number=1, effective_at=NOW, tables=documents))
    return DayRules(Releases([release]), ("en", "ru"))


def test_the_rules_say_how_much_each_channel_takes_and_without_them_nothing_is_limited() -> None:
    asked = rules("daily_messages")
    assert asked.at("sms", NOW) == DayLimit(5, "112")
    assert asked.at("web", NOW) == DayLimit(50, "112")
    assert asked.at("web", NOW - timedelta(days=1)) is None, "no release is in force yet"
    assert rules("matters", "matter_words").at("web", NOW) is None


def test_an_emergency_is_known_by_the_words_of_any_language_of_the_federation() -> None:
    asked = rules("daily_messages", "matters", "matter_words")
    assert asked.emergency("The house next door is on fire", "web", "en", NOW)
    assert asked.emergency("The house next door is on fire", "web", "ru-RU", NOW)
    assert asked.emergency("Пожар, горит дом, помогите", "web", "en", NOW)
    assert not asked.emergency("Why does nobody mend the hole?", "web", "en", NOW)
    assert not asked.emergency("", "web", "en", NOW)
    assert not rules("daily_messages").emergency("The house next door is on fire", "web", "en", NOW)
