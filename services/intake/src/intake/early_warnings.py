"""Which citizens are told of an early warning, from tick to tick: at most once a conversation and warning, and of one
warning at a time about a case. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from common.contracts.envelope import Envelope
from common.contracts.events.base import Event
from common.contracts.events.reflex.warnings import WarningEnded, WarningGrown, WarningRaised
from common.contracts.events.routing import CaseWarned
from common.contracts.frozen import value
from common.federation.languages import N_

from intake.standing import Standing
from intake.telling import Authority, CategoryName, OurWords, Telling

HEARD = (WarningRaised, WarningGrown, WarningEnded, CaseWarned)
NEAR = N_("from around there")
WHOLE_REGION = N_("from the whole region")


@value
class EarlyWarning:
    """While it stands; `reports` as the loop said last, `told` so many citizens."""

    warning_id: str
    region: str
    authority: str
    category: str
    whole_region: bool
    reports: int
    told: int
    since: datetime


@value
class TellingRules:
    """What table `warnings` says of citizens."""

    tell: bool
    at_most: int
    tell_end: bool


RulesAt = Callable[[str, str, datetime], TellingRules | None]
"""(region, category, time) -> what is in force then; None where no row says."""


@value
class Heard:
    """One record, in the order of (time, id)."""

    event: Event
    envelope: Envelope


@value
class WarningNotice:
    """What the citizen of a case is told, because of which record."""

    telling: Telling
    case_id: str
    cause: Envelope
    region: str


@dataclass
class Following:
    """What is known when records of a tick are applied, and what follows."""

    warnings: dict[str, EarlyWarning]
    told: dict[str, dict[bytes, str]]
    """By warning and thread the case that its citizen was told with; as far as the records name the warning."""
    threads: Mapping[str, bytes]
    """By case the conversation, of those who can be told."""
    standings: Mapping[str, Standing]
    rules: RulesAt
    told_about: set[str] = field(default_factory=set)
    """Cases whose citizens are told of a warning that stands: a case is of one category and region, so another one says
    the same."""
    changed: set[str] = field(default_factory=set)
    ended: list[str] = field(default_factory=list)
    newly_told: list[tuple[str, str]] = field(default_factory=list)
    """Warning and case."""
    notices: list[WarningNotice] = field(default_factory=list)

    def apply(self, records: Iterable[Heard]) -> None:
        for one in records:
            event = one.event
            if isinstance(event, WarningRaised):
                self._raise(event, one.envelope)
                self._tell(event.warning_id, event.cases, one.envelope)
            elif isinstance(event, WarningGrown):
                self._grow(event)
                self._tell(event.warning_id, event.cases, one.envelope)
            elif isinstance(event, CaseWarned):
                self._tell(event.warning_id, (event.case_id,), one.envelope)
            elif isinstance(event, WarningEnded):
                self._end(event, one.envelope)

    def _raise(self, event: WarningRaised, cause: Envelope) -> None:
        if event.warning_id in self.warnings:
            return
        self._keep(
            EarlyWarning(
                event.warning_id, event.region, event.authority, event.category, event.whole_region, event.reports, 0,
                cause.time,
            )
        )  # fmt: skip

    def _grow(self, event: WarningGrown) -> None:
        known = self.warnings.get(event.warning_id)
        if known is not None:
            self._keep(replace(known, reports=event.reports))

    def _end(self, event: WarningEnded, cause: Envelope) -> None:
        known = self.warnings.pop(event.warning_id, None)
        if known is None:
            return
        self.ended.append(known.warning_id)
        self.told_about.difference_update(self.told.get(known.warning_id, {}).values())
        rules = self.rules(known.region, known.category, cause.time)
        if rules is not None and rules.tell_end:
            telling = telling_that_it_is_over(known.category)
            for case_id in sorted(self.told.get(known.warning_id, {}).values()):
                self.notices.append(WarningNotice(telling, case_id, cause, known.region))

    def _tell(self, warning_id: str, case_ids: Iterable[str], cause: Envelope) -> None:
        for case_id in case_ids:
            known, thread = self.warnings.get(warning_id), self.threads.get(case_id)
            if known is None or thread is None or self._was_closed(case_id, cause.time):
                continue
            if case_id in self.told_about:
                continue
            told = self.told.setdefault(warning_id, {})
            rules = self.rules(known.region, known.category, cause.time)
            if thread in told or rules is None or not rules.tell or known.told >= rules.at_most:
                continue
            told[thread] = case_id
            self.told_about.add(case_id)
            self.newly_told.append((warning_id, case_id))
            self._keep(replace(known, told=known.told + 1))
            self.notices.append(WarningNotice(telling_of_warning(known), case_id, cause, known.region))

    def _was_closed(self, case_id: str, at: datetime) -> bool:
        """By then: what is closed at the tick that is heard now may be known already, or not yet."""
        standing = self.standings.get(case_id)
        return standing is not None and standing.standing == "closed" and standing.since <= at

    def _keep(self, warning: EarlyWarning) -> None:
        self.warnings[warning.warning_id] = warning
        self.changed.add(warning.warning_id)


def telling_that_it_is_over(category: str) -> Telling:
    return Telling("many_reports_over", {"category": CategoryName(category)})


def telling_of_warning(warning: EarlyWarning) -> Telling:
    return Telling(
        "many_reports",
        {
            "category": CategoryName(warning.category), "reports": str(warning.reports),
            "where": OurWords(WHOLE_REGION if warning.whole_region else NEAR),
            "authority": Authority(warning.authority),
        },
    )  # fmt: skip
