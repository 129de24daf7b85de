"""How a federation calls its regions, authorities, categories and channels; ids stand in where it has no name."""

from __future__ import annotations

from common.federation.country import Federation

ROLES = {
    "citizen": "citizen",
    "desk": "desk of an authority",
    "operator": "operator",
    "regional_head": "head of a region",
    "federal": "federal centre",
    "loop": "loop",
    "system": "system",
}

STATES = {
    "triage": "waiting in triage",
    "assigned": "assigned",
    "accepted": "accepted",
    "in_work": "in work",
    "answered": "answered",
    "confirmed": "confirmed",
    "waiting": "waiting for the citizen",
    "deferred": "deferred",
    "joined": "joined to another case",
    "declined": "declined",
    "withdrawn": "withdrawn",
    "handed_over": "handed over",
}
"""States of a case, as people read them."""


class Names:
    def __init__(self, federation: Federation) -> None:
        self._federation = federation
        self._channels = {c.id: c.title for c in federation.channels}

    def region(self, name: str | None) -> str:
        found = self._federation.region(name or "")
        return found.title if found else (name or "")

    def authority(self, name: str | None) -> str:
        found = self._federation.authority(name or "")
        return found.title if found else (name or "")

    def category(self, code: str | None) -> str:
        return self._federation.category_title(code)

    def channel(self, name: str | None) -> str:
        return self._channels.get(name or "", name or "")

    def state(self, name: str | None) -> str:
        return STATES.get(name or "", (name or "").replace("_", " "))

    def actor(self, name: str | None) -> str:
        """`desk:yard-06` as `Street yard 06 (desk)`; ids of people as they are."""
        kind, _, rest = (name or "").partition(":")
        if kind == "desk" and rest:
            return f"{self.authority(rest)} (desk)"
        known = {"system": "the system", "citizen": "the citizen", "clock": "the clock", "routing": "the rules"}
        return known.get(name or "") or self.authority(name)
