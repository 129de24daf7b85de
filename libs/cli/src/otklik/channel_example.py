"""What the programs that `otklik channel new` lays out say to this federation."""

from __future__ import annotations

from datetime import datetime

from common.contracts.events.channel import MessageReceived
from common.federation.country import EPOCH, Federation

from otklik.bench.messages import Citizens


def example(federation: Federation, simulated: datetime | None) -> dict[str, str]:
    """A category and a place that the federation's rules can place without asking anybody.

    `simulated` is the clock of a replay, None where time is real.
    """
    message: MessageReceived = Citizens(federation, seed=1).message("example", simulated or EPOCH)
    found = {"CATEGORY": message.category, "LAT": message.place.lat, "LON": message.place.lon}
    if simulated is not None:
        found["SENT_AT"] = simulated.isoformat()
    return {f"EXAMPLE_{name}": str(value) for name, value in found.items()}
