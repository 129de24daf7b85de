"""Publishes the mirror: every declared value and its counter-measure, by place, authority, category, channel, rule."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from reflex.loop import LoopContext
from reflex.loops.introspection.loop import IntrospectionLoop
from reflex.loops.introspection.settings import Settings


def build(context: LoopContext) -> IntrospectionLoop:
    """The loop by the country's days."""
    return IntrospectionLoop(
        lambda now: context.settings(Settings, IntrospectionLoop.name, now), ZoneInfo(context.federation.timezone)
    )
