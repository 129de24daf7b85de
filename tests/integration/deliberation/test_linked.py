"""Citizens who link two channels have one voice on a proposal, whenever the link comes, and anybody counts the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from common.contracts.envelope import derived_id
from common.contracts.events import deliberation as said
from common.contracts.events.base import Event
from common.contracts.events.intake import CitizenErased, CitizensLinked, VoiceGiven
from deliberation.recount import Record, differences, recount

from tests.databases import Databases
from tests.deliberations import DAY, NOON, STEP, backtest, book, proposal
from tests.deliberations import word as worded
from tests.integration.deliberation.hearing import Hearing, hearing, of, opened

OPEN = NOON + STEP
MINUTE = timedelta(minutes=1)
END = OPEN + 14 * DAY + STEP


def word(citizen: str, text: str, at: datetime, **given: Any) -> VoiceGiven:
    return worded(citizen, text, at, voice_id=derived_id("voice", citizen, text, at.isoformat()), **given)


def link(at: datetime, voices: tuple[str, ...] | None = None, into: str = "boris") -> tuple[Event, datetime]:
    return CitizensLinked(citizen="anna", into_citizen=into, linked_at=at, voices=voices), at


class Counted:
    """A hearing with all that it published on the topic of voices."""

    def __init__(self, db: Hearing) -> None:
        self.db = db
        self.records: list[Record] = []

    async def hear(self, *events: tuple[Event, datetime]) -> list[said.SpeakersJoined]:
        return of(self._kept(await self.db.hear(*events)), said.SpeakersJoined)

    async def tick(self, until: datetime) -> list[Any]:
        return self._kept(await self.db.tick(until))

    async def closed(self) -> tuple[int, int, int]:
        """Citizens' voices, support and objections, as the closing says and as anybody counts."""
        (closed,) = of(await self.tick(END), said.DeliberationClosed)
        assert differences(recount(self.records, "p", closed.last_number), closed.model_dump(mode="json")) == []
        (count,) = [c for c in closed.counts if c.role == "citizen"]
        return count.voices, count.support, count.object

    def _kept(self, emits: list[Any]) -> list[Any]:
        self.records += [(e.event.type, e.event.wire()) for e in emits if e.topic == "deliberation.voices"]
        return emits


async def test_the_later_word_of_both_counts_once_though_the_link_comes_after_both(databases: Databases) -> None:
    async with hearing(databases, book()) as heard:
        db = Counted(heard)
        await opened(heard, (proposal(), NOON), (backtest(), NOON))
        words = [word("boris", "against: too far", OPEN), word("anna", "support", OPEN + MINUTE)]
        await db.hear(*((one, one.given_at) for one in [*words, word("clara", "support", OPEN)]))
        await db.tick(OPEN + STEP)
        (joined,) = await db.hear(link(OPEN + STEP))
        assert (joined.number, joined.replaces) == (4, words[0].voice_id)
        assert await db.hear(link(OPEN + STEP)) == []
        # What was under way as the first is said as the second.
        late = word("anna", "against: I have seen it now", OPEN + STEP)
        await db.hear((late, OPEN + STEP))
        (voice,) = of(await db.tick(OPEN + 2 * STEP), said.VoiceCounted)
        assert (voice.speaker, voice.replaces) == (joined.into_speaker, words[1].voice_id)
        assert await db.closed() == (2, 1, 1)


async def test_a_link_that_comes_before_the_voices_are_counted_makes_them_one(databases: Databases) -> None:
    async with hearing(databases, book()) as heard:
        db = Counted(heard)
        await opened(heard, (proposal(), NOON), (backtest(), NOON))
        words = [word("anna", "support", OPEN), word("boris", "against: too far", OPEN + MINUTE)]
        assert await db.hear(*((one, one.given_at) for one in words), link(OPEN + 2 * MINUTE)) == []
        voices = of(await db.tick(OPEN + STEP), said.VoiceCounted)
        assert (voices[0].speaker, voices[1].replaces) == (voices[1].speaker, words[0].voice_id)
        assert await db.closed() == (1, 0, 1)


async def test_over_http_only_what_was_said_in_the_linked_conversation_is_the_others(databases: Databases) -> None:
    async with hearing(databases, book()) as heard:
        db = Counted(heard)
        await opened(heard, (proposal(), NOON), (backtest(), NOON))
        words = [word("anna", "support", OPEN), word("boris", "against: too far", OPEN)]
        await db.hear(*((one, one.given_at) for one in words))
        await db.tick(OPEN + STEP)
        assert await db.hear(link(OPEN + STEP, voices=())) == []
        assert len(await db.hear(link(OPEN + STEP, voices=(words[0].voice_id,)))) == 1
        assert (await db.closed())[0] == 1


async def test_they_stay_one_there_when_they_are_erased_and_either_comes_back(databases: Databases) -> None:
    async with hearing(databases, book()) as heard:
        db = Counted(heard)
        await opened(heard, (proposal(), NOON), (backtest(), NOON))
        words = [word("anna", "support", OPEN), word("boris", "support", OPEN + MINUTE)]
        await db.hear(
            *((one, one.given_at) for one in words),
        )
        await db.tick(OPEN + STEP)
        await db.hear(link(OPEN + STEP))
        gone = OPEN + STEP + MINUTE
        erased = [(CitizenErased(citizen=one, actor="citizen", erased_at=gone), gone) for one in ("boris", "anna")]
        await db.hear(*erased)
        again = word("anna", "against: too far", gone + MINUTE)
        await db.hear((again, again.given_at))
        (voice,) = of(await db.tick(OPEN + 2 * STEP), said.VoiceCounted)
        assert voice.replaces == words[1].voice_id
        assert await db.closed() == (1, 0, 1)


async def test_published_totals_stand(databases: Databases) -> None:
    async with hearing(databases, book()) as heard:
        db = Counted(heard)
        await opened(heard, (proposal(), NOON), (backtest(), NOON))
        words = [word("anna", "support", OPEN), word("boris", "support", OPEN)]
        await db.hear(*((one, one.given_at) for one in words))
        await db.tick(OPEN + STEP)
        assert await db.closed() == (2, 2, 0)
        assert await db.hear(link(END + MINUTE)) == []
