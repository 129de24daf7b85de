"""Finds regions, areas and channels where like cases go worse."""

from __future__ import annotations

from reflex.loop import LoopContext
from reflex.loops.equity.loop import EquityLoop
from reflex.loops.equity.remedy import Remedies
from reflex.loops.equity.settings import Settings
from reflex.loops.equity.wording import Titles


def build(context: LoopContext) -> EquityLoop:
    """The loop over a federation's places and channels."""
    federation = context.federation

    def region_title(region: str) -> str:
        found = federation.region(region)
        return region if found is None else found.title

    channels = {channel.id: channel.title for channel in federation.channels}
    titles = Titles(region_title, lambda channel: channels.get(channel, channel), federation.category_title)
    return EquityLoop(lambda now: context.settings(Settings, EquityLoop.name, now), Remedies(context.book), titles)
