"""Early warnings, told to citizens with a case in their circle. What is heard of them waits for the tick, since it
spans cases: two replays tell the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import asyncpg
from common.contracts.delivery import Delivery, Emit
from common.contracts.envelope import Envelope
from common.contracts.events import EVENTS
from common.contracts.events.clock import RECORDS_AHEAD
from common.contracts.events.reflex.warnings import WarningEvent, WarningGrown, WarningRaised
from common.contracts.events.routing import CaseWarned
from common.messaging.clock import tick_buffer
from common.messaging.clock.tick_buffer import Buffered, buffered
from common.messaging.release_cache import Releases
from common.rulebook.errors import ReleaseMissing
from common.rulebook.tables import LONGEST_WARNING_HOURS
from common.rulebook.trial import NO_UNIT

from intake import key_store, standing_store, store, warning_store
from intake.addressed_notices import AddressedNotices
from intake.citizen_keys import CitizenKeys
from intake.early_warnings import HEARD, EarlyWarning, Following, Heard, RulesAt, TellingRules, telling_that_it_is_over
from intake.official_notices import OfficialNotices
from intake.store import KeptConversation

LONGEST = timedelta(hours=LONGEST_WARNING_HOURS)


class WarningRules:
    """Asks the release in force. A federation without the table, or without a release yet, tells nobody."""

    def __init__(self, releases: Releases) -> None:
        self._releases = releases

    def at(self, region: str, category: str, now: datetime) -> TellingRules | None:
        try:
            rulebook = self._releases.book.in_force(region, now)
        except ReleaseMissing:
            return None
        decision = rulebook.decide("warnings", {"category": category}, NO_UNIT)
        if decision is None:
            return None
        said = decision.outputs
        return TellingRules(bool(said["tell_citizens"]), int(said["told_at_most"]), bool(said["tell_end"]))


class WarningNews:
    """Keeps what is heard, and tells at a tick."""

    def __init__(self, keys: CitizenKeys, notices: AddressedNotices, heads: OfficialNotices, rules: RulesAt) -> None:
        self._keys = keys
        self._notices = notices
        self._heads = heads
        self._rules = rules

    async def wait(self, batch: Sequence[Delivery], db: asyncpg.Connection) -> None:
        """Until the tick."""
        heard = [one for one in batch if isinstance(one.event, HEARD)]
        await tick_buffer.keep(db, [buffered(one) for one in heard])

    async def correct(self, cause: Envelope, db: asyncpg.Connection) -> list[Emit]:
        """The clock was wrong: what was raised ahead of the right time is taken back, since the loop knows it no more,
        and whoever was told of it is told so. What else was heard meanwhile waits no longer than that."""
        ahead = cause.time + RECORDS_AHEAD
        waiting = [
            (one, WarningRaised.model_validate_json(one.body))
            for one in await tick_buffer.later(db, ahead)
            if one.envelope.type == WarningRaised.type
        ]
        await tick_buffer.drop(db, [one for one, _ in waiting])
        await tick_buffer.not_ahead(db, cause.time, ahead)
        told = await warning_store.told(db, await warning_store.later(db, ahead))
        kept = {one.warning_id: one for one in await warning_store.take_back(db, ahead)}
        cases = await self._reachable({case_id for _, case_id in told}, db)
        emits = [
            self._notices.to_citizen(
                telling_that_it_is_over(kept[name].category), cases[case_id], cause, kept[name].region
            )
            for name, case_id in told
            if case_id in cases
        ]
        gone: list[EarlyWarning | WarningRaised] = [*kept.values(), *(event for _, event in waiting)]
        return emits + [word for one in gone if (word := self._heads.taken_back(one, cause)) is not None]

    async def tell(self, until: datetime, db: asyncpg.Connection) -> list[Emit]:
        """What follows from all that was heard before a tick's end."""
        records = [_heard(one) for one in await tick_buffer.take(db, until)]
        if not records:
            return []
        named = {one.event.warning_id for one in records if isinstance(one.event, WarningEvent | CaseWarned)}
        told = await warning_store.told(db, named)
        new = {case_id for one in records for case_id in _cases_of(one)}
        cases = await self._reachable(new | {case_id for _, case_id in told}, db)
        standings = await standing_store.standings(db, new) if new else {}
        threads = {case_id: kept.thread for case_id, kept in cases.items()}
        following = Following(
            await warning_store.load(db, named), _by_thread(told, threads), threads, standings, self._rules,
            await warning_store.told_about(db, new),
        )  # fmt: skip
        following.apply(records)
        changed = [one for name in following.changed if (one := following.warnings.get(name)) is not None]
        await warning_store.keep(db, changed, following.newly_told, following.ended)
        await warning_store.forget_before(db, until - LONGEST)
        return [
            self._notices.to_citizen(one.telling, cases[one.case_id], replace(one.cause, time=until), one.region)
            for one in following.notices
        ]

    async def _reachable(self, case_ids: set[str], db: asyncpg.Connection) -> dict[str, KeptConversation]:
        """Whose key is destroyed is told nothing."""
        if not case_ids:
            return {}
        cases = await store.by_case(db, case_ids)
        await key_store.hold(db, self._keys, [one.key_id for one in cases.values()])
        return {case_id: kept for case_id, kept in cases.items() if self._keys.opens(kept.key_id)}


def _heard(one: Buffered) -> Heard:
    return Heard(EVENTS[one.envelope.type].model_validate_json(one.body), one.envelope)


def _cases_of(one: Heard) -> Sequence[str]:
    if isinstance(one.event, WarningRaised | WarningGrown):
        return one.event.cases
    return (one.event.case_id,) if isinstance(one.event, CaseWarned) else ()


def _by_thread(told: Sequence[tuple[str, str]], threads: Mapping[str, bytes]) -> dict[str, dict[bytes, str]]:
    found: dict[str, dict[bytes, str]] = {}
    for warning_id, case_id in told:
        if case_id in threads:
            found.setdefault(warning_id, {})[threads[case_id]] = case_id
    return found
