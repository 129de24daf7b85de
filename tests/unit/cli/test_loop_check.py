"""What `otklik loop check` says of a loop outside: access, reading, proposals and what became of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from types import SimpleNamespace
from typing import Any, cast

import orjson
import otklik.loop
import pytest
from common.messaging.kafka import Record
from common.runtime.settings import Settings
from otklik.console import SafeConsole
from otklik.loop_check.judge import Access, Line, lines
from otklik.loop_check.life import LoopLife, Step
from otklik.loop_check.topics import step_of

T = datetime(2030, 1, 1, tzinfo=UTC)
WELL = Access(key=True, user=True, missing=(), read=40, unread={})
PROPOSE, CHECKED, REFUSED = "rules.proposal.propose.v1", "rules.proposal.checked.v1", "rules.command.refused.v1"


def life(*steps: tuple[str, dict[str, Any]]) -> LoopLife:
    found = LoopLife("mine")
    for hours, (kind, body) in enumerate(steps):
        found.take(kind, body, T + timedelta(hours=hours))
    return found


def proposed(name: str, loop: str = "mine") -> tuple[str, dict[str, Any]]:
    return PROPOSE, {"proposal_id": name, "title": f"Change {name}", "actor": {"id": loop, "role": "loop"}}


def refused(name: str, until: str | None = None, code: str = "row_settles") -> tuple[str, dict[str, Any]]:
    details = None if until is None else {"until": until}
    body = {
        "proposal_id": name, "command": PROPOSE, "actor": "mine", "reason": "a row settles", "details": details,
        "code": code,
    }  # fmt: skip
    return REFUSED, body


def said(found: LoopLife, access: Access = WELL) -> list[Line]:
    return list(lines("mine", access, found))


def wrong(found: list[Line]) -> list[str]:
    return [line.about for line in found if line.wrong]


def test_a_loop_that_reads_and_has_proposed_nothing_is_well() -> None:
    found = said(life())
    assert wrong(found) == []
    assert [line.about for line in found] == ["key", "rights", "facts", "proposals"]


def test_proposals_are_told_as_they_stand_and_those_of_others_are_not() -> None:
    one = life(
        proposed("p1"), proposed("p2"), proposed("p9", "another"), (CHECKED, {"proposal_id": "p1", "loop": "mine"}),
        (CHECKED, {"proposal_id": "p9", "loop": "another"}), ("rules.trial.started.v1", {"proposal_id": "p1"}),
        ("rules.proposal.adopted.v1", {"proposal_id": "p1"}),
    )  # fmt: skip
    found = said(one)
    assert wrong(found) == []
    assert found[3].words == "1 adopted, 1 not answered yet"
    assert [line.words for line in found[4:6]] == [
        "2030-01-01 01:00 Change p2: not answered yet", "2030-01-01 06:00 Change p1: adopted",
    ]  # fmt: skip


def test_what_must_wait_is_told_with_its_time_and_is_not_wrong() -> None:
    waiting = said(life(proposed("p1"), refused("p1", "2030-02-01T00:00:00+00:00")))
    assert wrong(waiting) == []
    assert waiting[3].words == "1 must wait"
    assert "refused: a row settles; it may be made anew from 2030-02-01T00:00:00+00:00" in waiting[4].words


@pytest.mark.parametrize(
    ("code", "its_fault"),
    [("patch_invalid", True), ("principal_not_allowed", True), ("patch_moved", False), ("", False)],
)
def test_a_refusal_is_wrong_only_where_the_loop_has_made_the_fault(code: str, its_fault: bool) -> None:
    over = said(life(proposed("p1"), refused("p1", code=code)))
    assert over[3].words == "1 refused"
    assert "refused: a row settles" in over[4].words
    assert bool(over[4].wrong) is its_fault


def test_a_repeat_that_is_refused_leaves_what_stands() -> None:
    one = life(proposed("p1"), (CHECKED, {"proposal_id": "p1", "loop": "mine"}), refused("p1"))
    assert one.proposals["p1"].state == "checked"


def test_an_answer_that_is_read_before_its_proposal_counts() -> None:
    one = life((CHECKED, {"proposal_id": "p1", "loop": "mine", "title": "Change p1"}), proposed("p1"))
    assert (one.proposals["p1"].state, one.proposals["p1"].title) == ("checked", "Change p1")


def test_what_is_wrong_with_access_and_reading_is_said_with_what_to_do() -> None:
    no_key = Access(key=False, user=True, missing=("read otklik.rules.proposals.v1",), read=None, unread={})
    found = said(life(), no_key)
    assert wrong(found) == ["key", "rights", "facts"]
    assert "read otklik.rules.proposals.v1" in found[1].words
    assert "OTKLIK_GROUP" in found[2].wrong
    behind = Access(key=True, user=True, missing=(), read=9, unread={"a": 900, "b": 200})
    (late,) = [line for line in said(life(), behind) if line.wrong]
    assert late.words == "1,100 records behind, most of them of a"
    assert wrong(said(life(), Access(key=True, user=False, missing=("read x",), read=9, unread={}))) == ["rights"]


def test_what_a_loop_has_written_is_shown_as_it_stands_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    one = life((PROPOSE, {"proposal_id": "p1", "title": "[/red] a [bold]\nkey  all is well", "actor": {"id": "mine"}}))

    async def steps(*_: Any, **__: Any) -> AsyncIterator[Step]:
        yield Step(T, one.proposals["p1"])

    shown = StringIO()
    monkeypatch.setattr(otklik.loop, "steps", steps)
    monkeypatch.setattr(otklik.loop, "console", SafeConsole(file=shown))
    asyncio.run(otklik.loop._tell(Settings.model_construct(), one, beginning=True, to_end=True))
    assert shown.getvalue() == "2030-01-01 00:00 [/red] a [bold] key all is well: not answered yet\n"


def test_records_that_anybody_may_write_who_may_propose_are_read_or_passed_over() -> None:
    found = LoopLife("mine")
    name, body = proposed("p1")
    good = orjson.dumps(body)
    bad: list[tuple[bytes, dict[str, bytes], int]] = [
        (b"[" * 100_000, {}, 0), (b"\xff", {}, 0), (b"[]", {}, 0), (b"7", {}, 0), (good, {}, 2**62),
        (good, {"ce_time": b"2030-01-01"}, 0), (good, {"ce_time": b"0001-01-01T00:00:00+14:00"}, 0),
        (good, {"ce_time": b"\xff"}, 0), (b'{"actor": 7}', {}, 0),
    ]  # fmt: skip
    for value, headers, timestamp in bad:
        assert step_of(found, record(value, {"ce_type": name.encode(), **headers}, timestamp)) is None, value[:20]
    step = step_of(found, record(good, {"ce_type": name.encode(), "ce_time": b"2030-01-01T03:00:00+03:00"}))
    assert step is not None
    assert step.at == T
    odd = {"proposal_id": "p1", "actor": "mine", "command": PROPOSE, "reason": ["why"], "details": ["until"]}
    assert step_of(found, record(orjson.dumps(odd), {"ce_type": REFUSED.encode()})) is not None
    assert found.proposals["p1"].until == ""


def record(value: bytes, headers: dict[str, bytes], timestamp: int = 0) -> Record:
    return cast("Record", SimpleNamespace(value=value, headers=list(headers.items()), timestamp=timestamp))


def test_records_of_a_loop_that_are_no_json_are_wrong_and_other_silence_is_explained() -> None:
    found = life(proposed("p1"))
    assert said(found)[-1].words.startswith("what stays without an answer could not be read")
    assert wrong(said(found)) == []
    headers = {"ce_type": PROPOSE.encode(), "ce_time": b"2030-01-01T03:00:00+03:00"}
    for value in (b"{", b'{"forecast": {"low": NaN}}'):
        assert step_of(found, record(value, {**headers, "ce_source": b"loop-mine"})) is None
        assert step_of(found, record(value, {**headers, "ce_source": b"loop-other"})) is None
    assert said(found)[-1].words == "2 of its records are no JSON, and nobody answers them"
    assert wrong(said(found)) == ["records"]
