"""Telegram: a bot's webhook in, its Bot API out."""

from __future__ import annotations

from common.messaging.settings import SettingsError
from starlette.routing import Mount, Route

from channels.adapters.telegram.bot_api import BotApi
from channels.adapters.telegram.inbound import Inbound
from channels.adapters.telegram.outbound import Telegram
from channels.bots.bot import Bot
from channels.edge import Edge
from channels.mounting import mounted

PATH = "/telegram"


def error_form(status: int, words: str) -> dict[str, object]:
    return {"ok": False, "error_code": status, "description": words}


def routes(edge: Edge) -> Mount:
    """The webhook; without credentials there is none."""
    found = _messenger(edge)
    secret = edge.settings.telegram_secret
    if found is None or secret is None:
        return mounted(PATH, [], error_form)
    inbound = Inbound(edge, found, secret.get_secret_value())
    return mounted(PATH, [Route("/webhook", inbound.post_update, methods=["POST"])], error_form)


def deliverer(edge: Edge) -> Bot | None:
    """What delivers the notices of `telegram`."""
    found = _messenger(edge)
    return Bot(edge, found) if found is not None else None


def _messenger(edge: Edge) -> Telegram | None:
    settings = edge.settings
    if settings.telegram_token is None:
        return None
    if settings.telegram_secret is None:
        raise SettingsError("OTKLIK_TELEGRAM_TOKEN needs OTKLIK_TELEGRAM_SECRET: who knows no secret posts no updates")
    return Telegram(
        BotApi(settings.telegram_url, settings.telegram_token.get_secret_value()), edge.federation.languages
    )
