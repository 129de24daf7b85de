"""What `otklik rules backtest` says of a proposal."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from common.contracts.events.archive import BacktestCounts, BacktestFlow, ProposalBacktested
from otklik.backtest_command import AskedPatch, answered, asked_by, lines, named
from otklik.rules_asked import NotSaid
from otklik.service_http import NoAnswer

from tests.unit.cli.test_archive_command import answering

FOUND = ProposalBacktested(
    proposal_id="abcdef12", verdict="known", as_of=datetime(2011, 9, 20, 18, tzinfo=UTC), known=96,
    total=BacktestCounts(decisions=15300, changed=118, moved=110, to_person=8, saved=31, unknown=87),
    flows=(BacktestFlow(without="yard-01", instead="lighting", cases=110, ended_there=31),
           BacktestFlow(without="yard-01", cases=8)),
)  # fmt: skip


def test_it_says_where_decisions_would_have_gone_and_what_is_not_known() -> None:
    said = "\n".join(lines(FOUND))
    assert "15,300 decisions made again, 118 of them changed" in said
    assert "transfers saved: at least 31" in said
    assert "cannot be known: 87 of 118" in said
    assert "yard-01 -> a person: 8" in said


def test_of_too_few_known_outcomes_it_claims_no_effect() -> None:
    few = FOUND.model_copy(update={"verdict": "too_little_known", "known": 3})
    assert "saved" not in "\n".join(lines(few))


def test_a_patch_that_cannot_be_replayed_has_its_reason() -> None:
    found = FOUND.model_copy(update={"verdict": "not_replayable", "reason": "there is no row x"})
    assert list(lines(found))[-1] == "  there is no row x"


def test_what_nobody_has_proposed_is_said_not_to_be_proposed() -> None:
    found = FOUND.model_copy(update={"proposal_id": ""})
    assert (
        next(iter(lines(found)))
        == "not proposed, as of 2011-09-20 18:00 UTC: enough is known of what came of such cases"
    )


def test_a_file_holds_a_patch_or_a_proposal_with_its_evidence(tmp_path: Path) -> None:
    patch = {"layer": "north", "base_number": 1, "table": "jurisdiction", "changes": []}
    (tmp_path / "patch.json").write_text(json.dumps(patch))
    (tmp_path / "proposal.json").write_text(json.dumps({"title": "t", "patch": patch, "evidence": {"first": "x"}}))
    (tmp_path / "none.json").write_text(json.dumps({"layer": "north"}))
    alone, whole = (asked_by(tmp_path / f"{name}.json") for name in ("patch", "proposal"))
    assert (alone.patch, alone.evidence) == (whole.patch, {})
    assert whole.evidence == {"first": "x"}
    with pytest.raises(NotSaid, match=r"none\.json holds no patch"):
        asked_by(tmp_path / "none.json")


def test_a_patch_is_posted_and_what_the_archive_refuses_is_said_in_its_words() -> None:
    asked = AskedPatch.model_validate({"patch": {"layer": "north", "base_number": 1, "table": "x", "changes": []}})
    with answering(200, FOUND.wire()) as port:
        assert answered(port, asked) == FOUND
    with answering(429, b"another backtest is being made") as port, pytest.raises(NoAnswer, match="429: another"):
        answered(port, asked)
    with pytest.raises(NoAnswer, match="does not answer"):
        answered(port, asked)


def test_a_proposal_is_named_by_the_beginning_of_its_id_alone() -> None:
    known = {"abcdef12": FOUND, "abd": FOUND}
    assert named(known, "abc") is FOUND
    with pytest.raises(NotSaid, match="names 2 proposals"):
        named(known, "ab")
    with pytest.raises(NotSaid, match="there are none"):
        named({}, "x")
