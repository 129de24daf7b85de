"""A change that a person proposes, with people who agree whatever it does."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from common.contracts.events.base import Actor
from common.contracts.events.rules import ProposeChange
from common.contracts.patch import Patch, RowChange
from common.rulebook.book import ReleaseBook
from common.rulebook.jdm import rows_of
from common.rulebook.release import NATIONAL
from reflex.loops.misrouting.patching import Patcher

from laboratory.logged_case import Cell
from laboratory.subject import Subject

AFTER = timedelta(days=14)
"""From the first case to the proposal."""
FEWEST_CASES = 120
"""Of the category in the region."""
NAME = "pushed"


@dataclass(frozen=True)
class Pushed:
    """What is proposed, by whom and when. `harmful`: its cells would go to whom they do not belong to."""

    at: datetime
    actor: Actor
    layer: str
    cells: tuple[Cell, ...]
    target: str
    harmful: bool

    def command(self, book: ReleaseBook) -> ProposeChange | None:
        """Against the rules in force; None where they say so already."""
        category = self.cells[0][0]
        if self.harmful:
            patch = Patcher(book).cells(self.layer, self.cells, self.target, self.at)
        else:
            patch = _priority(book, category)
        if patch is None:
            return None
        return ProposeChange(
            actor=self.actor, proposal_id=NAME, title=f"{category}: {self.target}", patch=patch,
            words="Many say that it would be better so.", values=("timeliness",), synthetic=True,
        )  # fmt: skip


def harmful(subject: Subject, random: Random) -> Pushed | None:
    """A category that one office has in all of a region, of those with many cases there, is to go to another."""
    counts, owners = Counter[tuple[str, str]](), dict[tuple[str, str], set[str]]()
    for case in subject.cases:
        if case.cell is not None and case.ruled is not None:
            key = (case.where.region, case.cell[0])
            counts[key] += 1
            owners.setdefault(key, set()).add(case.ruled)
    heads = {p.scope: p for p in subject.federation.people if p.role == "regional_head"}
    fit = [k for k in sorted(counts) if counts[k] >= FEWEST_CASES and len(owners[k]) == 1 and k[0] in heads]
    if not fit:
        return None
    region, category = random.choice(fit)
    (owner,) = owners[region, category]
    others = [a.id for a in subject.federation.authorities if a.serves(region) and a.id != owner]
    if not others:
        return None
    wrong = random.choice(others)
    areas = next(r.areas for r in subject.federation.regions if r.id == region)
    head = heads[region]
    return Pushed(
        subject.cases[0].opened_at + AFTER, Actor(id=head.id, role=head.role, scope=head.scope), region,
        tuple((category, area) for area in areas), wrong, harmful=True,
    )  # fmt: skip


def idle(subject: Subject, random: Random) -> Pushed | None:
    """The priority of a busy category is to change, which no desk goes by here."""
    counts = Counter(case.cell[0] for case in subject.cases if case.cell is not None)
    centre = next((p for p in subject.federation.people if p.role == "federal"), None)
    if centre is None or not counts:
        return None
    category = random.choice([name for name, _ in counts.most_common(10)])
    actor = Actor(id=centre.id, role=centre.role, scope=centre.scope)
    return Pushed(
        subject.cases[0].opened_at + AFTER, actor, NATIONAL, ((category, ""),), "another priority", harmful=False
    )


def _priority(book: ReleaseBook, category: str) -> Patch | None:
    """The nation's row of a category set to one more, or added with 2."""
    head = book.head(NATIONAL)
    if head is None or "priority" not in head.tables:
        return None
    asked = f'"{category}"'
    for row_id, before in rows_of("priority", head.tables["priority"]):
        if before["category"] == asked:
            after = {**before, "priority": str(int(before["priority"]) % 3 + 1)}
            change = RowChange(op="set", row_id=row_id, before=before, after=after)
            return Patch(layer=NATIONAL, base_number=head.number, table="priority", changes=(change,))
    added = RowChange(op="add", row_id=f"{category}-2", after={"category": asked, "priority": "2"}, at=0)
    return Patch(layer=NATIONAL, base_number=head.number, table="priority", changes=(added,))
