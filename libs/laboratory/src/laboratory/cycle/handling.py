"""What the desks do with a case, by what is true of it: who hands it on, when it is answered, and what loops see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from common.federation.country import Federation
from common.rulebook.placement import Placed
from reflex.facts import CaseAnswered, CaseJoined, CaseOpened, CaseOverdue, CaseTransferred, Fact, Point
from reflex.facts.fact import TABLES_OF_ROWS
from world.log_requests import chance

from laboratory.logged_case import Cell, LoggedCase
from laboratory.misrouting.desks import EARLY_MINUTES, LATE_MINUTES, Deed, Manners

MOMENT = timedelta(seconds=1)
LONGEST = timedelta(days=366)
"""What takes longer is never answered: calendars have an end."""


@dataclass(slots=True)
class Handled:
    """One case that a rule placed, and what became of it."""

    case_id: str
    type: str
    at: datetime
    cell: Cell
    region: str
    channel: str
    given_to: str
    lies_with: str
    """After its first desk has done with it what it does with what is not its own."""
    really: str | None
    joined: bool
    release: str
    tried: bool
    """A trial or a holdout decided by which rule it went."""
    due: datetime
    due_at_start: datetime
    """By the rules of the first day."""
    takes: timedelta | None
    """From when who has it in the end has it to the answer; None where it is never answered."""
    answered: datetime | None = None
    worked: int = 0
    """Working minutes until the answer."""

    @property
    def misrouted(self) -> bool:
        return self.really is not None and not self.joined and self.really != self.given_to

    def in_time(self, due: datetime) -> bool:
        return self.answered is not None and self.answered <= due


class Handling:
    """The desks of all authorities. A case that is handed on takes, from then on, what it takes who has it from the
    first."""

    def __init__(self, federation: Federation, manners: Manners, seed: int) -> None:
        self._federation, self._manners, self._draw = federation, manners, chance(seed)
        self._opened: dict[str, str] = {}

    def handle(
        self, case: LoggedCase, placed: Placed, due_at_start: datetime, release: str
    ) -> tuple[Handled, list[Fact]]:
        """What becomes of a case, and the facts of it in the order of time."""
        region, at, name = case.where.region, case.opened_at, case.case_id
        due = self._federation.calendar(region).add(at, placed.answer_minutes)
        joined = self._opened.get(case.joins or "") == region
        self._opened[name] = region
        handled = Handled(
            name, case.type, at, (placed.category, case.where.area), region, case.channel, placed.authority,
            placed.authority, case.really, joined, release, bool(placed.arms), due, due_at_start, _takes(case),
        )  # fmt: skip
        rows = {row.table: f"{row.table}|{row.layer}|{row.row_id}" for row in placed.because}
        facts: list[Fact] = [
            CaseOpened(
                id=f"{name}:0", at=at, case_id=name, region=region, authority=placed.authority,
                category=placed.category, area=case.where.area, channel=case.channel, priority=placed.priority,
                received_at=at, due_at=due, point=None if case.point is None else Point(*case.point),
                arms=placed.arms, rows=tuple(rows[table] for table in TABLES_OF_ROWS if table in rows),
            )
        ]  # fmt: skip
        if joined:
            joins_at = at + timedelta(minutes=self._draw(name, "join").randint(5, 90))
            about = {"case_id": name, "region": region, "authority": placed.authority}
            facts.append(CaseJoined(id=f"{name}:1", at=joins_at, into_case=case.joins or "", **about))
            return handled, facts
        return handled, facts + list(self._worked(case, handled))

    def _worked(self, case: LoggedCase, handled: Handled) -> Iterator[Fact]:
        begins, name = handled.at, handled.case_id
        about: dict[str, Any] = {"case_id": name, "region": handled.region}
        if handled.misrouted and (to := self._handed_to(case, handled)) is not None:
            begins, handled.lies_with = to
            yield CaseTransferred(
                id=f"{name}:1", at=begins, authority=handled.lies_with, from_authority=handled.given_to, **about
            )
        if handled.takes is not None:
            handled.answered = begins + handled.takes
        about["authority"] = handled.lies_with
        if not handled.in_time(handled.due):
            yield CaseOverdue(id=f"{name}:2", at=handled.due, due_at=handled.due, **about)
        if handled.answered is not None:
            calendar = self._federation.calendar(handled.region)
            handled.worked = calendar.minutes_between(handled.at, handled.answered)
            yield CaseAnswered(id=f"{name}:3", at=handled.answered, worked_minutes=handled.worked, **about)

    def _handed_to(self, case: LoggedCase, handled: Handled) -> tuple[datetime, str] | None:
        """When a misroute is handed on, and to whom; None where it is kept."""
        deed = self._manners.deed(self._draw(case.case_id, "deed"))
        serving = [a.id for a in self._federation.authorities if a.serves(handled.region)]
        if deed is Deed.KEPT or case.really not in serving:
            return None
        to = case.really
        if deed is Deed.TO_A_THIRD:
            third = [a for a in serving if a not in (case.really, handled.given_to)]
            to = self._draw(case.case_id, "third").choice(third) if third else to
        least, most = LATE_MINUTES if deed is Deed.HANDED_ON_LATE else EARLY_MINUTES
        minutes = self._draw(case.case_id, "transfer").randint(least, most)
        return self._federation.calendar(handled.region).add(handled.at, minutes), to


def _takes(case: LoggedCase) -> timedelta | None:
    if case.closed_at is None or case.closed_at - case.opened_at >= LONGEST:
        return None
    return max(case.closed_at - case.opened_at, MOMENT)
