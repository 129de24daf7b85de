"""Each kind of news about a proposal has its words in every language, whatever facts come with it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest
from common.contracts.events.deliberation import CitizenToBeTold, Stance
from common.contracts.notice_ids import notice_id, read_notice_id
from common.federation.country import EPOCH, load_federation
from common.federation.languages import Catalogues
from common.messaging.release_cache import Releases
from common.rulebook import NATIONAL, Release
from common.rulebook.jdm import document_of
from common.rulebook.release import sealed
from intake.phrasing import LOCALE, Phrasing
from intake.proposal_kinds import FACTS, IDEA, PREFIX, PROPOSAL_KINDS, fields_of

FEDERATION = load_federation(Path(__file__).parents[2] / "federation")
CATALOGUES = Catalogues(LOCALE, "notices")
OF_PROPOSALS = get_args(CitizenToBeTold.model_fields["kind"].annotation)
OF_IDEAS = ("taken_up", "refused", "declined", "withdrawn", "withdrawing", "not_withdrawn")
KINDS = (*OF_PROPOSALS, *(IDEA + kind for kind in OF_IDEAS))
AT = datetime(2011, 3, 4, 0, 30, tzinfo=UTC)
FACTS_OF_ALL = {
    "reference": "P-7K2MNA", "title": "Potholes of 01 to yard-02", "words": "yard-02 instead of yard-01",
    "until": AT.isoformat(), "stance": "object", "number": "7", "why": "reason_needed", "answer": "It is near.",
    "state": "hidden", "reason": "quorum_not_met", "voices": "3", "support": "2", "object": "1",
    "agree": "12, 14", "disagree": "3", "unknown": "99", "proposal": "P-7K2MNA",
    "bursts": "300", "others_support": "9", "others_object": "2",
}  # fmt: skip


def with_text(text: str) -> Releases:
    """Rules whose one text is of the notice that a deliberation was opened."""
    cells = {"notice": '"proposal_opened"', "language": '"en"', "text": json.dumps(text)}
    tables = {"texts": document_of("texts", [("opened", cells)])}
    return Releases([sealed(Release(layer=NATIONAL, number=1, effective_at=EPOCH, tables=tables))])


def said(kind: str, language: str = "en", **facts: str) -> str:
    return Phrasing(FEDERATION, Releases()).proposal_text(kind, language, AT, facts)


def test_each_kind_of_news_has_its_sentences() -> None:
    assert set(PROPOSAL_KINDS) == set(KINDS)
    assert set(FACTS["stance"]) == set(get_args(Stance))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", CATALOGUES.languages)
def test_each_sentence_is_translated_with_the_same_fields(kind: str, language: str) -> None:
    for source in PROPOSAL_KINDS[kind].sentences:
        text = CATALOGUES.of(language).gettext(source)
        assert (text == source) == (language == "en")
        assert fields_of(text) == fields_of(source) <= FACTS_OF_ALL.keys()
    for source in (one for meanings in FACTS.values() for one in meanings.values()):
        assert (CATALOGUES.of(language).gettext(source) == source) == (language == "en")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", CATALOGUES.languages)
def test_each_kind_says_something_with_the_least_facts_and_all_it_can_with_all(kind: str, language: str) -> None:
    least = said(kind, language, reference="P-7K2MNA", title="T", answer="A", state="shown", stance="support")
    whole = said(kind, language, **FACTS_OF_ALL)
    assert least
    assert len(whole.splitlines()) == len(PROPOSAL_KINDS[kind].sentences)
    assert not set("{}") & set(least + whole)


def test_who_is_asked_learns_what_is_proposed_until_when_and_how_to_answer() -> None:
    text = said("opened", **FACTS_OF_ALL).replace("\u202f", " ")
    assert "A change of the rules is proposed: Potholes of 01 to yard-02" in text
    assert "until March 3, 2011, 7:30 PM" in text
    assert "begin with P-7K2MNA: for; against, because ...; a comment; or a question." in text
    russian = said("opened", "ru-RU", **FACTS_OF_ALL)
    assert "до 3 марта 2011" in russian
    assert "против, потому что" in russian


def test_words_of_ours_are_translated_and_those_of_people_are_not() -> None:
    assert "Причина: высказалось слишком мало людей" in said("lapsed", "ru", **FACTS_OF_ALL)
    assert "Причина: Too dear." in said("rejected", "ru", **{**FACTS_OF_ALL, "reason": "Too dear."})


@pytest.mark.parametrize("until", ["tomorrow", "2011-03-04T00:30:00"])
def test_a_time_that_cannot_be_read_is_told_as_it_is(until: str) -> None:
    assert f"until {until}" in said("opened", title="T", until=until)


def test_a_row_of_the_rulebook_goes_before_the_catalogue_where_all_that_it_names_is_known() -> None:
    facts = {"reference": "P-7K2MNA", "title": "T"}
    phrasing = Phrasing(FEDERATION, with_text("Say what you think of {reference}: {title}"))
    assert phrasing.proposal_text("opened", "en", AT, facts) == "Say what you think of P-7K2MNA: T"
    assert phrasing.proposal_text("lapsed", "en", AT, facts).startswith("The proposal P-7K2MNA is dropped")
    wanting = Phrasing(FEDERATION, with_text("Until {until}: {title}"))
    assert wanting.proposal_text("opened", "en", AT, facts).startswith("A change of the rules is proposed")


@pytest.mark.parametrize("text", ["{reference}", "{title.x}", "{0}"])
def test_braces_in_a_persons_words_are_told_as_they_are(text: str) -> None:
    assert f"The reason: {text}" in said("rejected", reference="P-7K2MNA", title="T", reason=text)


@pytest.mark.parametrize("kind", KINDS)
def test_the_id_of_each_notice_can_be_read_back(kind: str) -> None:
    about = "0f6f2c2e-7d0a-5a7e-9a39-5b8b8f1c2d11"
    named = notice_id("web", about, PREFIX + kind, ("deliberation", "1"))
    assert read_notice_id("web", named) == (about, PREFIX + kind)
    assert read_notice_id("sms", named) is None
