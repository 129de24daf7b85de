"""What is judged of one loop: which faults are planted, what one run gives, and which figures come of several runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

from world.log import LogRow

from laboratory.subject import Subject

Shuffling: TypeAlias = Callable[[Sequence[LogRow], int], Sequence[LogRow]]
"""A log in which nothing that the loop looks for changes over time; the same for the same seed. A function of a module,
since processes are told of it by its name."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of run."""

    name: str
    words: str
    plants: bool = True
    """Whether something is wrong in it that the loop should find."""
    shuffling: Shuffling | None = None
    """Done before rules are learnt."""


@dataclass(frozen=True, slots=True)
class Column:
    """One figure of the table of a study: its key, and what people read above it."""

    key: str
    label: str
    unit: str


@dataclass(frozen=True, slots=True)
class Aim:
    """A figure of a scenario, and what it should be at least, at most, or between."""

    scenario: str
    key: str
    words: str
    least: float | None = None
    most: float | None = None


class Study(Protocol):
    """One loop's part of an evaluation. Its runs may be done in any process, so they are made of plain values."""

    @property
    def loop(self) -> str:
        """Its name."""
        ...

    @property
    def scenarios(self) -> Sequence[Scenario]:
        """Those that may be chosen by name, as faults."""
        ...

    @property
    def always(self) -> Sequence[Scenario]:
        """Those that are run whatever is chosen: without a fault, and shuffled."""
        ...

    @property
    def columns(self) -> Sequence[Column]:
        """Of the table of figures."""
        ...

    @property
    def aims(self) -> Sequence[Aim]:
        """What some figures should be."""
        ...

    @property
    def truth(self) -> str:
        """What is held to be true here."""
        ...

    @property
    def circles(self) -> Sequence[str]:
        """Where the judgement could rest on what it judges."""
        ...

    def run(self, subject: Subject, scenario: Scenario, seed: int) -> Any:
        """The loop's own code driven over a log with a scenario's faults; the same for the same seed."""
        ...

    def figures(self, runs: Sequence[Any]) -> Mapping[str, Any]:
        """By key, of the runs of one scenario: `value` and `between` (90 %) as `laboratory.intervals.figure` gives
        them, or None where the runs have none; what is no column may have any form that JSON has."""
        ...


def section(study: Study, runs: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """What the report says of a loop; `runs` by scenario, of which there may be fewer than were asked for."""
    scenarios: dict[str, Any] = {
        s.name: {"words": s.words, "plants": s.plants, "runs": len(runs[s.name]), **study.figures(runs[s.name])}
        for s in (*study.scenarios, *study.always)
        if runs.get(s.name)
    }
    return {
        "scenarios": scenarios,
        "columns": [{"key": c.key, "label": c.label, "unit": c.unit} for c in study.columns],
        "aims": [_aimed(aim, scenarios[aim.scenario]) for aim in study.aims if aim.scenario in scenarios],
        "truth": study.truth,
        "where_the_circle_could_close": list(study.circles),
    }


Verdict: TypeAlias = Literal["reached", "short", "unknown"]


def _aimed(aim: Aim, figures: Mapping[str, Any]) -> dict[str, Any]:
    found = figures.get(aim.key)
    value = found["value"] if isinstance(found, Mapping) else None
    return {
        "scenario": aim.scenario, "key": aim.key, "words": aim.words, "least": aim.least, "most": aim.most,
        "value": value, "verdict": _verdict(aim, value),
    }  # fmt: skip


def _verdict(aim: Aim, value: float | None) -> Verdict:
    if value is None:
        return "unknown"
    low = aim.least is not None and value < aim.least
    high = aim.most is not None and value > aim.most
    return "short" if low or high else "reached"
