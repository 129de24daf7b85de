"""What a cell may hold: whatever somebody proposes is read, or refused in words."""

from __future__ import annotations

import pytest
from common.rulebook.cells import parse_output, parse_test

DIGITS = "9" * 400


@pytest.mark.parametrize("text", [DIGITS, f"-{DIGITS}", "9" * 5_000, "1e400", "1e308", "NaN", "[" * 100_000])
def test_an_output_that_no_machine_can_count_with_is_refused_in_short_words(text: str) -> None:
    with pytest.raises(ValueError, match="is not a number") as refused:
        parse_output(text, "number")
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("text", [DIGITS, f"1,{DIGITS}", f"< {DIGITS}", f"[1..{DIGITS}]", f"[-{DIGITS}..1]"])
def test_an_input_that_no_machine_can_count_with_is_refused_in_short_words(text: str) -> None:
    with pytest.raises(ValueError, match="is a number beyond") as refused:
        parse_test(text, "number")
    assert len(str(refused.value)) < 200
