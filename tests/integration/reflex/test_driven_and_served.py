"""A loop says the same whether its code is driven over facts or runs in the service, on the real Kafka and PostgreSQL.

The laboratory drives loops directly. Here one of its runs is told to the service as the region's and the rules'
services would tell it, and everything that any loop says is compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import orjson
import reflex.app
from common.contracts.delivery import Emit
from common.contracts.envelope import Envelope, to_headers
from common.contracts.events import region, rules
from common.contracts.events.base import Event
from common.contracts.events.reflex.observations import LoopDeclared
from common.contracts.mandates import Mandates
from common.contracts.signing import Signer
from common.federation.country import Federation
from common.rulebook.book import ReleaseBook
from common.rulebook.placement import Where
from common.runtime.service import Service
from laboratory.logged_case import LoggedCase
from laboratory.misrouting.desks import PERFECT
from laboratory.misrouting.driving import Drive
from laboratory.misrouting.run import Run
from reflex.facts import CaseJoined, CaseOpened, CaseTransferred, Fact, ProposalAdopted, ProposalReturned, fact_of
from reflex.loop import Loop, LoopContext, LoopOutput, LoopSettings
from reflex.loops import LOOPS, misrouting
from reflex.runner import emitted
from world import clock

from tests.conftest import Ground
from tests.kafka import all_of, at_rest, eventually, send

START = datetime(2011, 7, 5, 5, tzinfo=UTC)
DAYS = 45
REGIONS = {"01": "north", "02": "north", "03": "south"}
YARDS = {"01": "yard-01", "02": "yard-02", "03": "yard-03"}
TOPICS = ("reflex.observations", "reflex.warnings", "reflex.prevention", "rules.commands")
TICKS_SENT_AT_ONCE = 40


@dataclass
class Recorded:
    """What a run gave to its loop."""

    book: ReleaseBook = field(default_factory=ReleaseBook)
    facts: list[Fact] = field(default_factory=list)
    ticks: list[datetime] = field(default_factory=list)


class Recording:
    """The misrouting loop, and a record of what it was given."""

    name: ClassVar[str] = "misrouting"
    facts: ClassVar[frozenset[type[Fact]]] = misrouting.MisroutingLoop.facts
    settings: ClassVar[type[LoopSettings]] = misrouting.MisroutingLoop.settings

    def __init__(self, loop: Loop, recorded: Recorded) -> None:
        self._loop, self._recorded = loop, recorded

    def observe(self, fact: Fact) -> None:
        self._recorded.facts.append(fact)
        self._loop.observe(fact)

    def on_tick(self, now: datetime) -> Sequence[LoopOutput]:
        self._recorded.ticks.append(now)
        return self._loop.on_tick(now)

    def load(self, state: Mapping[str, Mapping[str, Any]]) -> None:
        self._loop.load(state)

    def changed(self) -> Mapping[str, dict[str, Any] | None]:
        return self._loop.changed()


def cases() -> list[LoggedCase]:
    """A case of each kind in each area a day; from some day on potholes of 01 and lights of 03 belong to others."""
    found = []
    for day in range(DAYS):
        for number, area in enumerate(sorted(REGIONS)):
            for kind, category, ruled in (
                ("Pothole", "pothole", YARDS[area]),
                ("Street light", "street-light", "lighting"),
            ):
                at = START + timedelta(days=day, hours=2 * number, minutes=7 if category == "pothole" else 31)
                really = ruled
                if (category, area) == ("pothole", "01") and day >= 10:
                    really = "lighting"
                if (category, area) == ("street-light", "03") and day >= 14:
                    really = "signals"
                where = Where(area, REGIONS[area], "borders")
                name = f"{category}-{area}-{day:02}"
                found.append(
                    LoggedCase(name, at, kind, where, "web", really, None, (category, area), ruled)
                )  # fmt: skip
    return sorted(found, key=lambda case: case.opened_at)


def recorded_run(federation: Federation) -> tuple[Recorded, Run]:
    recorded = Recorded()

    def policy(country: Federation, book: ReleaseBook) -> Loop:
        recorded.book = book
        return Recording(misrouting.build(LoopContext(country, book)), recorded)

    return recorded, Drive(federation, cases(), policy, PERFECT, seed=1).run()


def event_of(fact: Fact, adopted: Mapping[str, Event]) -> Event:
    """What the service that owns it would have said."""
    if isinstance(fact, CaseOpened):
        return region.CaseOpened(
            case_id=fact.case_id, region=fact.region, authority=fact.authority, actor="routing", state="assigned",
            reference=fact.case_id, message_id=fact.case_id, area=fact.area, category=fact.category,
            priority=fact.priority, channel=fact.channel, citizen="c", text="words", received_at=fact.received_at,
            due_at=fact.due_at, release="national:1",
        )  # fmt: skip
    if isinstance(fact, CaseTransferred):
        return region.CaseTransferred(
            case_id=fact.case_id, region=fact.region, authority=fact.authority, actor="desk", state="assigned",
            from_authority=fact.from_authority,
        )  # fmt: skip
    assert isinstance(fact, ProposalAdopted), fact
    return adopted[fact.proposal_id]


def told(recorded: Recorded, run: Run) -> list[tuple[Fact, Event]]:
    """Every fact with its event; the fact is what the service makes of it."""
    releases = {(r.layer, r.number): r for layer in recorded.book.layers for r in recorded.book.releases(layer)}
    adopted = {
        made.command.proposal_id: rules.ProposalAdopted(
            proposal_id=made.command.proposal_id, layer=made.command.patch.layer, number=number,
            effective_at=made.effective_at, actor="federal:centre",
        )
        for made in run.proposals
        for (layer, number), release in releases.items()
        if made.effective_at == release.effective_at and layer == made.command.patch.layer
    }  # fmt: skip
    found = []
    for fact in recorded.facts:
        event = event_of(fact, adopted)
        found.append((fact_of(event, Envelope(fact.id, "test", event.type, fact.at, "", fact.id)), event))
    return found


def driven(federation: Federation, recorded: Recorded, facts: Sequence[Fact]) -> Counter[tuple[str, bytes]]:
    """All that all loops say, driven one beside the other."""
    said: Counter[tuple[str, bytes]] = Counter()
    for build in LOOPS.values():
        loop = build(LoopContext(federation, recorded.book))
        left = [fact for fact in sorted(facts, key=lambda f: (f.at, f.id)) if type(fact) in loop.facts]
        for now in recorded.ticks:
            while left and left[0].at < now:
                loop.observe(left.pop(0))
            cause = Envelope("tick", "test", "clock.time.passed.v1", now, "", "tick")
            said.update(_shown(emitted(loop.name, one, cause, now)) for one in loop.on_tick(now))
    return said


def _shown(emit: Emit) -> tuple[str, bytes]:
    return emit.event.type, orjson.dumps(orjson.loads(emit.event.wire()), option=orjson.OPT_SORT_KEYS)


def records(
    ground: Ground, principal: str, topic: str, events: Sequence[tuple[str, str, datetime, Event]]
) -> Iterator[Any]:
    """(id, key, time, event) as records that the principal would have written."""
    mandates, signer = Mandates.load(ground.keys), Signer.load(ground.keys, principal)
    assert mandates is not None
    for name, key, at, event in events:
        body = event.wire()
        mandate = mandates.of(key, topic.split(".")[1]) if topic.startswith("region.") else None
        envelope = Envelope(name, principal, event.type, at, key, name, mandate=mandate)
        if event.signed:
            assert signer is not None
            envelope = signer.sign(topic, key, envelope, body)
        yield key, to_headers(envelope), body


async def tell_all(ground: Ground, recorded: Recorded, facts: Sequence[tuple[Fact, Event]]) -> None:
    """Releases first, then what happened: facts ahead of their tick wait for it."""
    published = [
        (f"{r.layer}:{r.number}", f"{r.layer}:{r.number}", START, rules.ReleasePublished.model_validate(r.model_dump()))
        for layer in recorded.book.layers
        for r in recorded.book.releases(layer)
    ]
    await send(ground, "rules", "rules.releases", list(records(ground, "rules", "rules.releases", published)))
    for name in ("north", "south"):
        own = [
            (fact.id, fact.case_id, fact.at, event)
            for fact, event in facts
            if isinstance(fact, CaseOpened | CaseTransferred | CaseJoined) and fact.region == name
        ]
        topic = f"region.{name}.cases"
        await send(ground, f"regional-{name}", topic, list(records(ground, f"regional-{name}", topic, own)))
    decided = [
        (fact.id, fact.proposal_id, fact.at, event)
        for fact, event in facts
        if isinstance(fact, ProposalAdopted | ProposalReturned)
    ]
    await send(ground, "rules", "rules.proposals", list(records(ground, "rules", "rules.proposals", decided)))


async def served(ground: Ground, count: int) -> Counter[tuple[str, bytes]]:
    """All that the service has said of what it saw, once it has said so much; what loops declare of themselves is no
    statement."""
    found: Counter[tuple[str, bytes]] = Counter()

    async def enough() -> bool:
        found.clear()
        for topic in TOPICS:
            for record in await all_of(ground, "rules" if topic == "rules.commands" else "portal", topic):
                kind = dict(record.headers)["ce_type"].decode()
                if kind != LoopDeclared.type:
                    body = orjson.dumps(orjson.loads(record.value or b""), option=orjson.OPT_SORT_KEYS)
                    found[kind, body] += 1
        return found.total() >= count

    await eventually(enough)
    return found


async def test_every_loop_says_in_the_service_what_its_code_says_when_it_is_driven(ground: Ground) -> None:
    federation = Federation(ground.federation)
    recorded, run = recorded_run(federation)
    assert len({p.command.proposal_id for p in run.proposals if p.effective_at is not None}) >= 2
    facts = told(recorded, run)
    expected = driven(federation, recorded, [fact for fact, _ in facts])
    assert {made.command.type for made in run.proposals} <= {kind for kind, _ in expected}

    service = Service(ground.settings("reflex"), reflex.app.build)
    await service.start()
    try:
        await tell_all(ground, recorded, facts)
        await at_rest(ground, "reflex")
        ticks = [clock.tick(before, now) for before, now in zip([START, *recorded.ticks], recorded.ticks, strict=False)]
        for n in range(0, len(ticks), TICKS_SENT_AT_ONCE):
            several = [
                (envelope.id, "clock", event.until, event) for envelope, event in ticks[n : n + TICKS_SENT_AT_ONCE]
            ]
            await send(ground, "world", "clock.ticks", list(records(ground, "world", "clock.ticks", several)))
            await at_rest(ground, "reflex")
        said = await served(ground, expected.total())
    finally:
        await service.stop()
    assert said - expected == Counter()
    assert expected - said == Counter()
