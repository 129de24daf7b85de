"""What the rulebook says of how much a conversation may say in a day, and of emergencies that go through all the same.

Only the nation's layer is asked: a conversation belongs to no region.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from common.contracts.frozen import value
from common.messaging.release_cache import Releases
from common.rulebook.classification import Reading
from common.rulebook.errors import ReleaseMissing
from common.rulebook.layers import Rulebook
from common.rulebook.matters import matter_of
from common.rulebook.release import NATIONAL
from common.rulebook.tables import Value
from common.rulebook.trial import NO_UNIT

from intake.day_limit import DayLimit

TABLE = "daily_messages"


@value
class _Words:
    """A message's words, which no model reads here."""

    text: str
    languages: tuple[str, ...]
    channel: str
    language: str
    bare: bool = False

    @property
    def repeats(self) -> Mapping[str, int]:
        return {}

    def read(self, model: str, *, waits: bool = False) -> Reading | None:
        return None


class DayRules:
    """Asks the release in force. A federation without the table, or without a release yet, limits nothing."""

    def __init__(self, releases: Releases, languages: Sequence[str]) -> None:
        """`languages` of the federation."""
        self._releases = releases
        self._languages = tuple(languages)

    def at(self, channel: str, now: datetime) -> DayLimit | None:
        rulebook = self._in_force(now)
        inputs: dict[str, Value] = {"channel": channel}
        decision = rulebook.decide(TABLE, inputs, NO_UNIT) if rulebook is not None else None
        if decision is None:
            return None
        return DayLimit(int(decision.outputs["most"]), str(decision.outputs["call"]))

    def emergency(self, text: str, channel: str, language: str, now: datetime) -> bool:
        """Whether words show an emergency in progress, by the phrases of every language of the federation."""
        rulebook = self._in_force(now)
        if rulebook is None or not text.strip():
            return False
        languages = tuple(dict.fromkeys((language, language.split("-")[0], *self._languages)))
        matter = matter_of(_Words(text, languages, channel, language), rulebook, NO_UNIT)
        return matter is not None and matter.kind == "emergency"

    def _in_force(self, now: datetime) -> Rulebook | None:
        try:
            return self._releases.book.in_force(NATIONAL, now)
        except ReleaseMissing:
            return None
