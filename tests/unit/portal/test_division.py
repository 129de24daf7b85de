"""Of which message a case is a part, which number it has, whose word divided it, and which the others are."""

from __future__ import annotations

from common.contracts.events.intake import MessageRegistered
from common.contracts.events.routing import MessageSplit
from common.contracts.reference import reference_of
from otklik.case_command import divided
from portal.division import Division, division_of

PARTS = ["c1.1", "c1.2", "c1.3"]
REGISTERED = {
    "type": MessageRegistered.type,
    "data": {
        "part_of": {"message": "m1", "case": "c1", "parts": PARTS}, "placed_as": {"actor": "operator:north"},
    },
}  # fmt: skip
SPLIT = {"type": MessageSplit.type, "data": {"parts": [{}, {}, {}], "actor": "operator:north"}}


def test_a_part_knows_its_number_the_others_and_who_divided() -> None:
    others = (reference_of("c1.1"), reference_of("c1.3"))
    assert division_of("c1.2", [REGISTERED], str.upper) == Division(
        reference_of("c1"), 2, 3, others, "OPERATOR:NORTH"
    )  # fmt: skip


def test_the_message_knows_its_parts_and_any_other_case_none() -> None:
    names = tuple(reference_of(name) for name in PARTS)
    assert division_of("c1", [SPLIT], str.upper) == Division(None, 0, 3, names, "OPERATOR:NORTH")
    assert division_of("c1", [{"type": MessageRegistered.type, "data": {}}], str.upper) is None


def test_the_command_line_says_it_in_one_line() -> None:
    one = {"whole": "AAAAA-BBBBB", "number": 2, "of": 3, "parts": ["X", "Y"], "by": "Ann"}
    assert divided(one) == "part 2 of 3 of message AAAAA-BBBBB, divided by Ann; other parts: X, Y"
    whole = {**one, "whole": None, "number": 0, "by": ""}
    assert divided(whole) == "the message was divided into 3 parts: X, Y"
