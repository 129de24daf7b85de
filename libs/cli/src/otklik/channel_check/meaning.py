"""Whether a message can be placed without asking anybody: does the federation know its category and its point. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from common.contracts.events.channel import MessageReceived
from common.contracts.seen_text import as_seen
from common.federation.country import Federation
from common.rulebook.category_words import words_and_codes
from common.rulebook.release import NATIONAL
from intake.categories import meanings

PERSON = "until then a person places each by hand, or the citizen is asked"
MOST_NAMED = 12


class Meaning:
    """What the federation's own folder knows of categories and places; its first rules, later ones may know more."""

    def __init__(self, federation: Federation) -> None:
        self._borders = federation.borders.newest
        releases = (r for r in federation.base_releases() if r.layer == NATIONAL)
        codes: dict[str, str] = {}
        for words, code in words_and_codes(releases):
            codes.setdefault(words, code)
        self._known: Mapping[str, str] = meanings(codes, federation.categories)
        names = sorted(codes)
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        self._offered = ", ".join(names[:MOST_NAMED]) + more

    def doubts(self, event: MessageReceived) -> list[tuple[str, str, str]]:
        """Rule, words and fix of each."""
        found = []
        if event.category is None:
            found.append(("category", "it names no category", f"let citizens choose one of {self._offered}; {PERSON}"))
        elif as_seen(event.category) not in self._known:
            found.append(("category", "its category is none that the federation's first rules know",
                          f"send one of {self._offered}; {PERSON}"))  # fmt: skip
        lat, lon = event.place.lat, event.place.lon
        if lat is None or lon is None:
            if not event.place.address:
                found.append(("place", "it has no place", f"send place.lat and place.lon in degrees; {PERSON}"))
        elif self._borders.area_at(lat, lon) is None:
            swapped = -90 <= lon <= 90 and self._borders.area_at(lon, lat) is not None
            fix = (
                "lat and lon are exchanged" if swapped else "is it WGS 84, in degrees, inside the federation's borders?"
            )
            found.append(("place", "its point lies in no area of the federation", fix))
        return found
