"""Forms of people without an account: what is taken, what is not, and how it is told."""

from __future__ import annotations

import pytest
from channels.adapters.voice_form.form import MAX_WORDS, STANCES, spoken
from channels.adapters.voice_form.language import CATALOGUES
from channels.adapters.voice_form.rendering import error_form
from channels.adapters.voice_form.state_text import STATES, state_text
from channels.form_fields import FormWrong

GOOD = {"proposal": "P-7K2MNA", "stance": "object", "words": "Too far", "address": "ann@example.org", "once": "a" * 16}


@pytest.mark.parametrize("stance", STANCES)
def test_every_stance_is_taken_in_words(stance: str) -> None:
    assert spoken({**GOOD, "stance": stance}).stance == stance


def test_support_needs_no_words_and_a_wish_names_neither_proposal_nor_stance() -> None:
    assert spoken({**GOOD, "stance": "support", "words": ""}).words == ""
    wish = spoken({**GOOD, "proposal": "", "words": "Mow the verges in May"})
    assert (wish.proposal, wish.stance) == (None, None)


def test_an_appeal_goes_on_as_words_that_begin_with_it() -> None:
    appeal = spoken({**GOOD, "stance": "appeal", "words": "I named nobody"})
    assert (appeal.stance, appeal.words) == (None, "appeal: I named nobody")


def test_a_judgement_goes_on_as_the_words_that_give_it() -> None:
    judged = spoken({**GOOD, "stance": "judge", "words": "agree 12, 14; disagree 3"})
    assert (judged.stance, judged.words) == (None, "agree 12, 14; disagree 3")


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("words", {"words": " \r\n"}),
        ("words", {"words": "..."}),
        ("words", {"stance": "judge", "words": "agree"}),
        ("words", {"stance": "question", "words": ""}),
        ("words", {"words": "x" * (MAX_WORDS + 1)}),
        ("words", {"proposal": "", "words": ""}),
        ("stance", {"stance": "louder"}),
        ("stance", {"stance": ""}),
        ("proposal", {"proposal": "<b>"}),
        ("address", {"address": ""}),
        ("address", {"address": "ann"}),
        ("address", {"address": "ann@example.org\u2028ben@example.org"}),
        ("address", {"address": "a@" + "b" * 400 + ".org"}),
        ("", {"once": "short"}),
    ],
)
def test_what_cannot_be_taken_names_its_field(field: str, given: dict[str, str]) -> None:
    with pytest.raises(FormWrong) as refused:
        spoken({**GOOD, **given})
    assert refused.value.field == field
    assert all(CATALOGUES.of(name).gettext(str(refused.value)) for name in CATALOGUES.languages)


def test_line_ends_of_browsers_do_not_make_words_longer() -> None:
    assert len(spoken({**GOOD, "words": "a\r\n" * (MAX_WORDS // 2)}).words) == MAX_WORDS - 1


def test_the_same_person_writes_reference_and_address_in_any_case() -> None:
    one, other = spoken(GOOD), spoken({**GOOD, "proposal": " Р-7k2mna", "address": " Ann@Example.org "})
    assert (one.proposal, one.person) == (other.proposal, other.person)


def test_every_state_is_told_in_each_language_and_what_is_not_known_as_news() -> None:
    russian = CATALOGUES.of("ru")
    for about, state in [(about, state) for about in (None, "P-7K2MNA") for state in (None, *STATES, "adopted")]:
        said = state_text(state, about)
        assert russian.gettext(said.title) != said.title
        assert russian.gettext(said.words) != said.words


def test_what_the_port_refuses_is_a_page_in_every_language() -> None:
    page = error_form(413, "the body is larger")
    assert 'lang="en"' in page
    assert 'lang="ru"' in page
    assert "fewer words" in page
