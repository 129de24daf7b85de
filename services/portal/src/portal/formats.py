"""Times, durations and event types as people read them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape


class Times:
    """Moments in the federation's time zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def local(self, moment: datetime | str) -> datetime:
        if isinstance(moment, str):
            moment = datetime.fromisoformat(moment)
        return moment.astimezone(self._zone)

    def plain(self, moment: datetime | str | None) -> str:
        """To the minute, such as `14 Jul 2011, 09:32`; empty for None."""
        if moment is None:
            return ""
        at = self.local(moment)
        return f"{at.day} {at:%b %Y, %H:%M}"

    def zoned(self, moment: datetime | str | None) -> str:
        """As `plain`, with the zone's abbreviation."""
        return "" if moment is None else f"{self.plain(moment)} {self.local(moment):%Z}"

    def when(self, moment: datetime | str | None) -> Markup:
        """A `time` element that machines read exactly."""
        if moment is None:
            return Markup("")
        at = self.local(moment)
        return Markup('<time datetime="{}">{}</time>').format(at.isoformat(timespec="seconds"), self.plain(at))

    def span(self, moment: datetime | str | None) -> Markup:
        """A date alone."""
        if moment is None:
            return Markup("")
        at = self.local(moment)
        return Markup('<time datetime="{}">{} {}</time>').format(at.date().isoformat(), at.day, f"{at:%b %Y}")


def plain_type(kind: str) -> str:
    """`region.case.answered.v1` as `case answered`."""
    return " ".join(kind.split(".")[1:-1]).replace("_", " ")


def working(minutes: int | float | None) -> str:
    """Working minutes in hours: `40 working hours`; under two hours in minutes."""
    if minutes is None:
        return ""
    if minutes < 120:
        return f"{minutes:g} working minute{'' if minutes == 1 else 's'}"
    hours = minutes / 60
    return f"{hours:,.0f} working hours" if abs(hours - round(hours)) < 0.05 else f"{hours:,.1f} working hours"


def number(value: object) -> str:
    """With thin separators; anything else as text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    return str(value)


def share(part: int, whole: int) -> str:
    """A percentage that claims no more than the number allows: `3 of 8` under 30 cases, `12.4 %` from there on."""
    if whole == 0:
        return "–"
    if whole < FEW:
        return f"{part} of {whole}"
    return f"{100 * part / whole:.1f} %"


FEW = 30
"""Under so many cases a percentage says more than is known."""


def html(text: str) -> Markup:
    """Escaped, with line breaks kept."""
    return Markup("<br>").join(escape(line) for line in text.splitlines())
