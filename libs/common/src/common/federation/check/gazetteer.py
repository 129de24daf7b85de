"""Streets: files that can be read, areas that there are."""

from __future__ import annotations

from collections.abc import Iterator

from common.federation.check.head import Found
from common.federation.faults import Fault
from common.federation.gazetteer import load_gazetteer


def check(found: Found) -> Iterator[Fault]:
    """All faults of all versions."""
    head = found.head
    known = {area for region in head.regions for area in region.areas} if head is not None else None
    for path in sorted((found.folder / "gazetteer").glob("*.csv")):
        try:
            streets = load_gazetteer(path)
        except (ValueError, OSError) as error:
            yield Fault(path, None, str(error))
            continue
        for area in sorted(streets.areas - known) if known is not None else ():
            yield Fault(path, None, f"no region has the area {area!r}")
