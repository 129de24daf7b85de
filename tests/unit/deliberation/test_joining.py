"""Two speakers who are one person: the later word counts, once, and anybody who counts again comes to the same."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from deliberation.course import checked
from deliberation.joining import join
from deliberation.model import AskedGroups, Speaker
from deliberation.recount import JOINED, JUDGED, VOICE, Record, recount

from tests.deliberations import NOON, proposal

NAMES = ("n-anna", "n-boris")
CHECKED = checked(proposal(), "P-ABC234")


def test_the_later_of_both_sides_counts_and_says_which_counts_no_more() -> None:
    anna, boris = Speaker("anna", "citizen", "support", "v7"), Speaker("boris", "citizen", "object", "v3", True)
    done = join(replace(CHECKED, last_number=9), anna, boris, {"v7": 7, "v3": 3}, "boris", NAMES, NOON)
    assert done.speaker == Speaker("boris", "citizen", "support", "v7")
    assert (done.event.number, done.event.replaces, done.deliberation.last_number) == (10, "v3", 10)
    assert (done.event.speaker, done.event.into_speaker) == NAMES


@pytest.mark.parametrize("side", [None, "support"])
def test_a_comment_takes_no_side_from_the_other(side: Any) -> None:
    anna = Speaker("anna", "citizen", side, "v1" if side else None)
    done = join(CHECKED, anna, Speaker("boris", "citizen"), {"v1": 1}, "boris", NAMES, NOON)
    assert done.speaker == replace(anna, person="boris")
    assert done.event.replaces is None


def test_groups_that_are_asked_for_are_found_of_what_holds_from_now_on() -> None:
    asked = replace(CHECKED, last_number=4, groups_asked=AskedGroups(4, NOON))
    done = join(asked, None, None, {}, "boris", NAMES, NOON)
    assert done.speaker is None
    assert done.deliberation.groups_asked == AskedGroups(5, NOON)
    assert done.deliberation.last_opinion == 5


def record(kind: str, number: int, **fields: Any) -> Record:
    body = {"proposal_id": "p", "number": number, "role": "citizen", "voice_id": f"v{number}", **fields}
    return kind, json.dumps(body).encode()


def test_who_counts_again_makes_one_of_both_by_the_later_number_and_through_a_chain() -> None:
    said = [
        record(VOICE, 1, speaker="a", stance="object"),
        record(VOICE, 2, speaker="b", stance="support"),
        record(VOICE, 3, speaker="c", stance="comment"),
        record(JUDGED, 4, speaker="a", agree=[2]),
        record(JOINED, 5, speaker="a", into_speaker="b"),
        record(VOICE, 6, speaker="a", stance="object"),
        record(JOINED, 7, speaker="b", into_speaker="c"),
    ]
    apart, joined = recount(said, "p", 4), recount(said, "p", 5)
    assert apart.of_role("citizen") == {"voices": 3, "support": 1, "object": 1}
    assert joined.of_role("citizen") == {"voices": 2, "support": 1, "object": 0}
    assert joined.unanswered == 0
    assert list(joined.judgements) == [("b", 2)]
    last = recount(said, "p")
    assert last.of_role("citizen") == {"voices": 1, "support": 0, "object": 1}
    assert set(last.authors.values()) == {"c"}
