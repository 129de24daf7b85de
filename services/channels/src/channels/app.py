"""The composition root of channels."""

from __future__ import annotations

from pathlib import Path

from common.contracts.attachments import MOST_BYTES
from common.messaging.release_cache import Releases
from common.runtime.context import Context
from common.runtime.key_setting import read_key
from common.runtime.service import ServiceSpec, main

from channels.adapters import ADAPTERS
from channels.attachments import routes as file_routes
from channels.attachments.keeping import Attachments
from channels.edge import Edge
from channels.edge_key import EdgeKey
from channels.handlers import ChannelsHandler
from channels.settings import ChannelsSettings

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def build(context: Context[ChannelsSettings]) -> ServiceSpec:
    releases = Releases()
    key = EdgeKey(read_key("OTKLIK_EDGE_KEY", context.settings.edge_key.get_secret_value()))
    attachments = Attachments(context.pool, context.signer, context.settings.attachments)
    edge = Edge(context, releases, key, attachments)
    files = file_routes.routes(edge, context.verifier)
    return ServiceSpec(
        "channels", ChannelsHandler(), MIGRATIONS, releases=releases, patient=True,
        # Before the adapters: a path that begins as theirs is looked for here first.
        routes=[*files, *(adapter.routes(edge) for adapter in ADAPTERS)],
        error_forms={
            file_routes.SHOWN: file_routes.error_form, **{adapter.PATH: adapter.error_form for adapter in ADAPTERS},
        },
        large_bodies={file_routes.UPLOAD: MOST_BYTES},
        background=[edge.forget_old_keys, attachments.let_go],
    )  # fmt: skip


if __name__ == "__main__":
    main(build, ChannelsSettings)
