"""The composition root of the portal."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from common.context import Context
from common.releases import Releases
from common.service import ServiceSpec, main
from common.sign_in import SignInLinks

from portal.handlers import PortalHandler
from portal.pages import routes
from portal.pages.frame import Frame
from portal.reading import Reader
from portal.sessions import Sessions
from portal.watchers import Changes

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def build(context: Context) -> ServiceSpec:
    changes, releases = Changes(), Releases()
    settings = context.settings
    links = SignInLinks.load(settings.keys)
    secure = (settings.portal_url or "").startswith("https://")
    sessions = Sessions(context.pool, context.federation, links, secure=secure)
    frame = Frame(context, Reader(context.pool), releases, sessions)
    handler = PortalHandler(changes, ZoneInfo(context.federation.timezone))
    return ServiceSpec(
        "portal", handler, MIGRATIONS, releases=releases, patient=True, routes=routes(frame, changes),
        background=[sessions.forget_old],
    )  # fmt: skip


if __name__ == "__main__":
    main(build)
