"""Everything that is wrong with a federation's folder, before anything is started with it."""

from __future__ import annotations

from pathlib import Path

from common.federation.check import borders, calendars, gazetteer, head, models, notices, rulebook
from common.federation.country import Federation, load_federation
from common.federation.faults import Fault, FederationError


def check_federation(folder: Path) -> list[Fault]:
    """All faults and remarks, in order of file and line; empty when all is well.

    A file that cannot be read at all hides what could be said of the others' references to it.
    """
    if not folder.is_dir():
        return [Fault(folder, None, "there is no such folder")]
    found = head.read(folder)
    faults = list(found.faults)
    faults += head.references(found)
    faults += calendars.check(found)
    faults += borders.check(found)
    faults += gazetteer.check(found)
    faults += rulebook.check(found)
    faults += models.check(found)
    faults += notices.check(found)
    return sorted(set(faults), key=lambda f: (f.remark, str(f.path), f.line or 0, f.words))


def checked_federation(folder: Path) -> Federation:
    """A federation that may be started with; raises FederationError with every fault, a line each."""
    faults = [f for f in check_federation(folder) if not f.remark]
    if faults:
        raise FederationError.of(faults)
    return load_federation(folder)
