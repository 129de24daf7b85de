"""A question about a message: is it about this case or about another matter? What the choices are, and what is an
answer. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from common.contracts.frozen import value

from intake.conversation import Conversation
from intake.course import REFERENCE
from intake.standing import Standing

MOST_CASES = 5
"""The newest ones of a conversation are offered."""
MOST_HELD = 20
"""Messages of a conversation that wait for one answer; with one more than these none waits any longer."""
NUMBER = re.compile(r"\W*([1-9])\W*")
MARKS = re.compile(r"[\W_]+")
THIS_ONE = frozenset({
    "yes", "yes it is", "this one", "the same", "the same one", "about this", "about this one", "да", "об этом", "это",
    "это оно", "то же", "то же самое", "о том же", "об этом же", "sí", "si", "el mismo", "la misma",
})  # fmt: skip
ANOTHER = frozenset({
    "no", "another", "another one", "another matter", "other", "something else", "new", "a new one", "нет", "другое",
    "о другом", "другая", "другая проблема", "другой вопрос", "другое дело", "новое", "новая", "новый вопрос", "otro",
    "otra", "otra cosa", "es otra cosa", "nuevo",
})  # fmt: skip
"""Whole messages in lower case, without marks and with `е` for `ё`."""


@value
class Question:
    """What the citizen is asked: the ids of their cases in the order in which they are offered; another matter stands
    last. The first is the one that the message would be about."""

    case_ids: tuple[str, ...]
    until: datetime
    """When the messages go on without an answer, to the first case."""


@value
class Answer:
    """`case_id` is None for another matter; `alone`: the message says nothing else."""

    case_id: str | None
    alone: bool


def question_about(
    case: Conversation, cases: Sequence[Conversation], living: Mapping[str, str], standings: Mapping[str, Standing],
    asked_at: datetime, wait_minutes: int,
) -> Question:  # fmt: skip
    """`case` stands first, then the newest of the others that are not closed."""

    def closed(one: Conversation) -> bool:
        known = standings.get(living.get(one.case_id, one.case_id))
        return known is not None and known.standing == "closed"

    others = [one.case_id for one in reversed(cases) if one.case_id != case.case_id and not closed(one)]
    return Question((case.case_id, *others[: MOST_CASES - 1]), asked_at + timedelta(minutes=wait_minutes))


def answer_in(text: str, question: Question, cases: Sequence[Conversation]) -> Answer | None:
    """What a message says to the question; None where it is no answer."""
    number = NUMBER.fullmatch(text)
    if number is not None:
        place = int(number[1])
        if place <= len(question.case_ids):
            return Answer(question.case_ids[place - 1], alone=True)
        return Answer(None, alone=True) if place == len(question.case_ids) + 1 else None
    for found in REFERENCE.finditer(text):
        reference = f"{found[1]}-{found[2]}".upper()
        named = next((one.case_id for one in cases if one.reference == reference), None)
        if named is not None:
            return Answer(named, alone=not MARKS.sub("", text[: found.start()] + text[found.end() :]))
    said = MARKS.sub(" ", text.lower().replace("ё", "е")).strip()
    if said in THIS_ONE:
        return Answer(question.case_ids[0], alone=True)
    return Answer(None, alone=True) if said in ANOTHER else None
