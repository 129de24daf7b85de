"""Reports a day on which a region hears far less than it should: a broken channel, or a storm."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from reflex.loop import LoopContext
from reflex.loops.silence.loop import SilenceLoop
from reflex.loops.silence.settings import Settings
from reflex.loops.silence.wording import Titles


def build(context: LoopContext) -> SilenceLoop:
    """The loop over a federation's regions, each with its own days."""
    federation = context.federation

    @cache
    def zone(region: str) -> ZoneInfo:
        return ZoneInfo(federation.zone(region))

    def day_of(region: str, moment: datetime) -> date:
        return moment.astimezone(zone(region)).date()

    @cache
    def works(region: str, day: date) -> bool:
        begins, ends = (datetime.combine(d, time(), zone(region)) for d in (day, day + timedelta(days=1)))
        return federation.calendar(region).minutes_between(begins, ends) > 0

    def region_title(region: str) -> str:
        found = federation.region(region)
        return region if found is None else found.title

    channels = {channel.id: channel.title for channel in federation.channels}
    titles = Titles(region_title, federation.category_title, lambda channel: channels.get(channel, channel))
    return SilenceLoop(lambda now: context.settings(Settings, SilenceLoop.name, now), day_of, works, titles)
