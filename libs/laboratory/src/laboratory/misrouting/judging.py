"""One run of the misrouting loop against what is planted in it and against what the log itself did afterwards.

What is true of a case is who really had it: by the log, or by the fault planted in its cell. The loop sees neither,
only transfers. Where nothing is planted a proposal is judged by the log alone: of the next cases of its cells, did more
belong to the authority that it names than to the one before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from laboratory.logged_case import Cell
from laboratory.misrouting.faults.fault import Moved
from laboratory.misrouting.run import Ended, Made, Run

NEXT_CASES = 20
"""A proposal is judged by so many later cases of each of its cells."""
FEWEST_AFTER = 8
"""Cases of a cell after its fault, for its finding to be asked for."""
FLIP = timedelta(days=60)
"""Going back to an authority that a cell was taken from less than so long ago is a flip."""


@dataclass(frozen=True, slots=True)
class Found:
    """One planted cell: how many of its cases, and days, passed until the right authority was proposed."""

    moved: Moved
    cases_after: int
    """All of its cases after the fault."""
    cases: int
    """Until the proposal, or all of them where there was none."""
    days: float
    proposed: bool


@dataclass(frozen=True, slots=True)
class Forecasted:
    """What a proposal promised, and what came."""

    planted: bool
    expected: float
    low: float
    high: float
    came: int

    @property
    def held(self) -> bool:
        return self.low <= self.came <= self.high


@dataclass(slots=True)
class Counted:
    """Cases of a group, and those that were given to the wrong authority first."""

    cases: int = 0
    misrouted: int = 0


Group = tuple[str, str]
"""`region`, `area` or `channel`, and its name."""


@dataclass
class Judged:
    """One run."""

    cases: int
    misrouted: int
    planted: int
    """Cells in which something is planted."""
    planted_cases: int
    """Cases of planted cells after their faults."""
    planted_misrouted: int
    found: list[Found] = field(default_factory=list)
    proposals: int = 0
    unplanted: int = 0
    """Proposals that mend no planted cell."""
    false: int = 0
    """Of these, those that the log's next cases do not bear out."""
    unheard: int = 0
    """Of the false, those of whose cells no later case is either authority's: the log tells nothing of them."""
    wrong_in_planted: int = 0
    """Proposals that name a planted cell and another authority than the right one, which its next cases do not bear
    out."""
    flips: int = 0
    clarified: int = 0
    """Planted cells that people were asked about, since nobody wins there."""
    kept: int = 0
    """Those of them that a finding about their desk names, as cells of which some cases go on and others stay."""
    forecasts: list[Forecasted] = field(default_factory=list)
    groups: dict[Group, Counted] = field(default_factory=dict)
    microseconds_a_fact: float = 0.0


def judge(run: Run, moved: Sequence[Moved]) -> Judged:
    """Count; cells with a share below 1 are no mistakes that a route could mend, and count as planted nowhere."""
    certain = {m.cell: m for m in moved if m.share == 1}
    by_cell = run.by_cell()
    after = [c for cell, m in certain.items() for c in by_cell.get(cell, ()) if c.at >= m.since]
    judged = Judged(
        cases=len(run.ended),
        misrouted=sum(c.misrouted for c in run.ended),
        planted=len({m.cell for m in moved}),
        planted_cases=len(after),
        planted_misrouted=sum(c.misrouted for c in after),
        proposals=len(run.proposals),
        microseconds_a_fact=1e6 * run.loop_seconds / max(1, run.facts),
    )
    for case in run.ended:
        for group in (("region", case.region), ("area", case.cell[1]), ("channel", case.channel)):
            counted = judged.groups.setdefault(group, Counted())
            counted.cases += 1
            counted.misrouted += case.misrouted
    judged.found = [f for m in certain.values() if (f := _found(run, by_cell, m)) is not None]
    for made in run.proposals:
        mends = any(_mends(certain.get(cell), target, made.at) for cell, _, target in made.cells())
        right, wrong = _later(by_cell, made)
        borne_out = right > wrong
        judged.unplanted += not mends
        judged.false += not mends and not borne_out
        judged.unheard += not mends and not right and not wrong
        judged.wrong_in_planted += not mends and not borne_out and any(c in certain for c, _, _ in made.cells())
        forecasted = _forecasted(run, by_cell, made, planted=mends)
        if forecasted is not None:
            judged.forecasts.append(forecasted)
    judged.flips = _flips(run.proposals)
    asked = {f.key.removeprefix("cell|") for f in run.findings if f.kind == "clarify"}
    divided = {
        f"{c['category']}|{c['area']}" for f in run.findings if f.kind == "kept" for c in f.numbers["cells"]
    }  # fmt: skip
    judged.clarified = sum("|".join(m.cell) in asked | divided for m in moved)
    judged.kept = sum("|".join(m.cell) in divided for m in moved)
    return judged


def left_to_the_oracle(run: Run, moved: Sequence[Moved]) -> int:
    """Misroutes in planted cells that remain to who knows each fault from its first case; `run`: without a loop."""
    new = {m.cell: m for m in moved if m.share == 1}
    return sum(
        c.really is not None and not c.joined and c.really != m.new
        for c in run.ended
        if (m := new.get(c.cell)) is not None and c.at >= m.since
    )


def _mends(fault: Moved | None, target: str, at: datetime) -> bool:
    return fault is not None and fault.new == target and at >= fault.since


def _found(run: Run, by_cell: Mapping[Cell, Sequence[Ended]], fault: Moved) -> Found | None:
    """None where the cell has too few cases after its fault."""
    after = [c for c in by_cell.get(fault.cell, ()) if c.at >= fault.since]
    if len(after) < FEWEST_AFTER:
        return None
    first = next((m.at for m in run.proposals if m.at >= fault.since and m.names(fault.cell, fault.new)), None)
    until = first or run.until
    days = (until - fault.since) / timedelta(days=1)
    return Found(fault, len(after), sum(c.at <= until for c in after), days, first is not None)


def _later(by_cell: Mapping[Cell, Sequence[Ended]], made: Made) -> tuple[int, int]:
    """How many of the next cases of its cells were the proposed authority's, and how many the one's before."""
    right = wrong = 0
    for cell, current, target in made.cells():
        later = [c for c in by_cell.get(cell, ()) if c.at > made.at][:NEXT_CASES]
        right += sum(c.really == target for c in later)
        wrong += sum(c.really == current for c in later)
    return right, wrong


def _forecasted(run: Run, by_cell: Mapping[Cell, Sequence[Ended]], made: Made, *, planted: bool) -> Forecasted | None:
    """None where there is no forecast, the proposal was not adopted, or its horizon is not over."""
    forecast, since = made.command.forecast, made.effective_at
    if forecast is None or since is None:
        return None
    end = since + timedelta(days=forecast.horizon_days)
    if end > run.until:
        return None
    came = 0
    for cell, current, target in made.cells():
        for case in by_cell.get(cell, ()):
            if since <= case.at < end and case.given_to == target and not case.joined:
                came += (case.lies_with == target) - (case.lies_with == current)
    return Forecasted(planted, forecast.expected, forecast.low, forecast.high, came)


def _flips(proposals: Sequence[Made]) -> int:
    """Adopted proposals that give a cell back to whom it was taken from less than `FLIP` before."""
    left: dict[Cell, dict[str, datetime]] = defaultdict(dict)
    flips = 0
    for made in proposals:
        if made.effective_at is None:
            continue
        back = False
        for cell, current, target in made.cells():
            gone = left[cell].get(target)
            back |= gone is not None and made.effective_at - gone < FLIP
            left[cell][current] = made.effective_at
        flips += back
    return flips
