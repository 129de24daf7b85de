"""What the introspection loop publishes of half a year, for pages: south is late more often than other regions."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from common.contracts.events.reflex.mirror import MirrorObserved
from reflex.loops.introspection.loop import IntrospectionLoop
from reflex.loops.introspection.settings import Settings

from tests.unit.reflex.judged_city import JudgedCity, usual

DAYS = 168


def _late(category: str, region: str, area: str, channel: str, at: datetime) -> float:
    return usual(category, region, area, channel, at) + (0.12 if region == "south" else 0)


def mirrored(seed: int = 3, a_day: int = 80) -> list[MirrorObserved]:
    """All records."""
    found = Settings()
    city = JudgedCity(IntrospectionLoop(lambda now: found, ZoneInfo("UTC")), seed, late=_late, a_day=a_day)
    city.live(DAYS)
    return city.said
