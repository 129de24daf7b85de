"""MAX: a bot's webhook in, its API out."""

from __future__ import annotations

from common.messaging.settings import SettingsError
from starlette.routing import Mount, Route

from channels.adapters.max.inbound import Inbound
from channels.adapters.max.max_api import MaxApi
from channels.adapters.max.outbound import Max
from channels.bots.bot import Bot
from channels.edge import Edge
from channels.mounting import mounted

PATH = "/max"


def error_form(status: int, words: str) -> dict[str, object]:
    return {"code": str(status), "message": words}


def routes(edge: Edge) -> Mount:
    """The webhook; without credentials there is none."""
    found, secret = _messenger(edge), edge.settings.max_secret
    if found is None or secret is None:
        return mounted(PATH, [], error_form)
    inbound = Inbound(edge, found, secret.get_secret_value())
    return mounted(PATH, [Route("/webhook", inbound.post_update, methods=["POST"])], error_form)


def deliverer(edge: Edge) -> Bot | None:
    """What delivers the notices of `max`."""
    found = _messenger(edge)
    return Bot(edge, found) if found is not None else None


def _messenger(edge: Edge) -> Max | None:
    settings = edge.settings
    if settings.max_token is None:
        return None
    if settings.max_secret is None:
        raise SettingsError("OTKLIK_MAX_TOKEN needs OTKLIK_MAX_SECRET: who knows no secret posts no updates")
    return Max(MaxApi(settings.max_url, settings.max_token.get_secret_value()), edge.federation.languages)
