"""Reports that a region hears far less than it should: a broken channel, or a storm."""

from __future__ import annotations

from reflex.local_days import LocalDays
from reflex.loop import LoopContext
from reflex.loops.silence.loop import SilenceLoop
from reflex.loops.silence.settings import Settings
from reflex.loops.silence.wording import Titles


def build(context: LoopContext) -> SilenceLoop:
    """The loop over a federation's regions, each with its own days."""
    federation, days = context.federation, LocalDays(context.federation)

    def region_title(region: str) -> str:
        found = federation.region(region)
        return region if found is None else found.title

    channels = {channel.id: channel.title for channel in federation.channels}
    titles = Titles(region_title, lambda channel: channels.get(channel, channel))
    return SilenceLoop(
        lambda now: context.settings(Settings, SilenceLoop.name, now), days.local, days.works, titles,
        len(federation.regions),
    )  # fmt: skip
