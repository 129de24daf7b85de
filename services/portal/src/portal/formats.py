"""Times, durations and event types as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from common.federation import languages
from common.federation.languages import decimal, short_day, short_moment
from markupsafe import Markup, escape

from portal.language import N_, _, language, ngettext


class Times:
    """Moments in the federation's time zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def local(self, moment: datetime | str) -> datetime:
        """In the federation's zone; as it is given where the calendar ends between both."""
        if isinstance(moment, str):
            moment = datetime.fromisoformat(moment)
        try:
            return moment.astimezone(self._zone)
        except OverflowError:
            return moment

    def plain(self, moment: datetime | str | None) -> str:
        """To the minute, such as `14 Jul 2011, 09:32`; empty for None."""
        if moment is None:
            return ""
        return short_moment(self.local(moment), language())

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
        return Markup('<time datetime="{}">{}</time>').format(at.date().isoformat(), short_day(at, language()))

    def day_before(self, end: datetime) -> Markup:
        """The last date of a span that ends at midnight."""
        return self.span(end - timedelta(seconds=1))

    def day(self, moment: datetime | str) -> str:
        """The date alone, as plain text."""
        return short_day(self.local(moment), language())


def iso_day(text: str) -> str:
    """An ISO date as it is written; what is none as it stands."""
    try:
        return day_text(date.fromisoformat(text))
    except ValueError:
        return text


def day_text(day: date) -> str:
    """Such as `14 Jul 2011`."""
    return short_day(day, language())


def listed(items: Sequence[str], *, either: bool = False) -> str:
    """Such as `a, b and c`, or with `or`."""
    return languages.listed(items, language(), either=either)


TYPES = (
    N_("case opened"),
    N_("case accepted"),
    N_("case work started"),
    N_("case transferred"),
    N_("case handover"),
    N_("case extended"),
    N_("case deferred"),
    N_("case citizen asked"),
    N_("case citizen reached"),
    N_("case reminded"),
    N_("case wait ended"),
    N_("case message joined"),
    N_("case priority raised"),
    N_("case joined"),
    N_("case answered"),
    N_("case declined"),
    N_("case confirmed"),
    N_("case reopened"),
    N_("case rated"),
    N_("case withdrawn"),
    N_("case overdue"),
    N_("case overdue withdrawn"),
    N_("directive received"),
    N_("directive answered"),
    N_("command refused"),
    N_("case accept"),
    N_("case start work"),
    N_("case transfer"),
    N_("case extend"),
    N_("dispute raise"),
    N_("dispute settle"),
    N_("dispute raised"),
    N_("dispute settled"),
    N_("case defer"),
    N_("case ask citizen"),
    N_("case join"),
    N_("case answer"),
    N_("case decline"),
    N_("directive answer"),
    N_("case assigned"),
    N_("message forwarded"),
    N_("verdict forwarded"),
    N_("triage requested"),
    N_("triage answered"),
    N_("triage declined"),
    N_("triage answer"),
    N_("triage decline"),
    N_("message split"),
    N_("triage split"),
    N_("proposal propose"),
    N_("proposal decide"),
    N_("proposal withdraw"),
    N_("proposal checked"),
    N_("proposal refused"),
    N_("proposal accepted"),
    N_("proposal rejected"),
    N_("proposal withdrawn"),
    N_("proposal returned"),
    N_("proposal adopted"),
    N_("dead letter replay"),
    N_("dead letter skip"),
    N_("dead letter disclose"),
    N_("published"),
    N_("checked"),
    N_("refused"),
    N_("accepted"),
    N_("rejected"),
    N_("withdrawn"),
    N_("returned"),
    N_("adopted"),
    N_("release published"),
    N_("proposal backtested"),
    N_("forecast scored"),
    N_("consent used"),
    N_("consent revoked"),
    N_("proposal lapsed"),
    N_("trial foreseen"),
    N_("trial waits"),
    N_("trial started"),
    N_("trial stepped"),
    N_("trial paused"),
    N_("trial resumed"),
    N_("trial rolled back"),
    N_("trial ended"),
    N_("review fell"),
    N_("change reviewed"),
    N_("change reversed"),
    N_("trial step"),
    N_("trial pause"),
    N_("trial resume"),
    N_("trial adopt"),
    N_("trial roll back"),
    N_("trial end"),
    N_("change review"),
    N_("waits"),
    N_("started"),
    N_("stepped"),
    N_("paused"),
    N_("resumed"),
    N_("rolled back"),
    N_("ended"),
    N_("fell"),
    N_("reviewed"),
    N_("reversed"),
    N_("lapsed"),
    N_("backtested"),
    N_("scored"),
    N_("opened"),
    N_("closed"),
    N_("used"),
    N_("revoked"),
    N_("duplicate refuse"),
    N_("duplicate suggested"),
    N_("duplicate decided"),
)
"""What `plain_type` makes of types of events and commands, and of steps of the chained record."""


def plain_type(kind: str) -> str:
    """`region.case.answered.v1` as `case answered`."""
    words = " ".join(kind.split(".")[1:-1]).replace("_", " ")
    return _(words)


def working(minutes: int | float | None) -> str:
    """Working minutes in hours: `40 working hours`; under two hours in minutes."""
    if minutes is None:
        return ""
    if minutes < 120:
        return ngettext("{n} working minute", "{n} working minutes", int(minutes)).format(n=number(minutes))
    hours = minutes / 60
    whole = abs(hours - round(hours)) < 0.05
    return _("{n} working hours").format(n=decimal(hours, language(), 0 if whole else 1))


def number(value: object) -> str:
    """With the reader's separators, a small fraction to four digits; anything else as text."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int):
        return decimal(value, language(), 0)
    if isinstance(value, float):
        return decimal(float(f"{value:.4g}"), language()) if abs(value) < 1000 else decimal(value, language(), 0)
    return str(value)


def share(part: int, whole: int) -> str:
    """A percentage that claims no more than the number allows: `3 of 8` under 30 cases, `12.4 %` from there on."""
    if whole == 0:
        return "–"
    if whole < FEW:
        return _("{part} of {whole}").format(part=part, whole=whole)
    return percent(part / whole)


def percent(ratio: float, places: int = 1) -> str:
    return f"{decimal(100 * ratio, language(), places)} %"


def points(difference: float) -> str:
    """A difference of shares in percentage points, to tenths."""
    return decimal(100 * difference, language(), 1)


def mean(value: float) -> str:
    """To hundredths."""
    return decimal(value, language(), 2)


FEW = 30
"""Under so many cases a percentage says more than is known."""


def html(text: str) -> Markup:
    """Escaped, with line breaks kept."""
    return Markup("<br>").join(escape(line) for line in text.splitlines())
