"""A backtest as people read it before they decide."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from common.contracts.events.archive import BacktestCounts, BacktestFlow, BacktestSlice, ProposalBacktested
from common.federation.country import Federation
from portal.backtest_text import BacktestText, backtest_text
from portal.formats import Times
from portal.language import read_in
from portal.names import Names

from tests.conftest import ROOT

CHECKED = datetime(2011, 9, 20, 18, tzinfo=UTC)
FOUND = ProposalBacktested(
    proposal_id="p", verdict="known", as_of=CHECKED, since=CHECKED - timedelta(days=80),
    left_out_from=CHECKED - timedelta(days=9), left_out_until=CHECKED - timedelta(days=1), left_out=12, waiting=2,
    known=96,
    total=BacktestCounts(decisions=15300, changed=118, moved=110, to_person=5, to_rule=3, saved=31, unknown=87),
    slices=tuple(
        BacktestSlice(dimension="area", name=f"{n:02}", decisions=100, changed=40 - n, unknown=7) for n in range(10)
    ),
    flows=(BacktestFlow(without="yard-01", instead="lighting", cases=110, ended_there=31),
           BacktestFlow(without="yard-01", cases=5)),
)  # fmt: skip


def told(found: ProposalBacktested = FOUND) -> BacktestText:
    names = Names(Federation(ROOT / "tests" / "federation"))
    return backtest_text(found, names, Times(ZoneInfo("America/New_York")))


def test_it_says_what_is_known_and_how_much_is_not() -> None:
    text = told()
    assert text.verdict == "Of 15,300 past decisions it would have changed 118 (0.8 %)."
    assert "Left out are 12 decisions" in text.sentences[1]
    assert "Transfers saved, at least: 31." in text.sentences[-1]
    assert "87 changed decisions (73.7 %)" in text.cannot_tell[0]
    assert text.cannot_tell[1] == "Messages that nobody has placed yet: 2."


def test_authorities_have_their_names_and_long_lists_are_cut() -> None:
    text = told()
    assert [row.instead for row in text.flows] == ["Lighting", "a person in triage"]
    (areas,) = text.tables
    assert (areas.heading, len(areas.rows), areas.more) == ("Area", 8, 2)


def test_of_too_few_known_outcomes_no_effect_is_claimed() -> None:
    text = told(FOUND.model_copy(update={"verdict": "too_little_known", "known": 9}))
    assert "it takes 30 cases that ended, not 9" in text.verdict
    assert not [s for s in text.sentences if "saved" in s]
    assert "Would have gone to another authority: 110." in text.sentences


def test_a_deadline_is_called_the_deadlines_effect_alone() -> None:
    counts = BacktestCounts(decisions=500, changed=200, timed=180, late_without=20, late_with=45, unknown=20)
    text = told(FOUND.model_copy(update={"total": counts}))
    assert "Of 180 answered cases" in text.sentences[-1]
    assert "late by the old one: 20, by the new one: 45" in text.sentences[-1]
    assert "the deadline's effect alone" in text.sentences[-1]


@pytest.mark.parametrize(
    ("verdict", "words"), [("unchanged", "it would have changed none"), ("not_replayable", "It cannot be replayed")]
)
def test_what_changes_nothing_or_fits_nothing_says_so(verdict: str, words: str) -> None:
    found = ProposalBacktested.model_validate({"proposal_id": "p", "verdict": verdict, "as_of": CHECKED})
    assert words in told(found).verdict
    assert told(found).tables == []


def test_what_hangs_on_words_that_are_not_kept_is_said_to_be_unknown() -> None:
    (words, *_others) = told(FOUND.model_copy(update={"unasked": ("triage.several",)})).cannot_tell
    assert words.startswith("What triage.several would have changed: that hangs on the words of past messages")


def test_it_speaks_russian() -> None:
    with read_in("ru"):
        assert told().verdict == "Из прежних решений (15\N{NO-BREAK SPACE}300) изменилось бы 118 (0,8 %)."
