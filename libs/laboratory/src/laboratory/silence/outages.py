"""Quiet that is planted in a region: one channel brings nothing for a time, or all bring far less."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from common.federation.country import Federation
from reflex.local_days import LocalDays

from laboratory.logged_case import LoggedCase

LEAST_A_DAY = 5.0
"""Cases that a channel brings in a region, on average, for it to be silenced: nobody can hear that less is gone."""
APART = timedelta(days=14)
"""From one planted quiet of a region to the next, at least."""
SPREAD = timedelta(days=7)
"""It begins at a working day's case of so many days."""
WHOLE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Quiet:
    """What is planted; `lost` is the share of cases that do not come."""

    lasts: timedelta
    lost: float
    one_channel: bool


@dataclass(frozen=True, slots=True)
class Planted:
    """One quiet of a region; `channel` is None where it is of all channels."""

    region: str
    channel: str | None
    since: datetime
    until: datetime
    lost: float

    def holds(self, case: LoggedCase) -> bool:
        """Whether a case falls into it."""
        return (
            case.where.region == self.region
            and self.channel in (None, case.channel)
            and self.since <= case.opened_at < self.until
        )


def planted(
    cases: Sequence[LoggedCase], since: datetime, quiet: Quiet, federation: Federation, seed: int
) -> list[Planted]:
    """In each region one after another, from `since` to the end of the cases, the channels by turns of chance."""
    days, random = LocalDays(federation), Random(f"quiet:{seed}")
    regions: dict[str, list[LoggedCase]] = defaultdict(list)
    for case in cases:
        regions[case.where.region].append(case)
    found: list[Planted] = []
    for region, own in sorted(regions.items()):
        length = (own[-1].opened_at - own[0].opened_at) / WHOLE
        counts = Counter(case.channel for case in own)
        channels = sorted(c for c, n in counts.items() if n >= LEAST_A_DAY * max(length, 1.0))
        if not channels:
            continue
        begins = since
        while begins + SPREAD + quiet.lasts + WHOLE < own[-1].opened_at:
            channel = random.choice(channels) if quiet.one_channel else None
            models = [
                c for c in own
                if begins <= c.opened_at < begins + SPREAD and channel in (None, c.channel)
                and days.works(region, days.day_of(region, c.opened_at))
            ]  # fmt: skip
            if models:
                at = random.choice(models).opened_at
                found.append(Planted(region, channel, at, at + quiet.lasts, quiet.lost))
            begins += APART + random.random() * SPREAD
    return found


def heard(cases: Iterable[LoggedCase], wrong: Sequence[Planted], seed: int) -> Iterator[LoggedCase]:
    """The cases that come all the same."""
    for case in cases:
        lost = max((one.lost for one in wrong if one.holds(case)), default=0.0)
        if lost == 0 or Random(f"lost:{seed}:{case.case_id}").random() >= lost:
            yield case
