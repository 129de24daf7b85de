"""What pages are told of a failure."""

from __future__ import annotations

import asyncpg
import pytest
from common.contracts.catalogue import Installation
from common.contracts.events.clock import TimePassed
from common.contracts.events.region import CaseOpened, CaseOpenedSummary
from common.contracts.signing import Verifier
from common.messaging.consume.decode import Reader
from common.messaging.consume.error_text import reason_of
from common.messaging.failures import PermanentError
from pydantic import ValidationError

SECRET = "Ann Example, +1 617 555 0100"


def test_a_reason_names_the_fields_and_never_the_values() -> None:
    with pytest.raises(ValidationError) as invalid:
        TimePassed.model_validate({"since": SECRET, "until": "2026-07-01T12:00:00Z"})
    for error in (invalid.value, asyncpg.DataError(f"invalid input: {SECRET}")):
        assert SECRET not in reason_of(error)
    assert "since" in reason_of(invalid.value)
    assert "DataError" in reason_of(asyncpg.DataError(SECRET))


def test_what_the_domain_says_of_a_record_is_told_as_it_is() -> None:
    assert reason_of(PermanentError("no such layer")) == "no such layer"


def test_a_handler_cannot_take_an_event_whole_and_in_short() -> None:
    with pytest.raises(ValueError, match=r"region\.case\.opened"):
        Reader(Installation("p", (), ()), [CaseOpened, CaseOpenedSummary], Verifier({}))
