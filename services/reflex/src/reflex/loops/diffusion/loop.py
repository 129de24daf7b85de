"""Finds what a region does better for like cases, and proposes its rule to others, to be tried."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from common.contracts.envelope import derived_id
from common.contracts.events.base import Actor
from common.contracts.events.rules import ProposeChange
from common.rulebook.release import NATIONAL

from reflex.case_outcomes.measures import Measure
from reflex.case_outcomes.tracker import FACTS, Ages, CaseOutcome, OutcomeTracker
from reflex.facts import CaseFact, Fact, RulesCommandRefused, WorkStarted
from reflex.fortnights import FortnightlyOutcomes
from reflex.like_cases import Block, Comparison, append_block
from reflex.loop import LoopOutput, LoopSettings
from reflex.loops.diffusion import wording
from reflex.loops.diffusion.advantage import Advantage, advantages
from reflex.loops.diffusion.block import Cell, Kind, OpenBlock
from reflex.loops.diffusion.forecast import forecast_of
from reflex.loops.diffusion.rows import OwnRow, Rows
from reflex.loops.diffusion.settings import Settings
from reflex.loops.diffusion.wording import Titles
from reflex.sortable_times import text_of

MEASURES: tuple[Measure, ...] = ("late", "reopened")
VALUES = {"late": "timeliness", "reopened": "resolution"}
CLOCK = "clock"
ANYBODY = ""
"""To one region at a time a rule is proposed, so that its trial tells the next one something."""
ASKED_AGAIN = 4
"""Pauses until the same region, or the nation, is asked again."""


class DiffusionLoop:
    """Regions against all others, shrunk by empirical Bayes; see README.md."""

    name: ClassVar[str] = wording.LOOP
    facts: ClassVar[frozenset[type[Fact]]] = FACTS - {WorkStarted} | {RulesCommandRefused}
    settings: ClassVar[type[LoopSettings]] = Settings

    def __init__(
        self, settings: Callable[[datetime], Settings], rows: Rows, regions: Sequence[str], titles: Titles
    ) -> None:
        self._settings_at = settings
        self._rows = rows
        self._regions = regions
        self._titles = titles
        self._settings = Settings()
        self._tracker = OutcomeTracker(_ages(self._settings))
        self._fortnights = FortnightlyOutcomes(self._tracker, self._count, self._end_block)
        self._forget()

    def _forget(self) -> None:
        self._open = OpenBlock()
        self._comparisons: dict[Cell, Comparison] = {}
        self._quiet_until: dict[str, str] = {}
        """By measure, category and region or layer."""
        self._proposals: dict[str, str] = {}
        """The id of the proposal after which nothing is said, likewise."""
        self._changed: set[str] = set()
        self._over = False
        """A block has ended since the last tick."""

    def load(self, state: Mapping[str, Mapping[str, Any]]) -> None:
        self._forget()
        kinds: dict[str, dict[str, Mapping[str, Any]]] = {"case": {}, "count": {}, "cell": {}, "quiet": {}}
        for key, body in state.items():
            kind, _, name = key.partition("|")
            if kind in kinds:
                kinds[kind][name] = body
        self._tracker.load(kinds["case"])
        self._open.load(kinds["count"])
        for name, body in kinds["cell"].items():
            self._comparisons[Cell(*name.split("\t"))] = Comparison([Block(*values) for values in body["blocks"]])
        self._quiet_until = {name: body["until"] for name, body in kinds["quiet"].items()}
        self._proposals = {name: body["proposal"] for name, body in kinds["quiet"].items() if body.get("proposal")}
        self._fortnights.load(state.get(CLOCK))

    def changed(self) -> Mapping[str, dict[str, Any] | None]:
        keys, self._changed = sorted(self._changed), set()
        found = {f"case|{key}": body for key, body in self._tracker.changed().items()}
        found.update({f"count|{key}": body for key, body in self._open.changed().items()})
        found.update({key: self._body(key) for key in keys})
        if (clock := self._fortnights.changed()) is not None:
            found[CLOCK] = clock
        return found

    def _body(self, key: str) -> dict[str, Any] | None:
        kind, _, name = key.partition("|")
        if kind == "quiet":
            if name not in self._quiet_until:
                return None
            return {"until": self._quiet_until[name], "proposal": self._proposals.get(name)}
        found = self._comparisons.get(Cell(*name.split("\t")))
        return None if found is None else {"blocks": [block.values() for block in found.blocks]}

    def observe(self, fact: Fact) -> None:
        if isinstance(fact, RulesCommandRefused):
            self._refused(fact)
            return
        assert isinstance(fact, CaseFact)
        at = fact.at.timestamp()
        self._follow_settings(fact.at)
        self._fortnights.until(at)
        self._tracker.observe(fact, at)

    def _refused(self, fact: RulesCommandRefused) -> None:
        """Nobody spoke against what must only wait: it is proposed anew, where it still holds, when it may be."""
        if fact.until is None:
            return
        for name in [name for name, proposal in self._proposals.items() if proposal == fact.proposal_id]:
            self._quiet_until[name] = text_of(fact.until)
            self._changed.add(f"quiet|{name}")

    def on_tick(self, now: datetime) -> Sequence[LoopOutput]:
        self._follow_settings(now)
        self._fortnights.until(now.timestamp())
        over, self._over = self._over, False
        return self._judge(now) if over else []

    def _follow_settings(self, now: datetime) -> None:
        settings = self._settings_at(now)
        if settings is not self._settings:
            self._settings, self._tracker.ages = settings, _ages(settings)

    def _count(self, outcome: CaseOutcome) -> None:
        case = outcome.case
        for measure in MEASURES:
            bad = outcome.bad.get(measure)
            if bad is not None:
                self._open.count(Kind(measure, case.category, case.region, case.channel), bad=bad)

    def _end_block(self) -> None:
        self._over = True
        cells = append_block(self._comparisons, dict(self._open.compared()), self._settings.remembered_blocks)
        self._changed |= {f"cell|{cell.key}" for cell in cells}
        self._open.clear()

    def _judge(self, now: datetime) -> list[LoopOutput]:
        said, moment = list[LoopOutput](), text_of(now)
        for name in [name for name, until in self._quiet_until.items() if until <= moment]:
            del self._quiet_until[name]
            self._proposals.pop(name, None)
            self._changed.add(f"quiet|{name}")
        for one in advantages(self._comparisons, self._settings):
            row = self._rows.own(one.cell.region, one.cell.category)
            if row is not None:
                if not self._is_quiet(one.cell, ANYBODY):
                    said += self._propose(one, row, now)
            elif not self._is_quiet(one.cell, one.cell.region):
                self._silence(one.cell, one.cell.region, 1, now)
                said.append(wording.practice(one, self._titles, now))
        return said

    def _is_quiet(self, cell: Cell, whom: str) -> bool:
        return f"{cell.measure}\t{cell.category}\t{whom}" in self._quiet_until

    def _silence(self, cell: Cell, whom: str, times: int, now: datetime, proposal: str | None = None) -> None:
        """Say nothing of a category to somebody for so many times the pause, after a proposal."""
        name = f"{cell.measure}\t{cell.category}\t{whom}"
        self._quiet_until[name] = text_of(now + times * timedelta(days=self._settings.again_days))
        if proposal is not None:
            self._proposals[name] = proposal
        self._changed.add(f"quiet|{name}")

    def _propose(self, one: Advantage, row: OwnRow, now: datetime) -> list[LoopOutput]:
        """To the region that is farthest behind and was not asked; to the nation, once several regions have the row."""
        having = [region for region in self._regions if self._rows.has(region, row)]
        if len(having) >= self._settings.several:
            layers = [NATIONAL]
        else:
            behind = [
                Cell(one.cell.measure, one.cell.category, region) for region in self._regions if region not in having
            ]
            known = [cell for cell in behind if cell in self._comparisons]
            layers = [c.region for c in sorted(known, key=lambda c: (-self._comparisons[c].difference, c))]
        for layer in layers:
            patch = self._rows.patch(layer, row, now)
            if patch is None or self._is_quiet(one.cell, layer):
                continue
            proposal = derived_id("proposal", layer, one.cell.key, row.row_id, text_of(now))
            self._silence(one.cell, ANYBODY, 1, now, proposal)
            self._silence(one.cell, layer, ASKED_AGAIN, now, proposal)
            words = wording.with_rule(one, layer, self._titles)
            command = ProposeChange(
                actor=Actor(id=self.name, role="loop"), proposal_id=proposal,
                title=wording.title(one, row, layer, self._titles), words=words, patch=patch,
                values=(VALUES[one.cell.measure],), scope={"category": one.cell.category, "region": layer},
                evidence={**wording.numbers(one), "layer": layer, "row": row.row_id, "having": having},
                forecast=forecast_of(one, self._others(one, layer), now), loop=self.name,
            )  # fmt: skip
            return [wording.proposed(one, layer, words, proposal, now), command]
        return []

    def _others(self, one: Advantage, layer: str) -> list[Comparison]:
        """Those that the change would be about."""
        whom = [layer] if layer != NATIONAL else [r for r in self._regions if r != one.cell.region]
        cells = [Cell(one.cell.measure, one.cell.category, region) for region in whom]
        return [self._comparisons[cell] for cell in cells if cell in self._comparisons]


def _ages(settings: Settings) -> Ages:
    return Ages(closed_days=settings.closed_days, counted=("deadline", "closed"), places=False)
