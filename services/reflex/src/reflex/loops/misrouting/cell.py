"""What the loop remembers of one category in one area, and what it says about who should have it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from reflex.detector import Detector, beats, share, since_change
from reflex.loops.misrouting.outcome import CellOutcome, Known, weighed, weight
from reflex.loops.misrouting.winner import SHARE_TO_WIN, Winner
from reflex.sortable_times import text_of

KEPT_OUTCOMES = 50
HINT = 6
"""Outcomes that a dispatcher is shown."""
FEW = 3
"""A cell's own word counts from so many outcomes on."""
DIFFERS = 1.65
"""Standard deviations by which the target's share since the change exceeds that before it, for there to be one."""


@dataclass(slots=True)
class Cell:
    """One category in one area, as long as the rule names `current` for it. Times are ISO text, as they are saved."""

    category: str
    area: str
    region: str
    current: str
    detector: Detector = field(default_factory=Detector)
    outcomes: list[CellOutcome] = field(default_factory=list)
    since: str = ""
    """Cases opened before count no more: they were given by another rule, or their evidence was used up."""
    forgotten: list[float] = field(default_factory=list)
    """The detector's state before the first outcome that is kept; empty: as new."""
    began: str = ""
    """When its first case was opened; empty where that is not remembered."""
    proposal: str | None = None
    """The one open proposal about this cell."""
    quiet_until: str = ""
    clarified_until: str = ""
    setbacks: int = 0
    changes: int = 0
    left: dict[str, str] = field(default_factory=dict)
    """Authorities that the rule named before, and when it left them."""

    @property
    def key(self) -> str:
        return cell_key(self.category, self.area)

    def restart(self, current: str, since: datetime) -> None:
        """A release touched its row, or people said no: what was seen until now is spent."""
        if current != self.current:
            self.left[self.current] = text_of(since)
        self.current, self.outcomes, self.since = current, [], text_of(since)
        self.detector, self.proposal, self.forgotten = Detector(), None, []

    def count(self, outcome: CellOutcome, background: float) -> None:
        """One case, at its fixed time; `background` is the share of its type that is transferred under right rules."""
        self.outcomes.append(outcome)
        self.detector.observe(outcome.end != self.current, background, weight(self.outcomes, len(self.outcomes) - 1))
        if len(self.outcomes) > KEPT_OUTCOMES:
            first = self._before_kept()
            first.observe(self.outcomes[0].end != self.current, background, weight(self.outcomes, 0))
            self.forgotten = first.mixture
            del self.outcomes[0]

    def ahead(self, uncounted: Sequence[CellOutcome], background: float) -> Cell:
        """The cell as it is, or as it will at least be at one of these cases, which count in this order: at that with
        the highest statistic.

        A case that still lies where the rule sent it is taken to stay. That can only understate the statistic: so an
        alarm ahead of time is one that comes in any event, unless cases come back or are joined to others meanwhile.
        """
        if all(outcome.end == self.current for outcome in uncounted):
            return self
        known, counted = [*self.outcomes, *uncounted], len(self.outcomes)
        until, detector = at_highest(self.detector, known, counted, lambda o: o.end != self.current, background)
        if until == counted:
            return self
        return replace(self, outcomes=known[:until][-KEPT_OUTCOMES:], detector=detector)

    def correct(self, case_id: str, end: str, background: float) -> bool:
        """A counted case was handed on after all; false where its outcome is kept no more."""
        for at in range(len(self.outcomes) - 1, -1, -1):
            if self.outcomes[at].case_id == case_id:
                self.outcomes[at] = replace(self.outcomes[at], end=end, late=True)
                break
        else:
            return False
        self.detector = self._before_kept()
        for at, outcome in enumerate(self.outcomes):
            self.detector.observe(outcome.end != self.current, background, weight(self.outcomes, at))
        return True

    def _before_kept(self) -> Detector:
        """The detector as it was before the first outcome that is kept."""
        return Detector(list(self.forgotten)) if self.forgotten else Detector()

    def winner(
        self, lateness: float = 0.0, is_open: Callable[[str], bool] = lambda case_id: False, known: Known | None = None
    ) -> Winner | None:
        """Who most cases since the change ended at; None when all stayed where the rule sends them.

        `lateness`: late transfers for one in time; `is_open` says of a case whether it may still be handed on late. Of
        such cases so many count as handed on as are still to be expected; of those that a person placed, none: how many
        of them are handed on late is not known. `known` says of a case that does not count yet and lies still how much
        that tells: as a stay it weighs so much.
        """
        length = since_change([o.end for o in self.outcomes], self.current)
        before, since = self.outcomes[:-length], self.outcomes[-length:]
        target = self._most_end_at(since)
        if target is not None and before and not self._differ(before, since, target):
            before, since = [], self.outcomes
            target = self._most_end_at(since)
        if target is None:
            return None
        wins, losses = (sum(o.end == end for o in since) for end in (target, self.current))
        won, lost = weighed(since, target), weighed(since, self.current, known)
        if lateness:
            young = [o for o in since if is_open(o.case_id) and not o.by_hand]
            in_time = weighed([o for o in young if not o.late], target)
            late = weighed([o for o in young if o.late], target)
            to_come = min(max(0.0, lateness * in_time - late), weighed(young, self.current, known))
            won, lost = won + to_come, lost - to_come
        return Winner(target, wins, losses, won, lost, beats(won, lost, SHARE_TO_WIN), tuple(since), tuple(before))

    def _most_end_at(self, outcomes: Sequence[CellOutcome]) -> str | None:
        """The authority other than the rule's own that has most of these; None when all stayed."""
        ends = Counter(o.end for o in outcomes if o.end != self.current)
        return min(ends, key=lambda end: (-ends[end], end)) if ends else None

    def _differ(self, before: Sequence[CellOutcome], since: Sequence[CellOutcome], target: str) -> bool:
        """Whether the target has more of the cases since than it had before: `since` is the cut that looks most like a
        change, so that where nothing changes it flatters the target."""
        (was, spread_before), (is_, spread_since) = (
            share(weighed(part, target), weighed(part, self.current)) for part in (before, since)
        )
        return is_ - was > DIFFERS * math.sqrt(spread_before + spread_since)

    def contradicts(self, target: str) -> bool:
        """Whether its own last cases, three at least, speak rather for the present rule than for `target`."""
        last = [o.end for o in self.outcomes[-HINT:]]
        return len(last) >= FEW and last.count(self.current) > last.count(target)

    def supports(self, target: str) -> bool:
        """Whether any of its last cases ended at `target` and they do not contradict."""
        return not self.contradicts(target) and any(o.end == target for o in self.outcomes[-HINT:])

    def left_within(self, target: str, days: int, now: datetime) -> str | None:
        """When the rule left `target`, if that is not longer ago: going back would be a flip."""
        left = self.left.get(target)
        return left if left is not None and now - datetime.fromisoformat(left) < timedelta(days=days) else None

    def hint(self) -> tuple[str, ...]:
        """Where the last cases ended, newest last."""
        return tuple(o.end for o in self.outcomes[-HINT:])

    def body(self) -> dict[str, Any]:
        """The state, of what orjson can write."""
        return {
            "category": self.category, "area": self.area, "region": self.region, "current": self.current,
            "mixture": self.detector.mixture, "outcomes": list(self.outcomes), "forgotten": self.forgotten,
            "since": self.since, "began": self.began, "proposal": self.proposal, "quiet_until": self.quiet_until,
            "clarified_until": self.clarified_until, "setbacks": self.setbacks, "changes": self.changes,
            "left": self.left,
        }  # fmt: skip

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Cell:
        """The inverse of `body`."""
        kept = dict(body)
        mixture: Sequence[float] = kept.pop("mixture")
        outcomes = [CellOutcome(**o) for o in kept.pop("outcomes")]
        return cls(**kept, detector=Detector(list(mixture)), outcomes=outcomes)


def at_highest(
    detector: Detector, known: Sequence[CellOutcome], counted: int, is_hit: Callable[[CellOutcome], bool], rate: float
) -> tuple[int, Detector]:
    """With how many of the outcomes, of which a detector has seen those that are `counted`, its statistic is highest,
    and the detector at that; the one that is given is left as it is."""
    coming, until, best = detector.copy(), counted, detector.mixture
    highest = detector.value
    for at in range(counted, len(known)):
        value = coming.observe(is_hit(known[at]), rate, weight(known, at))
        if value > highest:
            highest, until, best = value, at + 1, coming.mixture
    return until, Detector(best)


def cell_key(category: str, area: str) -> str:
    return f"cell|{category}|{area}"
