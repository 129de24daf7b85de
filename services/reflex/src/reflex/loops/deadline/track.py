"""What the loop remembers of one row of the deadline table, for one category."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

from reflex.loops.deadline.drift import Drift
from reflex.loops.deadline.kept_deadlines import KeptDeadlines
from reflex.sortable_times import text_of

KEPT_LIMITS = 10


@dataclass(slots=True)
class Track:
    """One category under the rows of one layer, and of one condition on the priority, as long as they give `limit`.
    Times are ISO text, as they are saved; limits are working minutes."""

    category: str
    layer: str
    condition: str
    """The row's cell of the priority; empty: any."""
    priority: int
    """Of a case that the row decides."""
    limit: int
    cap: int | None = None
    """The nation's limit, where the row is a region's."""
    begun: str = ""
    """Receipt of the first case; empty in bodies that older versions saved."""
    since: str = ""
    """When the limit came into force, where that is known; cases received before count no more."""
    found: int | None = None
    """The last limit that was proposed here and adopted: four of five answers kept it then."""
    proposal: str | None = None
    """The one open proposal about this row."""
    fit_at: str = ""
    """When its time to answer is estimated next."""
    quiet_until: str = ""
    capacity_until: str = ""
    """Until then the lack of capacity is not said again."""
    setbacks: int = 0
    changes: int = 0
    left: dict[str, str] = field(default_factory=dict)
    """Limits that the row gave before, and when it left them."""
    drift: Drift = field(default_factory=Drift)
    kept: KeptDeadlines = field(default_factory=KeptDeadlines)

    @property
    def key(self) -> str:
        return track_key(self.layer, self.category, self.condition)

    @property
    def was_kept(self) -> bool:
        """Whether the limit in force is one that answers kept when it was proposed."""
        return self.limit == self.found

    def restart(self, limit: int, since: datetime) -> None:
        """Another limit is in force, or evidence begins from zero."""
        if limit != self.limit:
            self.left[str(self.limit)] = text_of(since)
            self.left = dict(sorted(self.left.items(), key=lambda item: item[1])[-KEPT_LIMITS:])
            self.kept = KeptDeadlines()
        self.limit, self.since, self.proposal = limit, text_of(since), None
        self.drift.restart()
        self.capacity_until = ""

    def left_within(self, limit: int, now: datetime, *, days: int, dead_band: float) -> str | None:
        """When the row left a limit like this one, if that is not longer ago: going back would be a flip."""
        least = text_of(now - timedelta(days=days))
        alike = [
            left
            for other, left in self.left.items()
            if left >= least and abs(limit - int(other)) < dead_band * int(other)
        ]
        return max(alike, default=None)

    def body(self) -> dict[str, Any]:
        """The state, of what orjson can write."""
        plain = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("drift", "kept")}
        return {**plain, "drift": self.drift.body(), "kept": list(self.kept.periods)}

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Track:
        """The inverse of `body`; older bodies do not say what was kept."""
        plain = dict(body)
        kept = [(begins, deadlines, kept) for begins, deadlines, kept in plain.pop("kept", ())]
        return cls(drift=Drift.of(plain.pop("drift")), kept=KeptDeadlines(kept), **plain)


@dataclass(slots=True)
class Made:
    """A proposal of this loop that is open."""

    id: str
    track: str
    limit: int


def track_key(layer: str, category: str, condition: str) -> str:
    return f"row|{layer}|{category}|{condition}"
