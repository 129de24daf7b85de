"""What the modelled public does about a proposal: once each, the same for the same seed, for and against."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from common.contracts.events.archive import ForecastScored
from common.contracts.events.channel import Contact, ProposalNoticeIssued, VoiceReceived
from common.contracts.events.deliberation import (
    AnswerObjection,
    CountWithoutBursts,
    DeliberationClosed,
    DeliberationOpened,
    DeliberationTerms,
    GiveVoice,
    RoleCount,
    VoiceCounted,
)
from common.contracts.events.rules import DecideProposal, ReviewChange, ReviewFell
from common.contracts.rights import denial
from common.federation.country import load_federation
from world.desks import DeskOrder, DeskStep, Word
from world.log_requests import chance
from world.public import Public
from world.schedule import Agenda

FEDERATION = load_federation(Path(__file__).parents[2] / "federation")
NOW = datetime(2011, 7, 4, 12, tzinfo=UTC)
UNTIL = NOW + timedelta(days=3)


def public(seed: int = 1) -> Public:
    return Public(FEDERATION, seed, chance(seed))


def opened(layer: str = "north", **quorum: int) -> DeliberationOpened:
    terms = DeliberationTerms(
        row_id="any", release="national:1", speakers=("citizen", "region", "federal"), quorum=quorum or {"citizen": 3}
    )
    return DeliberationOpened(
        proposal_id="p1", reference="P-1", layer=layer, title="t", terms=terms, opened_at=NOW, until=UNTIL,
        latest=UNTIL + timedelta(days=3),
    )  # fmt: skip


def closed(outcome: str, support: int, against: int) -> DeliberationClosed:
    return DeliberationClosed.model_validate(
        {
            "proposal_id": "p1", "outcome": outcome, "closed_at": UNTIL,
            "reason": "supported" if outcome == "may_be_decided" else "quorum_not_met",
            "counts": [RoleCount(role="citizen", voices=support + against, support=support, object=against)],
        }
    )  # fmt: skip


def only(steps: list[tuple[str, DeskStep]]) -> DeskOrder:
    [(_, step)] = steps
    assert isinstance(step, DeskOrder)
    assert denial(FEDERATION, step.command.actor, type(step.command), region="north") is None
    return step


def test_more_residents_speak_than_the_quorum_asks_for_and_all_before_the_end_of_the_term() -> None:
    steps = list(public().opened(opened(citizen=4), NOW))
    words = [s for _, s in steps if isinstance(s, Word)]
    assert len(words) > 4
    assert all(NOW <= w.at < UNTIL for w in words)
    said = [w.said.event for w in words]
    assert all(isinstance(v, VoiceReceived) and v.proposal == "P-1" and v.synthetic for v in said)
    assert len({w.said.conversation for w in words}) == len(words)


def test_two_runs_with_one_seed_say_the_same_and_another_seed_says_otherwise() -> None:
    once, again, other = (list(public(seed).opened(opened(), NOW)) for seed in (1, 1, 2))
    assert once == again
    assert once != other


def test_the_heads_speak_for_their_regions_where_the_terms_ask_for_regions() -> None:
    steps = [s for _, s in public().opened(opened("national", citizen=1, region=2), NOW) if isinstance(s, DeskOrder)]
    assert sorted(s.command.actor.scope for s in steps) == ["north", "south"]
    assert all(isinstance(s.command, GiveVoice) for s in steps)
    own = [s for _, s in public().opened(opened("north", citizen=1, region=2), NOW) if isinstance(s, DeskOrder)]
    assert [s.command.actor.scope for s in own] == ["north"]


def test_who_is_told_answers_in_the_same_conversation_in_words() -> None:
    one = public()
    heard = []
    for number in range(40):
        notice = ProposalNoticeIssued(
            proposal_id="p1", reference="P-1", conversation=f"c{number}", contact=Contact(address=f"a{number}"),
            kind="opened", text="",
        )  # fmt: skip
        heard += [step for _, step in one.told(notice, "telegram", NOW)]
    assert 5 < len(heard) < 35
    for step in heard:
        assert isinstance(step, Word)
        assert isinstance(step.said.event, VoiceReceived)
        assert (step.said.channel, step.said.event.stance) == ("telegram", None)


def test_an_objection_is_answered_by_who_may_decide_and_a_support_is_not() -> None:
    one = public()
    list(one.opened(opened(), NOW))

    def said(stance: str) -> list[tuple[str, DeskStep]]:
        voice = {"proposal_id": "p1", "voice_id": "v1", "number": 1, "speaker": "s", "role": "citizen", "given_at": NOW}
        return list(one.counted(VoiceCounted.model_validate({**voice, "stance": stance}), NOW))

    assert [step for _, step in said("support") if isinstance(step, DeskOrder)] == []
    command = only(said("object")).command
    assert isinstance(command, AnswerObjection)
    assert (command.actor.id, command.voice_id) == ("head:north", "v1")


@pytest.mark.parametrize(("support", "against", "accept"), [(3, 1, True), (1, 3, False)])
def test_the_head_decides_with_the_greater_number(support: int, against: int, accept: bool) -> None:
    one = public()
    list(one.opened(opened(), NOW))
    command = only(list(one.closed(closed("may_be_decided", support, against), UNTIL))).command
    assert isinstance(command, DecideProposal)
    assert command.accept is accept
    assert command.reason


@pytest.mark.parametrize(
    ("support", "against", "reason", "accept"),
    [(2, 3, "not_supported", False), (3, 2, "supported", True), (3, 2, "quorum_not_met", False)],
)
def test_where_many_came_in_a_burst_the_head_decides_with_the_others(
    support: int, against: int, reason: str, accept: bool
) -> None:
    one = public()
    list(one.opened(opened(), NOW))
    count = RoleCount(role="citizen", voices=support + against, support=support, object=against)
    others = CountWithoutBursts.model_validate({"outcome": "lapsed", "reason": reason, "counts": [count]})
    all_voices = closed("may_be_decided", 40, 41) if accept else closed("may_be_decided", 41, 40)
    command = only(list(one.closed(all_voices.model_copy(update={"without_bursts": others}), UNTIL))).command
    assert isinstance(command, DecideProposal)
    assert command.accept is accept
    assert command.reason.startswith(f"{support} for it, {against} against")


def test_a_lapsed_proposal_is_decided_by_nobody() -> None:
    one = public()
    list(one.opened(opened(), NOW))
    assert list(one.closed(closed("lapsed", 9, 0), UNTIL)) == []


@pytest.mark.parametrize(("actual", "keep"), [(12.0, True), (-3.0, False), (None, True)])
def test_a_change_that_did_no_good_is_taken_back_on_its_review(actual: float | None, keep: bool) -> None:
    one = public()
    list(one.opened(opened(), NOW))
    one.scored(
        ForecastScored(
            proposal_id="p1",
            proposer="misrouting",
            measure="transfers avoided",
            verdict="below",
            actual=actual,
            since=NOW,
            until=UNTIL,
        )
    )
    command = only(list(one.review_fell(ReviewFell(proposal_id="p1", verdict="below"), UNTIL))).command
    assert isinstance(command, ReviewChange)
    assert command.keep is keep


def test_each_step_is_taken_once_however_often_it_is_heard() -> None:
    agenda, one = Agenda(), public()
    for _ in range(2):
        for name, step in one.opened(opened(citizen=2, region=1), NOW):
            agenda.put(name, step)
    first = agenda.due(UNTIL)
    for name, step in one.opened(opened(citizen=2, region=1), NOW):
        agenda.put(name, step)
    assert first
    assert agenda.due(UNTIL) == []


def test_residents_judge_once_all_that_was_said_before_the_last_quarter_of_the_term_as_their_side_does() -> None:
    agenda, one = Agenda(), public()
    residents = []
    for name, step in one.opened(opened(citizen=9), NOW):
        residents.append(name)
        agenda.put(name, step)
    agenda.due(UNTIL)
    for number in range(1, 9):
        stance = "support" if number % 2 else "object"
        said = VoiceCounted.model_validate(
            {
                "proposal_id": "p1", "voice_id": f"v{number}", "number": number, "speaker": f"s{number}",
                "role": "citizen", "given_at": NOW, "stance": stance, "words": "far",
            }
        )  # fmt: skip
        for name, step in one.counted(said, NOW):
            if isinstance(step, Word):
                agenda.put(name, step)
    judged = [step for step in agenda.due(UNTIL) if isinstance(step, Word)]
    assert len(judged) == len(residents) == 12
    likes = []
    for step in judged:
        assert step.at == NOW + 0.75 * (UNTIL - NOW)
        event = step.said.event
        assert isinstance(event, VoiceReceived)
        assert sorted([*event.agree, *event.disagree]) == list(range(1, 9))
        likes.append(sum(number % 2 for number in event.agree))
    assert max(likes) >= 3
    assert min(likes) <= 2
    assert agenda.due(UNTIL) == []


def test_who_was_told_on_another_channel_judges_in_words() -> None:
    one, words = public(), []
    list(one.opened(opened(citizen=1), NOW))
    for number in range(40):
        notice = ProposalNoticeIssued(
            proposal_id="p1", reference="P-1", conversation=f"c{number}", contact=Contact(address=f"a{number}"),
            kind="opened", text="",
        )  # fmt: skip
        list(one.told(notice, "telegram", NOW))
    said = VoiceCounted(
        proposal_id="p1", voice_id="v1", number=1, speaker="s", role="citizen", stance="support", words="near",
        given_at=NOW,
    )  # fmt: skip
    for _, step in one.counted(said, NOW):
        assert isinstance(step, Word)
        assert isinstance(step.said.event, VoiceReceived)
        words.append((step.said.channel, step.said.event.text))
    assert {text for channel, text in words if channel == "telegram"} == {"agree 1", "disagree 1"}
