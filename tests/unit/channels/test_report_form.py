"""Reports by a form, the map that is pointed at without scripts, and what a citizen's page says and offers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from channels.adapters.citizen_page.actions import acted, possible
from channels.adapters.citizen_page.standing import standing, under_another
from channels.adapters.citizen_page.story import OTHER_ADDRESSES, RAISED, STEPS, SUPPORTS, VERDICTS, line_of
from channels.adapters.report_form.area_map import MAX_ZOOM, WIDTHS, AreaMap
from channels.adapters.report_form.form import MAX_WORDS, point_of, reported
from channels.case_history import TOLD, HistoryEntry, entry_of
from channels.citizen_page import PageOwner, new_page, owner_of
from channels.form_fields import FormWrong, other_ways
from channels.pages.language import CATALOGUES
from common.contracts.case_life import KINDS
from common.contracts.delivery import Delivery
from common.contracts.envelope import Envelope
from common.contracts.events import channel, region
from common.contracts.events.base import Event
from common.contracts.events.federal import CaseEscalated, CaseEscalationWithdrawn
from common.contracts.events.intake import SupportGiven
from common.contracts.events.region import State
from common.contracts.events.routing import DuplicateDecided, DuplicateSuggested
from common.federation.country import load_federation
from common.messaging.sealing import NotSealedHere

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DUE = NOW + timedelta(days=3)
FORM = {"words": "A hole", "category": "pothole", "address": "1 Main St", "contact": "", "once": "a" * 16}
FEDERATION = load_federation(Path(__file__).parents[2] / "federation")
CASE = {"case_id": "c1", "region": "north", "authority": "yard-01", "actor": "a", "state": "in_work"}


def entry(event: Event, hours: int = 0) -> HistoryEntry:
    at = NOW + timedelta(hours=hours)
    envelope = Envelope(f"e{hours}", "regional-north", event.type, at, "c1", "c1", sequence=hours)
    found = entry_of(Delivery(envelope, event, "region.north.cases", 0, hours, "c1"))
    assert found is not None
    return found


OPENED = entry(
    region.CaseOpenedSummary(
        **CASE | {"state": "assigned"}, reference="R", area="01", category="pothole", priority=1, channel="web",
        received_at=NOW, due_at=DUE, release="r",
    )
)  # fmt: skip


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("words", {"words": " ... "}),
        ("words", {"words": "x" * (MAX_WORDS + 1)}),
        ("category", {"category": "unicorn"}),
        ("place", {"address": " "}),
        ("place", {"address": "x" * 501}),
        ("place", {"address": "", "lat": "nan", "lon": "1"}),
        ("place", {"address": "", "lat": "91", "lon": "1"}),
        ("contact", {"contact": "ann"}),
        ("", {"once": "short"}),
    ],
)
def test_what_cannot_be_taken_names_its_field_in_every_language(field: str, given: dict[str, str]) -> None:
    with pytest.raises(FormWrong) as refused:
        reported({**FORM, **given}, {"pothole"})
    assert refused.value.field == field
    assert CATALOGUES.of("ru").gettext(str(refused.value)) != str(refused.value)


def test_a_report_needs_words_and_one_way_to_say_where_and_neither_category_nor_contact() -> None:
    given = {**FORM, "category": "", "address": "", "lat": "0.5", "lon": "0.25"}
    report = reported(given, {"pothole"})
    assert (report.category, report.contact, report.place.lat, report.place.lon) == (None, None, 0.5, 0.25)
    assert reported(FORM, {"pothole"}).place.lat is None


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("zoom", range(MAX_ZOOM + 1))
def test_a_pixel_of_the_map_is_the_point_that_is_drawn_there(width: int, zoom: int) -> None:
    drawn = AreaMap(FEDERATION.borders.newest, FEDERATION.regions)
    view = drawn.view((0.5, 1.5), zoom)
    lat, lon = drawn.point(view, width, width * 0.4, drawn.height(width) * 0.6)
    svg = ElementTree.fromstring(drawn.draw(view, width, (lat, lon), "km"))
    left, top, wide, high = map(float, svg.attrib["viewBox"].split())
    pin = svg.find("{*}g/{*}circle")
    assert pin is not None
    assert (float(pin.attrib["cx"]) - left) / wide == pytest.approx(0.4, abs=0.01)
    assert (float(pin.attrib["cy"]) - top) / high == pytest.approx(0.6, abs=0.01)


def test_the_middle_of_each_area_lies_in_it_wherever_it_is_pointed_at() -> None:
    borders = FEDERATION.borders.newest
    drawn = AreaMap(borders, FEDERATION.regions)
    for area, lon in (("01", 0.5), ("02", 1.5), ("03", 2.5)):
        whole = drawn.view(None, 0)
        x = next(x for x in range(1, 560) if drawn.point(whole, 560, x, drawn.height(560) / 2)[1] >= lon)
        assert borders.area_at(*drawn.point(whole, 560, x, drawn.height(560) / 2)) == area


def test_a_page_is_opened_by_its_own_link_alone() -> None:
    owner = PageOwner(channel="web", conversation="c", contact=channel.Contact(address="ann@example.org"))
    page = new_page("secret", owner, NOW)
    assert owner_of(page.sealed, "secret") == owner
    assert b"ann" not in page.sealed
    with pytest.raises(NotSealedHere):
        owner_of(page.sealed, "other")


OF_SEVERAL = ("intake.verdict.given.v1", "intake.support.given.v1", "intake.other_address.noted.v1")
"""Steps that are told in one of several ways."""


def test_every_step_that_is_kept_is_told_in_each_language_or_shows_in_how_the_case_stands() -> None:
    shown_elsewhere = {region.CitizenReached, region.CaseRated, DuplicateDecided}
    said_by_what_it_brings = {region.CaseWaitEnded, region.CommandRefused, CaseEscalated}
    told = {kind for kind in TOLD if kind.type in STEPS}
    verdicts = {kind for kind in TOLD if kind.type in OF_SEVERAL}
    assert told | verdicts | shown_elsewhere | said_by_what_it_brings == TOLD
    russian = CATALOGUES.of("ru")
    for step in (*STEPS.values(), *VERDICTS.values(), *SUPPORTS.values(), *RAISED.values(), *OTHER_ADDRESSES.values()):
        assert russian.gettext(step.text) != step.text


def test_a_case_is_in_time_until_its_deadline_and_late_from_then_on() -> None:
    assert standing("in_work", [OPENED], DUE).timing == "running"
    assert standing("in_work", [OPENED], DUE + timedelta(seconds=1)).timing == "late"
    missed = entry(region.CaseOverdue(**CASE, due_at=DUE), 1)
    assert standing("in_work", [OPENED, missed], NOW).timing == "late"
    wrong = entry(region.CaseOverdueWithdrawn(**CASE, due_at=DUE), 2)
    assert standing("in_work", [OPENED, missed, wrong], NOW).timing == "running"
    longer = entry(region.CaseExtended(**CASE, due_at=DUE + timedelta(days=9), by_minutes=1), 2)
    assert standing("in_work", [OPENED, missed, longer], NOW).timing == "running"


def test_the_clock_stands_once_the_question_reached_its_citizen_and_goes_on_with_the_reply() -> None:
    asked = entry(region.CitizenAsked(**CASE | {"state": "waiting"}, question="Which side?"), 1)
    reached = entry(region.CitizenReached(**CASE | {"state": "waiting"}), 2)
    replied = entry(region.MessageJoined(**CASE, message_id="m", text="left", due_at=DUE), 3)
    waits = standing("waiting", [OPENED, asked], NOW)
    assert (waits.timing, waits.question) == ("running", asked)
    assert standing("waiting", [OPENED, asked, reached], DUE + timedelta(days=9)).timing == "stands"
    assert standing("in_work", [OPENED, asked, reached, replied], NOW).question is None


def test_an_answer_stands_until_the_case_is_opened_again() -> None:
    answer = region.CaseAnswered(**CASE | {"state": "answered"}, text="Done", on_time=False, worked_minutes=1)
    late = entry(answer, 1)
    stands = standing("answered", [OPENED, late], NOW)
    assert (stands.timing, stands.answer) == ("answered_late", late)
    again = entry(region.CaseReopened(**CASE | {"state": "accepted"}, times=1, due_at=DUE), 2)
    stands = standing("accepted", [OPENED, late, again], NOW)
    assert (stands.timing, stands.answer) == ("running", None)


def test_the_words_of_other_citizens_are_no_part_of_a_line() -> None:
    joined = entry(region.MessageJoined(**CASE, message_id="m", text="my neighbour's words", due_at=DUE))
    line = line_of(joined)
    assert line is not None
    assert line.words == ""
    assert line_of(replace(joined, due_at=None)) is None


@pytest.mark.parametrize("state", [*KINDS, None])
def test_a_page_offers_what_the_region_would_take(state: State | None) -> None:
    offered = possible(state)
    assert ("confirmed" in offered) == (state in ("answered", "confirmed"))
    assert ("reopened" in offered) == (state in ("answered", "confirmed"))
    assert ("withdrawn" in offered) == (state is not None and (KINDS[state] == "open" or state == "answered"))
    assert ("add" in offered) == (state not in ("declined", "withdrawn"))


@pytest.mark.parametrize(
    "given", [{"act": "add"}, {"act": "reopened", "words": "!"}, {"act": "confirmed", "rating": "6"}, {"act": "erase"}]
)
def test_an_act_that_says_too_little_is_refused_with_words(given: dict[str, str]) -> None:
    with pytest.raises(FormWrong):
        acted({"once": "a" * 16, **given})


def test_a_verdict_says_which_of_several_cases_it_is_about() -> None:
    form = {"act": "confirmed", "once": "a" * 16, "case": "K7WDM-2XQ9R"}
    assert acted(form).case == "K7WDM-2XQ9R"
    assert acted({**form, "case": ""}).case is None


def test_a_point_is_read_from_two_numbers_or_not_at_all() -> None:
    assert point_of({"lat": "1", "lon": "2"}) == (1.0, 2.0)
    assert point_of({"lat": "1", "lon": ""}) is None
    assert point_of({"lat": "inf", "lon": "2"}) is None


def test_whose_case_goes_on_under_another_reads_and_judges_the_answer_of_that_one() -> None:
    answered = entry(
        region.CaseAnswered(**CASE | {"state": "answered"}, text="Done", on_time=True, worked_minutes=1), 2
    )
    assert under_another("answered", [OPENED, answered], NOW).answer == answered
    assert under_another("in_work", [OPENED], NOW).answer is None
    assert possible("joined", "answered") == {"add", "confirmed", "reopened"}
    assert possible("joined", "in_work") == possible("joined") == {"add"}
    assert possible("answered", "answered") == possible("answered")


def test_the_page_asks_whether_it_is_a_known_case_until_somebody_has_said_so() -> None:
    suggestion = DuplicateSuggested(
        case_id="c1", region="north", other_case="c0", other_reference="D9P4R-6TWZE", category="street-light",
        distance_metres=35, apart_minutes=90, ask_citizen=True,
    )  # fmt: skip
    suggested = entry(suggestion, 1)
    line = line_of(suggested)
    assert line is not None
    assert (line.metres, line.choices, line.other) == ("35", ("street-light",), "")
    asks = standing("accepted", [OPENED, suggested], NOW).may_be_known
    assert asks == suggested
    assert {"same", "apart"} <= possible("accepted", may_be_known=asks is not None)
    assert "same" not in possible("accepted")
    assert standing("answered", [OPENED, suggested], NOW).may_be_known is None
    given = SupportGiven(
        case_id="c1", other_case="c0", citizen="p", supports=False, given_at=NOW, channel="web", message_id="m"
    )
    assert standing("accepted", [OPENED, suggested, entry(given, 2)], NOW).may_be_known is None
    silent = suggestion.model_copy(update={"ask_citizen": False})
    envelope = Envelope("e", "routing", silent.type, NOW, "c1", "c1")
    assert entry_of(Delivery(envelope, silent, "routing.triage", 0, 1, "c1")) is None
    form = {"act": "same", "case": "K7M2P-4RTXA", "once": "x" * 16}
    assert (acted(form).act, acted(form).case) == ("same", "K7M2P-4RTXA")


def test_a_citizen_reads_that_their_late_case_was_raised_and_that_it_was_not_late_after_all() -> None:
    raised = CaseEscalated(case_id="c1", region="north", authority="yard-01", level=3, to="federal", due_at=DUE)
    line = line_of(entry(raised))
    assert line is not None
    assert (line.step.text, line.step.mark) == ("It is late and was raised to the federal centre.", "bad")
    back = CaseEscalationWithdrawn(
        case_id="c1", region="north", authority="yard-01", level=0, withdrawn=(3,), due_at=DUE, reason="clock"
    )
    line = line_of(entry(back))
    assert line is not None
    assert line.step.mark == ""


def test_an_address_is_another_way_where_the_federation_has_the_channel() -> None:
    def ways(address: str | None, *channels: str) -> list[tuple[str, str]]:
        return [(one.channel, one.address) for one in other_ways(address, channels)]

    assert ways("ann@example.org", "web", "email") == [("email", "ann@example.org")]
    assert ways("+1 617 555 0100", "web", "sms") == [("sms", "+1 617 555 0100")]
    assert ways("+1 617 555 0100", "web", "email") == ways(None, "email") == []


def test_what_is_added_may_bring_an_address_and_no_other_act_does() -> None:
    given = {"act": "add", "words": "More", "once": "a" * 16, "contact": " ann@example.org "}
    assert acted(given).contact == "ann@example.org"
    assert acted({**given, "act": "reopened"}).contact is None
    with pytest.raises(FormWrong):
        acted({**given, "contact": "ann"})
