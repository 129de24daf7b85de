"""When it is, whatever a sender outside says."""

from __future__ import annotations

from datetime import datetime

from common.contracts.delivery import Delivery
from common.messaging.consume.time_bounds import Timeliness


def believed_time(delivery: Delivery, timeliness: Timeliness) -> datetime:
    """The time that a record claims, within what its place on the topic bears out."""
    claimed = delivery.envelope.time
    return timeliness.said_at(claimed, delivery.appended_at or claimed)
