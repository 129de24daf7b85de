"""The composition root of the portal."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from common.messaging.release_cache import Releases
from common.runtime.context import Context
from common.runtime.service import ServiceSpec, main
from common.runtime.sign_in import SignInLinks

from portal.change_signal import Changes
from portal.handlers import PortalHandler
from portal.pages import routes
from portal.pages.frame import Frame
from portal.queries import Reader
from portal.sessions import CLEANING_SECONDS, Sessions
from portal.settings import PortalSettings
from portal.snapshot import SnapshotPool

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def build(context: Context[PortalSettings]) -> ServiceSpec:
    changes, releases = Changes(context.pool, context.works.watch("listen_for_changes")), Releases()
    settings = context.settings
    links = SignInLinks.load(settings.keys)
    secure = (settings.portal_url or "").startswith("https://")
    sessions = Sessions(context.pool, context.federation, links, secure=secure)
    snapshots = SnapshotPool(context.pool)
    frame = Frame(context, Reader(snapshots), snapshots, releases, sessions)
    handler = PortalHandler(ZoneInfo(context.federation.timezone))
    forget = context.works.periodically("forget_sessions", CLEANING_SECONDS, sessions.forget_old)
    return ServiceSpec(
        "portal", handler, MIGRATIONS, releases=releases, patient=True, routes=routes(frame, changes),
        background=[forget, changes.listen],
    )  # fmt: skip


if __name__ == "__main__":
    main(build, PortalSettings)
