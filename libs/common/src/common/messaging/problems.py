"""What may be wrong with an installation: the kinds, how bad each is, and its runbook. Imports nothing heavy, since
`otklik status` reads it too."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

RUNBOOKS = "deploy/runbooks"

Level = Literal["problem", "warning", "note"]
"""A problem makes a service unready; a warning is what others brought; a note is below the bounds of both."""


KINDS: dict[str, str] = {
    "federation_invalid": "federation-invalid.md",
    "disk_low": "disk.md",
    "postgres_down": "servers.md",
    "kafka_down": "servers.md",
    "supervisor_gone": "supervisor.md",
    "service_down": "service-gone.md",
    "service_silent": "service-gone.md",
    "database_away": "servers.md",
    "kafka_away": "servers.md",
    "clock_ahead": "clock-is-wrong.md",
    "clock_silent": "clock-stands-still.md",
    "release_missing": "release-missing.md",
    "unassigned": "service-gone.md",
    "relay_ended": "outbox-age.md",
    "relay_fails": "outbox-age.md",
    "outbox_old": "outbox-age.md",
    "batch_stuck": "lag.md",
    "topic_anew": "topic-made-anew.md",
    "batch_damaged": "topic-made-anew.md",
    "consumer_stopped": "consumer-stopped.md",
    "outbox_held": "records-held.md",
    "lag": "lag.md",
    "keys_parked": "dead-letters.md",
    "dead_letters": "dead-letters.md",
    "work_undone": "work-undone.md",
    "model_missing": "model-missing.md",
    "names_model_missing": "names-model.md",
    "loop_stopped": "loop-stopped.md",
    "tick_refused": "clock-is-wrong.md",
    "tick_corrected": "clock-is-wrong.md",
    "exporter_blind": "servers.md",
    "service_starting": "service-gone.md",
    "unattended": "supervisor.md",
    "not_ready": "service-gone.md",
}
"""The page under RUNBOOKS of each kind, the worst kind first. `not_ready`: something is wrong for which there is no
kind."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, as the service that sees it tells of it."""

    kind: str
    words: str
    level: Level = "problem"
    topic: str | None = None
    """By its logical name, where it is about one."""
    partition: int | None = None
    waiting: int | None = None
    """Records that wait because of it."""
    oldest_seconds: float | None = None
    """How long the oldest of them has waited."""

    def facts(self) -> dict[str, Any]:
        """As JSON says it: what is not known is left out."""
        return {name: value for name, value in asdict(self).items() if value is not None}
