"""The composition root of channels."""

from __future__ import annotations

from pathlib import Path

from common.messaging.release_cache import Releases
from common.runtime.context import Context
from common.runtime.key_setting import read_key
from common.runtime.service import ServiceSpec, main

from channels.adapters import ADAPTERS
from channels.edge import Edge
from channels.edge_key import EdgeKey
from channels.handlers import ChannelsHandler
from channels.settings import ChannelsSettings

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def build(context: Context[ChannelsSettings]) -> ServiceSpec:
    releases = Releases()
    key = EdgeKey(read_key("OTKLIK_EDGE_KEY", context.settings.edge_key.get_secret_value()))
    edge = Edge(context, releases, key)
    return ServiceSpec(
        "channels", ChannelsHandler(), MIGRATIONS, releases=releases, patient=True,
        routes=[adapter.routes(edge) for adapter in ADAPTERS],
        error_forms={adapter.PATH: adapter.error_form for adapter in ADAPTERS},
        background=[edge.forget_old_keys],
    )  # fmt: skip


if __name__ == "__main__":
    main(build, ChannelsSettings)
