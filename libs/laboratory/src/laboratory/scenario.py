"""What is planted in a run, and how desks treat what is not theirs."""

from __future__ import annotations

from dataclasses import dataclass

from laboratory.desks import HALF_KEPT, IMPERFECT, PERFECT, Manners
from laboratory.faults.ambiguous_cell import ambiguous_cells
from laboratory.faults.cells import single_cells, small_cells
from laboratory.faults.fault import Fault
from laboratory.faults.moved_office import moved_office
from laboratory.faults.wrong_category import wrong_category


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of run."""

    name: str
    words: str
    faults: tuple[Fault, ...] = ()
    manners: Manners = PERFECT
    shuffle: bool = False
    """Who had a case is dealt out anew within its cell, before the rules are learnt."""


NO_FAULT = Scenario("no_fault", "nothing is planted")
SHUFFLED = Scenario("shuffled", "nothing is planted, and nothing in the log changes over time", shuffle=True)
PLANTED = (
    Scenario("cells", "24 cells belong to another authority", (single_cells,)),
    Scenario("small_cells", "24 cells of fewer than 60 cases belong to another authority", (small_cells,)),
    Scenario("moved_office", "an office's cells of one area belong to another office", (moved_office,)),
    Scenario("wrong_category", "a category belongs to another authority everywhere", (wrong_category,)),
    Scenario("ambiguous_cells", "half of six cells' cases belong to another authority", (ambiguous_cells,)),
    Scenario(
        "imperfect_desks", "24 cells; a fifth of misroutes is kept, a tenth goes to a third desk, a fifth goes late",
        (single_cells,), IMPERFECT,
    ),
    Scenario("half_kept", "24 cells; half of misroutes are kept by the wrong desk", (single_cells,), HALF_KEPT),
)  # fmt: skip
SCENARIOS = {s.name: s for s in PLANTED}
ALWAYS = (NO_FAULT, SHUFFLED)
