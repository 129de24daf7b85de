"""What the rulebook's table `conversation` says of a message in a conversation that is about a case already."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from common.contracts.frozen import value
from common.messaging.release_cache import Releases
from common.rulebook.errors import ReleaseMissing
from common.rulebook.release import NATIONAL
from common.rulebook.tables import Value
from common.rulebook.trial import NO_UNIT

from intake.course import Asked, Then, otherwise

WAIT_MINUTES = 60
"""For the answer to "is it about this case?", where no row says otherwise."""


@value
class Ruling:
    """What becomes of a message; where its citizen is asked, how long the answer is awaited."""

    then: Then
    wait_minutes: int = WAIT_MINUTES


class ConversationRules:
    """Asks the release in force."""

    def __init__(self, releases: Releases) -> None:
        self._releases = releases

    def at(self, asked: Asked, now: datetime) -> Ruling:
        """What becomes of it. A federation without the table, or without a release yet, goes by what stands in code: a
        citizen's word must not wait for a rule."""
        try:
            rulebook = self._releases.book.in_force(asked.region or NATIONAL, now)
        except ReleaseMissing:
            return Ruling(otherwise(asked))
        inputs: dict[str, Value] = {
            "state": asked.standing, "brings": asked.brings, "days": asked.days, "minutes": asked.minutes,
        }  # fmt: skip
        decision = rulebook.decide("conversation", inputs, NO_UNIT)
        if decision is None:
            return Ruling(otherwise(asked))
        return Ruling(cast("Then", decision.outputs["then"]), int(decision.outputs["wait_minutes"]))
