"""What an installation tells the archive in tests: cases of a region, checked proposals, ticks."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from common.contracts.envelope import Envelope, Headers, derived_id, to_headers
from common.contracts.events import clock, region, rules
from common.contracts.events.base import Because, Event
from common.contracts.mandates import Mandates
from common.contracts.patch import Patch
from common.contracts.signing import Signer
from common.rulebook.patch import reverse

from tests.conftest import Ground
from tests.kafka import send
from tests.past import START, book_of_tests, to_lighting, with_release

STEP = timedelta(hours=6)
ADOPTED = START + 8 * STEP
REVIEWED = START + 16 * STEP
FORECAST = rules.Forecast(
    measure=rules.TRANSFERS_AVOIDED, expected=10, low=5, high=15, horizon_days=1, review_at=REVIEWED
)
Said = tuple[str, Headers, bytes]


@dataclass
class Told:
    """Says things on topics as their owners do, with sequences and mandates."""

    ground: Ground
    _last: dict[tuple[str, str], int] = field(default_factory=dict)

    def record(self, principal: str, topic: str, key: str, event: Event, at: datetime) -> Said:
        sequence = self._last[topic, key] = self._last.get((topic, key), 0) + 1
        body = event.wire()
        name = derived_id("test", topic, key, str(sequence))
        mandate = None
        if isinstance(event, region.CaseEvent):
            mandates = Mandates.load(self.ground.keys)
            assert mandates is not None
            mandate = mandates.of(key, event.region)
        envelope = Envelope(name, principal, event.type, at, key, name, sequence=sequence, mandate=mandate)
        if event.signed:
            signer = Signer.load(self.ground.keys, principal)
            assert signer is not None
            envelope = signer.sign(topic, key, envelope, body)
        return key, to_headers(envelope), body

    def case(self, number: int) -> Iterator[Said]:
        """A pothole of area 01; of three cases one stays with the yard, one goes to lighting, one to the other yard."""
        case_id, at = derived_id("case", str(number)), START + timedelta(minutes=number)
        because = tuple(
            Because(layer="north", number=1, table=table, row_id="p1", inputs=inputs, outputs={})
            for table, inputs in (("category_map", {"given": "Pothole"}), ("jurisdiction", {"area": "01"}))
        )
        common = {"case_id": case_id, "region": "north", "actor": "desk"}
        opened = region.CaseOpened(
            **common, authority="yard-01", state="assigned", reference=case_id, message_id=case_id, area="01",
            category="pothole", priority=2, channel="web", citizen="somebody", text="secret words", received_at=at,
            due_at=at, release="national:1+north:1", because=because,
        )  # fmt: skip
        yield self.record("regional-north", "region.north.cases", case_id, opened, at)
        to = (None, "lighting", "yard-02")[number % 3]
        if to is not None:
            moved = region.CaseTransferred(
                **common, authority=to, state="assigned", from_authority="yard-01", held_minutes=60
            )
            yield self.record("regional-north", "region.north.cases", case_id, moved, at + timedelta(hours=1))
        answered = region.CaseAnswered(
            **common, authority=to or "yard-01", state="answered", text="more secret words", on_time=True,
            worked_minutes=300,
        )  # fmt: skip
        yield self.record("regional-north", "region.north.cases", case_id, answered, at + timedelta(hours=2))

    def followed(self, number: int) -> Iterator[Said]:
        """A pothole of area 01 under the changed rule; of three cases two stay with lighting, one is passed back."""
        case_id, at = derived_id("followed", str(number)), ADOPTED + timedelta(minutes=number)
        common = {"case_id": case_id, "region": "north", "actor": "desk"}
        because = tuple(
            Because(layer="north", number=2, table=table, row_id="p1", inputs=inputs, outputs={})
            for table, inputs in (("category_map", {"given": "Pothole"}), ("jurisdiction", {"area": "01"}))
        )
        opened = region.CaseOpened(
            **common, authority="lighting", state="assigned", reference=case_id, message_id=case_id, area="01",
            category="pothole", priority=2, channel="web", citizen="somebody", text="secret words", received_at=at,
            due_at=at, release="national:1+north:2", because=because,
        )  # fmt: skip
        yield self.record("regional-north", "region.north.cases", case_id, opened, at)
        if number % 3 == 2:
            back = region.CaseTransferred(
                **common, authority="yard-01", state="assigned", from_authority="lighting", held_minutes=60
            )
            yield self.record("regional-north", "region.north.cases", case_id, back, at + timedelta(hours=1))
        else:
            answered = region.CaseAnswered(
                **common, authority="lighting", state="answered", text="more secret words", on_time=True,
                worked_minutes=300,
            )  # fmt: skip
            yield self.record("regional-north", "region.north.cases", case_id, answered, at + timedelta(hours=2))

    async def cases(self, numbers: range) -> None:
        records = list(itertools.chain.from_iterable(map(self.case, numbers)))
        await send(self.ground, "regional-north", "region.north.cases", records)

    async def followed_cases(self, numbers: range) -> None:
        records = list(itertools.chain.from_iterable(map(self.followed, numbers)))
        await send(self.ground, "regional-north", "region.north.cases", records)

    async def adoption(self, name: str, patch: Patch | None = None) -> None:
        """The proposal is its layer's second release, the north's where none is named, reviewed after two days."""
        patch = patch or to_lighting()
        layer = patch.layer
        head = next(r for r in with_release(book_of_tests(), patch, ADOPTED).releases(layer) if r.number == 2)
        release = rules.ReleasePublished(**head.model_dump(), proposal_id=name)
        adopted = rules.ProposalAdopted(
            proposal_id=name, layer=layer, number=2, effective_at=ADOPTED, review_at=REVIEWED
        )
        for topic, key, event in (("rules.releases", f"{layer}:2", release), ("rules.proposals", name, adopted)):
            await send(self.ground, "rules", topic, [self.record("rules", topic, key, event, ADOPTED - STEP)])

    async def proposal(
        self, name: str, at: datetime, patch: Patch | None = None, forecast: rules.Forecast = FORECAST
    ) -> None:
        patch = patch or to_lighting()
        event = rules.ProposalChecked(
            proposal_id=name, title="t", words="w", patch=patch, actor="misrouting", forecast=forecast,
            reversal=reverse(patch, book_of_tests().releases(patch.layer)[0].tables),
        )  # fmt: skip
        await send(
            self.ground, "rules", "rules.proposals", [self.record("rules", "rules.proposals", name, event, at)]
        )  # fmt: skip

    async def tick(self, number: int) -> None:
        """The interval of that number, from START on."""
        since = START + number * STEP
        event = clock.TimePassed(since=since, until=since + STEP)
        record = self.record("world", "clock.ticks", "clock", event, since + STEP)
        await send(self.ground, "world", "clock.ticks", [record])
