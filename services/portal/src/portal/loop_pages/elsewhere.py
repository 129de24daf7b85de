"""What a loop says that is neither a finding nor a proposal: on which page it stands, and its states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from portal.language import N_

WARNINGS = {"standing": N_("standing now"), "ended": N_("ended")}
ORDERS = {
    "open": N_("waits for an answer"),
    "overdue": N_("term passed"),
    "answered": N_("answered"),
    "reviewed": N_("looked at"),
}


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A page and its name. `kind`: of the items there, counted by state; empty where a number would say nothing."""

    page: str
    title: str
    kind: str = ""
    states: Mapping[str, str] = field(default_factory=dict)


ELSEWHERE: Mapping[str, Elsewhere] = {
    "emergence": Elsewhere("/warnings", N_("Early warnings"), "warning", WARNINGS),
    "evaluation": Elsewhere("/proposers", N_("Who proposes, and how it turned out")),
    "introspection": Elsewhere("/values", N_("Values over time")),
    "prediction": Elsewhere("/forecast", N_("Forecast of load against what came")),
    "recurrence": Elsewhere("/prevention", N_("Prevention orders"), "prevention", ORDERS),
    "trial": Elsewhere("/proposals?state=on_trial", N_("Changes on trial")),
}
PROPOSES_NOTHING = frozenset({"emergence", "introspection", "prediction", "recurrence", "silence", "trial"})
"""Their pages show no empty lists of proposals."""
