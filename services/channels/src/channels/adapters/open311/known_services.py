"""Which category a service code means."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from common.contracts.seen_text import as_seen
from common.federation.country import Federation
from common.messaging.release_cache import Releases
from common.rulebook.errors import ReleaseMissing
from common.rulebook.release import NATIONAL
from common.rulebook.trial import NO_UNIT

from channels.bodies import Refused


class KnownServices:
    """Categories of the federation by code, or by title in any language as people see it, and the words that the
    rulebook's map knows."""

    def __init__(self, federation: Federation, releases: Releases) -> None:
        self._federation = federation
        self._releases = releases
        self._seen: Mapping[str, str] = {
            as_seen(name): one.code
            for one in reversed(federation.categories)
            for name in (*one.titles.values(), one.title, one.code)
        }

    def code_of(self, given: str, now: datetime) -> str:
        """The category's code; while no release is here words that only its map may know are taken as they are, and
        triage decides. Raises Refused (404)."""
        if self._federation.has_category(given):
            return given
        found = self._seen.get(as_seen(given)) or self._mapped(given, now)
        if found is None:
            raise Refused(404, "there is no such service_code")
        return found

    def _mapped(self, given: str, now: datetime) -> str | None:
        book = self._releases.book
        try:
            layers = [book.in_force(r.id, now) for r in self._federation.regions]
            layers.append(book.in_force(NATIONAL, now))
        except ReleaseMissing:
            return given
        for layer in layers:
            decision = layer.decide("category_map", {"given": given}, NO_UNIT)
            if decision is not None:
                return str(decision.outputs["category"])
        return None
