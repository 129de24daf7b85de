"""Every calendar that the nation or a region names, as its model and its years allow it."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import ValidationError

from common.federation.check.head import Found
from common.federation.country import CALENDAR, FIRST_YEAR, LAST_YEAR
from common.federation.faults import Fault, FederationError
from common.federation.located_yaml import Place, faults_of, read_yaml


def check(found: Found) -> Iterator[Fault]:
    """Faults of the files under calendars/."""
    folder = found.folder / "calendars"
    there = sorted(p.stem for p in folder.glob("*.yaml"))
    named: dict[str, Place] = {}
    if found.head is None:
        named = dict.fromkeys(there, ())
    else:
        named[found.head.calendar] = ("calendar",)
        for i, region in enumerate(found.head.regions):
            named.setdefault(region.calendar, ("regions", i, "calendar"))
    for name, location in named.items():
        path = folder / f"{name}.yaml"
        if not path.exists():
            words = f"there is no calendar {name!r} ({path}); there are: {', '.join(there) or 'none'}"
            assert found.head_text is not None
            yield found.head_text.fault(location, words)
            continue
        try:
            text = read_yaml(path)
        except FederationError as error:
            yield from error.faults
            continue
        yield from text.faults
        try:
            spec = CALENDAR.validate_python(text.data)
        except ValidationError as error:
            yield from faults_of(text, error)
            continue
        for j, day in enumerate(spec.overlay):
            if not FIRST_YEAR <= day.date.year <= LAST_YEAR:
                words = f"{day.date} lies outside the years of calendars, {FIRST_YEAR} to {LAST_YEAR}"
                yield text.fault(("overlay", j, "date"), words)
    for name in there:
        if name not in named:
            yield Fault(
                folder / f"{name}.yaml", None, "neither the nation nor a region names this calendar", remark=True
            )
