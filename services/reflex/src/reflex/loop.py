"""What a loop is: a small class over facts, with a name, settings that are rules, and state by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, NamedTuple, Protocol, TypeVar
from weakref import WeakKeyDictionary

from common.contracts.events.reflex.loop_event import LoopEvent
from common.contracts.events.rules import ProposeChange, TrialOrder
from common.federation.country import Federation
from common.rulebook.book import ReleaseBook
from common.rulebook.layers import Rulebook
from common.rulebook.release import NATIONAL
from common.rulebook.trial import NO_UNIT
from pydantic import BaseModel, ConfigDict

from reflex.facts import Fact

TABLE = "loops"
"""The rulebook's table of settings: loop, setting, value."""

LoopOutput = LoopEvent | ProposeChange | TrialOrder


class LoopSettings(BaseModel):
    """Numbers by which a loop works; the rulebook may name any of them, the rest are as declared here.

    A value beyond what is declared stops the loop until the rulebook says another.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")


class Loop(Protocol):
    """Pure: no I/O, no wall clock. Facts come in order of (time, id), a tick after those that happened before it."""

    name: ClassVar[str]
    facts: ClassVar[frozenset[type[Fact]]]
    """The kinds that it is given."""
    settings: ClassVar[type[LoopSettings]]

    def observe(self, fact: Fact) -> None:
        """Take one fact."""
        ...

    def on_tick(self, now: datetime) -> Sequence[LoopOutput]:
        """What follows from all facts before `now`. A tick may be long: after a pause the loop gets at one tick what
        it has missed."""
        ...

    def load(self, state: Mapping[str, Mapping[str, Any]]) -> None:
        """Take up saved state by key, all of it, in place of what is here."""
        ...

    def changed(self) -> Mapping[str, dict[str, Any] | None]:
        """Keys changed since the last call, with their state as JSON has it; None for one that is gone."""
        ...


S = TypeVar("S", bound=LoopSettings)


def settings_of(model: type[S], rulebook: Rulebook, loop: str) -> S:
    """A loop's settings in a rulebook; raises ValidationError for a value beyond what the loop allows."""
    found = {}
    for setting in model.model_fields:
        decision = rulebook.decide(TABLE, {"loop": loop, "setting": setting}, NO_UNIT)
        if decision is not None:
            found[setting] = decision.outputs["value"]
    return model.model_validate(found)


class _Stretch(NamedTuple):
    """Settings that are the same for all times from one to before another, unless the book grows."""

    since: datetime
    until: datetime
    added: int
    """See ReleaseBook."""
    settings: LoopSettings


@dataclass(frozen=True)
class LoopContext:
    """What a loop may be made of."""

    federation: Federation
    book: ReleaseBook
    _read: WeakKeyDictionary[Rulebook, dict[str, LoopSettings]] = field(default_factory=WeakKeyDictionary)
    _last: dict[tuple[str, str], _Stretch] = field(default_factory=dict)
    """By loop and region: where it was looked up last, so that a loop may ask at every fact."""

    def settings(self, model: type[S], loop: str, now: datetime, region: str = NATIONAL) -> S:
        """What is in force at a time, in a region or for the nation; raises ReleaseMissing while no release is here."""
        last = self._last.get((loop, region))
        if (
            last is not None and last.since <= now < last.until and last.added == self.book.added
            and isinstance(last.settings, model)
        ):  # fmt: skip
            return last.settings
        found = self._look_up(model, loop, now, region)
        until = self.book.changes_next(region, now) or datetime.max.replace(tzinfo=UTC)
        self._last[loop, region] = _Stretch(now, until, self.book.added, found)
        return found

    def _look_up(self, model: type[S], loop: str, now: datetime, region: str) -> S:
        rulebook = self.book.in_force(region, now)
        known = self._read.setdefault(rulebook, {})
        found = known.get(loop)
        if not isinstance(found, model):
            found = known[loop] = settings_of(model, rulebook, loop)
        return found
