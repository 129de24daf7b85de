"""The loops: what each watches and sees, what it proposed and what came of it, its settings and who set them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from common.rulebook.release import NATIONAL
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal.blame import makers
from portal.forecast_view import over_regions
from portal.language import _
from portal.loop_pages import page_of
from portal.loop_pages.about import about_loop
from portal.loop_pages.elsewhere import ELSEWHERE, PROPOSES_NOTHING
from portal.loop_pages.page import Wording
from portal.loop_view import loops_of, settings_of, standings
from portal.pages import forecast
from portal.pages.frame import Frame
from portal.rule_text import in_force_since

SHOWN = 20
LOOKED_THROUGH = 500
"""Findings, for whether a loop is stopped."""
MAX_PROPOSALS = 2_000
"""Looked through for who set a value."""


def routes(frame: Frame) -> list[BaseRoute]:
    reader = frame.reader

    async def loops(request: Request) -> Response:
        found = loops_of(
            await reader.items("loop"), await reader.items("record"), await reader.loops_heard_of(),
            standings(await reader.items("finding", limit=LOOKED_THROUGH)),
        )  # fmt: skip
        return await frame.page(
            request, "loops.html", loops=found, about=about_loop, elsewhere=ELSEWHERE, silent=PROPOSES_NOTHING
        )

    async def loop(request: Request) -> Response:
        name = request.path_params["name"]
        declared, record = await reader.item("loop", name), await reader.item("record", f"loop|{name}")
        findings = await reader.of_loop("finding", name, LOOKED_THROUGH)
        proposals = await reader.of_loop("proposal", name, SHOWN)
        if declared is None and record is None and not findings and not proposals:
            words = _("No loop of this name has been heard of. The list shows all.")
            return await frame.problem(request, 404, _("No such loop"), words)
        book, now = frame.releases.book, await frame.now()
        settings = settings_of(
            name, {} if declared is None else declared.data, book.releases(NATIONAL), book.number_at(NATIONAL, now),
            makers(await reader.released_proposals(MAX_PROPOSALS)),
        )  # fmt: skip
        other = ELSEWHERE.get(name)
        counts = await reader.counted_by_state(other.kind) if other is not None and other.kind else {}
        coverage = over_regions(await reader.items("arrivals")) if name == forecast.LOOP else []
        return await frame.page(
            request, "loop.html", loop_name=name, about=about_loop(name), declared=declared, findings=findings[:SHOWN],
            stopped=standings(findings).get(name) == "stopped", proposals=proposals,
            record={} if record is None else record.data, settings=settings, since=in_force_since, finding=finding,
            elsewhere=other, counts=counts, silent=name in PROPOSES_NOTHING, coverage=coverage, kinds=forecast.KINDS,
            setting_title=lambda setting: _(page_of(name).settings.get(setting, setting)),
        )  # fmt: skip

    def finding(found: Mapping[str, Any]) -> str:
        return page_of(found.get("loop")).finding(found, Wording(frame.names, frame.times))

    return [Route("/loops", loops), Route("/loops/{name:path}", loop)]
