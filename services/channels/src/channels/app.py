"""The composition root of channels."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

from common.contracts.attachments import MOST_BYTES
from common.messaging.release_cache import Releases
from common.messaging.settings import SettingsError
from common.runtime.context import Context
from common.runtime.key_setting import read_key
from common.runtime.service import ServiceSpec, main

from channels.adapters import ADAPTERS, DELIVERERS, LISTENERS, citizen_page, email, hotline, public_posts, report_form
from channels.adapters.hotline.sessions import CLEANING_SECONDS
from channels.adapters.public_posts.inbound import forget_old_threads
from channels.attachments import routes as file_routes
from channels.attachments.keeping import LOOK_SECONDS, Attachments
from channels.bots.bot import forget_old_talks
from channels.delivery.deliverer import Deliverer, Fetched
from channels.delivery.keeping import Keeper
from channels.delivery.receipts import WAITS_SECONDS, Receipts
from channels.delivery.sending import Sender
from channels.edge import Edge
from channels.edge_key import EdgeKey
from channels.forwarding.desks import api_keys, desk_of, endpoints
from channels.forwarding.forwarder import Forwarder
from channels.forwarding.keeping import ForwardingKeeper
from channels.handlers import ChannelsHandler
from channels.pages.sent_form import MOST_OF_A_BODY
from channels.settings import ChannelsSettings

HOUR_SECONDS = 3_600.0
MIGRATIONS = Path(__file__).parents[2] / "migrations"


def build(
    context: Context[ChannelsSettings], makers: Sequence[Callable[[Edge], Deliverer | None]] = DELIVERERS
) -> ServiceSpec:  # fmt: skip
    """`makers`: of whatever delivers notices."""
    releases = Releases()
    key = EdgeKey(read_key("OTKLIK_EDGE_KEY", context.settings.edge_key.get_secret_value()))
    attachments = Attachments(context.pool, context.signer, context.settings.attachments)
    edge = Edge(context, releases, key, attachments)
    files = file_routes.routes(edge, context.verifier)
    deliverers = [found for make in makers if (found := make(edge)) is not None]
    fetched = public_posts.fetched(edge)
    ways_out: list[Deliverer | Fetched] = [*deliverers, *fetched]
    _check(edge, ways_out)
    edge.vouched = frozenset(one.channel for one in ways_out)
    keeper = Keeper(edge.vouched, key)
    receipts, term = Receipts(context), timedelta(hours=context.settings.delivery_hours)
    handler = ChannelsHandler(keeper, ForwardingKeeper([a.id for a in endpoints(context.federation)]))
    return ServiceSpec(
        "channels", handler, MIGRATIONS, releases=releases, patient=True,
        # Before the adapters: a path that begins as theirs is looked for here first.
        routes=[*files, *(adapter.routes(edge) for adapter in ADAPTERS)],
        error_forms={
            file_routes.SHOWN: file_routes.error_form, **{adapter.PATH: adapter.error_form for adapter in ADAPTERS},
        },
        large_bodies={
            file_routes.UPLOAD: MOST_BYTES, report_form.PATH: MOST_OF_A_BODY, citizen_page.PATH: MOST_OF_A_BODY,
            f"{public_posts.PATH}/": public_posts.MOST_OF_A_BODY,
        },
        background=[
            receipts.run, *_periodic(context, edge, attachments, receipts),
            *(Sender(one, keeper, context, term).run for one in deliverers),
            *(one.run for one in _forwarders(context, edge)),
            *(job for listeners in LISTENERS for job in listeners(edge)),
            *(context.works.periodically(
                f"give_up_unfetched of {one.channel}", WAITS_SECONDS,
                partial(receipts.give_up_unfetched, [one.channel], term), matters=True,
            ) for one in fetched),
        ],
    )  # fmt: skip


def _periodic(
    context: Context[ChannelsSettings], edge: Edge, attachments: Attachments, receipts: Receipts
) -> list[Callable[[], Awaitable[None]]]:  # fmt: skip
    pool, periodically = context.pool, context.works.periodically
    return [
        periodically("forget_keys", HOUR_SECONDS, edge.forget_old_keys),
        periodically("let_files_go", LOOK_SECONDS, attachments.let_go, matters=True),
        periodically("forget_notices", HOUR_SECONDS, receipts.forget_old),
        periodically("end_waits", WAITS_SECONDS, receipts.end_waits, matters=True),
        periodically("forget_talks", HOUR_SECONDS, partial(forget_old_talks, pool)),
        periodically("forget_posts", HOUR_SECONDS, partial(forget_old_threads, pool)),
        periodically("forget_mails", HOUR_SECONDS, partial(email.forget_old, pool)),
        periodically("forget_calls", CLEANING_SECONDS, partial(hotline.forget_old, pool)),
    ]


def _forwarders(context: Context[ChannelsSettings], edge: Edge) -> list[Forwarder]:
    """Raises SettingsError."""
    federation, keys = context.federation, api_keys(context.settings)
    return [
        Forwarder(context, edge, one, desk_of(federation, one), keys.get(one.id, "")) for one in endpoints(federation)
    ]


def _check(edge: Edge, deliverers: Sequence[Deliverer | Fetched]) -> None:
    """Raises SettingsError for a channel that the federation does not have, or that two would deliver to."""
    channels = [d.channel for d in deliverers]
    for one in channels:
        if one not in edge.channels:
            raise SettingsError(f"there are credentials for the channel {one}, which federation.yaml does not name")
        if channels.count(one) > 1:
            raise SettingsError(f"two adapters would deliver the notices of {one}")


if __name__ == "__main__":
    main(build, ChannelsSettings)
