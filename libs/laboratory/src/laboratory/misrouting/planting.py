"""What is planted in a run of the misrouting loop, and how desks treat what is not theirs."""

from __future__ import annotations

from dataclasses import dataclass

from laboratory.misrouting.desks import HALF_KEPT, IMPERFECT, PERFECT, Manners
from laboratory.misrouting.faults.ambiguous_cell import ambiguous_cells
from laboratory.misrouting.faults.cells import single_cells, small_cells
from laboratory.misrouting.faults.fault import Fault
from laboratory.misrouting.faults.moved_office import moved_office
from laboratory.misrouting.faults.wrong_category import wrong_category
from laboratory.misrouting.shuffling import shuffled
from laboratory.study import Scenario


@dataclass(frozen=True, slots=True)
class Planting:
    """Faults, and the desks of all authorities."""

    faults: tuple[Fault, ...] = ()
    manners: Manners = PERFECT
    batches: bool = False
    """Cases are added, entered in a batch: see `faults/batches.py`."""
    confirmed: bool = False
    """People in triage place all cases of the categories in which something is planted; see `triage.py`."""


NO_FAULT = Scenario("no_fault", "nothing is planted", plants=False)
SHUFFLED = Scenario(
    "shuffled", "nothing is planted, and nothing in the log changes over time", plants=False, shuffling=shuffled
)
CELLS = Scenario("cells", "24 cells belong to another authority")
SMALL_CELLS = Scenario("small_cells", "24 cells of fewer than 60 cases belong to another authority")
MOVED_OFFICE = Scenario("moved_office", "an office's cells of one area belong to another office")
WRONG_CATEGORY = Scenario("wrong_category", "a category belongs to another authority everywhere")
AMBIGUOUS_CELLS = Scenario("ambiguous_cells", "half of six cells' cases belong to another authority")
IMPERFECT_DESKS = Scenario(
    "imperfect_desks", "24 cells; a fifth of misroutes is kept, a tenth goes to a third desk, a fifth goes late"
)
KEPT_BY_HALF = Scenario("half_kept", "24 cells; half of misroutes are kept by the wrong desk")
CONFIRMED_CATEGORY = Scenario(
    "confirmed_category", "a category that people confirm in triage belongs to another authority everywhere"
)
BATCHES = Scenario(
    "batches", "24 cells get cases of another authority that are entered in a batch, on one day or two", plants=False
)
PLANTED = {
    CELLS: Planting((single_cells,)),
    SMALL_CELLS: Planting((small_cells,)),
    MOVED_OFFICE: Planting((moved_office,)),
    WRONG_CATEGORY: Planting((wrong_category,)),
    AMBIGUOUS_CELLS: Planting((ambiguous_cells,)),
    IMPERFECT_DESKS: Planting((single_cells,), IMPERFECT),
    KEPT_BY_HALF: Planting((single_cells,), HALF_KEPT),
    CONFIRMED_CATEGORY: Planting((wrong_category,), confirmed=True),
    BATCHES: Planting(batches=True),
}
NOTHING = Planting()
