"""The pages, one module a part of the site, and the routes of all of them."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.routing import BaseRoute

from portal.pages import api, cases, now, operations, people, proposals, regions, rulebook, triage
from portal.pages.frame import Frame
from portal.watchers import Changes


def routes(frame: Frame, changes: Changes) -> Sequence[BaseRoute]:
    parts = (cases, regions, rulebook, proposals, triage, operations, people, api)
    return [*now.routes(frame, changes), *(route for part in parts for route in part.routes(frame))]
