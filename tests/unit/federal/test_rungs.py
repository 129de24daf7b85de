"""The ladder is read from table `escalation` of the case's own release."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from common.messaging.failures import TransientError
from common.rulebook import NATIONAL, Release, ReleaseBook, sealed
from common.rulebook.jdm import document_of
from federal.ladder import Ladder
from federal.model import Watched

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def book() -> ReleaseBook:
    rows = [
        (
            "one",
            {
                "level": "1",
                "after_minutes": "60",
                "to": '"authority_head"',
                "directive": "false",
                "directive_minutes": "480",
            },
        ),
        (
            "two",
            {
                "level": "2",
                "after_minutes": "240",
                "to": '"regional_head"',
                "directive": "true",
                "directive_minutes": "60",
            },
        ),
    ]
    found = ReleaseBook()
    found.add(
        sealed(
            Release(
                layer=NATIONAL, number=1, effective_at=datetime(1970, 1, 1, tzinfo=UTC),
                tables={"escalation": document_of("escalation", rows)}, previous_hash="", hash="",
            )
        )
    )  # fmt: skip
    return found


def watched(release: str, priority: int, region: str | None = "north") -> Watched:
    return Watched("c1", region, None, priority, NOW, 0, None, True, False, None, NOW, NOW, release, "chain")


def test_a_rung_comes_from_the_release_with_the_row_that_made_it() -> None:
    ladder = Ladder(book())
    rung = ladder.rung(watched("national:1", 3), 2, NOW)
    assert rung is not None
    assert (rung.after_minutes, rung.to, rung.directive) == (240, "regional_head", True)
    assert rung.because[0].row_id == "two"
    assert ladder.rung(watched("national:1", 3), 3, NOW) is None


def test_a_case_without_a_release_climbs_by_the_one_in_force() -> None:
    assert Ladder(book()).rung(watched("", 2, region=None), 1, NOW) is not None


def test_an_unknown_release_may_pass() -> None:
    with pytest.raises(TransientError, match="national:7"):
        Ladder(book()).rung(watched("national:7", 2), 1, NOW)
