"""A message that may be about an earlier case or another matter waits for its citizen's word, and is never lost."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
from common.contracts.envelope import Envelope, to_headers
from common.contracts.events import channel
from common.contracts.events.base import Place
from common.contracts.events.channel import ErasureRequested
from common.contracts.events.clock import TimePassed
from common.contracts.events.intake import MessageAdded, MessageRegistered
from common.contracts.events.rules import ReleasePublished
from common.rulebook import NATIONAL, Release, sealed

from tests.conftest import FEDERATION, Ground
from tests.end_to_end.system import NOW, fact
from tests.integration.intake.test_conversations import BOB, heard, later, told
from tests.integration.intake.test_voices import ANN, running, said
from tests.kafka import at_rest, send


async def publish_the_table(ground: Ground) -> None:
    await publish(ground, {"conversation": written("conversation")})


def written(name: str) -> dict[str, Any]:
    """A table of the tests' federation."""
    table: dict[str, Any] = json.loads((FEDERATION / f"rulebook/national/{name}.json").read_text())
    return table


async def publish(ground: Ground, tables: dict[str, dict[str, Any]]) -> None:
    """As the nation's first release."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    release = sealed(Release(layer=NATIONAL, number=1, effective_at=epoch, tables=tables))
    event = ReleasePublished(**release.model_dump())
    envelope = Envelope("release", "rules", event.type, NOW, "national:1", "release")
    await send(ground, "rules", "rules.releases", [("national:1", to_headers(envelope), event.wire())])


async def tick(ground: Ground, since: datetime, until: datetime) -> None:
    await fact(ground, "world", "clock.ticks", "clock", TimePassed(since=since, until=until), until)
    await at_rest(ground, "intake")


async def waiting(ground: Ground) -> list[bytes]:
    """What waits, as it lies in the database."""
    db = await asyncpg.connect(ground.urls["intake"])
    try:
        return [row["record"] for row in await db.fetch("SELECT record FROM held_message")]
    finally:
        await db.close()


def pin(conversation: str, minutes: int, **fields: Any) -> channel.MessageReceived:
    """A place and nothing else, half a day after the last word."""
    return later("", minutes, conversation, place=Place(lat=0.6, lon=0.6), **fields)


async def test_words_wait_for_the_citizens_word_and_go_where_it_says_or_on_when_the_time_is_over(
    ground: Ground,
) -> None:
    await publish_the_table(ground)
    async with running(ground):
        await tick(ground, NOW, NOW + timedelta(minutes=1000))
        for name in ("answers", "silent", "gone"):
            contact = ANN.model_copy(update={"address": f"+1 617 555 01{len(name):02}", "language": "en"})
            whose = {"contact": contact}
            await said(ground, later(f"The lamp is out ({name})", 0, name, **whose), f"{name}-1")
            await said(ground, pin(name, 800, **whose), f"{name}-2")
            await said(ground, later(f"It hums there ({name})", 801, name, **whose), f"{name}-3")
        begun = {event.text: event for event in await heard(ground)}
        assert len(begun) == 3, "what came later waits, words with the place"
        lamp = begun["The lamp is out (answers)"]
        assert isinstance(lamp, MessageRegistered)
        assert await told(ground, "answers") == [("registered", lamp.reference), ("which_case", lamp.reference)]
        assert len(await waiting(ground)) == 6
        assert not [row for row in await waiting(ground) if b"hums" in row], "what waits is sealed"

        # Nobody else answers for her.
        await said(ground, later("2", 802, "answers", contact=BOB), "bob-1")
        whose = {"contact": ANN.model_copy(update={"address": "+1 617 555 0107", "language": "en"})}
        await said(ground, later("2", 803, "answers", **whose), "answers-4")
        at_answers = [e for e in await heard(ground) if e not in begun.values()]
        first, hums = at_answers
        assert isinstance(first, MessageRegistered)
        assert isinstance(hums, MessageAdded)
        assert (first.place.lat, first.received_at) == (0.6, NOW + timedelta(minutes=800))
        assert (hums.case_id, hums.text) == (first.case_id, "It hums there (answers)")

        gone = {"contact": ANN.model_copy(update={"address": "+1 617 555 0104"}), "conversation": "gone"}
        await said(ground, ErasureRequested.model_validate({**gone, "sent_at": NOW}), "gone-4")
        await tick(ground, NOW + timedelta(minutes=1000), NOW + timedelta(minutes=1060))
        of_silent = begun["The lamp is out (silent)"]
        assert isinstance(of_silent, MessageRegistered)
        joined = [e for e in await heard(ground) if isinstance(e, MessageAdded) and e.case_id == of_silent.case_id]
        assert [(e.text, e.place.lat) for e in joined] == [("", 0.6), ("It hums there (silent)", None)]
        assert not [e for e in await heard(ground) if isinstance(e, MessageAdded) and "(gone)" in e.text]
        assert await waiting(ground) == []
