"""What followed the early warnings of the demonstration's half-year: `python -m tests.evaluation.after_warnings`.

The loop emergence is driven over the log; routing's own code says which new cases came under a warning, which of them
are made more urgent, and what is suggested to them.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from common.contracts.events.reflex.warnings import WarningEnded, WarningRaised
from common.contracts.events.routing import DuplicateSuggested
from common.rulebook.book import ReleaseBook
from common.rulebook.placement import Where, place
from laboratory.emergence.base import loop_of
from laboratory.logged_case import LoggedCase
from laboratory.subject import Source, Subject
from laboratory.watching import facts_of, ticks
from reflex.facts import CaseOpened
from routing.duplicates.domain import follow
from routing.duplicates.model import CasePlaced, KnownCase
from routing.early_warnings import EarlyWarning, EarlyWarnings

BOSTON = Path(__file__).parents[2] / "deploy" / "federations" / "boston"
DAY_S = 86_400


def warnings_of(subject: Subject) -> list[tuple[WarningRaised, EarlyWarning]]:
    """Each as it was raised, and as routing knows it."""
    loop, cases, sent = loop_of(subject), (*subject.earlier, *subject.cases), 0
    raised: dict[str, tuple[WarningRaised, datetime]] = {}
    ended: dict[str, datetime] = {}
    for until in ticks(cases[0].opened_at, cases[-1].opened_at):
        while sent < len(cases) and cases[sent].opened_at < until:
            for fact in facts_of(cases[sent]):
                if isinstance(fact, CaseOpened):
                    loop.observe(fact)
            sent += 1
        for said in loop.on_tick(until):
            if isinstance(said, WarningRaised):
                raised[said.warning_id] = (said, until)
            elif isinstance(said, WarningEnded):
                ended[said.warning_id] = until
        loop.changed()
    return [(said, _known(said, at, ended.get(said.warning_id))) for said, at in raised.values()]


def _known(said: WarningRaised, at: datetime, ended: datetime | None) -> EarlyWarning:
    return EarlyWarning(
        said.warning_id, said.region, said.category, said.lat, said.lon, said.radius_m, said.whole_region,
        said.parent_case, at, ended,
    )  # fmt: skip


def main() -> None:
    with TemporaryDirectory() as scratch:
        log = BOSTON / "log/boston_2011_h2.csv.gz"
        subject = Source(log, BOSTON, "America/New_York").subject(Path(scratch))
    found = warnings_of(subject)
    standing, book = EarlyWarnings(known for _, known in found), ReleaseBook(subject.federation.base_releases())
    cases = [c for c in (*subject.earlier, *subject.cases) if c.cell is not None and c.point is not None]
    under = [c for c in cases if _warned(c, standing)]
    urgent = sum(_priority(c, book, standing) > _priority(c, book, EarlyWarnings()) for c in under)
    said = follow([CasePlaced(_case(c)) for c in cases], {}, book.in_force, standing).said
    suggested = [one.event for one in said if isinstance(one.event, DuplicateSuggested)]
    days = [(known.until - known.since).total_seconds() / DAY_S for _, known in found if known.until is not None]
    print(
        f"{len(cases):,} cases; {len(found)} warnings, {sum(w.whole_region for w, _ in found)} of them of a whole"
        f" region; ended after {median(days):.1f} days in the middle, {max(days):.1f} at most"
    )
    print(
        f"{sum(len(w.cases) for w, _ in found)} cases named when they were raised; {len(under)} new cases under one,"
        f" {urgent} of them more urgent by it"
    )
    print(f"{len(suggested):,} suggestions in all, {sum(e.warning is not None for e in suggested)} of parent cases")


def _warned(case: LoggedCase, standing: EarlyWarnings) -> bool:
    assert case.cell is not None
    assert case.point is not None
    return standing.warned(case.where.region, case.cell[0], *case.point, case.opened_at) is not None


def _priority(case: LoggedCase, book: ReleaseBook, standing: EarlyWarnings) -> int:
    assert case.point is not None
    lat, lon = case.point
    placed = place(
        case.case_id, case.type, Where(case.where.area, case.where.region, case.where.border_set),
        book.in_force(case.where.region, case.opened_at),
        warned=lambda region, category: standing.warned(region, category, lat, lon, case.opened_at),
    )  # fmt: skip
    return getattr(placed, "priority", 0)


def _case(case: LoggedCase) -> KnownCase:
    assert case.cell is not None
    assert case.point is not None
    return KnownCase(case.case_id, case.where.region, case.cell[0], "p", *case.point, case.opened_at, case.case_id)


if __name__ == "__main__":
    main()
