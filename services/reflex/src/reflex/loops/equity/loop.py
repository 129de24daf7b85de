"""Finds regions, areas and channels where like cases go worse, and says by how much."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, cast

from common.contracts.envelope import derived_id
from common.contracts.events.base import Actor
from common.contracts.events.rules import ProposeChange

from reflex.case_outcomes.measures import Measure
from reflex.case_outcomes.tracker import FACTS, Ages, CaseOutcome, OutcomeTracker
from reflex.facts import CaseFact, Fact, RulesCommandRefused, WorkStarted
from reflex.fortnights import FortnightlyOutcomes
from reflex.like_cases import Block, Comparison, append_block
from reflex.loop import LoopOutput, LoopSettings
from reflex.loops.equity import wording
from reflex.loops.equity.block import Dimension, Kind, OpenBlock, Test
from reflex.loops.equity.forecast import forecast_of
from reflex.loops.equity.naming import named
from reflex.loops.equity.remedy import Remedies
from reflex.loops.equity.rows import explaining, own_row
from reflex.loops.equity.settings import Settings
from reflex.loops.equity.wording import Named, Titles
from reflex.sortable_times import text_of

MEASURES: tuple[Measure, ...] = ("late", "reopened", "poor_rating")
WORST = 5
FORGOTTEN = 0.5
"""Cases under which a row's share of a difference is forgotten."""
CLOCK = "clock"


