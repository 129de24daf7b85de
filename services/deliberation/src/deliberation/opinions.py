"""What people think of a proposal and of the words about it, and the groups among them. Pure.

The proposal itself is the first statement, which support agrees with and an objection disagrees with; the others are
the words that most people judged. The side is an answer like any other, and places nobody: if it did, those against
would be a group whenever there are some. Published voices and judgements up to a number say all of it, so that an
outsider finds the same groups (`recount`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
from common.contracts.frozen import value
from numpy.typing import NDArray

from deliberation.opinion_groups import OpinionGroups, Votes, opinion_groups, shared

Whole = NDArray[np.int64]

FEWEST_JUDGES = 2
"""People beside their author who judged words, for them to be a statement."""
FEWEST_STATEMENTS = 2
"""Beside the proposal. With fewer there are no groups: who is for and who is against are counted already."""
MOST_STATEMENTS = 100
"""Beside the proposal: those that most people judged."""
FEWEST_SIDES = 5
"""People of a group with a side, for its share to count: a handful who vote alike cannot stop a proposal."""
MOST_NAMED = 5
"""Typical words of a group, and words that all share."""
NOBODY = -1
NOBODY_ELSE: Mapping[str, str] = MappingProxyType({})


@value
class Group:
    """People who judge alike; `typical` are numbers of words."""

    people: int
    support: int
    object: int
    typical: tuple[int, ...]


@value
class Found:
    """Groups, the greatest first; `people` have an opinion on some statement, in a group or not."""

    people: int
    groups: tuple[Group, ...]
    shared: tuple[int, ...]
    least_support: float | None
    """Over the groups of which enough took a side."""


class Opinions:
    """All that was said on one proposal, told in the order of numbers, voices before judgements."""

    def __init__(self, same: Mapping[str, str] = NOBODY_ELSE) -> None:
        """`same`: names under which somebody stands who has another one too, and that one."""
        self._same = same
        self._first: dict[str, int] = {}
        self._code: dict[str, int] = {}
        self._author: dict[int, int] = {}
        self._side: dict[int, int] = {}
        self._judged: list[tuple[Whole, Whole, NDArray[np.int8]]] = []

    def voices(self, given: Iterable[tuple[int, str, str]]) -> None:
        """Number, person and stance of each."""
        for number, person, stance in given:
            code = self._known(person, number)
            self._author[number] = code
            if stance in ("support", "object"):
                self._side[code] = 1 if stance == "support" else -1

    def judgements(self, given: Sequence[tuple[int, str, Sequence[int], Sequence[int]]]) -> None:
        """Number, person, agreed and disagreed of each."""
        who = np.repeat(
            np.array([self._known(person, number) for number, person, _, _ in given], dtype=np.int64),
            [len(agree) + len(disagree) for _, _, agree, disagree in given],
        )
        what = np.fromiter((n for _, _, agree, disagree in given for n in (*agree, *disagree)), np.int64, len(who))
        verdict = np.repeat(
            np.tile(np.array([1, -1], dtype=np.int8), len(given)),
            [len(one) for _, _, agree, disagree in given for one in (agree, disagree)],
        )
        self._judged.append((who, what, verdict))

    def found(self) -> Found:
        """The groups of all that was told."""
        numbers, votes = self.answers()
        if len(numbers) < FEWEST_STATEMENTS:
            return Found(len(votes), (), (), None)
        return _found(numbers, opinion_groups(votes, beside=1), len(votes))

    def answers(self) -> tuple[tuple[int, ...], Votes]:
        """The numbers of the statements beside the proposal, and the answers of all who have an opinion, in the order
        in which they first spoke: the first column is the proposal's."""
        who, what, verdict = self._last_words()
        numbers = self._statements(who, what)
        votes: Votes = np.zeros((len(self._code), 1 + len(numbers)), dtype=np.int8)
        for code, side in self._side.items():
            votes[code, 0] = side
        for column, number in enumerate(numbers, 1):
            votes[self._author[number], column] = 1
        column_of = np.zeros(what.max(initial=0) + 1, dtype=np.int64)
        column_of[numbers] = np.arange(1, 1 + len(numbers))
        kept = column_of[what] > 0
        votes[who[kept], column_of[what[kept]]] = verdict[kept]
        first = np.empty(len(self._code), dtype=np.int64)
        for person, code in self._code.items():
            first[code] = self._first[person]
        order = np.argsort(first, kind="stable")
        votes = votes[order]
        return tuple(numbers), votes[votes.any(axis=1)]

    def _known(self, person: str, number: int) -> int:
        person = self._same.get(person, person)
        self._first[person] = min(number, self._first.get(person, number))
        return self._code.setdefault(person, len(self._code))

    def _last_words(self) -> tuple[Whole, Whole, NDArray[np.int8]]:
        """Of each person on each statement, the last verdict."""
        if not self._judged:
            return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int8)
        who, what, verdict = (np.concatenate(parts)[::-1] for parts in zip(*self._judged, strict=True))
        _, last = np.unique(who * (1 + what.max(initial=0)) + what, return_index=True)
        return who[last], what[last], verdict[last]

    def _statements(self, who: Whole, what: Whole) -> list[int]:
        """In the order of their numbers."""
        author = np.full(what.max(initial=0) + 1, NOBODY, dtype=np.int64)
        for number, code in self._author.items():
            if number < len(author):
                author[number] = code
        judges = np.bincount(what[author[what] != who], minlength=len(author))
        fit = np.flatnonzero((judges >= FEWEST_JUDGES) & (author != NOBODY))
        return sorted(int(n) for n in sorted(fit, key=lambda n: (-judges[n], n))[:MOST_STATEMENTS])


def least_support(sides: Iterable[tuple[int, int]]) -> float | None:
    """Of the groups' (support, objection): the least share of support where enough took a side."""
    shares = [support / (support + object_) for support, object_ in sides if support + object_ >= FEWEST_SIDES]
    return min(shares, default=None)


def _found(numbers: Sequence[int], groups: OpinionGroups, people: int) -> Found:
    proposal = groups.statements[0]
    sides = list(zip(proposal.agree, proposal.disagree, strict=True))
    return Found(
        people=people,
        groups=tuple(
            Group(size, support, object_, _named(numbers, typical))
            for size, (support, object_), typical in zip(groups.sizes, sides, groups.typical, strict=True)
        ),
        shared=_named(numbers, shared(groups)),
        least_support=least_support(sides),
    )


def _named(numbers: Sequence[int], columns: Iterable[int]) -> tuple[int, ...]:
    """Of columns of answers the words, without the proposal itself."""
    return tuple(numbers[column - 1] for column in columns if column)[:MOST_NAMED]
