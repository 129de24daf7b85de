"""What a desk does with a case that is not its own."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from random import Random


class Deed(StrEnum):
    """What becomes of a misroute."""

    HANDED_ON = "handed_on"
    """Within 2 to 20 working hours, to whom it belongs."""
    HANDED_ON_LATE = "handed_on_late"
    """Within 4 to 15 working days, to whom it belongs."""
    TO_A_THIRD = "to_a_third"
    """To an authority that it does not belong to either, which keeps it."""
    KEPT = "kept"
    """The desk that has it answers it."""


EARLY_MINUTES = (120, 1_200)
LATE_MINUTES = (1_920, 7_200)


@dataclass(frozen=True, slots=True)
class Manners:
    """Shares of misroutes that are not handed on to whom they belong in time."""

    kept: float = 0.0
    to_a_third: float = 0.0
    late: float = 0.0

    def deed(self, random: Random) -> Deed:
        """What becomes of one misroute."""
        drawn = random.random()
        if drawn < self.kept:
            return Deed.KEPT
        if drawn < self.kept + self.to_a_third:
            return Deed.TO_A_THIRD
        if drawn < self.kept + self.to_a_third + self.late:
            return Deed.HANDED_ON_LATE
        return Deed.HANDED_ON


PERFECT = Manners()
IMPERFECT = Manners(kept=0.2, to_a_third=0.1, late=0.2)
HALF_KEPT = Manners(kept=0.5)
MANNERS = {"perfect": PERFECT, "imperfect": IMPERFECT, "half_kept": HALF_KEPT}
