"""The rulebook: tables in words, releases and what changed between them, and the chained record."""

from __future__ import annotations

from typing import Any

from common.rulebook.jdm import rows_of
from common.rulebook.release import NATIONAL, Release
from common.rulebook.tables import TABLES
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal.language import _
from portal.pages.frame import Frame, chosen
from portal.rule_text import about_table, in_force_since


def routes(frame: Frame) -> list[BaseRoute]:
    known = {NATIONAL, *(r.id for r in frame.federation.regions)}

    def numbered(request: Request, releases: list[Release]) -> Release | None:
        asked = request.query_params.get("number", "")
        return next((r for r in releases if str(r.number) == asked), releases[0] if releases else None)

    async def rulebook(request: Request) -> Response:
        query = request.query_params
        layer = chosen(request, "layer", known) or NATIONAL
        releases = frame.releases.book.releases(layer)
        release = numbered(request, releases)
        names = sorted(release.tables.keys() & TABLES.keys()) if release else []
        table = query.get("table", "")
        if table not in names:
            table = "jurisdiction" if "jurisdiction" in names else next(iter(names), "")
        search = query.get("q", "").strip()
        layers = [(NATIONAL, _("The nation")), *((r.id, r.title) for r in frame.federation.regions)]
        return await frame.page(
            request, "rulebook.html", layers=layers, layer=layer, releases=releases, release=release, names=names,
            table=table, about=about_table(table), spec=TABLES.get(table),
            rows=_rows(frame, release, table, search), search=search, links=await frame.reader.links(),
            since=in_force_since, now=await frame.now(), prefix=frame.context.settings.prefix,
        )  # fmt: skip

    async def changes(request: Request) -> Response:
        query = request.query_params
        layer = chosen(request, "layer", known) or NATIONAL
        releases = frame.releases.book.releases(layer)
        by_number = {str(r.number): r for r in releases}
        after = by_number.get(query.get("to", ""), releases[0] if releases else None)
        before = by_number.get(query.get("from", str(after.number - 1) if after else ""))
        if before is None or after is None:
            words = _("Layer {layer} has no two such releases. Choose a layer and releases on the rulebook's page.")
            return await frame.problem(request, 404, _("Nothing to compare"), words.format(layer=layer))
        return await frame.page(
            request, "changes.html", layer=layer, before=before, after=after, releases=releases,
            changes=frame.words.differences(before, after), since=in_force_since,
        )  # fmt: skip

    return [Route("/rulebook", rulebook), Route("/rulebook/changes", changes)]


def _rows(frame: Frame, release: Release | None, table: str, search: str) -> list[dict[str, Any]]:
    if release is None or table not in release.tables:
        return []
    spec = TABLES[table]
    names = [*(c.name for c in spec.inputs), *(c.name for c in spec.outputs)]
    found = []
    for row_id, cells in rows_of(table, release.tables[table]):
        words = {c: frame.words.cell(table, c, cells.get(c, "")) for c in names}
        sentence = frame.words.sentence(table, cells)
        if not search or search.lower() in f"{row_id} {sentence}".lower():
            found.append({"id": row_id, "cells": words, "sentence": sentence})
    return found
