"""What a category's other areas say of a change that some of its areas have shown: whether it is the category's, and
whether an area with few cases or none has it too.

An area agrees or contradicts by its own last cases since the change. One with few cases is judged by them and by how
many areas agree for one that contradicts: where a category is wrong in some areas only, those where nothing is known
keep what they have.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from reflex.loops.misrouting.cell import FEW, HINT, Cell

AGREEMENT = 2
"""Times as many of the last cases of the other areas must have gone to the target as stayed, for areas with few cases
to count as agreeing."""
WENT, STAYED = 20.0, 0.35
"""Times as likely, in an area that has the change, is a case that goes to the target, and one that stays: .65 of its
cases go there and .34 stay, as desks keep some and hand some on late; else .03 go and .97 stay."""
UNKNOWN = 0.5
"""So many areas of either kind are thought to have been seen besides."""


class Others:
    """The areas of one category beside one whose cases have won."""

    def __init__(self, first: Cell, target: str, since: str, cells: Iterable[Cell], shown: Collection[str]) -> None:
        """`cells`: of the category, in all areas; `shown`: areas whose own cases have won lately, the first's too;
        `since`: the time of the change."""
        self._target, self._since = target, since
        agreeing, few = set(shown), set()
        went = stayed = contradicting = 0
        for cell in cells:
            if cell.area in agreeing:
                continue
            if cell.current == target:
                if first.current in cell.left:
                    agreeing.add(cell.area)
                continue
            if cell.current != first.current or cell.proposal is not None:
                continue
            gone, kept = self._last(cell)
            went, stayed = went + gone, stayed + kept
            contradicting += kept > gone
            if gone > kept:
                few.add(cell.area)
        if went >= AGREEMENT * stayed:
            agreeing |= few
        self.agreeing = len(agreeing)
        """Areas that show the change or agree with it."""
        self._odds = (self.agreeing + UNKNOWN) / (contradicting + UNKNOWN)

    @property
    def is_usual(self) -> bool:
        """Whether an area of which nothing is known is rather thought to have the change."""
        return self._odds > 1

    def follows(self, cell: Cell) -> bool:
        """Whether another area has the change: by its own last cases where there are enough, else by them and by what
        is usual."""
        gone, kept = self._last(cell)
        if kept > gone and gone + kept >= FEW:
            return False
        return self._odds * WENT**gone * STAYED**kept > 1

    def _last(self, cell: Cell) -> tuple[int, int]:
        """How many of its last cases since the change went to the target, and how many stayed."""
        ends = [o.end for o in cell.outcomes[-HINT:] if o.opened >= self._since]
        return ends.count(self._target), ends.count(cell.current)
