"""One run of the whole cycle against what is true: how cases were handled, and what became of proposals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from laboratory.cycle.driving import Run
from laboratory.cycle.handling import Handled
from laboratory.cycle.life import Life, Limit
from laboratory.cycle.planting import World
from laboratory.cycle.pushed import NAME, Pushed
from laboratory.logged_case import Cell
from laboratory.misrouting.faults.fault import Moved

Group = tuple[str, str]
"""`region`, `area` or `channel`, and its name."""
ALL: Group = ("all", "")
DAY = timedelta(days=1)
ENDED = frozenset(
    {"held back", "refused", "returned", "withdrawn", "lapsed", "rejected", "rolled back", "without a result"}
)
"""Stages after which nothing follows."""


@dataclass(slots=True)
class Counted:
    """Cases of their own that were due within the run by the rules of its first day."""

    cases: int = 0
    right: int = 0
    """Given to whom they belong the first time."""
    good: int = 0
    """Of these, answered by the deadline of the first day's rules."""
    good_as_promised: int = 0
    """Of `right`, answered by the deadline that the citizen was told."""


Groups = dict[Group, Counted]


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one planted cell: days from the fault until its right authority was proposed, and adopted."""

    until_end: float
    proposed: float | None
    adopted: float | None


@dataclass(frozen=True, slots=True)
class Harm:
    """What became of the change that a person pushed. `cases` followed it, `bad` of them came to a wrong office."""

    stage: str
    why: str
    adopted: bool
    cases: int
    bad: int
    days: float | None
    """From the beginning of its trial to its end."""


@dataclass
class Judged:
    """One run with loops, beside the others with the same world."""

    planted: int
    """Cells and cases in which something is wrong, and a change that a person pushed."""
    covered: float
    slowed: float
    loops: Groups
    nobody: Groups
    naive: Groups
    oracle: Groups
    fates: list[Fate] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)
    """Misroutes of planted cells, by where the proposal stood that would have mended them."""
    proposals: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """By author, where they came to last, and why."""
    made: int = 0
    """Proposals of loops that rules took up."""
    held_back: int = 0
    argued: int = 0
    passed_unasked: int = 0
    tried: int = 0
    adopted: int = 0
    """Of loops' proposals."""
    adopted_wrong: int = 0
    """Of these, about cells, none of which it mends by what is planted, nor by what the log's next cases say; or about
    a limit, and the next cases of its category keep the new one no nearer to what is wanted than the old one."""
    rolled_back: int = 0
    forecasts: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By measure and verdict."""
    findings: Counter[str] = field(default_factory=Counter)
    harm: Harm | None = None
    seconds: float = 0.0


def counted(cases: Iterable[Handled], until: datetime, known: Mapping[Cell, Moved] | None = None) -> Groups:
    """By group, and all together. `known`: faults of which somebody knows from their first case."""
    found: Groups = {}
    for case in cases:
        if case.joined or case.due_at_start >= until:
            continue
        fault = None if known is None else known.get(case.cell)
        if fault is not None and case.at >= fault.since:
            right = case.really is None or case.really == fault.new
            answered = case.at + case.takes if right and case.takes is not None else case.answered
            good = promised = right and answered is not None and answered <= case.due_at_start
        else:
            right = not case.misrouted
            good, promised = right and case.in_time(case.due_at_start), right and case.in_time(case.due)
        for group in (ALL, ("region", case.region), ("area", case.cell[1]), ("channel", case.channel)):
            one = found.setdefault(group, Counted())
            one.cases += 1
            one.right += right
            one.good += good
            one.good_as_promised += promised
    return found


def judge(run: Run, nobody: Run, naive: Sequence[Handled], world: World) -> Judged:
    """Every way of the same world."""
    assert run.until is not None
    faults = {m.cell: m for m in world.moved}
    judged = Judged(
        len(world.moved) + len(world.slowed) + (world.pushed is not None), world.covered,
        len(world.slowed) / len(world.cases), counted(run.handled, run.until), counted(nobody.handled, run.until),
        counted(naive, run.until), counted(nobody.handled, run.until, faults),
        seconds=run.seconds, findings=Counter(f"{f.loop}: {f.kind}" for f in run.findings),
    )  # fmt: skip
    named = _named(run.lives.values())
    judged.fates = [f for m in world.moved if (f := _fate(m, named, run)) is not None]
    for case in run.handled:
        fault = faults.get(case.cell)
        if fault is not None and case.at >= fault.since and case.misrouted and case.really == fault.new:
            judged.lost[_stood(named.get((case.cell, fault.new), ()), case.at)] += 1
    for life in run.lives.values():
        _count(judged, life, faults, run)
    if world.pushed is not None and NAME in run.lives:
        judged.harm = _harm(run.lives[NAME], world.pushed, run)
    return judged


def _named(lives: Iterable[Life]) -> dict[tuple[Cell, str], list[Life]]:
    """Proposals by the cells that they name, and with whom; and those that were tried in place of them."""
    known = {life.proposal_id: life for life in lives}
    found: dict[tuple[Cell, str], list[Life]] = {}
    for life in known.values():
        wider = known.get(life.taken_up_by or "")
        for named in life.cells:
            found.setdefault(named, []).extend([life] if wider is None else [life, wider])
    return found


def _fate(fault: Moved, named: Mapping[tuple[Cell, str], Sequence[Life]], run: Run) -> Fate | None:
    """None where the cell has too few cases for anybody to find it."""
    after = sum(c.cell == fault.cell and c.at >= fault.since for c in run.handled)
    if after < FEWEST_AFTER or run.until is None:
        return None
    lives = [life for life in named.get((fault.cell, fault.new), ()) if life.made_at >= fault.since]
    adopted = min((at for life in lives if (at := life.came_to("adopted")) is not None), default=None)
    proposed = min((life.made_at for life in lives), default=None)
    return Fate(
        (run.until - fault.since) / DAY, None if proposed is None else (proposed - fault.since) / DAY,
        None if adopted is None else (adopted - fault.since) / DAY,
    )  # fmt: skip


FEWEST_AFTER = 8
"""Cases of a cell after its fault, for its finding to be asked for."""
NEXT_CASES = 20
"""Of each cell of a proposal, by which it is judged where nothing is planted."""
NEXT_OF_A_LIMIT = 60
"""Cases of its category, by which another limit is judged."""
WANTED = 0.8
"""Share of answers that are to keep a limit."""


def _stood(lives: Sequence[Life], at: datetime) -> str:
    """Where the proposal stood that was furthest; one that came to nothing only where no other was made since."""
    made = [life for life in lives if life.made_at <= at]
    if not made:
        return "not proposed yet"
    going = [stage for life in made if (stage := life.stage_at(at)) not in ENDED]
    return going[-1] if going else made[-1].stage_at(at)


def _count(judged: Judged, life: Life, faults: Mapping[Cell, Moved], run: Run) -> None:
    stage, why = (life.steps[-1][1], life.steps[-1][2]) if life.steps else ("proposed", "")
    if life.proposal_id == NAME:
        return
    judged.proposals[life.author, stage, why if stage in ENDED else ""] += 1
    judged.held_back += stage == "held back"
    checked = life.came_to("checked") is not None
    judged.made += checked
    judged.argued += life.came_to("in deliberation") is not None
    judged.passed_unasked += life.came_to("accepted") is not None and life.came_to("in deliberation") is None
    judged.tried += life.came_to("on trial") is not None
    judged.adopted += life.came_to("adopted") is not None
    judged.rolled_back += life.came_to("rolled back") is not None
    if life.came_to("adopted") is not None and (life.cells or life.limit is not None):
        judged.adopted_wrong += not (_right(life, faults, run) if life.limit is None else _fits(life, life.limit, run))
    if life.verdict is not None and life.measure:
        judged.forecasts[life.measure, life.verdict] += 1


def _right(life: Life, faults: Mapping[Cell, Moved], run: Run) -> bool:
    """Whether it mends what is planted, or more of its cells' next cases are whom it names than another's."""
    for cell, target in life.cells:
        if (fault := faults.get(cell)) is not None and fault.new == target:
            return True
    right = wrong = 0
    for cell, target in life.cells:
        later = [c for c in run.handled if c.cell == cell and c.at > life.made_at and not c.joined][:NEXT_CASES]
        right += sum(c.really == target for c in later)
        wrong += sum(c.really not in (None, target) for c in later)
    return right > wrong


def _fits(life: Life, limit: Limit, run: Run) -> bool:
    """Whether the new limit is kept nearer to as often as is wanted than the old one, by the next cases of its category
    that were due within the run."""
    assert run.until is not None
    later = [
        c for c in run.handled
        if c.cell[0] == limit.category and c.at > life.made_at and not c.joined
        and max(c.due, c.due_at_start) < run.until
    ][:NEXT_OF_A_LIMIT]  # fmt: skip

    def off(minutes: int) -> float:
        kept = sum(c.answered is not None and c.worked <= minutes for c in later)
        return abs(kept / len(later) - WANTED)

    return bool(later) and off(limit.after) < off(limit.before)


def _harm(life: Life, pushed: Pushed, run: Run) -> Harm:
    followed = [
        c for c in run.handled
        if c.cell in pushed.cells and c.given_to == pushed.target and c.at >= pushed.at and not c.joined
    ]  # fmt: skip
    began, ended = life.came_to("on trial"), life.steps[-1][0] if life.steps else None
    days = None if began is None or ended is None else (ended - began) / DAY
    why = life.steps[-1][2] if life.steps else ""
    return Harm(
        life.stage, why, life.came_to("adopted") is not None, len(followed), sum(c.misrouted for c in followed), days
    )  # fmt: skip
