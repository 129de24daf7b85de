"""An erased citizen on a real database: words go, counts stay, nobody is told anything, in whatever order it comes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from common.contracts.envelope import derived_id
from common.contracts.events import deliberation as said
from common.contracts.events import rules
from common.contracts.events.base import Event
from common.contracts.events.intake import CitizenErased, ConversationErased, VoiceGiven
from deliberation.recount import recount

from tests.databases import Databases
from tests.deliberations import DAY, EXPERT, NOON, STEP, backtest, book, patch, proposal
from tests.deliberations import word as worded
from tests.integration.deliberation.hearing import Hearing, hearing, of, opened

OPEN = NOON + STEP
MINUTE = timedelta(minutes=1)
WISH = "let the potholes of our street go to the other yard"


def erasure(at: datetime, citizen: str = "anna") -> tuple[Event, datetime]:
    return CitizenErased(citizen=citizen, actor="installation", erased_at=at), at


def word(citizen: str, text: str, at: datetime, **given: Any) -> VoiceGiven:
    """Under an id that says nothing of the words."""
    return worded(citizen, text, at, voice_id=derived_id("voice", citizen, text, at.isoformat()), **given)


async def everything_kept(db: Hearing) -> str:
    """All that stands in the tables, as text."""
    tables = ("deliberation", "speaker", "voice", "telling", "open_case", "idea", "tick_buffer")
    rows = [row for name in tables for row in await db.pool.fetch(f"SELECT t::text FROM {name} AS t")]  # noqa: S608
    return "\n".join(row[0] for row in rows)


async def test_words_go_the_person_becomes_the_published_name_and_the_count_is_as_before(databases: Databases) -> None:
    async with hearing(databases, book(quorum_citizen=1)) as db:
        await opened(db, (proposal(), NOON), (backtest(), NOON))
        voices = (word("anna", "against: the corner is dark", OPEN), word("anna", "support", OPEN + MINUTE))
        other = word("boris", "support, it is nearer", OPEN)
        await db.hear(*((voice, voice.given_at) for voice in (*voices, other)))
        published = of(await db.tick(OPEN + STEP), said.VoiceCounted)
        emits = await db.hear(erasure(OPEN + DAY))
        gone = of(emits, said.VoiceModerated)
        assert [(g.erased, g.hidden, g.number, g.voice_id) for g in gone] == [(True, True, 4, voices[0].voice_id)]
        assert of(await db.hear(erasure(OPEN + DAY)), said.VoiceModerated) == []
        kept = await everything_kept(db)
        assert "the corner is dark" not in kept
        assert "anna" not in kept
        closing = await db.tick(OPEN + 7 * DAY + STEP)
        (closed,) = of(closing, said.DeliberationClosed)
        assert (closed.outcome, closed.counts[0].voices, closed.counts[0].support) == ("may_be_decided", 2, 2)
        assert [t.citizen for t in of(closing, said.CitizenToBeTold)] == ["boris"]
        records = [(e.type, e.wire()) for e in (*published, *gone)]
        found = recount(records, "p", closed.last_number)
        assert found.of_role("citizen") == {"voices": 2, "support": 2, "object": 0}


async def test_what_was_said_before_and_is_read_after_the_erasure_counts_without_words(databases: Databases) -> None:
    async with hearing(databases, book()) as db:
        await opened(db, (proposal(), NOON), (backtest(), NOON))
        await db.hear(erasure(OPEN + MINUTE))
        late = word("anna", "support: the corner is dark", OPEN)
        wish = word("anna", WISH, OPEN, about=None)
        await db.hear((late, OPEN), (wish, OPEN))
        emits = await db.tick(OPEN + STEP)
        (voice,) = of(emits, said.VoiceCounted)
        assert (voice.stance, voice.words) == ("support", "")
        assert of(emits, said.CitizenToBeTold) + of(emits, said.IdeaReceived) == []
        assert "anna" not in await everything_kept(db)


async def test_who_comes_back_speaks_with_the_one_voice_that_was_theirs(databases: Databases) -> None:
    async with hearing(databases, book(quorum_citizen=1)) as db:
        await opened(db, (proposal(), NOON), (backtest(), NOON))
        first = word("anna", "support", OPEN)
        await db.hear((first, OPEN))
        (before,) = of(await db.tick(OPEN + STEP), said.VoiceCounted)
        await db.hear(erasure(OPEN + STEP))
        again = word("anna", "against: too far", OPEN + STEP + MINUTE)
        await db.hear((again, again.given_at))
        emits = await db.tick(OPEN + 2 * STEP)
        (after,) = of(emits, said.VoiceCounted)
        assert (after.speaker, after.replaces) == (before.speaker, before.voice_id)
        assert [(t.citizen, t.kind) for t in of(emits, said.CitizenToBeTold)] == [("anna", "counted")]
        (closed,) = of(await db.tick(OPEN + 14 * DAY + STEP), said.DeliberationClosed)
        assert (closed.counts[0].voices, closed.counts[0].support, closed.counts[0].object) == (1, 0, 1)


async def test_an_erased_citizens_ideas_go_and_a_proposal_that_was_made_of_one_goes_on(databases: Databases) -> None:
    async with hearing(databases, book()) as db:
        wishes = [word("anna", f"{WISH}, number {n}", NOON + n * MINUTE, about=None) for n in range(2)]
        await db.hear(*((wish, wish.given_at) for wish in wishes))
        taken, left = of(await db.tick(NOON + STEP), said.IdeaReceived)
        order = said.TakeUpIdea(
            actor=EXPERT.actor, idea_id=taken.idea_id, proposal_id="p", title="T", words="w", patch=patch()
        )
        await db.order(order, NOON + STEP)
        await db.hear((proposal(author_citizen="anna", idea_id=taken.idea_id), NOON + STEP))
        await db.tick(NOON + 2 * STEP)
        emits = await db.hear(erasure(NOON + 2 * STEP))
        assert [e.idea_id for e in of(emits, said.IdeaWithdrawn)] == [left.idea_id]
        kept = await everything_kept(db)
        assert WISH not in kept
        assert "anna" not in kept
        await db.hear((rules.ProposalAccepted(proposal_id="p", actor="head:north", reason="yes"), NOON + 2 * STEP))
        assert of(await db.tick(NOON + 3 * STEP), said.CitizenToBeTold) == []


async def test_of_an_erased_conversation_words_go_those_too_that_come_late_and_the_person_speaks_on_elsewhere(
    databases: Databases,
) -> None:
    async with hearing(databases, book(quorum_citizen=1)) as db:
        await opened(db, (proposal(), NOON), (backtest(), NOON))
        mine, others = (
            word("anna", "against: the corner is dark", OPEN),
            word("anna", "support: it is near", OPEN + MINUTE),
        )
        wish, late = word("anna", WISH, OPEN, about=None), word("anna", "comment: by the red house", OPEN)
        late_wish = word("anna", f"{WISH}, late", OPEN, about=None)
        await db.hear(*((one, one.given_at) for one in (mine, others, wish)))
        await db.tick(OPEN + STEP)
        said_there = tuple(one.voice_id for one in (mine, wish, late, late_wish))
        erased = ConversationErased(citizen="anna", messages=said_there, erased_at=OPEN + STEP)
        emits = await db.hear((erased, OPEN + STEP))
        assert [g.voice_id for g in of(emits, said.VoiceModerated)] == [mine.voice_id]
        assert len(of(emits, said.IdeaWithdrawn)) == 1
        assert of(await db.hear((erased, OPEN + STEP)), said.VoiceModerated) == []
        await db.hear((late, OPEN + STEP), (late_wish, OPEN + STEP))
        emits = await db.tick(OPEN + 2 * STEP)
        # Nobody is told of them: the conversation is gone, and elsewhere may be somebody else.
        assert of(emits, said.CitizenToBeTold) + of(emits, said.IdeaReceived) == []
        kept = await everything_kept(db)
        assert [gone for gone in ("corner is dark", "red house", WISH) if gone in kept] == []
        assert "it is near" in kept
