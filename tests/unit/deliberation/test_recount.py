"""An outsider's count from published voices alone, and what it finds out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from common.contracts.events.base import Event
from common.contracts.events.deliberation import EVERY_CHANNEL, ObjectionAnswered, VoiceCounted
from deliberation.bursts import MINUTE
from deliberation.recount import Record, Untrue, differences, recount

from tests.deliberations import NOON


def published(event: Event) -> Record:
    return event.type, event.wire()


def voice(number: int, speaker: str, stance: Any, proposal_id: str = "p", role: Any = "citizen") -> Record:
    return published(
        VoiceCounted(
            proposal_id=proposal_id, voice_id=f"v{number}", number=number, speaker=speaker, role=role, stance=stance,
            given_at=NOON,
        )
    )  # fmt: skip


def answer(number: int, voice_id: str) -> Record:
    return published(
        ObjectionAnswered(
            proposal_id="p", voice_id=voice_id, number=number, actor="a", role="federal", words="w", answered_at=NOON
        )
    )


ALL = [
    voice(1, "anna", "support"), voice(2, "boris", "object"), voice(3, "anna", "object"), voice(4, "anna", "question"),
    answer(5, "v2"), voice(6, "head:north", "support", role="region"), voice(1, "zoe", "object", proposal_id="q"),
]  # fmt: skip


def test_each_person_counts_once_by_the_last_side() -> None:
    found = recount(reversed(ALL), "p")
    assert found.of_role("citizen") == {"voices": 2, "support": 0, "object": 2}
    assert found.of_role("region") == {"voices": 1, "support": 1, "object": 0}
    assert (len(found.objections), found.unanswered, found.last_number) == (2, 1, 6)


def test_an_objection_that_its_speaker_took_back_needs_no_answer() -> None:
    found = recount([*ALL, voice(7, "boris", "support"), voice(8, "anna", "support")], "p")
    assert (found.objections, found.unanswered) == ({}, 0)


def test_it_counts_up_to_the_number_of_the_closing() -> None:
    assert recount(ALL, "p", 2).of_role("citizen") == {"voices": 2, "support": 1, "object": 1}


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ([r for r in ALL if r is not ALL[2]], "1 are missing, the first is 3"),
        ([*ALL, voice(2, "boris", "support")], "number 2 stands for two different things"),
        ([*ALL, voice(7, "anna", "support", role="expert")], "anna spoke as citizen before"),
    ],
)
def test_a_dropped_a_changed_and_a_doubled_voice_are_found(records: list[Record], words: str) -> None:
    with pytest.raises(Untrue, match=words):
        recount(records, "p")


def test_a_record_that_was_read_twice_is_one() -> None:
    assert recount([*ALL, *ALL], "p").last_number == 6


def test_a_closing_that_says_other_counts_is_found_out() -> None:
    said = {
        "counts": [{"role": "citizen", "voices": 2, "object": 2}, {"role": "region", "voices": 1, "support": 1}],
        "objections": 2, "unanswered": 1,
    }  # fmt: skip
    assert differences(recount(ALL, "p"), said) == []
    found = differences(recount(ALL, "p"), {**said, "unanswered": 0, "counts": said["counts"][:1]})  # type: ignore[index]
    assert [line.split(":")[0] for line in found] == ["region", "unanswered"]


@pytest.mark.parametrize("source", ["web", EVERY_CHANNEL])
def test_the_count_without_bursts_takes_the_last_word_outside_them_and_a_wrong_one_is_found_out(source: str) -> None:
    def by_web(number: int, speaker: str, stance: str, at: datetime) -> Record:
        return published(
            VoiceCounted.model_validate(
                {"proposal_id": "p", "voice_id": f"v{number}", "number": number, "speaker": speaker, "role": "citizen",
                 "stance": stance, "channel": "web", "given_at": at}
            )
        )  # fmt: skip

    later = NOON + timedelta(hours=1)
    records = [
        by_web(1, "anna", "support", NOON), by_web(2, "anna", "object", later), by_web(3, "boris", "object", later),
        by_web(4, "clara", "comment", later), by_web(5, "clara", "support", later + MINUTE),
    ]  # fmt: skip
    burst = {"source": source, "since": later.isoformat(), "until": (later + MINUTE).isoformat(), "voices": 3}
    said = {
        "counts": [{"role": "citizen", "voices": 3, "support": 1, "object": 2}], "objections": 2, "unanswered": 2,
        "bursts": [burst], "without_bursts": {"counts": [{"role": "citizen", "voices": 2, "support": 2}]},
    }  # fmt: skip
    assert differences(recount(records, "p"), said) == []
    wrong = {**said, "without_bursts": {"counts": [{"role": "citizen", "voices": 3, "support": 2}]}}
    assert [line.split(":")[0] for line in differences(recount(records, "p"), wrong)] == ["citizen without bursts"]
