"""VK: a community's Callback API in, its messages out."""

from __future__ import annotations

from common.messaging.settings import SettingsError
from starlette.routing import Mount, Route

from channels.adapters.vk.inbound import Inbound
from channels.adapters.vk.outbound import Vk
from channels.adapters.vk.vk_api import VkApi
from channels.bots.bot import Bot
from channels.edge import Edge
from channels.mounting import mounted

PATH = "/vk"


def error_form(_: int, words: str) -> dict[str, str]:
    return {"error": words}


def routes(edge: Edge) -> Mount:
    """The address that VK posts to; without credentials there is none."""
    found, settings = _messenger(edge), edge.settings
    if found is None or settings.vk_secret is None or settings.vk_group is None:
        return mounted(PATH, [], error_form)
    inbound = Inbound(
        edge, found, settings.vk_secret.get_secret_value(), settings.vk_group, settings.vk_confirmation
    )  # fmt: skip
    return mounted(PATH, [Route("/callback", inbound.post_update, methods=["POST"])], error_form)


def deliverer(edge: Edge) -> Bot | None:
    """What delivers the notices of `vk`."""
    found = _messenger(edge)
    return Bot(edge, found) if found is not None else None


def _messenger(edge: Edge) -> Vk | None:
    settings = edge.settings
    if settings.vk_token is None:
        return None
    if settings.vk_secret is None or settings.vk_group is None or not settings.vk_confirmation:
        raise SettingsError("OTKLIK_VK_TOKEN needs OTKLIK_VK_SECRET, OTKLIK_VK_GROUP and OTKLIK_VK_CONFIRMATION")
    return Vk(VkApi(settings.vk_url, settings.vk_token.get_secret_value()), edge.federation.languages)
