"""A proposal's way through a deliberation, on a real database: opened, argued about, answered, closed, told."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from common.contracts.delivery import Emit
from common.contracts.events import deliberation as said
from common.contracts.events import region, rules
from common.contracts.events.deliberation import (
    EVERY_CHANNEL,
    CitizenToBeTold,
    DeliberationClosed,
    DeliberationOpened,
    VoiceCounted,
)
from common.messaging.postgres import transaction
from deliberation import case_store
from deliberation.tick import AtOnce

from tests.databases import Databases
from tests.deliberations import (
    CENTRE,
    DAY,
    EXPERT,
    NOON,
    NORTH,
    OPERATOR,
    SECOND,
    SOUTH,
    STEP,
    Country,
    Person,
    backtest,
    book,
    consent_table,
    deliberation_table,
    patch,
    proposal,
    release,
    word,
)
from tests.integration.deliberation.hearing import Hearing, hearing, of, opened

OPEN = NOON + STEP
"""When what is proposed at NOON is opened."""


def kinds(emits: list[Emit]) -> list[tuple[str, str]]:
    return [(told.citizen, told.kind) for told in of(emits, CitizenToBeTold)]


def voice_by(person: Person, stance: said.Stance, words: str = "because") -> said.GiveVoice:
    return said.GiveVoice(actor=person.actor, proposal_id="p", stance=stance, words=words)


async def speak(db: Hearing, at: datetime, *words: tuple[str, str]) -> list[Emit]:
    """Words of citizens on proposal p, and the tick after them."""
    await db.hear(*((word(citizen, text, at), at) for citizen, text in words))
    return await db.tick(at + STEP)


async def begin(db: Hearing, **given: Any) -> DeliberationOpened:
    (event,) = of(await opened(db, (proposal(**given), NOON), (backtest(), NOON)), DeliberationOpened)
    return event


async def test_a_proposal_is_opened_once_it_was_checked_and_backtested_in_either_order(databases: Databases) -> None:
    async with hearing(databases, book()) as db:
        assert await opened(db, (proposal("q"), NOON)) == []
        assert await opened(db, (backtest("p"), NOON), at=NOON + STEP) == []
        await db.hear((backtest("q"), NOON + STEP), (proposal("p"), NOON + STEP))
        found = of(await db.tick(NOON + 3 * STEP), DeliberationOpened)
        assert [(e.proposal_id, e.opened_at, e.until) for e in found] == [
            ("p", NOON + 3 * STEP, NOON + 3 * STEP + 7 * DAY), ("q", NOON + 3 * STEP, NOON + 3 * STEP + 7 * DAY)
        ]  # fmt: skip
        assert found[0].reference != found[1].reference
        assert await db.tick(NOON + 4 * STEP) == []


async def test_a_region_cannot_ask_less_of_itself_than_the_nation_does(databases: Databases) -> None:
    rules_of_both = book()
    rules_of_both.add(release({"deliberation": deliberation_table(term_days=0, longest_days=0)}, layer="north"))
    async with hearing(databases, rules_of_both) as db:
        event = await begin(db)
        assert (event.until, event.terms.release) == (OPEN + 7 * DAY, "national:1")


async def test_voices_are_counted_without_gaps_answered_and_told_what_became_of_it(databases: Databases) -> None:
    async with hearing(databases, book()) as db:
        reference = (await begin(db)).reference
        first = await speak(db, OPEN, ("anna", "support"), ("boris", "hm"), ("clara", "Против: далеко"))
        assert [(v.number, v.stance, v.words) for v in of(first, VoiceCounted)] == [
            (1, "support", ""), (2, "object", "далеко")
        ]  # fmt: skip
        assert kinds(first) == [("anna", "counted"), ("boris", "not_understood"), ("clara", "counted")]
        second = await speak(db, OPEN + STEP, ("anna", "against, I have thought"), ("anna", "support after all"))
        names = {v.speaker for v in of(first, VoiceCounted)}
        assert {v.speaker for v in of(second, VoiceCounted)} < names
        assert not {"anna", "clara"} & names
        again = of(second, VoiceCounted)
        assert (again[0].replaces, again[1].replaces) == (of(first, VoiceCounted)[0].voice_id, again[0].voice_id)

        waiting = await db.tick(OPEN + 7 * DAY + STEP)
        assert waiting == []
        refused = await db.order(
            said.AnswerObjection(actor=SOUTH.actor, proposal_id="p", voice_id="?", words="x"), OPEN
        )
        assert [e.code for e in of(refused, said.DeliberationCommandRefused)] == ["other_scope"]
        objection = of(first, VoiceCounted)[1].voice_id
        order = said.AnswerObjection(actor=NORTH.actor, proposal_id="p", voice_id=objection, words="a bus goes")
        answered = await db.order(order, OPEN + 8 * DAY)
        assert [(a.number, a.words) for a in of(answered, said.ObjectionAnswered)] == [(5, "a bus goes")]
        assert [(t.citizen, t.kind, t.facts["answer"]) for t in of(answered, CitizenToBeTold)] == [
            ("clara", "answered", "a bus goes")
        ]  # fmt: skip
        closing = await db.tick(OPEN + 8 * DAY + STEP)
        (closed,) = of(closing, DeliberationClosed)
        assert (closed.outcome, closed.reason, closed.objections, closed.unanswered, closed.last_number) == (
            "may_be_decided", "supported", 1, 0, 5
        )  # fmt: skip
        citizens = closed.counts[0]
        assert (citizens.role, citizens.voices, citizens.support, citizens.object) == ("citizen", 2, 1, 1)
        assert kinds(closing) == [("anna", "may_be_decided"), ("clara", "may_be_decided")]
        assert {t.reference for t in of(closing, CitizenToBeTold)} == {reference}


@pytest.mark.parametrize(
    ("events", "kind"),
    [
        (rules.ProposalAccepted(proposal_id="p", actor="head:north", reason="it is nearer"), "accepted"),
        (rules.ProposalRejected(proposal_id="p", actor="head:north", reason="it is not"), "rejected"),
        (rules.ProposalReturned(proposal_id="p", reason="the base moved"), "returned"),
        (rules.TrialRolledBack(proposal_id="p", layer="north", number=3, effective_at=NOON, actor="trial",
                               reason="more were late"), "rolled_back"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
async def test_everybody_who_spoke_and_the_citizen_author_hear_of_each_step(
    databases: Databases, events: Any, kind: str
) -> None:
    async with hearing(databases, book()) as db:
        await begin(db, author_citizen="zoe")
        await speak(db, OPEN, ("anna", "support"), ("boris", "who pays?"), ("anna", "support"))
        await db.hear((events, OPEN + DAY))
        told = of(await db.tick(OPEN + DAY + STEP), CitizenToBeTold)
        assert [(t.citizen, t.kind) for t in told] == [("anna", kind), ("boris", kind), ("zoe", kind)]
        assert {t.facts["reason"] for t in told} == {events.reason}
        assert await db.tick(OPEN + 2 * DAY) == []


async def test_quorum_not_met_lapses_the_proposal_and_says_so(databases: Databases) -> None:
    async with hearing(databases, book(quorum_region=1)) as db:
        await begin(db)
        await speak(db, OPEN, ("anna", "support"), ("boris", "support"))
        end = await db.tick(OPEN + 7 * DAY + STEP)
        (closed,) = of(end, DeliberationClosed)
        assert (closed.outcome, closed.reason) == ("lapsed", "quorum_not_met")
        assert [(c.role, c.voices, c.quorum) for c in closed.counts if c.quorum] == [
            ("citizen", 2, 2),
            ("region", 0, 1),
        ]
        assert [t.facts["reason"] for t in of(end, CitizenToBeTold)] == ["quorum_not_met"] * 2
        late = await speak(db, OPEN + 9 * DAY, ("anna", "support"))
        assert kinds(late) == [("anna", "closed_already")]


async def test_an_objection_that_nobody_answers_lapses_the_proposal_at_the_latest_date(databases: Databases) -> None:
    async with hearing(databases, book()) as db:
        await begin(db)
        await speak(db, OPEN, ("anna", "support"), ("boris", "against: dark"), ("clara", "support"))
        assert await db.tick(OPEN + 13 * DAY) == []
        (closed,) = of(await db.tick(OPEN + 14 * DAY + STEP), DeliberationClosed)
        assert (closed.reason, closed.unanswered) == ("objections_unanswered", 1)


async def test_people_speak_by_command_in_their_role_and_others_are_refused(databases: Databases) -> None:
    async with hearing(databases, book()) as db:
        unknown = await db.order(voice_by(NORTH, "support"), NOON)
        assert [e.code for e in of(unknown, said.DeliberationCommandRefused)] == ["no_such_proposal"]
        await begin(db)
        spoken = [
            *await db.order(voice_by(NORTH, "support", ""), OPEN),
            *await db.order(voice_by(EXPERT, "comment"), OPEN),
        ]
        assert [(v.speaker, v.role, v.number) for v in of(spoken, VoiceCounted)] == [
            ("head:north", "region", 1), ("expert:roads", "expert", 2)
        ]  # fmt: skip
        tries = {
            "role_not_allowed": voice_by(OPERATOR, "support"),
            "role_not_held": voice_by(Person("head:north", "federal", "*"), "support"),
            "other_scope": voice_by(SOUTH, "support"),
            "nothing_said": voice_by(NORTH, "object", ""),
            "may_not_speak": voice_by(Person("union", "organisation", "*"), "support"),
        }
        for code, command in tries.items():
            emits = await db.order(command, OPEN)
            assert [e.code for e in of(emits, said.DeliberationCommandRefused)] == [code]
        late = await db.order(voice_by(NORTH, "support"), OPEN + 8 * DAY)
        assert [e.code for e in of(late, said.DeliberationCommandRefused)] == ["deliberation_closed"]


async def test_one_answer_in_words_answers_all_the_objections_that_it_names_or_none(databases: Databases) -> None:
    async with hearing(databases, book()) as db:
        await begin(db)
        words = [("anna", "against: dark"), ("boris", "against: dark too"), ("clara", "support"), ("dora", "why now?")]
        dark, too, support, asked = (v.voice_id for v in of(await speak(db, OPEN, *words), VoiceCounted))
        one = said.AnswerObjection(actor=NORTH.actor, proposal_id="p", voice_id=dark, words="Lamps come first.")
        wrong = await db.order(one.model_copy(update={"also": (too, support)}), OPEN + DAY)
        assert [e.code for e in of(wrong, said.DeliberationCommandRefused)] == ["not_an_objection"]
        assert of(wrong, said.ObjectionAnswered) == []
        all_of_them = await db.order(one.model_copy(update={"also": (too, dark, asked)}), OPEN + DAY)
        answers = of(all_of_them, said.ObjectionAnswered)
        assert [(a.voice_id, a.number) for a in answers] == [(dark, 5), (too, 6), (asked, 7)]
        assert kinds(all_of_them) == [("anna", "answered"), ("boris", "answered"), ("dora", "answered")]
        (closed,) = of(await db.tick(OPEN + 14 * DAY + STEP), DeliberationClosed)
        assert (closed.objections, closed.unanswered, closed.last_number) == (2, 0, 7)


async def test_who_has_several_roles_has_one_voice(databases: Databases) -> None:
    both = Country((*Country().people, Person("expert:roads", "regional_head", "north")))
    async with hearing(databases, book(), country=both) as db:
        await begin(db)
        await db.order(voice_by(EXPERT, "support"), OPEN)
        again = await db.order(voice_by(both.people[-1], "support"), OPEN)
        assert [e.code for e in of(again, said.DeliberationCommandRefused)] == ["spoke_in_another_role"]


async def test_about_the_nations_rules_every_region_speaks_and_the_centre_alone_amends(databases: Databases) -> None:
    nation, other = patch(layer="national"), patch(layer="national", authority="yard-02")
    async with hearing(databases, book()) as db:
        await begin(db, patch=nation)
        spoken = [*await db.order(voice_by(NORTH, "support"), OPEN), *await db.order(voice_by(SOUTH, "support"), OPEN)]
        assert [v.speaker for v in of(spoken, VoiceCounted)] == ["head:north", "head:south"]
        amending = said.GiveVoice(
            actor=EXPERT.actor, proposal_id="p", stance="amendment", words="nearer", amendment=other
        )
        refused = await db.order(amending, OPEN)
        assert [e.code for e in of(refused, said.DeliberationCommandRefused)] == ["national_layer"]
        assert of(refused, VoiceCounted) == []
        made = await db.order(amending.model_copy(update={"actor": CENTRE.actor}), OPEN)
        assert [p.amends for p in of(made, rules.ProposeChange)] == ["p"]


async def test_whoever_appealed_does_not_settle_it_and_whoever_hid_words_does_not_appeal(databases: Databases) -> None:
    async with hearing(databases, book()) as db:
        await begin(db)
        spoken = await speak(db, OPEN, ("anna", "against, you fools"))
        about = {"proposal_id": "p", "voice_id": of(spoken, VoiceCounted)[0].voice_id}
        await db.order(said.ModerateVoice(actor=CENTRE.actor, reason="insult", **about), OPEN)
        own = said.AppealModeration(actor=CENTRE.actor, reason="none", **about)
        refused = await db.order(own, OPEN)
        appealed = await db.order(own.model_copy(update={"actor": NORTH.actor}), OPEN)
        assert [m.appeal for m in of(appealed, said.VoiceModerated)] == ["open"]
        settle = said.SettleAppeal(actor=NORTH.actor, show=True, reason="mine", **about)
        refused += await db.order(settle, OPEN)
        assert [e.code for e in of(refused, said.DeliberationCommandRefused)] == ["own_moderation"] * 2
        shown = await db.order(settle.model_copy(update={"actor": SECOND.actor}), OPEN)
        assert [m.appeal for m in of(shown, said.VoiceModerated)] == ["granted"]


async def test_an_amendment_forks_the_patch_with_a_trace(databases: Databases) -> None:
    async with hearing(databases, book()) as db:
        await begin(db)
        other = patch(authority="yard-02")
        command = said.GiveVoice(
            actor=EXPERT.actor, proposal_id="p", stance="amendment", words="nearer", amendment=other
        )
        emits = await db.order(command, OPEN)
        (voice,), (fork,) = of(emits, VoiceCounted), of(emits, rules.ProposeChange)
        assert (voice.amends_into, voice.amendment) == (fork.proposal_id, other)
        assert (fork.amends, fork.patch, fork.actor.id) == ("p", other, "expert:roads")
        assert [e.topic for e in emits] == ["deliberation.voices", "rules.commands"]
        in_words = await speak(db, OPEN + STEP, ("anna", "Amendment: only Elm Street"))
        assert [(i.citizen, i.words, i.amends) for i in of(in_words, said.IdeaReceived)] == [
            ("anna", "only Elm Street", "p")
        ]  # fmt: skip


async def test_hidden_words_count_on_and_a_citizen_appeals_by_a_word(databases: Databases) -> None:
    async with hearing(databases, book()) as db:
        await begin(db)
        spoken = await speak(db, OPEN, ("anna", "against, you fools"), ("boris", "support"))
        voice_id = of(spoken, VoiceCounted)[0].voice_id
        hide = said.ModerateVoice(actor=CENTRE.actor, proposal_id="p", voice_id=voice_id, reason="insult")
        hidden = await db.order(hide, OPEN + STEP)
        assert [(m.hidden, m.number, m.appeal) for m in of(hidden, said.VoiceModerated)] == [(True, 3, "none")]
        assert kinds(hidden) == [("anna", "moderated")]
        appealed = await speak(db, OPEN + DAY, ("boris", "appeal: mine"), ("anna", "Appeal: it is a proverb"))
        assert [(m.appeal, m.reason, m.number) for m in of(appealed, said.VoiceModerated)] == [
            ("open", "it is a proverb", 4)
        ]  # fmt: skip
        assert kinds(appealed) == [("boris", "not_understood"), ("anna", "moderated")]
        settle = said.SettleAppeal(
            actor=CENTRE.actor, proposal_id="p", voice_id=voice_id, show=True, reason="read again"
        )
        refused = await db.order(settle, OPEN + 2 * DAY)
        assert [e.code for e in of(refused, said.DeliberationCommandRefused)] == ["own_moderation"]
        shown = await db.order(settle.model_copy(update={"actor": SECOND.actor}), OPEN + 2 * DAY)
        assert [(m.hidden, m.appeal) for m in of(shown, said.VoiceModerated)] == [(False, "granted")]
        (closed,) = of(await db.tick(OPEN + 14 * DAY + STEP), DeliberationClosed)
        assert (closed.objections, closed.unanswered) == (1, 1)


async def test_a_standing_consent_passes_a_proposal_unasked_until_it_is_revoked(databases: Databases) -> None:
    async with hearing(databases, book(consents=consent_table())) as db:
        small = {"loop": "misrouting", "actor": "misrouting"}
        used = await opened(db, (proposal("p", **small), NOON), (backtest("p"), NOON))
        assert [(u.proposal_id, u.consent, u.layer, u.given_by) for u in of(used, said.StandingConsentUsed)] == [
            ("p", "small", "national", "federal:centre")
        ]  # fmt: skip
        revoke = said.RevokeStandingConsent(actor=NORTH.actor, layer="national", consent="small", reason="too many")
        refused = await db.order(revoke, NOON + STEP)
        assert [e.code for e in of(refused, said.DeliberationCommandRefused)] == ["other_scope"]
        own = await db.order(revoke.model_copy(update={"layer": "north"}), NOON + STEP)
        assert [(r.layer, r.consent) for r in of(own, said.StandingConsentRevoked)] == [("north", "small")]
        again = await db.order(revoke.model_copy(update={"layer": "north"}), NOON + STEP)
        assert [e.code for e in of(again, said.DeliberationCommandRefused)] == ["no_such_consent"]
        south = {**small, "patch": patch(layer="south")}
        after = await opened(
            db, (proposal("q", **small), NOON + STEP), (backtest("q"), NOON + STEP),
            (proposal("r", **south), NOON + STEP), (backtest("r"), NOON + STEP), at=NOON + STEP,
        )  # fmt: skip
        assert [e.proposal_id for e in of(after, DeliberationOpened)] == ["q"]
        assert [e.proposal_id for e in of(after, said.StandingConsentUsed)] == ["r"]


async def test_two_proposals_on_one_row_are_argued_about_each_for_itself(databases: Databases) -> None:
    async with hearing(databases, book()) as db:
        both = [(proposal("p"), NOON), (proposal("q", patch=patch(authority="yard-02")), NOON)]
        first = await opened(db, *both, (backtest("p"), NOON), (backtest("q"), NOON))
        by_name = {e.proposal_id: e.reference for e in of(first, DeliberationOpened)}
        given = [
            word("anna", f"{by_name['p']}: support", OPEN, about=None),
            word("anna", "against: far", OPEN, about="q"),
        ]
        await db.hear(*((one, OPEN) for one in given))
        voices = of(await db.tick(OPEN + STEP), VoiceCounted)
        assert {(v.proposal_id, v.number, v.stance) for v in voices} == {("p", 1, "support"), ("q", 1, "object")}
        assert len({v.speaker for v in voices}) == 2


async def test_the_concerned_are_told_once_and_at_most_so_many(databases: Databases) -> None:
    def case(number: int, citizen: str, **given: Any) -> region.CaseOpenedWithCitizen:
        fields = {"area": "01", "category": "pothole", "region": "north", **given}
        return region.CaseOpenedWithCitizen(
            case_id=f"c{number}", authority="yard-01", actor="routing", state="assigned", reference="R", priority=2,
            channel="web", received_at=NOON, due_at=NOON, release="national:1", citizen=citizen, **fields,
        )  # fmt: skip

    common = {"region": "north", "authority": "yard-01", "actor": "desk"}
    async with hearing(databases, book(told_at_most=2)) as db:
        await db.hear(
            *((case(n, citizen), NOON) for n, citizen in enumerate(("dora", "anna", "boris", "anna", "emil", "fritz"))),
            (case(8, "elsewhere", area="02"), NOON), (case(9, "other", category="lamp"), NOON),
            (region.CaseConfirmed(case_id="c4", state="confirmed", **common), NOON),
        )  # fmt: skip
        answered = {"text": "done", "on_time": True, "worked_minutes": 3, **common}
        urgent = region.PriorityRaisedSummary(
            case_id="c0", state="assigned", priority=5, from_priority=2, message_id="m", **common
        )  # fmt: skip
        await db.hear((urgent, NOON))
        async with transaction(db.pool) as connection:
            kept = await case_store.kinds(connection)
        assert {one.priority for one in kept if (one.area, one.category) == ("01", "pothole")} == {2, 5}
        await db.hear(
            (region.CaseAnswered(case_id="c5", state="answered", **answered), NOON),
            (region.CaseAnswered(case_id="c2", state="answered", **answered), NOON),
            (region.CaseReopened(case_id="c2", state="assigned", times=1, due_at=NOON, **common), NOON),
        )
        first = await opened(db, (proposal(author_citizen="zoe"), NOON), (backtest(), NOON))
        (event,) = of(first, DeliberationOpened)
        assert (event.concerned, event.told) == (3, 2)
        assert kinds(first) == [("anna", "opened"), ("boris", "opened"), ("zoe", "opened")]
        assert await db.tick(NOON + 2 * STEP) == []


async def test_a_word_about_no_proposal_is_an_idea_or_is_answered_with_what_can_be_said(databases: Databases) -> None:
    async with hearing(databases, book()) as db:
        texts = {
            "anna": "Potholes of our street should go to the yard", "boris": "support", "clara": "hm",
            "dora": "P-ABC234 support",
        }  # fmt: skip
        await db.hear(*((word(name, text, about=None), NOON) for name, text in texts.items()))
        emits = await db.tick(NOON + STEP)
        (idea,) = of(emits, said.IdeaReceived)
        assert (idea.citizen, idea.words) == ("anna", texts["anna"])
        assert sorted(kinds(emits)) == [
            ("anna", "idea_received"), ("boris", "no_such_proposal"), ("clara", "not_understood"),
            ("dora", "no_such_proposal"),
        ]  # fmt: skip


async def test_a_withdrawn_proposal_is_closed_and_those_who_spoke_are_told_once(databases: Databases) -> None:
    async with hearing(databases, book()) as db:
        await begin(db)
        await speak(db, OPEN, ("anna", "support"))
        await db.hear((rules.ProposalWithdrawn(proposal_id="p", actor="operator:north", reason="wrong"), OPEN + DAY))
        end = await db.tick(OPEN + DAY + STEP)
        assert [e.outcome for e in of(end, DeliberationClosed)] == ["withdrawn"]
        assert kinds(end) == [("anna", "withdrawn")]
        assert await db.tick(OPEN + 8 * DAY) == []


async def test_the_order_of_arrival_decides_no_number(databases: Databases) -> None:
    said_by: list[list[Any]] = []
    for turn in (1, -1):
        async with hearing(databases, book()) as db:
            await begin(db)
            later = OPEN + timedelta(minutes=1)
            batch = [
                db.delivery(word("anna", "support", OPEN), OPEN, "b"),
                db.delivery(word("boris", "against: far", OPEN), OPEN, "a"),
                db.delivery(word("anna", "against: dark", later), later, "0"),
            ]
            await db.batch(batch[::turn])
            said_by.append([e.event for e in await db.tick(OPEN + STEP)])
            await db.pool.execute("TRUNCATE deliberation, speaker, voice, telling, tick_batch")
    assert said_by[0] == said_by[1]
    assert [v.stance for v in said_by[0] if isinstance(v, VoiceCounted)] == ["object", "support", "object"]


async def test_very_many_voices_go_on_with_the_next_batches_and_the_term_ends_after_the_last(
    databases: Databases,
) -> None:
    async with hearing(databases, book(), AtOnce(voices=2, told=2)) as db:
        await begin(db)
        last = OPEN + 7 * DAY
        voices = [word(f"citizen{n}", "support", last - timedelta(minutes=9 - n)) for n in range(5)]
        late = (word("late", "support", last + timedelta(seconds=1)), last + timedelta(seconds=1))
        await db.hear(*((voice, voice.given_at) for voice in voices), late)
        said_by = [await db.tick(last + STEP)]
        assert of(said_by[0], DeliberationClosed) == []
        while len(said_by) < 6:
            said_by.append(await db.hear((backtest("unknown"), last + 2 * STEP)))
        counted = [[v.number for v in of(emits, VoiceCounted)] for emits in said_by]
        assert counted == [[1, 2], [3, 4], [5], [], [], []]
        assert [len(of(emits, DeliberationClosed)) for emits in said_by] == [0, 0, 1, 0, 0, 0]
        assert [k for _, k in kinds(said_by[2])] == ["counted", "closed_already", "may_be_decided", "may_be_decided"]
        told = [citizen for emits in said_by for citizen, kind in kinds(emits) if kind == "may_be_decided"]
        assert told == [f"citizen{n}" for n in range(5)]


async def test_one_person_who_says_much_makes_no_burst_and_sets_nobody_aside(databases: Databases) -> None:
    async with hearing(databases, book()) as db:
        await begin(db)
        await speak(db, OPEN, ("anna", "support"), *(("mallory", f"comment: {n}") for n in range(60)))
        (closed,) = of(await db.tick(OPEN + 14 * DAY + STEP), DeliberationClosed)
        assert (closed.bursts, closed.without_bursts, closed.disputed) == ((), None, False)


async def test_a_quorum_of_false_comments_is_said_to_whoever_decides(databases: Databases) -> None:
    async with hearing(databases, book()) as db:
        await begin(db)
        await speak(db, OPEN, ("anna", "support"))
        await speak(db, OPEN + STEP, *((f"false{n}", "comment: so it is") for n in range(30)))
        (closed,) = of(await db.tick(OPEN + 14 * DAY + STEP), DeliberationClosed)
        assert closed.without_bursts is not None
        assert (closed.outcome, closed.reason, closed.without_bursts.reason) == (
            "may_be_decided", "supported", "quorum_not_met"
        )  # fmt: skip
        assert closed.without_bursts.counts[0].voices == 1


SLOW = [f"false{n}" for n in range(58)]
"""29 of them speak a minute."""


async def objected_slowly(db: Hearing) -> DeliberationClosed:
    """Nine support it, two a day; then `SLOW` object."""
    for number in range(9):
        await speak(db, OPEN + number * DAY / 2, (f"true{number}", "support"))
    for number, citizen in enumerate(SLOW):
        at = OPEN + 6 * DAY + number // 29 * timedelta(minutes=1)
        await db.hear((word(citizen, "against: no", at), at))
    return next(c for c in of(await db.tick(OPEN + 14 * DAY + STEP), DeliberationClosed) if c.proposal_id == "p")


async def test_strangers_who_are_too_slow_for_a_burst_leave_the_decision_to_a_person(databases: Databases) -> None:
    async with hearing(databases, book()) as db:
        await begin(db)
        closed = await objected_slowly(db)
        assert [(b.source, b.voices) for b in closed.bursts] == [(EVERY_CHANNEL, 58)]
        assert (closed.outcome, closed.reason, closed.disputed) == ("may_be_decided", "not_supported", True)
        assert closed.without_bursts is not None
        assert [(c.voices, c.object) for c in closed.without_bursts.counts if c.role == "citizen"] == [(9, 0)]
        assert sum(c.object for c in closed.counts) == 58


async def test_people_with_an_open_case_or_a_word_on_another_proposal_are_no_strangers(databases: Databases) -> None:
    async with hearing(databases, book()) as db:
        await begin(db)
        await opened(db, (proposal("q"), OPEN), (backtest("q"), OPEN), at=OPEN + STEP)
        for number, citizen in enumerate(SLOW[:40]):
            case = region.CaseOpenedWithCitizen(
                case_id=f"c{number}", region="north", authority="yard-01", state="assigned", actor="routing", area="01",
                category="lamp", priority=1, citizen=citizen, reference="R", channel="web", received_at=NOON,
                due_at=NOON, release="national:1",
            )  # fmt: skip
            await db.hear((case, OPEN + STEP))
        at = OPEN + STEP
        await db.hear(*((word(citizen, "question: who pays?", at, about="q"), at) for citizen in SLOW[40:]))
        closed = await objected_slowly(db)
        assert (closed.outcome, closed.reason, closed.bursts) == ("lapsed", "not_supported", ())