class EquityLoop:
    """Mantel and Haenszel's difference by place and channel, e-values, and e-BH over all of them; see README.md."""

    name: ClassVar[str] = wording.LOOP
    facts: ClassVar[frozenset[type[Fact]]] = FACTS - {WorkStarted} | {RulesCommandRefused}
    settings: ClassVar[type[LoopSettings]] = Settings

    def __init__(self, settings: Callable[[datetime], Settings], remedies: Remedies, titles: Titles) -> None:
        self._settings_at = settings
        self._remedies = remedies
        self._titles = titles
        self._settings = Settings()
        self._tracker = OutcomeTracker(_ages(self._settings))
        self._fortnights = FortnightlyOutcomes(self._tracker, self._count, self._end_block)
        self._forget()

    def _forget(self) -> None:
        self._open = OpenBlock()
        self._comparisons: dict[Test, Comparison] = {}
        self._shares: dict[Test, dict[str, dict[str, list[float]]]] = {}
        """Of a region by one measure: category -> row -> excess and cases, over the blocks with fading weights."""
        self._quiet_until: dict[Test, str] = {}
        self._proposals: dict[Test, str] = {}
        """The id of what was proposed of it last."""
        self._changed: set[Test] = set()
        self._over = False
        """A block has ended since the last tick."""

    def load(self, state: Mapping[str, Mapping[str, Any]]) -> None:
        self._forget()
        kinds: dict[str, dict[str, Mapping[str, Any]]] = {"case": {}, "count": {}, "test": {}}
        for key, body in state.items():
            kind, _, name = key.partition("|")
            if kind in kinds:
                kinds[kind][name] = body
        self._tracker.load(kinds["case"])
        self._open.load(kinds["count"])
        for name, body in kinds["test"].items():
            test = _test_of(name)
            self._comparisons[test] = Comparison([Block(*values) for values in body["blocks"]])
            if body["shares"]:
                self._shares[test] = body["shares"]
            if body["quiet_until"]:
                self._quiet_until[test] = body["quiet_until"]
            if body.get("proposal"):
                self._proposals[test] = body["proposal"]
        self._fortnights.load(state.get(CLOCK))

    def changed(self) -> Mapping[str, dict[str, Any] | None]:
        tests, self._changed = sorted(self._changed), set()
        found = {f"case|{key}": body for key, body in self._tracker.changed().items()}
        found.update({f"count|{key}": body for key, body in self._open.changed().items()})
        found.update({f"test|{_name(test)}": self._body(test) for test in tests})
        if (clock := self._fortnights.changed()) is not None:
            found[CLOCK] = clock
        return found

    def _body(self, test: Test) -> dict[str, Any] | None:
        found = self._comparisons.get(test)
        if found is None:
            return None
        return {
            "blocks": [block.values() for block in found.blocks], "shares": self._shares.get(test, {}),
            "quiet_until": self._quiet_until.get(test, ""), "proposal": self._proposals.get(test, ""),
        }  # fmt: skip

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
        """Nobody spoke against what must only wait: it is said anew, where it still holds, when it may be."""
        if fact.until is None:
            return
        for test in [test for test, proposal in self._proposals.items() if proposal == fact.proposal_id]:
            self._quiet_until[test] = text_of(fact.until)
            self._changed.add(test)

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
                row = own_row(case.region, measure, case.rows)
                self._open.count(Kind(measure, case.category, case.region, case.area, case.channel, row), bad=bad)

    def _end_block(self) -> None:
        self._over = True
        most = self._settings.remembered_blocks
        weight = 1 - 1 / most
        for shares in self._shares.values():
            for category, rows in list(shares.items()):
                faded = {row: [weight * excess, weight * cases] for row, (excess, cases) in rows.items()}
                shares[category] = {row: pair for row, pair in faded.items() if pair[1] >= FORGOTTEN}
                if not shares[category]:
                    del shares[category]
        for test, category, row, excess, cases in self._open.shares():
            pair = self._shares.setdefault(test, {}).setdefault(category, {}).setdefault(row, [0.0, 0.0])
            pair[0] += excess
            pair[1] += cases
        tests = append_block(self._comparisons, dict(self._open.compared()), most)
        self._changed |= tests
        for test in tests - self._comparisons.keys():
            self._shares.pop(test, None)
            self._quiet_until.pop(test, None)
            self._proposals.pop(test, None)
        self._open.clear()

    def _judge(self, now: datetime) -> list[LoopOutput]:
        """Who stands out among all that are compared; told once, and again while it lasts."""
        settings, said, moment = self._settings, list[LoopOutput](), text_of(now)
        known = {
            test: one
            for test, one in self._comparisons.items()
            if one.cases >= settings.least_cases and one.known_blocks >= settings.least_blocks
        }
        evidence = {_name(test): one.evidence for test, one in known.items()}
        for name in named(evidence, settings.false_share):
            test = _test_of(name)
            one = known[test]
            if one.difference < settings.least_difference or moment < self._quiet_until.get(test, ""):
                continue
            self._quiet_until[test] = text_of(now + timedelta(days=settings.again_days))
            self._changed.add(test)
            said += self._say(test, one, len(evidence), now)
        return said

    def _say(self, test: Test, one: Comparison, compared: int, now: datetime) -> list[LoopOutput]:
        """The finding, and what follows from it where rows of the region's own explain it."""
        dimension, place, measure = test
        shares = self._shares.get(test, {})
        found = Named(dimension, place, measure, one, compared, _worst(shares), explaining(_by_row(shares)))
        patch = self._remedies.patch(place, found.rows) if found.rows else None
        if patch is None:
            return [wording.differs(found, self._titles, now)]
        proposal = derived_id("proposal", place, measure, patch.table, text_of(now))
        self._proposals[test] = proposal
        finding = wording.differs(found, self._titles, now, proposal)
        command = ProposeChange(
            actor=Actor(id=self.name, role="loop"), proposal_id=proposal, title=wording.title(found, self._titles),
            words=wording.remedy(finding.words), patch=patch, values=("equity",), scope={"region": place},
            evidence=finding.numbers, forecast=forecast_of(found, now), needs_person=True, loop=self.name,
        )  # fmt: skip
        return [finding, command]


def _ages(settings: Settings) -> Ages:
    return Ages(settings.closed_days, settings.poor_rating, ("deadline", "closed"), places=False)


def _name(test: Test) -> str:
    return "|".join(test)


def _test_of(name: str) -> Test:
    dimension, _, rest = name.partition("|")
    place, _, measure = rest.rpartition("|")
    return cast("Dimension", dimension), place, measure


def _worst(shares: Mapping[str, Mapping[str, Sequence[float]]]) -> list[tuple[str, float]]:
    sums = [(category, sum(pair[0] for pair in rows.values())) for category, rows in shares.items()]
    return sorted([one for one in sums if one[1] > 0], key=lambda one: (-one[1], one[0]))[:WORST]


def _by_row(shares: Mapping[str, Mapping[str, Sequence[float]]]) -> dict[str, tuple[float, int]]:
    found: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for rows in shares.values():
        for row, pair in rows.items():
            found[row][0] += pair[0]
            found[row][1] += pair[1]
    return {row: (excess, round(cases)) for row, (excess, cases) in found.items()}
