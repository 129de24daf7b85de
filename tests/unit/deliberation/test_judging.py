"""Words that judge the words of others: what is understood, and what of it counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from deliberation.judging import Judged, judge, published
from deliberation.judging_words import NO_VERDICTS, Verdicts, given, verdicts_in

from tests.deliberations import DAY, NOON
from tests.unit.deliberation.test_voices import counted, opened, said

SHOWN = {1: True, 2: True, 3: False}


@pytest.mark.parametrize(
    ("text", "agree", "disagree", "rest"),
    [
        ("agree 12", (12,), (), ""),
        ("Disagree 12.", (), (12,), ""),
        ("согласен 12", (12,), (), ""),
        ("Не согласна с №12 и 14", (), (12, 14), ""),
        ("I agree with 5,6 and 7; disagree 3", (5, 6, 7), (3,), ""),
        ("не согласен 3, но согласен 4", (4,), (3,), ""),
        ("disagree 5 6 7 agree 8", (8,), (5, 6, 7), ""),
        ("agree 4, disagree 4", (), (4,), ""),
        ("agree 12. Against, because it is far", (12,), (), "Against, because it is far"),
    ],
)
def test_verdicts_on_the_words_of_others_are_understood_in_both_languages(
    text: str, agree: tuple[int, ...], disagree: tuple[int, ...], rest: str
) -> None:
    assert verdicts_in(text) == (Verdicts(agree, disagree), rest)


@pytest.mark.parametrize(
    "text",
    ["agree", "I agree 100%", "agree 12 months are too long", "agree 1.5", "agree 12,5 percent", "agree 2026-03-01",
     "agree 0", "согласен, 3 из нас", "12 agree", "против 5"],
)  # fmt: skip
def test_a_number_that_is_none_of_words_is_no_verdict(text: str) -> None:
    assert verdicts_in(text) == (NO_VERDICTS, text)


def test_who_gives_both_verdicts_by_buttons_disagrees() -> None:
    assert given((1, 2, 2), (2,)) == Verdicts((1,), (2,))


def test_a_judgement_takes_the_next_number_and_says_which_words_it_does_not_find() -> None:
    before = replace(opened(), last_number=3)
    found = judge(before, "anna", "citizen", Verdicts((1, 3), (2, 9)), SHOWN, NOON)
    assert isinstance(found, Judged)
    assert (found.judgement.number, found.judgement.agree, found.judgement.disagree) == (4, (1,), (2,))
    assert found.unknown == (3, 9)
    after = found.deliberation
    assert (after.last_number, after.last_opinion, after.judged, after.groups_due) == (4, 4, True, True)
    event = published(found.judgement, "name", "sms")
    assert (event.speaker, event.number, event.agree, event.disagree) == ("name", 4, (1,), (2,))


def test_only_those_who_may_speak_judge_and_only_while_it_is_open() -> None:
    late = NOON + 7 * DAY + timedelta(seconds=1)
    assert judge(opened(), "u", "organisation", Verdicts((1,)), SHOWN, NOON) == "not_entitled"
    assert judge(opened(), "anna", "citizen", Verdicts((1,)), SHOWN, late) == "closed_already"
    assert judge(opened(), "anna", "citizen", Verdicts((3, 9)), SHOWN, NOON) is None


def test_without_judgements_voices_ask_for_no_groups() -> None:
    assert not counted(opened(), None, said("support")).deliberation.groups_due
