"""Opinions gathered from voices and judgements: which answers count, which words are statements, what is published."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from deliberation import groups
from deliberation.model import AskedGroups
from deliberation.opinions import MOST_STATEMENTS, Found, Group, Opinions, least_support

from tests.deliberations import NOON, STEP
from tests.unit.deliberation.test_voices import opened

Judgement = tuple[int, str, tuple[int, ...], tuple[int, ...]]


def opinions(voices: list[tuple[int, str, str]], judgements: list[Judgement]) -> Opinions:
    found = Opinions()
    found.voices(voices)
    found.judgements(judgements)
    return found


VOICES = [(1, "anna", "object"), (2, "boris", "support"), (3, "anna", "comment"), (4, "zoe", "question")]


def test_the_last_verdict_and_the_last_side_hold_and_authors_agree_with_their_own_words() -> None:
    said = opinions(
        [*VOICES, (5, "boris", "object")],
        [(6, "clara", (1, 2), ()), (7, "dora", (2,), (1,)), (8, "clara", (), (1,)), (9, "boris", (1,), (2,))],
    )
    numbers, votes = said.answers()
    assert numbers == (1, 2)
    # anna, boris, clara, dora, in the order in which they first spoke; zoe has no opinion on a statement.
    assert votes.tolist() == [[-1, 1, 0], [-1, 1, -1], [0, -1, 1], [0, -1, 1]]


def test_people_stand_in_the_order_in_which_they_first_spoke_or_judged() -> None:
    said = opinions([*VOICES, (9, "late", "support")], [(5, "clara", (1, 2), ()), (6, "dora", (), (1, 2))])
    # anna, boris, clara, dora, late
    assert said.answers()[1].tolist() == [[-1, 1, 0], [1, 0, 1], [0, 1, 1], [0, -1, -1], [1, 0, 0]]


def test_words_that_only_their_author_and_one_other_judged_are_no_statement() -> None:
    said = opinions(VOICES, [(5, "clara", (1, 2), ()), (6, "anna", (1, 2), ())])
    assert said.answers()[0] == (2,)
    assert said.found() == Found(3, (), (), None)


def test_of_very_many_words_those_that_most_people_judged_are_statements() -> None:
    many = MOST_STATEMENTS + 5
    voices = [(n, f"author-{n}", "comment") for n in range(1, many + 1)]
    all_but = tuple(range(1, many + 1))
    judgements: list[Judgement] = [(many + n, f"judge-{n}", all_but, ()) for n in (1, 2)]
    judgements.append((many + 3, "third", all_but[5:], ()))
    assert opinions(voices, judgements).answers()[0] == all_but[5:]


def camps(size: int) -> tuple[list[tuple[int, str, str]], list[Judgement]]:
    """Two camps that judge eight words: on six they differ, on two they agree; of the second most object."""
    voices = [(n, f"author-{n}", "comment") for n in range(1, 9)]
    judgements: list[Judgement] = []
    for n in range(size):
        voices.append((10 + n, f"north-{n}", "support"))
        voices.append((10 + size + n, f"south-{n}", "object" if n % 4 else "support"))
    for n in range(size):
        judgements.append((1000 + 2 * n, f"north-{n}", (1, 2, 3, 7, 8), (4, 5, 6)))
        judgements.append((1001 + 2 * n, f"south-{n}", (4, 5, 6, 7, 8), (1, 2, 3)))
    return voices, judgements


def test_camps_are_found_with_their_words_their_sides_and_what_they_share() -> None:
    found = opinions(*camps(20)).found()
    assert {(g.people, g.support, g.object) for g in found.groups} == {(20, 20, 0), (20, 5, 15)}
    assert {frozenset(g.typical) for g in found.groups} == {frozenset({1, 2, 3}), frozenset({4, 5, 6})}
    assert set(found.shared) == {7, 8}
    assert (found.people, found.least_support) == (48, 0.25)


def test_who_the_people_are_called_and_in_which_pages_they_are_told_changes_nothing() -> None:
    voices, judgements = camps(20)
    renamed = opinions(
        [(n, f"{hash((p, 1))}", s) for n, p, s in voices], [(n, f"{hash((p, 1))}", a, d) for n, p, a, d in judgements]
    )
    paged = Opinions()
    for at in range(0, len(voices), 7):
        paged.voices(voices[at : at + 7])
    for at in range(0, len(judgements), 7):
        paged.judgements(judgements[at : at + 7])
    whole = opinions(voices, judgements)
    assert renamed.found() == paged.found() == whole.found()
    assert np.array_equal(renamed.answers()[1], whole.answers()[1])


@pytest.mark.parametrize(
    ("sides", "least"), [([(4, 1), (9, 1)], 0.8), ([(0, 4), (9, 1)], 0.9), ([(0, 4), (2, 2)], None), ([], None)]
)
def test_a_handful_with_a_side_cannot_stop_a_proposal(sides: list[tuple[int, int]], least: float | None) -> None:
    assert least_support(sides) == least


def test_groups_are_asked_for_once_and_published_at_a_later_tick_as_of_the_one_that_asked() -> None:
    about = replace(opened(), judged=True, last_number=9, last_opinion=8)
    asked = groups.asked(about, NOON)
    assert asked.groups_asked == AskedGroups(9, NOON)
    assert groups.asked(replace(asked, last_number=10, last_opinion=10), NOON + STEP).groups_asked == asked.groups_asked
    assert not groups.are_to_come(asked, NOON)
    assert groups.are_to_come(asked, NOON + STEP)
    found = Found(7, (Group(4, 3, 1, (2,)), Group(3, 1, 2, ())), (3,), 0.5)
    assert groups.named(found) == {2, 3}
    after, event = groups.published(asked, found, {2: "v2", 3: "v3"})
    assert (after.groups_asked, after.groups_number, after.least_support, after.groups_due) == (None, 9, 0.5, False)
    assert ([g.typical for g in event.groups], event.shared, event.number) == ([("v2",), ()], ("v3",), 9)
    assert event.found_at == NOON


def test_only_a_deliberation_that_is_judged_by_groups_waits_for_them_at_its_end() -> None:
    by_groups, by_majority = opened(formula='"group_aware"'), opened()
    assert groups.are_awaited(replace(by_groups, judged=True, last_number=2, last_opinion=2))
    assert not groups.are_awaited(replace(by_majority, judged=True, last_number=2, last_opinion=2))
    assert not groups.are_awaited(by_groups)
