"""The words of others are judged, and groups of opinion found and published, on a real database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from common.contracts.delivery import Emit
from common.contracts.events import deliberation as said
from common.contracts.events.base import Event
from common.contracts.events.clock import TimePassed
from common.contracts.events.deliberation import CitizenToBeTold, DeliberationClosed, OpinionGroupsFound, VoicesJudged
from common.contracts.events.intake import CitizenErased
from deliberation.recount import Record, group_differences, least_support, recount

from tests.databases import Databases
from tests.deliberations import CENTRE, DAY, EXPERT, NORTH, OPERATOR, STEP, UNION, Person, book, word
from tests.integration.deliberation.hearing import Hearing, hearing, of
from tests.integration.deliberation.test_course import OPEN, begin, speak

CAMP = 8
WORDS = ("comment: the yard is nearer", "comment: less driving", "comment: our street is forgotten", "comment: too far",
         "comment: say which office has it", "comment: tell us how it went")  # fmt: skip
NEAR, FAR = "agree 1, 2, 5, 6; disagree 3, 4", "agree 3, 4, 5, 6; disagree 1, 2"


def told(emits: Sequence[Emit]) -> list[tuple[str, str, dict[str, str]]]:
    return [(t.citizen, t.kind, {k: v for k, v in t.facts.items() if k != "title"}) for t in of(emits, CitizenToBeTold)]


async def camps(db: Hearing) -> list[Emit]:
    """Six statements, numbered 1 to 6, which two camps of eight judge; of the second five object, and are answered."""
    emits = await speak(db, OPEN, *((f"author{n}", text) for n, text in enumerate(WORDS)))
    near = [(f"near{n}", text) for text in ("support", NEAR) for n in range(CAMP)]
    far = [(f"far{n}", "support" if n < 3 else f"against: {n} miles") for n in range(CAMP)]
    far += [(f"far{n}", FAR) for n in range(CAMP)]
    emits += await speak(db, OPEN + STEP, *near, *far)
    for objection in [v for v in of(emits, said.VoiceCounted) if v.stance == "object"]:
        answer = said.AnswerObjection(
            actor=CENTRE.actor, proposal_id="p", voice_id=objection.voice_id, words="a bus goes"
        )
        emits += await db.order(answer, OPEN + 2 * STEP)
    return emits


def passed(until: datetime) -> TimePassed:
    return TimePassed(since=until - STEP, until=until)


def records(emits: Sequence[Emit]) -> list[Record]:
    return [(e.event.type, e.event.wire()) for e in emits if e.topic == "deliberation.voices"]


async def test_a_judgement_is_published_in_the_same_numbering_and_answered_with_what_was_understood(
    databases: Databases,
) -> None:
    async with hearing(databases, book()) as db:
        await begin(db)
        await speak(db, OPEN, ("anna", "against: too far"), ("boris", "support"))
        given = [
            word("clara", "agree 1. Against, because it is dark", OPEN),
            word("dora", "", OPEN, agree=(1,), disagree=(2, 9)),
            word("emil", "agree 7", OPEN),
            word("fritz", "I agree 100%", OPEN),
        ]
        emits = await speak_given(db, given)
        assert [(j.number, j.agree, j.disagree) for j in of(emits, VoicesJudged)] == [(3, (1,), ()), (5, (1,), ())]
        assert [(v.number, v.stance, v.words) for v in of(emits, said.VoiceCounted)] == [
            (4, "object", "it is dark"), (6, "support", "100%")
        ]  # fmt: skip
        assert told(emits) == [
            ("clara", "counted", {"agree": "1"}), ("clara", "counted", {"stance": "object", "number": "4"}),
            ("dora", "counted", {"agree": "1", "unknown": "2, 9"}),
            ("emil", "not_understood", {"why": "no_such_words"}),
            ("fritz", "counted", {"stance": "support", "number": "6"}),
        ]  # fmt: skip


async def speak_given(db: Hearing, given: Sequence[Event]) -> list[Emit]:
    await db.hear(*((one, OPEN + STEP) for one in given))
    return await db.tick(OPEN + 2 * STEP)


async def test_people_of_the_federation_judge_by_command_if_they_may_speak_and_hidden_words_are_not_judged(
    databases: Databases,
) -> None:
    async with hearing(databases, book()) as db:
        await begin(db)
        spoken = await speak(db, OPEN, ("anna", "against, you fools"), ("boris", "comment: a lamp is needed"))

        def judged(person: Person, **given: tuple[int, ...]) -> said.JudgeVoices:
            return said.JudgeVoices(actor=person.actor, proposal_id="p", **given)

        done = await db.order(judged(NORTH, agree=(2,), disagree=(1,)), OPEN + STEP)
        assert [(j.number, j.speaker, j.role, j.agree, j.disagree) for j in of(done, VoicesJudged)] == [
            (3, "head:north", "region", (2,), (1,))
        ]  # fmt: skip
        hide = said.ModerateVoice(
            actor=CENTRE.actor, proposal_id="p", voice_id=of(spoken, said.VoiceCounted)[0].voice_id, reason="insult"
        )
        await db.order(hide, OPEN + STEP)
        tries = {
            "role_not_allowed": judged(OPERATOR, agree=(2,)),
            "may_not_speak": judged(UNION, agree=(2,)),
            "no_such_voice": judged(EXPERT, agree=(1, 77)),
        }
        for code, command in tries.items():
            refused = await db.order(command, OPEN + STEP)
            assert [e.code for e in of(refused, said.DeliberationCommandRefused)] == [code]
        late = await db.order(judged(EXPERT, agree=(2,)), OPEN + 8 * DAY)
        assert [e.code for e in of(late, said.DeliberationCommandRefused)] == ["deliberation_closed"]


async def test_groups_are_published_at_the_tick_after_they_were_asked_for_and_only_when_something_changed(
    databases: Databases,
) -> None:
    async with hearing(databases, book()) as db:
        await begin(db)
        assert of(await camps(db), OpinionGroupsFound) == []
        (found,) = of(await db.tick(OPEN + 3 * STEP), OpinionGroupsFound)
        assert {(g.people, g.support, g.object) for g in found.groups} == {(8, 8, 0), (8, 3, 5)}
        assert found.group_aware_support == 3 / 8
        assert (found.people, found.found_at) == (2 * CAMP + len(WORDS), OPEN + 2 * STEP)
        assert of(await db.tick(OPEN + 4 * STEP), OpinionGroupsFound) == []
        await speak(db, OPEN + 4 * STEP, ("near0", "against: I changed my mind"))
        (again,) = of(await db.tick(OPEN + 6 * STEP), OpinionGroupsFound)
        assert {(g.people, g.support, g.object) for g in again.groups} == {(8, 7, 1), (8, 3, 5)}
        assert again.number > found.number


async def test_what_is_said_between_the_ticks_belongs_to_the_next_groups(databases: Databases) -> None:
    async with hearing(databases, book()) as db:
        await begin(db)
        await camps(db)
        order = said.GiveVoice(actor=NORTH.actor, proposal_id="p", stance="support", words="")
        await db.order(order, OPEN + 2 * STEP)
        (found,) = of(await db.tick(OPEN + 3 * STEP), OpinionGroupsFound)
        assert found.people == 2 * CAMP + len(WORDS)
        (later,) = of(await db.tick(OPEN + 4 * STEP), OpinionGroupsFound)
        assert later.people == found.people + 1


async def test_two_ticks_in_one_transaction_publish_what_two_transactions_do(databases: Databases) -> None:
    found = []
    for together in (False, True):
        async with hearing(databases, book()) as db:
            await db.pool.execute("TRUNCATE deliberation, speaker, voice, judgement, telling, tick_buffer, tick_batch")
            await begin(db)
            await speak(db, OPEN, *((f"author{n}", text) for n, text in enumerate(WORDS)))
            one = [(word(f"near{n}", f"{NEAR}. Support", OPEN), OPEN) for n in range(CAMP)]
            two = [(word(f"far{n}", f"{FAR}. Support", OPEN), OPEN) for n in range(CAMP)]
            await db.hear(*one, *two)
            ticks = [
                (passed(OPEN + 2 * STEP), OPEN + 2 * STEP), (passed(OPEN + 3 * STEP), OPEN + 3 * STEP)
            ]  # fmt: skip
            emits = await db.hear(*ticks) if together else [*await db.hear(ticks[0]), *await db.hear(ticks[1])]
            found.append(of(emits, OpinionGroupsFound))
    assert found[0] == found[1]
    assert [len(one.groups) for one in found[0]] == [2]


async def test_support_is_asked_of_every_group_where_the_rules_say_so_and_an_outsider_finds_the_same(
    databases: Databases,
) -> None:
    async with hearing(databases, book(formula='"group_aware"')) as db:
        await begin(db)
        emits = await camps(db)
        emits += await db.tick(OPEN + 7 * DAY + STEP)
        emits += await db.tick(OPEN + 7 * DAY + 2 * STEP)
        (closed,) = of(emits, DeliberationClosed)
        assert (closed.outcome, closed.reason) == ("lapsed", "not_supported")
        assert (closed.judged_by, closed.least_support) == ("group_aware", 3 / 8)
        count = recount(records(emits), "p", closed.last_number)
        said_at_the_end = closed.model_dump(mode="json")
        assert least_support(count) == 3 / 8
        assert group_differences(count, said_at_the_end, "group_aware") == []
        assert group_differences(count, {**said_at_the_end, "least_support": 0.6}, "group_aware") != []
        assert group_differences(count, {**said_at_the_end, "judged_by": "majority"}, "group_aware") != []


async def test_the_end_waits_for_the_groups_of_all_that_was_said_before_it(databases: Databases) -> None:
    async with hearing(databases, book(formula='"group_aware"')) as db:
        await begin(db)
        await camps(db)
        last = OPEN + 7 * DAY
        await db.hear(*((word(f"far{n}", "support", last), last) for n in range(CAMP)))
        first = await db.tick(last + STEP)
        assert (of(first, DeliberationClosed), len(of(first, OpinionGroupsFound))) == ([], 1)
        second = await db.tick(last + 2 * STEP)
        (found,), (closed,) = of(second, OpinionGroupsFound), of(second, DeliberationClosed)
        assert (closed.outcome, closed.least_support) == ("may_be_decided", 1.0)
        assert found.group_aware_support == 1.0
        assert [type(e.event) for e in second if isinstance(e.event, OpinionGroupsFound | DeliberationClosed)] == [
            OpinionGroupsFound, DeliberationClosed
        ]  # fmt: skip


async def test_without_groups_the_majority_judges_and_the_closing_says_so(databases: Databases) -> None:
    async with hearing(databases, book(formula='"group_aware"')) as db:
        await begin(db)
        emits = await speak(db, OPEN, ("anna", "support"), ("boris", "support: near"), ("clara", "agree 2"))
        emits += await db.tick(OPEN + 7 * DAY + STEP)
        emits += await db.tick(OPEN + 7 * DAY + 2 * STEP)
        (closed,) = of(emits, DeliberationClosed)
        assert (closed.outcome, closed.judged_by, closed.least_support) == ("may_be_decided", "majority", None)
        count = recount(records(emits), "p", closed.last_number)
        assert group_differences(count, closed.model_dump(mode="json"), "group_aware") == []


async def test_who_only_judged_hears_what_became_of_it(databases: Databases) -> None:
    async with hearing(databases, book()) as db:
        await begin(db)
        await speak(db, OPEN, ("anna", "support: near"), ("boris", "support"), ("clara", "agree 1"))
        end = await db.tick(OPEN + 7 * DAY + STEP)
        assert [(citizen, kind) for citizen, kind, _ in told(end)] == [
            ("anna", "may_be_decided"), ("boris", "may_be_decided"), ("clara", "may_be_decided")
        ]  # fmt: skip


async def test_a_citizen_who_was_erased_and_came_back_is_one_person_in_the_groups(databases: Databases) -> None:
    async with hearing(databases, book(formula='"group_aware"')) as db:
        await begin(db)
        emits = await camps(db)
        await db.hear(
            (CitizenErased(citizen="near0", actor="installation", erased_at=OPEN + 2 * STEP), OPEN + 2 * STEP)
        )
        (gone,) = of(await db.tick(OPEN + 3 * STEP), OpinionGroupsFound)
        assert gone.people == 2 * CAMP + len(WORDS)
        emits += await speak(db, OPEN + 3 * STEP, ("near0", "agree 5, 6"))
        (back,) = of(await db.tick(OPEN + 5 * STEP), OpinionGroupsFound)
        assert {(g.people, g.support, g.object) for g in back.groups} == {(8, 8, 0), (8, 3, 5)}
        assert back.people == gone.people
