"""Who most cases of a cell ended at since its change, and when that is believed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from reflex.loops.misrouting.outcome import CellOutcome
from reflex.loops.misrouting.settings import Settings

SHARE_TO_WIN = 0.55
"""Of the cases that end at the target or stay: with less a change of the rule spares hardly more than it costs."""
FEWEST_DAYS = 3
"""On which cases ended at the winner: those of one day are one pile often, and a pile takes two at times."""
A_DAY = timedelta(hours=20)
"""Cases of one working day are opened within less, wherever midnight is; those of the next working day are not."""
DOUBT_OF_A_FLIP = 0.25
"""Of the doubt that another change may leave, so much may one that goes back to what was left lately."""


@dataclass(frozen=True, slots=True)
class Winner:
    """The authority that most cases since the change ended at."""

    target: str
    wins: int
    losses: int
    """Cases since the change that stayed where the rule sends them."""
    won: float
    lost: float
    """The same by weight, with the late transfers that are still to come."""
    probability: float
    """That the target has more than SHARE_TO_WIN of the cases that end at it or at the rule's own authority."""
    since: tuple[CellOutcome, ...]
    """All cases since the change, oldest first."""
    before: tuple[CellOutcome, ...]
    """Those known from before."""

    @property
    def days(self) -> int:
        """On which cases were opened that ended at the target."""
        days, begun = 0, None
        for opened in sorted(datetime.fromisoformat(o.opened) for o in self.since if o.end == self.target):
            if begun is None or opened - begun >= A_DAY:
                days, begun = days + 1, opened
        return days

    @property
    def cases(self) -> tuple[str, ...]:
        """The cases that ended at the target."""
        return tuple(o.case_id for o in self.since if o.end == self.target)

    def is_believed(self, settings: Settings, *, back: bool) -> bool:
        """Whether it has cases and days enough, and leaves little doubt; still less to go `back` to it."""
        doubt = 1 - settings.win_probability
        if back:
            doubt *= DOUBT_OF_A_FLIP
        return self.wins >= settings.min_cases and self.days >= FEWEST_DAYS and self.probability > 1 - doubt
