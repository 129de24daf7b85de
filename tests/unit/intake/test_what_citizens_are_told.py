"""Every event about a citizen's message or case has its notice, in every language, or a reason why there is none."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from string import Formatter

import pytest
from common.contracts.catalogue import TOPICS
from common.contracts.events import region
from common.contracts.events.base import Command, Event
from common.contracts.events.federal import CaseEscalated, CaseEscalationWithdrawn
from common.contracts.notices import NOTICE_FIELDS, TRANSLATED, fits
from common.contracts.reference import reference_of
from common.federation.country import Federation, load_federation
from common.federation.languages import Catalogues, local_moment
from common.messaging.release_cache import Releases
from intake.notice_kinds import KINDS, UNTOLD
from intake.phrasing import LOCALE, Phrasing
from intake.telling import Telling, supporters_kind, telling_of, told_types

from tests.catalogues import DOMAINS, Domain, untranslated, updated

FEDERATION = load_federation(Path(__file__).parents[2] / "federation")
BOSTON = load_federation(Path(__file__).parents[3] / "deploy/federations/boston")
CATALOGUES = Catalogues(LOCALE, "notices")
GOLDEN = Path(__file__).parents[2] / "contract/golden"
SAMPLES = [
    (kind, path)
    for kind in sorted(told_types(), key=lambda one: one.type)
    for path in sorted((GOLDEN / kind.type).glob("*.json"))
]
AT = datetime(2011, 3, 4, 0, 30, tzinfo=UTC)


def about_cases() -> set[type[Event]]:
    found = {event for topic in TOPICS for event in topic.types if not issubclass(event, Command)}
    owners = ("common.contracts.events.intake", "routing", "region", "federal")
    return {event for event in found if event.__module__.endswith(owners)}


def test_each_event_about_a_case_is_told_or_there_is_a_reason_why_not() -> None:
    told = told_types() | {CaseEscalationWithdrawn}
    assert told & UNTOLD.keys() == set()
    assert told | UNTOLD.keys() == about_cases()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", CATALOGUES.languages)
def test_each_notice_has_a_text_in_each_language_with_the_same_fields(kind: str, language: str) -> None:
    source = KINDS[kind].text
    text = CATALOGUES.of(language).gettext(source)
    assert (text == source) == (language == "en")
    assert fields_of(text) == fields_of(source)
    assert fits(text, NOTICE_FIELDS[kind])


def test_the_check_of_a_federation_knows_each_notice_and_language() -> None:
    assert NOTICE_FIELDS.keys() == KINDS.keys()
    assert set(TRANSLATED) == set(CATALOGUES.languages)


@pytest.mark.parametrize(("kind", "sample"), SAMPLES, ids=lambda one: getattr(one, "stem", getattr(one, "type", "")))
@pytest.mark.parametrize("language", ["en", "ru", "es"])
def test_each_event_that_is_told_is_told_in_whole_words(kind: type[Event], sample: Path, language: str) -> None:
    telling = telling_of(kind.model_validate_json(sample.read_bytes()))  # type: ignore[arg-type]
    if telling is None:
        return
    assert telling.fields.keys() | {"reference"} == NOTICE_FIELDS[telling.kind]
    said = phrasing_of(BOSTON).text(telling.kind, language, AT, {"reference": "AB-1", **telling.fields}, "central")
    assert "AB-1" in said
    assert not set("{}") & set(said)


def phrasing_of(federation: Federation) -> Phrasing:
    return Phrasing(federation, Releases(federation.base_releases()))


def test_the_readers_language_comes_before_the_rulebooks_other_ones_and_times_are_written_in_it() -> None:
    fields = {"reference": "AB-1", "due": AT, "reason": "snow"}
    said = {one: phrasing_of(BOSTON).text("extended", one, AT, fields, "central") for one in ("es-MX", "ru", "de")}
    assert said["es-MX"].startswith("Necesitamos más tiempo para AB-1. Respuesta antes del 3 de marzo de 2011")
    assert "3 марта 2011" in said["ru"]
    assert said["de"].startswith("We need more time for AB-1. Answer due by March 3, 2011")


def test_a_hand_over_names_the_region_and_the_body_and_a_delay_whom_it_was_raised_to() -> None:
    moved = region.CaseTransferred(
        case_id="c", region="north", authority="yard-03", actor="a", state="handed_over", from_authority="yard-01",
        to_region="south",
    )  # fmt: skip
    telling = telling_of(moved)
    assert telling is not None
    said = phrasing_of(FEDERATION).text(telling.kind, "en", AT, {"reference": "AB-1", **telling.fields}, "north")
    title = FEDERATION.region("south")
    assert title is not None
    assert said.startswith(f"AB-1 was handed over to {title.title}, where Yard 03 is responsible for it now.")
    raised = CaseEscalated(case_id="c", region="north", authority="yard-01", level=2, to="regional_head", due_at=AT)
    telling = telling_of(raised)
    assert telling is not None
    said = phrasing_of(BOSTON).text(telling.kind, "ru", AT, {"reference": "AB-1", **telling.fields}, "north")
    assert "руководителю региона" in said


def fields_of(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda d: d.name)
def test_catalogues_hold_what_the_code_says_and_nothing_without_translation(domain: Domain) -> None:
    assert domain.catalogues()
    for path in domain.catalogues().values():
        assert path.read_bytes() == updated(domain, path), "run `make messages`"
        assert untranslated(path) == []


def test_times_are_told_as_the_region_and_the_reader_have_them() -> None:
    assert local_moment(AT, "America/Los_Angeles", "en").replace("\u202f", " ") == "March 3, 2011, 4:30 PM"
    assert local_moment(AT, "America/Los_Angeles", "ru-RU") == "3 марта 2011\u202fг., 16:30"
    assert local_moment(AT, "UTC", "xx-nowhere").startswith("March 4, 2011")


def test_a_deadline_is_told_by_the_clock_of_the_cases_region() -> None:
    extended = region.CaseExtended(
        case_id="c", region="north", authority="yard-01", actor="a", state="accepted", due_at=AT, by_minutes=60
    )
    telling = telling_of(extended)
    assert telling is not None
    phrasing = Phrasing(FEDERATION, Releases())
    text = phrasing.text(telling.kind, "ru", AT, {"reference": "AB-1", **telling.fields}, extended.region)
    assert "3 марта 2011" in text
    assert "19:30" in text


def test_who_joined_is_told_of_what_concerns_all_and_not_of_talk_with_the_first() -> None:
    assert supporters_kind("answered") == "answered"
    assert supporters_kind("withdrawn") == "joined_withdrawn"
    assert supporters_kind("confirmed") == "confirmed_by_other"
    assert supporters_kind("reopened") == "reopened_by_other"
    assert supporters_kind("asked") is supporters_kind("added") is None


def test_an_officials_refused_command_is_not_told_to_the_citizen() -> None:
    refused = region.CommandRefused(
        case_id="c", region="north", command=region.AnswerCase.type, command_id="1", actor="a", reason="no"
    )
    assert telling_of(refused) is None


def test_a_joined_case_is_told_under_which_number_it_goes_on() -> None:
    joined = region.CaseJoined(
        case_id="c",
        region="north",
        authority="y",
        actor="a",
        state="joined",
        into_case="0b6c1f0e-3a1d-5d0a",
    )
    assert telling_of(joined) == Telling("joined", {"other": reference_of(joined.into_case)})
