"""What readiness tells of models: which of those that the rules name are missing here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from common.messaging.clock import last_tick
from common.messaging.postgres import Database
from common.messaging.problems import Level, Problem
from common.rulebook.book import ReleaseBook
from common.rulebook.classification import TABLE
from common.rulebook.release import NATIONAL

from routing.models import Models


class ModelWatch:
    """Asks for every model that is named by what is in force or was published to be so, on each replica for itself."""

    def __init__(self, book: ReleaseBook, models: Models, *, wall: bool) -> None:
        self._book = book
        self._models = models
        self._wall = wall

    async def __call__(self, db: Database) -> list[Problem]:
        tick = await last_tick.latest(db) if not self._wall else None
        now = tick.until if tick is not None else datetime.now(UTC)
        return missing_models(self._book, self._models, now)


def missing_models(book: ReleaseBook, models: Models, now: datetime) -> list[Problem]:
    """A problem where messages wait for the file, a warning where people place what it would read."""
    named: dict[str, dict[str, bool]] = {}  # by version and layer: whether messages wait for it
    if book.head(NATIONAL) is None:
        return []
    for layer in book.layers:
        current = book.number_at(layer, now) or 0
        for release in book.releases(layer):
            if release.number >= current:
                for said_by, outputs in book.get(_tag(layer, release.number, book)).answers(TABLE):
                    if said_by == layer:
                        by = named.setdefault(str(outputs["model"]), {})
                        by[layer] = by.get(layer, False) or outputs["if_missing"] == "waits"
    found = ((version, by, models.missing(version)) for version, by in sorted(named.items()))
    return [_problem(version, by, why) for version, by, why in found if why is not None]


def _tag(layer: str, number: int, book: ReleaseBook) -> str:
    if layer == NATIONAL:
        return f"{NATIONAL}:{number}"
    nation = book.head(NATIONAL)
    return f"{NATIONAL}:{nation.number if nation is not None else 0}+{layer}:{number}"


def _problem(version: str, by: Mapping[str, bool], why: str) -> Problem:
    waits = any(by.values())
    follows = "messages that it would read wait for it" if waits else "people place what it would read"
    words = (
        f"model {version[:16]}, which table {TABLE} of {', '.join(sorted(by))} names, cannot be used here ({why}):"
        f" {follows}; put its file into the folder of models; see deploy/runbooks/model-missing.md"
    )
    level: Level = "problem" if waits else "warning"
    return Problem("model_missing", words, level)
