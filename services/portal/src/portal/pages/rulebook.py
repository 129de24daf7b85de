"""The rulebook: what is in force, where each row came from, releases and what changed between them, the record."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from common.contracts.patch import Patch
from common.rulebook.release import NATIONAL, Release
from common.rulebook.tables import TABLES
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal.blame import Makers, last_changed, makers, origin, versions
from portal.item_fold import Item
from portal.language import _
from portal.pages.frame import Frame, chosen, session_of
from portal.patch_text import patch_of
from portal.rule_text import in_force_since, rows_by_id
from portal.titles import about_table

FIRST_TABLE = "jurisdiction"
MAX_PROPOSALS = 2_000
SHOWN = 40
"""Rows of a layer that are shown at first."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row as people read it, and the release that gave it its words."""

    id: str
    place: int
    """From 1."""
    cells: dict[str, str]
    sentence: str
    since: Release


@dataclass(frozen=True, slots=True)
class LayerRows:
    """The rows of one layer's release."""

    release: Release
    rows: list[Row]
    count: int
    """How many there are; not all may be shown."""


def routes(frame: Frame) -> list[BaseRoute]:
    regions = {r.id for r in frame.federation.regions}
    known = {NATIONAL, *regions}
    book = frame.releases.book

    def layer_of(request: Request) -> str:
        """The one asked for, else the region of whoever reads."""
        session = session_of(request)
        own = session.actor.scope if session is not None and session.actor.scope in regions else NATIONAL
        return chosen(request, "layer", known) or own

    def layers() -> list[tuple[str, str]]:
        return [(NATIONAL, _("The nation")), *((r.id, r.title) for r in frame.federation.regions)]

    async def made_by() -> Makers:
        return makers(await frame.reader.released_proposals(MAX_PROPOSALS))

    async def wanted_of(table: str, layers: Sequence[str]) -> list[tuple[Item, Patch]]:
        """Proposals about a table that nothing has become of yet."""
        found = []
        for proposal in await frame.reader.undecided_proposals():
            patch = patch_of(proposal.data)
            if patch is not None and patch.table == table and patch.layer in layers:
                found.append((proposal, patch))
        return found

    async def rulebook(request: Request) -> Response:
        layer, now = layer_of(request), await frame.now()
        asked = request.query_params.get("number", "")
        past = next((r for r in book.releases(layer) if str(r.number) == asked), None)
        if past is not None and past.number == book.number_at(layer, now):
            past = None
        releases = [past] if past is not None else [r for x in dict.fromkeys((layer, NATIONAL))
                                                    if (r := _in_force(frame, x, now)) is not None]  # fmt: skip
        tables = [t for t in TABLES if any(t in r.tables for r in releases)]
        table = request.query_params.get("table", "")
        if table not in tables:
            table = FIRST_TABLE if FIRST_TABLE in tables else next(iter(tables), "")
        search = request.query_params.get("q", "").strip()
        whole = request.query_params.get("rows") == "all"
        parts = await asyncio.to_thread(_parts, frame, releases, table, search, whole)
        wanted = await wanted_of(table, [r.layer for r in releases])
        return await frame.page(
            request, "rulebook.html", layers=layers(), layer=layer, past=past, parts=parts, tables=tables, table=table,
            about=about_table(table), spec=TABLES.get(table), search=search, since=in_force_since, regions=regions,
            numbered=[r.number for r in releases], coming=[r for r in book.releases(layer) if r.effective_at > now],
            asked=[proposal for proposal, _patch in wanted],
            asked_rows={(patch.layer, c.row_id): p.id for p, patch in wanted for c in patch.changes},
            may_propose=frame.entitled(request).propose(layer),
        )  # fmt: skip

    async def row(request: Request) -> Response:
        layer, now = layer_of(request), await frame.now()
        table = chosen(request, "table", set(TABLES))
        row_id = request.query_params.get("row", "")
        found = versions(book.releases(layer), table, row_id) if table else []
        if not found:
            words = _("The rulebook has no such row, and never had. Look for it on the rulebook's page.")
            return await frame.problem(request, 404, _("No such row"), words)
        number, made = book.number_at(layer, now), await made_by()
        told = [origin(v.release, book.releases(layer), made, number, now) for v in found]
        steps = list(zip(told, [frame.words.differing(v.change) for v in found], strict=True))
        named = {o.proposal.id for o in told if o.proposal is not None}
        others = [p for p in await frame.reader.proposals_about(layer, table, row_id) if p.id not in named]
        standing = next((v.after for v in found if number is not None and v.release.number <= number), None)
        cells = standing or found[0].after or found[0].before or {}
        return await frame.page(
            request, "rulebook_row.html", layer=layer, table=table, about=about_table(table), steps=steps,
            in_force=standing is not None, sentence=frame.words.sentence(table, cells), since=in_force_since,
            others=others,
        )  # fmt: skip

    async def history(request: Request) -> Response:
        layer, now = layer_of(request), await frame.now()
        made, number, releases = await made_by(), book.number_at(layer, now), book.releases(layer)
        found = [origin(release, releases, made, number, now) for release in releases]
        return await frame.page(
            request, "rulebook_history.html", layers=layers(), layer=layer, origins=found, since=in_force_since
        )

    async def changes(request: Request) -> Response:
        query, layer = request.query_params, layer_of(request)
        releases = book.releases(layer)
        by_number = {str(r.number): r for r in releases}
        after = by_number.get(query.get("to", ""), releases[0] if releases else None)
        before = by_number.get(query.get("from", str(after.number - 1) if after else ""))
        if before is None or after is None:
            words = _("{layer} has no two such releases. Choose a layer and releases on the page of releases.")
            layer_words = dict(layers())[layer]
            return await frame.problem(request, 404, _("Nothing to compare"), words.format(layer=layer_words))
        now = await frame.now()
        came = origin(after, releases, await made_by(), book.number_at(layer, now), now)
        return await frame.page(
            request, "changes.html", layer=layer, before=before, after=after, releases=releases, origin=came,
            changes=frame.words.differences(before, after), since=in_force_since,
        )  # fmt: skip

    async def record(request: Request) -> Response:
        return await frame.page(
            request, "rulebook_record.html", links=await frame.reader.links(), prefix=frame.context.settings.prefix
        )

    return [
        Route("/rulebook", rulebook),
        Route("/rulebook/row", row),
        Route("/rulebook/history", history),
        Route("/rulebook/changes", changes),
        Route("/rulebook/record", record),
    ]


def _in_force(frame: Frame, layer: str, now: datetime) -> Release | None:
    number = frame.releases.book.number_at(layer, now)
    return next((r for r in frame.releases.book.releases(layer) if r.number == number), None)


def _parts(frame: Frame, releases: Sequence[Release], table: str, search: str, whole: bool) -> list[LayerRows]:
    """The rows that are searched for, by layer: all of them, or the first."""
    found = []
    for release in releases:
        if table not in release.tables:
            continue
        spec = TABLES[table]
        columns = [*(c.name for c in spec.inputs), *(c.name for c in spec.outputs)]
        since = last_changed(frame.releases.book.releases(release.layer), table, release.number)
        rows = []
        for place, (row_id, cells) in enumerate(rows_by_id(release, table).items(), 1):
            words = {c: frame.words.cell(table, c, cells.get(c, "")) for c in columns}
            sentence = frame.words.sentence(table, cells)
            if not search or search.lower() in f"{row_id} {sentence} {' '.join(words.values())}".lower():
                rows.append(Row(row_id, place, words, sentence, since[row_id]))
        found.append(LayerRows(release, rows if whole else rows[:SHOWN], len(rows)))
    return found
